using Wobble.Results.Domain;
using Wobble.Results.Queries;
using Wobble.Results.Storage;

namespace Wobble.Dashboard.Components.Pages.Experiments;

/// <summary>What the page of experiments shows.</summary>
/// <param name="Latest">The newest.</param>
/// <param name="Best">Of the Runner that can run most; null when none has joined.</param>
/// <param name="Catalogue">Of all Runners; null when none has joined.</param>
/// <param name="Tunings">Numbers of workers that searches found.</param>
public sealed record ExperimentsAnswer(IReadOnlyList<ExperimentLine> Latest, Catalogue? Best, Catalogue? Catalogue, IReadOnlyList<Tuning> Tunings, IReadOnlyList<ConfigurationRow> Configurations);
