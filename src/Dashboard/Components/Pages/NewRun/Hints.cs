using Wobble.Dashboard.Components.Controls;
using Wobble.Dashboard.Components.Pages.Words;
using Wobble.Results.Domain;
using Wobble.Results.Queries;
using Wobble.Results.Statistics;

namespace Wobble.Dashboard.Components.Pages.NewRun;

/// <summary>What somebody should know before they queue: sentences, each with its numbers. None of them stops anything.</summary>
internal static class Hints
{
    private static readonly TimeSpan ShortestForDrift = TimeSpan.FromSeconds(10);

    /// <param name="definitions">What is asked, one for each target.</param>
    /// <param name="catalogue">The runner's.</param>
    /// <param name="last">The last sound or doubtful run of each target, if any: what to expect.</param>
    public static IReadOnlyList<string> Of(IReadOnlyList<Definition> definitions, Catalogue catalogue, IReadOnlyDictionary<string, RunRow> last)
    {
        if (definitions.Count == 0) return [];
        var hints = new List<string>();
        foreach (var definition in definitions)
        {
            if (catalogue.Find(definition.Target) is not { } target) continue;
            string whose = definitions.Count > 1 ? $"{target.Name}: " : "";
            void Add(string? hint)
            {
                if (hint is not null) hints.Add(whose + hint);
            }
            double? seen = last.GetValueOrDefault(target.Name)?.Throughput;
            Add(target.Note is { } note ? char.ToUpperInvariant(note[0]) + note[1..].TrimEnd('.') + "." : null);
            Add(Hang(definition, target, catalogue));
            Add(TooFast(definition, seen));
            Add(TooFew(definition, seen));
        }
        if (RunTimes.Measured(definitions[0], null) is { } measured && measured < ShortestForDrift)
            hints.Add($"{DefinitionWords.Span(measured)} is too short to see whether the run drifts; 10 s or more are looked at.");
        if (catalogue.Cores <= 2) hints.Add($"{Numbers.Many(catalogue.Cores, "core")}: the load generator shares one with the server. The run says what that cost.");
        return hints;
    }

    // Under session pooling a client keeps its server connection until it leaves, so those beyond the pool's size wait for ever.
    private static string? Hang(Definition definition, CatalogueTarget target, Catalogue catalogue)
    {
        int workers = definition.Workers ?? Defaults.Workers(target.Class, catalogue.Cores);
        if (DatabaseConnections.PoolerOf(definition, workers) is not { Mode: "session" } pooler) return null;
        int pool = StackPicture.PoolOf(definition, target, workers);
        long asked = (long)workers * pool;
        if (asked <= pooler.Size) return null;
        string sum = pool == 1 ? Numbers.Many(workers, "worker") : $"{Numbers.Many(workers, "worker")} × {pool} = {Numbers.Count(asked)} connections";
        return $"{sum} to a pooler of {pooler.Size} by session: those beyond wait until another leaves, and requests can hang (objection A). By transaction they don’t.";
    }

    private static string? TooFast(Definition definition, double? seen) => definition.Rate is { } rate && seen is { } most && rate > most
        ? $"{Numbers.Tick(rate)} req/s are more than the {Numbers.Three(most)} it answered last: the queue then grows as long as the run lasts."
        : null;

    private static string? TooFew(Definition definition, double? seen)
    {
        double? expected = definition.Requests ?? RunTimes.Measured(definition, seen)?.TotalSeconds * (definition.Rate is { } rate ? Math.Min(rate, seen ?? rate) : seen);
        if (expected is not { } requests) return null;
        double missing = Percentiles.MayShow((long)requests, 99) ? 99.9 : 99;
        return Percentiles.MayShow((long)requests, 99.9)
            ? null
            : $"About {Numbers.Three(requests)} requests are too few for p{Numbers.Tick(missing)}: it needs {Numbers.Count(Percentiles.Needed(missing))}.";
    }
}
