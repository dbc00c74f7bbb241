using Microsoft.EntityFrameworkCore;
using Wobble.Results.Domain;
using Wobble.Results.Experiments;
using Wobble.Results.Statistics;
using Wobble.Results.Storage;

namespace Wobble.Results.Jobs;

/// <summary>Numbers of workers that searches found, kept for a target, a machine and a set-up, so that no search is made again for nothing.</summary>
public static class Tunings
{
    // Shorter runs are tries: what they found doesn't speak for others.
    private static readonly TimeSpan LeastLength = TimeSpan.FromSeconds(5);

    /// <summary>The experiment with what is known of its rows' workers on that machine with so many cores; a search asked for as such is made all the same.</summary>
    public static async Task<ExperimentDefinition> KnownAsync(WobbleDb db, ExperimentDefinition definition, string runner, int cores, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(db);
        ArgumentNullException.ThrowIfNull(definition);
        if (definition.Kind == ExperimentKind.Tune || !Enumerable.Range(0, definition.Rows.Count).Any(row => Schedule.IsTuned(definition, row))) return definition;
        var known = await db.Tunings.AsNoTracking().Where(t => t.Runner == runner && !db.Experiments.Any(e => e.Slug == t.Experiment && e.DeletedAt != null)).ToListAsync(cancellation);
        return definition with
        {
            Rows = [.. definition.Rows.Select((row, i) => Schedule.IsTuned(definition, i) && known.FirstOrDefault(t => t.Target == row.Definition.Target && t.Setup == SetupOf(definition, row, cores)) is { } tuning ? row with { TunedWorkers = tuning.Workers, TunedAt = tuning.At } : row)],
        };
    }

    /// <summary>Keeps what the experiment's searches have found so far, on the caller's context. Not of searches that a limit cut short, nor of short runs.</summary>
    internal static async Task KeepAsync(WobbleDb db, Experiment experiment, ExperimentDefinition definition, List<Run> rows, List<ExperimentRun> runs, DateTimeOffset now, CancellationToken cancellation)
    {
        for (int row = 0; row < definition.Rows.Count; row++)
        {
            var spent = runs.Where(r => r.Row == row && r is { Purpose: RunPurpose.Tune, SpeaksOfTarget: true }).ToList();
            var wanted = definition.Rows[row];
            if (spent.Count == 0 || Schedule.TunedWorkersOf(definition, row, runs) is not { } workers || IsCutShort(definition, spent) || (wanted.Definition.For ?? Defaults.For) < LeastLength) continue;
            if (rows.LastOrDefault(r => r is { RunnerName: not null, Environment: not null }) is not { } last) continue;
            string target = wanted.Definition.Target, setup = SetupOf(definition, wanted, last.Environment!.Cores), runner = last.RunnerName!;
            var known = await db.Tunings.SingleOrDefaultAsync(t => t.Target == target && t.Runner == runner && t.Setup == setup, cancellation);
            if (known is null) db.Tunings.Add(known = new Tuning { Target = target, Runner = runner, Setup = setup, Workers = workers, Runs = spent.Count, Experiment = experiment.Slug, At = now });
            (known.Workers, known.Runs, known.Experiment, known.At) = (workers, spent.Count, experiment.Slug, now);
        }
    }

    // A machine of the same name may have got more cores, and a search that may go further finds more.
    private static string SetupOf(ExperimentDefinition definition, ExperimentRow row, int cores) =>
        $"{SetupText.Of(row.Definition)}, {cores} {(cores == 1 ? "core" : "cores")}{(definition.MostWorkers > ExperimentDefinition.UsualMostWorkers ? $", up to {definition.MostWorkers} workers" : "")}";

    private static bool IsCutShort(ExperimentDefinition definition, List<ExperimentRun> spent) =>
        definition.MostWorkers < ExperimentDefinition.UsualMostWorkers && spent.Max(r => r.Definition.Workers ?? 0) >= WorkerLadder.Steps.Where(s => s <= definition.MostWorkers).DefaultIfEmpty(1).Max();
}
