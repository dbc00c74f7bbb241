using Wobble.Results.Domain;

namespace Wobble.Results.Edits;

/// <summary>What may have been refused.</summary>
public interface IRefusable
{
    /// <summary>Null when it was done.</summary>
    FieldError? Error { get; }
}

/// <summary>What became of a change: its value, or what was wrong with it and is allowed. Nothing changed when there is an error.</summary>
/// <param name="Value">Default when there is an error.</param>
/// <param name="Error">Null when it was done.</param>
public sealed record Edit<T>(T? Value, FieldError? Error) : IRefusable
{
    internal static Edit<T> Refused(string field, string value, string allowed) => new(default, new FieldError(field, value, allowed));
}
