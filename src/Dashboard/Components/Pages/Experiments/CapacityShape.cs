using Wobble.Dashboard.Components.Charts;
using Wobble.Dashboard.Components.Controls;
using Wobble.Results.Domain;
using Wobble.Results.Experiments;
using Wobble.Results.Queries;
using Wobble.Results.Statistics;

namespace Wobble.Dashboard.Components.Pages.Experiments;

/// <summary>A capacity search as a figure: p99 over offered rate, the line through the steps near the objective, what is assured, and the knee. Pure.</summary>
internal sealed record CapacityShape
{
    private const double LineReach = .3;

    public required string Name { get; init; }
    public required TargetClass Class { get; init; }
    public required double Objective { get; init; }
    /// <summary>By rate, rising.</summary>
    public required IReadOnlyList<CapacityRun> Steps { get; init; }
    public required CurveAxis X { get; init; }
    public required CurveAxis Y { get; init; }
    public required CurveLine Curve { get; init; }
    public (double X, string Words)? At { get; init; }
    public (double From, double To)? Band { get; init; }
    public SearchKnee? Knee { get; init; }
    public required string Words { get; init; }
    public required string Label { get; init; }
    /// <summary>What the closed loop before the search reached.</summary>
    public required string Saturated { get; init; }

    public static CapacityShape Of(ExperimentShown shown, int row)
    {
        double objective = shown.Definition.ObjectiveMs ?? ExperimentDefinition.UsualObjectiveMs;
        var wanted = shown.Definition.Rows[row];
        var steps = Schedule.CapacityRuns(row, shown.Runs).OrderBy(s => s.Rate).ToList();
        var search = shown.Report.Searches.FirstOrDefault(s => s.Kind == "capacity" && s.Name == wanted.Name);
        int inAll = Schedule.CapacityRunsInAll(shown.Definition, row, shown.Runs);
        // The interval holds what it promises of all runs of the search only.
        var estimate = steps.Count >= inAll ? Capacity.Estimate(steps, objective) : null;
        double? most = shown.Runs.FirstOrDefault(r => r.Row == row && r.Purpose == RunPurpose.Saturate && r.IsValid)?.Result!.Throughput;
        var measured = steps.Where(s => s.P99Ms > 0).ToList();
        bool isOver = shown.State is "completed" or "cancelled";
        return new CapacityShape
        {
            Name = wanted.Name,
            Class = wanted.Class,
            Objective = objective,
            Steps = steps,
            X = CurveAxis.FromZero([.. steps.Select(s => s.Rate), most ?? 0], "offered, req/s", false),
            Y = CurveAxis.Latency([.. measured.Select(s => s.P99Ms), objective]),
            Curve = new CurveLine("", wanted.Class, LineOf(estimate, objective), [.. measured.Select(s => (s.Rate, s.P99Ms, s.Overloaded))]),
            At = estimate is null ? null : (estimate.Assured, $"assured {Numbers.Three(estimate.Assured)}/s"),
            Band = estimate?.Rate is { Low: { } low, High: { } high } ? (low, high) : null,
            Knee = search?.Knee,
            Words = wanted.Unavailable ?? (estimate is not null ? $"{wanted.Name} serves {Numbers.Three(estimate.Assured)} requests a second with p99 below {Numbers.Three(objective)} ms; the limit is about {Numbers.Three(estimate.Rate.Value)} ({Numbers.Three(estimate.Rate.Low)} to {Numbers.Three(estimate.Rate.High)}, approximate)."
                : steps.Count >= inAll ? $"Can’t tell: {Capacity.WhyNot(steps, objective)}."
                : isOver ? $"Can’t tell: {steps.Count} of {inAll} steps have a result."
                : $"{steps.Count} of {inAll} steps: no estimate yet."),
            Label = $"p99 of {wanted.Name} by offered rate: " + string.Join(", ", steps.Select(s => $"{Numbers.Three(s.Rate)}/s {(s.P99Ms > 0 ? Numbers.Latency(s.P99Ms) : "nothing answered")}{(s.Overloaded ? " overloaded" : "")}")),
            Saturated = most is { } m ? $"a closed loop reached {Numbers.Three(m)}/s" : "",
        };
    }

    // The fitted line is straight in logs: p99 = objective × (rate ÷ capacity)^slope.
    private static List<(double, double)> LineOf(CapacityEstimate? estimate, double objective)
    {
        if (estimate is null) return [];
        double capacity = estimate.Rate.Value;
        return [.. Enumerable.Range(0, 13).Select(i => capacity * Math.Exp(-LineReach + (i * LineReach / 8))).Select(rate => (rate, objective * Math.Pow(rate / capacity, estimate.Slope)))];
    }
}
