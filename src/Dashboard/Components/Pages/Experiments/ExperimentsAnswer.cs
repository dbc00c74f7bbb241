using Wobble.Results.Domain;
using Wobble.Results.Queries;

namespace Wobble.Dashboard.Components.Pages.Experiments;

/// <summary>What the page of experiments shows.</summary>
/// <param name="Latest">The newest.</param>
/// <param name="Catalogue">Of a Runner; null when none has joined.</param>
public sealed record ExperimentsAnswer(IReadOnlyList<ExperimentLine> Latest, Catalogue? Catalogue);
