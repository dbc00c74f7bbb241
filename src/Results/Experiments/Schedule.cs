using Wobble.Results.Domain;
using Wobble.Results.Statistics;

namespace Wobble.Results.Experiments;

/// <summary>The run that an experiment needs next.</summary>
public sealed record NextRun(int Row, RunPurpose Purpose, int Round, int Attempt, Definition Definition);

/// <summary>
/// What comes next, as a pure function of the definition and the runs so far. So an experiment goes on after any restart exactly where it stopped, page and
/// command line run the same one, and no run is made twice. A run that failed or is invalid is repeated once; both are kept.
/// </summary>
public static class Schedule
{
    // Of a provoked fall one attempt is enough: that it failed is what was asked for.
    private const int Attempts = 2;
    private const int RunsOfLadder = 17;
    private const double SurelyFine = 0.3;
    private const double SurelyTooMuch = 1.3;
    /// <summary>How far below the rate that is thought surely fine is looked: runs of a length, and of so many requests, which take the longer the lower the rate.</summary>
    private const double LowestShare = 1.0 / 64, LowestShareOfRequests = 1.0 / 8;
    /// <summary>More requests than p99 needs, since a run doesn't send exactly as many as are due.</summary>
    private const double RequestsMargin = 1.2;

    /// <summary>The next run; null when nothing is left to run (or one is still going on: the caller waits for it).</summary>
    public static NextRun? Next(ExperimentDefinition experiment, IReadOnlyList<ExperimentRun> runs)
    {
        ArgumentNullException.ThrowIfNull(experiment);
        ArgumentNullException.ThrowIfNull(runs);
        if (runs.Any(r => !r.State.IsFinal())) return null;
        runs = [.. runs.Where(r => r.SpeaksOfTarget)];
        for (int row = 0; row < experiment.Rows.Count; row++)
            if (NextOfTuning(experiment, row, runs) is { } tuning) return tuning;
        return experiment.Kind == ExperimentKind.Capacity
            ? Enumerable.Range(0, experiment.Rows.Count).Select(row => NextOfCapacity(experiment, row, runs)).FirstOrDefault(next => next is not null)
            : NextOfSaturation(experiment, runs) ?? NextOfRounds(experiment, runs);
    }

    /// <summary>The order of the rows in a round: shuffled, the same for the same seed.</summary>
    public static IReadOnlyList<int> Order(ExperimentDefinition experiment, int round)
    {
        ArgumentNullException.ThrowIfNull(experiment);
        int[] rows = [.. Enumerable.Range(0, experiment.Rows.Count).Where(r => experiment.Rows[r].Unavailable is null)];
        new Random(HashCode(experiment.Seed, round)).Shuffle(rows);
        return rows;
    }

    /// <summary>
    /// Why a row can't run here: known beforehand, or found when it was begun (what it needs could not be installed). Null when it can, or nobody has tried. Such a row
    /// is no failure of its target: it has no runs, its reason, and no place in what is compared.
    /// </summary>
    public static string? WhyNotHere(ExperimentDefinition experiment, int row, IReadOnlyList<ExperimentRun> runs)
    {
        ArgumentNullException.ThrowIfNull(experiment);
        ArgumentNullException.ThrowIfNull(runs);
        if (experiment.Rows[row].Unavailable is { } known) return known;
        var mine = runs.Where(r => r.Row == row && r.SpeaksOfTarget).ToList();
        return mine.Count > 0 && mine.TrueForAll(r => r.CouldNotBegin) ? mine[^1].Failure : null;
    }

    /// <summary>Whether a row is run no more: what could not be begun, twice, can't be in the next round either.</summary>
    public static bool HasVanished(int row, IReadOnlyList<ExperimentRun> runs) => runs.Count(r => r.Row == row && r.CouldNotBegin) >= Attempts;

    /// <summary>Workers of a row: tuned if it was, else the definition's (null: the target's default).</summary>
    public static int? WorkersOf(ExperimentDefinition experiment, int row, IReadOnlyList<ExperimentRun> runs)
    {
        ArgumentNullException.ThrowIfNull(experiment);
        var wanted = experiment.Rows[row];
        if (!IsTuned(experiment, row)) return wanted.Definition.Workers;
        return wanted.TunedWorkers ?? TunedWorkersOf(experiment, row, runs) ?? wanted.Definition.Workers;
    }

    /// <summary>Whether a row's workers are searched for, or were.</summary>
    public static bool IsTuned(ExperimentDefinition experiment, int row)
    {
        ArgumentNullException.ThrowIfNull(experiment);
        return experiment.TuneWorkers || experiment.Kind == ExperimentKind.Tune || experiment.Rows[row].TuneWorkers;
    }

    /// <summary>What the row's own search found; null before it is done.</summary>
    public static int? TunedWorkersOf(ExperimentDefinition experiment, int row, IReadOnlyList<ExperimentRun> runs)
    {
        ArgumentNullException.ThrowIfNull(experiment);
        ArgumentNullException.ThrowIfNull(runs);
        return WorkerLadder.Choice(Ladder(row, runs), Seed(experiment, row), experiment.MostWorkers);
    }

    /// <summary>Where the article's rule would have stopped in the row's own search; null while it would not have.</summary>
    public static int? UntilWorseOf(int row, IReadOnlyList<ExperimentRun> runs)
    {
        ArgumentNullException.ThrowIfNull(runs);
        return WorkerLadder.UntilWorse(Ladder(row, runs));
    }

    /// <summary>Whether the row's own search has ended, with a choice or without one.</summary>
    public static bool TuningIsOver(ExperimentDefinition experiment, int row, IReadOnlyList<ExperimentRun> runs)
    {
        ArgumentNullException.ThrowIfNull(experiment);
        ArgumentNullException.ThrowIfNull(runs);
        return Ladder(row, runs) is { Count: > 0 } ladder && WorkerLadder.Next(ladder, Seed(experiment, row), experiment.MostWorkers) is null;
    }

    /// <summary>How many runs there will be at most, as far as that is known: rounds exactly, searches by their usual length.</summary>
    public static int RunsExpected(ExperimentDefinition experiment)
    {
        ArgumentNullException.ThrowIfNull(experiment);
        // In 64 bits, and no more than 32 can hold: somebody may have asked for two thousand million rounds.
        long rows = experiment.Rows.Count(r => r.Unavailable is null);
        long tuning = experiment.Rows.Where((r, i) => r.Unavailable is null && (r.TunedWorkers is null || experiment.Kind == ExperimentKind.Tune) && IsTuned(experiment, i)).Count() * RunsOfLadder;
        return (int)Math.Min(int.MaxValue, experiment.Kind switch
        {
            // The tuning's own runs flatter the winner: fresh ones follow.
            ExperimentKind.Tune => tuning + (rows * experiment.Repetitions),
            ExperimentKind.Capacity => tuning + (rows * (1 + Capacity.Runs)),
            _ => tuning + Saturating(experiment).Count + (rows * experiment.Repetitions),
        });
    }

    /// <summary>The same when these were made already: each that is repeated, or says nothing about its target, or is of a row that can't run any more, is one more.</summary>
    public static int RunsExpected(ExperimentDefinition experiment, IReadOnlyList<ExperimentRun> runs)
    {
        ArgumentNullException.ThrowIfNull(experiment);
        ArgumentNullException.ThrowIfNull(runs);
        int more = runs.Count(r => r.Attempt > 1 || (r.State.IsFinal() && !r.SpeaksOfTarget) || experiment.Rows[r.Row].Unavailable is not null);
        if (experiment.Kind == ExperimentKind.Capacity) more += Enumerable.Range(0, experiment.Rows.Count).Where(row => experiment.Rows[row].Unavailable is null).Sum(row => CapacityRunsInAll(experiment, row, runs) - Capacity.Runs);
        return Math.Max(runs.Count, (int)Math.Min(int.MaxValue, (long)RunsExpected(experiment) + more));
    }

    /// <summary>How many steps a row's capacity search takes, as far as that is known by now: as many as it has when it is over.</summary>
    public static int CapacityRunsInAll(ExperimentDefinition experiment, int row, IReadOnlyList<ExperimentRun> runs)
    {
        ArgumentNullException.ThrowIfNull(experiment);
        if (Bounds(experiment, row, runs) is not { } bounds) return Capacity.Runs;
        return Capacity.RunsInAll(CapacityRuns(row, runs), ObjectiveOf(experiment), bounds.Fine, bounds.TooMuch, bounds.Floor);
    }

    private static NextRun? NextOfRounds(ExperimentDefinition experiment, IReadOnlyList<ExperimentRun> runs)
    {
        for (int round = 1; round <= experiment.Repetitions; round++)
            foreach (int row in Order(experiment, round))
            {
                var attempts = runs.Where(r => r.Purpose == RunPurpose.Round && r.Row == row && r.Round == round).ToList();
                if (HasVanished(row, runs)) continue;
                if (attempts.Any(r => r.IsValid) || attempts.Count >= (experiment.Rows[row].Definition.Provoke is null ? Attempts : 1)) continue;
                var definition = experiment.Rows[row].Definition with { Workers = WorkersOf(experiment, row, runs), Repetitions = 1 };
                if (experiment.Rows[row].ShareOfSlowest is { } share)
                {
                    // Without one valid closed loop nobody knows what to offer.
                    if (Slowest(experiment, runs) is not { } slowest) continue;
                    definition = definition with { Rate = Math.Max(1, Math.Round(share * slowest)), Connections = null };
                }
                return new NextRun(row, RunPurpose.Round, round, attempts.Count + 1, definition);
            }
        return null;
    }

    /// <summary>Throughput of the slowest target among the rows that are offered a share of it; null before every one that can be known is.</summary>
    public static double? Slowest(ExperimentDefinition experiment, IReadOnlyList<ExperimentRun> runs)
    {
        ArgumentNullException.ThrowIfNull(experiment);
        ArgumentNullException.ThrowIfNull(runs);
        var known = Saturating(experiment).Select(row => runs.FirstOrDefault(r => r.Row == row && r.Purpose == RunPurpose.Saturate && r.IsValid)).ToList();
        return known.Count == 0 || known.Any(r => r is null) ? null : known.Min(r => r!.Result!.Throughput);
    }

    // One row of each target: the rows of a target differ in what they are offered only.
    private static List<int> Saturating(ExperimentDefinition experiment) =>
        [.. Enumerable.Range(0, experiment.Rows.Count).Where(i => experiment.Rows[i] is { ShareOfSlowest: not null, Unavailable: null }).GroupBy(i => experiment.Rows[i].Definition.Target).Select(g => g.First())];

    private static NextRun? NextOfSaturation(ExperimentDefinition experiment, IReadOnlyList<ExperimentRun> runs)
    {
        foreach (int row in Saturating(experiment))
        {
            var attempts = runs.Where(r => r.Row == row && r.Purpose == RunPurpose.Saturate).ToList();
            if (attempts.Any(r => r.IsValid) || attempts.Count >= Attempts) continue;
            return new NextRun(row, RunPurpose.Saturate, 1, attempts.Count + 1, experiment.Rows[row].Definition with { Workers = WorkersOf(experiment, row, runs), Rate = null, Connections = null, Repetitions = 1 });
        }
        return null;
    }

    private static NextRun? NextOfTuning(ExperimentDefinition experiment, int row, IReadOnlyList<ExperimentRun> runs)
    {
        var wanted = experiment.Rows[row];
        if (wanted.Unavailable is not null || !IsTuned(experiment, row) || (wanted.TunedWorkers is not null && experiment.Kind != ExperimentKind.Tune)) return null;
        var ladder = Ladder(row, runs);
        if (WorkerLadder.Next(ladder, Seed(experiment, row), experiment.MostWorkers) is not { } workers) return null;
        int step = ladder.Count + 1;
        int attempt = runs.Count(r => r.Row == row && r.Purpose == RunPurpose.Tune && r.Round == step) + 1;
        return new NextRun(row, RunPurpose.Tune, step, attempt, wanted.Definition with { Workers = workers, Repetitions = 1 });
    }

    // A step that failed twice counts as no throughput at all: that many workers don't work here.
    private static List<WorkersRun> Ladder(int row, IReadOnlyList<ExperimentRun> runs) =>
        [.. runs.Where(r => r.Row == row && r.Purpose == RunPurpose.Tune && r.SpeaksOfTarget).GroupBy(r => r.Round).OrderBy(g => g.Key)
            .Where(g => g.Any(r => r.IsValid) || g.Count() >= Attempts)
            .Select(g => new WorkersRun(g.First().Definition.Workers ?? 1, g.FirstOrDefault(r => r.IsValid)?.Result!.Throughput ?? 0))];

    private static NextRun? NextOfCapacity(ExperimentDefinition experiment, int row, IReadOnlyList<ExperimentRun> runs)
    {
        var wanted = experiment.Rows[row];
        if (wanted.Unavailable is not null) return null;
        var definition = wanted.Definition with { Workers = WorkersOf(experiment, row, runs), Repetitions = 1 };
        var saturating = runs.Where(r => r.Row == row && r.Purpose == RunPurpose.Saturate).ToList();
        if (!saturating.Exists(r => r.IsValid))
            return saturating.Count >= Attempts ? null : new NextRun(row, RunPurpose.Saturate, 1, saturating.Count + 1, definition with { Rate = null, Connections = null });
        var steps = CapacityRuns(row, runs);
        if (Bounds(experiment, row, runs) is not { } bounds || Capacity.Next(steps, ObjectiveOf(experiment), bounds.Fine, bounds.TooMuch, bounds.Floor) is not { } rate) return null;
        int step = steps.Count + 1, attempt = runs.Count(r => r.Row == row && r.Purpose == RunPurpose.Capacity && r.Round == step) + 1;
        return new NextRun(row, RunPurpose.Capacity, step, attempt, definition with { Rate = Math.Round(rate, 1), Connections = definition.Rate is null ? null : definition.Connections });
    }

    private static double ObjectiveOf(ExperimentDefinition experiment) => experiment.ObjectiveMs ?? ExperimentDefinition.UsualObjectiveMs;

    // Where a capacity is looked for first, and how low it may be; null before a closed loop has shown what the target can do.
    private static (double Fine, double TooMuch, double Floor)? Bounds(ExperimentDefinition experiment, int row, IReadOnlyList<ExperimentRun> runs)
    {
        if (runs.FirstOrDefault(r => r.Row == row && r is { Purpose: RunPurpose.Saturate, IsValid: true })?.Result!.Throughput is not { } most) return null;
        var definition = experiment.Rows[row].Definition;
        double fine = most * SurelyFine;
        // A run that is too short for a p99 would look overloaded.
        double floor = definition.Requests is not null ? fine * LowestShareOfRequests
            : Math.Max(fine * LowestShare, RequestsMargin * Percentiles.Needed(Metric.P99.Percentile()) / (definition.For ?? Defaults.For).TotalSeconds);
        return (fine, most * SurelyTooMuch, floor);
    }

    /// <summary>
    /// The steps of a row's capacity search. One that failed is repeated once; what fails twice, or is invalid (it could not be offered, it answered with
    /// errors), counts as overloaded, since that is what it shows.
    /// </summary>
    public static IReadOnlyList<CapacityRun> CapacityRuns(int row, IReadOnlyList<ExperimentRun> runs)
    {
        ArgumentNullException.ThrowIfNull(runs);
        return [.. runs.Where(r => r.Row == row && r.Purpose == RunPurpose.Capacity && r.SpeaksOfTarget).GroupBy(r => r.Round).OrderBy(g => g.Key)
            .Where(g => g.Any(r => r.State == RunState.Completed) || g.Count() >= Attempts).Select(g =>
        {
            var r = g.FirstOrDefault(r => r.State == RunState.Completed) ?? g.Last();
            var result = r.Result;
            long failed = result?.Errors.Values.Sum() ?? 0;
            bool overloaded = !r.IsValid || result!.LatencyMs.P99 is null || failed > 0.001 * (result.Requests + failed) || result.Generator.SentOfOffered < 0.99;
            return new CapacityRun(r.Definition.Rate ?? 0, result?.LatencyMs.P99 ?? 0, overloaded);
        })];
    }

    private static int Seed(ExperimentDefinition experiment, int row) => HashCode(experiment.Seed, 1_000 + row);

    // Not HashCode.Combine: that is seeded anew in each process.
    private static int HashCode(long seed, int number) => unchecked((int)((seed * 6364136223846793005L) + (number * 1442695040888963407L) >> 33));
}
