using Wobble.Results.Domain;
using Wobble.Results.Queries;

namespace Wobble.Dashboard.Components.Pages.Targets;

/// <summary>What can be run, seen over all runners.</summary>
internal static class Catalogues
{
    /// <summary>That of the runner which an experiment of many targets is made for: of those that are here (or, when none is, of all) the one that can run most. Null when none has joined.</summary>
    public static Catalogue? Best(IReadOnlyList<RunnerState> runners, DateTimeOffset now) => runners
        .OrderByDescending(r => !r.IsGone(now)).ThenByDescending(r => r.Catalogue.Targets.Count(t => t.Unavailable is null)).ThenBy(r => r.Name, StringComparer.Ordinal).FirstOrDefault()?.Catalogue;

    /// <summary>The catalogue of the named runner; else one of all that are here (or, when none is, of all): a target can run when one of them can run it.</summary>
    public static Catalogue Of(IReadOnlyList<RunnerState> runners, string? name, DateTimeOffset now)
    {
        if (runners.FirstOrDefault(r => r.Name == name) is { } named) return named.Catalogue;
        var here = runners.Where(r => !r.IsGone(now)).ToList();
        if (here.Count == 0) here = [.. runners];
        if (here.Count <= 1) return here.Count == 0 ? new Catalogue() : here[0].Catalogue;
        var first = here[0].Catalogue;
        return first with
        {
            Targets = [.. here.SelectMany(r => r.Catalogue.Targets).GroupBy(t => t.Name).Select(g => g.FirstOrDefault(t => t.Unavailable is null) ?? g.First())],
            Broken = [.. here.SelectMany(r => r.Catalogue.Broken).Distinct()],
        };
    }
}
