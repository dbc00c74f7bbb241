using Wobble.Results.Domain;
using Wobble.Results.Statistics;

namespace Wobble.Results.Experiments;

/// <summary>A search of one row: for its number of workers, or for its capacity, as far as it has come.</summary>
public sealed record ReportSearch
{
    /// <summary>The row's name.</summary>
    public required string Name { get; init; }
    /// <summary><c>tune</c> or <c>capacity</c>.</summary>
    public required string Kind { get; init; }
    /// <summary>Its runs in order.</summary>
    public required IReadOnlyList<SearchStep> Steps { get; init; }
    /// <summary>Tuning: the workers chosen; null before its end.</summary>
    public int? Workers { get; init; }
    /// <summary>Tuning: where the article's rule, raise until worse, would have stopped in the same runs; null while it would not have.</summary>
    public int? UntilWorse { get; init; }
    /// <summary>Capacity: p99 must stay below it, ms.</summary>
    public double? ObjectiveMs { get; init; }
    /// <summary>Capacity: throughput of the closed loop that the search began with.</summary>
    public double? Saturated { get; init; }
    /// <summary>Capacity: the rate at which the typical run's p99 meets the objective, with an approximate interval; null before its end.</summary>
    public ReportFigure? Rate { get; init; }
    /// <summary>Capacity: the lower end, which the truth is hardly ever below.</summary>
    public double? Assured { get; init; }
    /// <summary>Capacity: where p99 over offered rate bends, by the steps that were not overloaded; null where it doesn't.</summary>
    public SearchKnee? Knee { get; init; }
    /// <summary>What it found, one sentence.</summary>
    public required string Sentence { get; init; }
}

/// <summary>One run of a search.</summary>
/// <param name="Workers">Workers it ran with.</param>
/// <param name="Rate">Rate it was offered; null in a closed loop.</param>
/// <param name="Throughput">Null when it failed.</param>
/// <param name="P99">ms</param>
/// <param name="CoresBusy">CPU seconds of stack and generator ÷ measured time.</param>
/// <param name="Counted">False: it failed or is invalid; a search for workers counts that as no throughput, one for capacity as overloaded.</param>
/// <param name="Slug">Its permalink.</param>
public sealed record SearchStep(int? Workers, double? Rate, double? Throughput, double? P99, double? CoresBusy, bool Counted, string? Slug);

/// <summary>Where a curve of latency over offered rate bends (<see cref="Experiments.Knee"/>).</summary>
/// <param name="Rate">A second.</param>
/// <param name="P99Ms">p99 of that step, ms.</param>
public sealed record SearchKnee(double Rate, double P99Ms);

/// <summary>Runs in, searches out; pure.</summary>
public static class Searching
{
    /// <summary>Every search that has begun, rows in order.</summary>
    public static IReadOnlyList<ReportSearch> Of(ExperimentDefinition experiment, IReadOnlyList<ExperimentRun> runs)
    {
        ArgumentNullException.ThrowIfNull(experiment);
        ArgumentNullException.ThrowIfNull(runs);
        var searches = new List<ReportSearch>();
        for (int row = 0; row < experiment.Rows.Count; row++)
        {
            if (Steps(row, RunPurpose.Tune, runs) is { Count: > 0 } ladder) searches.Add(Tuning(experiment, row, ladder, runs));
            if (Steps(row, RunPurpose.Capacity, runs) is { Count: > 0 } rates) searches.Add(CapacityOf(experiment, row, rates, runs));
        }
        return searches;
    }

    private static ReportSearch Tuning(ExperimentDefinition experiment, int row, List<SearchStep> steps, IReadOnlyList<ExperimentRun> runs)
    {
        string name = experiment.Rows[row].Name;
        int? workers = Schedule.TunedWorkersOf(experiment, row, runs);
        int? untilWorse = Schedule.UntilWorseOf(row, runs);
        string tried = $"{steps.Min(s => s.Workers)} to {steps.Max(s => s.Workers)} tried in {steps.Count} runs";
        return new ReportSearch
        {
            Name = name,
            Kind = "tune",
            Steps = steps,
            Workers = workers,
            UntilWorse = untilWorse,
            Sentence = workers is { } found ? $"{name} serves best with {found} {(found == 1 ? "worker" : "workers")} ({tried}; raising until it gets worse would have {(untilWorse is { } until ? $"stopped at {until}" : "gone on")})"
                : Schedule.TuningIsOver(experiment, row, runs) ? $"{name}: no number of workers works here ({tried})" : $"{name}: {tried} so far",
        };
    }

    private static ReportSearch CapacityOf(ExperimentDefinition experiment, int row, List<SearchStep> steps, IReadOnlyList<ExperimentRun> runs)
    {
        string name = experiment.Rows[row].Name;
        double objective = experiment.ObjectiveMs ?? ExperimentDefinition.UsualObjectiveMs;
        var rates = Schedule.CapacityRuns(row, runs);
        int inAll = Schedule.CapacityRunsInAll(experiment, row, runs);
        bool isDone = rates.Count >= inAll;
        var estimate = isDone ? Capacity.Estimate(rates, objective) : null;
        string sentence = !isDone ? $"{name}: {rates.Count} of {inAll} rates tried so far"
            : estimate is null ? $"{name}: no capacity can be told: {Capacity.WhyNot(rates, objective)}"
            : $"{name} serves {Figures.Text(estimate.Assured)}/s for sure with p99 below {Figures.Text(objective)} ms; about {Figures.Text(estimate.Rate.Value)}/s ({Figures.Text(estimate.Rate.Low)} to {Figures.Text(estimate.Rate.High)}) in a typical run";
        return new ReportSearch
        {
            Name = name,
            Kind = "capacity",
            Steps = steps,
            ObjectiveMs = objective,
            Saturated = runs.FirstOrDefault(r => r.Row == row && r.Purpose == RunPurpose.Saturate && r.IsValid)?.Result!.Throughput,
            Rate = estimate is null ? null : new ReportFigure(estimate.Rate.Value, estimate.Rate.Low, estimate.Rate.High, []),
            Assured = estimate?.Assured,
            Knee = Knee.Of([.. rates.Where(r => !r.Overloaded).Select(r => (r.Rate, r.P99Ms))]) is { } knee ? new SearchKnee(knee.Rate, knee.P99Ms) : null,
            Sentence = sentence,
        };
    }

    private static List<SearchStep> Steps(int row, RunPurpose purpose, IReadOnlyList<ExperimentRun> runs) =>
        [.. runs.Where(r => r.Row == row && r.Purpose == purpose && r.SpeaksOfTarget).Select(r => new SearchStep(r.Definition.Workers ?? r.Result?.Workers, r.Definition.Rate, r.Result?.Throughput, r.Result?.LatencyMs.P99, r.Result?.CoresOf(), r.IsValid, r.Slug))];
}
