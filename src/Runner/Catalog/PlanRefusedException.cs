using Wobble.Results.Domain;

namespace Wobble.Runner.Catalog;

/// <summary>A definition that can't be planned here: what is wrong with it, field by field.</summary>
internal sealed class PlanRefusedException(IReadOnlyList<FieldError> errors) : Exception(string.Join(Environment.NewLine, errors))
{
    public IReadOnlyList<FieldError> Errors { get; } = errors;
}
