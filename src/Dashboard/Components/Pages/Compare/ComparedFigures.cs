using Wobble.Dashboard.Components.Controls;
using Wobble.Results.Domain;
using Wobble.Results.Queries;
using Wobble.Results.Statistics;

namespace Wobble.Dashboard.Components.Pages.Compare;

/// <summary>A figure of one run beside the reference's.</summary>
/// <param name="Run">Whose.</param>
/// <param name="Value">Null: the data can't show it, or the run has no numbers in comparisons.</param>
/// <param name="Ratio">Value ÷ the reference's; null for the reference and where one is missing.</param>
/// <param name="IsReference">True for the reference itself.</param>
/// <param name="Missing">Why there is no value.</param>
public sealed record ComparedFigure(ComparedRun Run, double? Value, double? Ratio, bool IsReference, string? Missing);

/// <summary>A metric over all runs.</summary>
public sealed record ComparedMetric(Metric Metric, IReadOnlyList<ComparedFigure> Figures)
{
    /// <summary>As people read it.</summary>
    public string Title => Metric switch { Metric.Throughput => "Throughput", Metric.Wobble => "Wobble", _ => Metric.Title() };
    /// <summary>ms, req/s or nothing.</summary>
    public string Unit => Metric switch { Metric.Throughput => "req/s", Metric.Wobble => "", _ => "ms" };
}

/// <summary>The figures of runs side by side, with ratios to the reference. One run each: no interval, so no verdict.</summary>
public sealed record ComparedFigures(IReadOnlyList<ComparedMetric> Metrics, (double From, double To) Axis, string Errors, string Sentence)
{
    /// <summary>True when there is any ratio.</summary>
    public bool HasRatios => Metrics.Any(m => m.Figures.Any(f => f.Ratio is not null));

    private static readonly Metric[] Shown = [Metric.P50, Metric.P90, Metric.P99, Metric.P999, Metric.Throughput, Metric.Wobble];

    /// <summary>Of these runs, the reference first.</summary>
    public static ComparedFigures Of(IReadOnlyList<ComparedRun> runs)
    {
        ArgumentNullException.ThrowIfNull(runs);
        var metrics = Shown.Select(m => MetricOf(m, runs)).ToList();
        double[] ratios = [.. metrics.SelectMany(m => m.Figures).Select(f => f.Ratio).OfType<double>().Where(r => r > 0)];
        double least = Math.Min(.45, ratios.DefaultIfEmpty(1).Min() / 1.15), greatest = Math.Max(4.5, ratios.DefaultIfEmpty(1).Max() * 1.15);
        return new ComparedFigures(metrics, (least, greatest), ErrorsOf(runs), SentenceOf(runs, metrics.Single(m => m.Metric == Metric.P99), metrics.Single(m => m.Metric == Metric.P50)));
    }

    /// <summary>Why a run has no numbers in comparisons; null: it has.</summary>
    public static string? WhyNot(ComparedRun run)
    {
        ArgumentNullException.ThrowIfNull(run);
        if (run.Row.State != RunState.Completed) return run.Row.State.Word();
        return run.Row.Trust == "invalid" ? "invalid" : run.Result is null ? "nothing measured" : null;
    }

    private static ComparedMetric MetricOf(Metric metric, IReadOnlyList<ComparedRun> runs)
    {
        double? reference = ValueOf(metric, runs[0]);
        return new ComparedMetric(metric, [.. runs.Select((run, i) =>
        {
            double? value = ValueOf(metric, run);
            string? missing = value is not null ? null : WhyNot(run) ?? $"too few requests: {Numbers.Count(run.Result!.Requests)} of {Numbers.Count(NeededFor(metric))}";
            return new ComparedFigure(run, value, i > 0 && value is not null && reference is > 0 ? value / reference : null, i == 0, missing);
        })]);
    }

    private static long NeededFor(Metric metric) => Percentiles.Needed(metric switch { Metric.P50 => 50, Metric.P90 => 90, Metric.P999 => 99.9, _ => 99 });

    private static double? ValueOf(Metric metric, ComparedRun run)
    {
        if (WhyNot(run) is not null || run.Result is not { } result) return null;
        return metric switch
        {
            Metric.P50 => result.LatencyMs.P50,
            Metric.P90 => result.LatencyMs.P90,
            Metric.P99 => result.LatencyMs.P99,
            Metric.P999 => result.LatencyMs.P999,
            Metric.Throughput => result.Throughput,
            _ => result.Wobble,
        };
    }

    private static string ErrorsOf(IReadOnlyList<ComparedRun> runs)
    {
        var failed = runs.Where(r => r.Result is { Errors.Count: > 0 }).ToList();
        return failed.Count == 0
            ? "none in any of these runs"
            : string.Join("; ", failed.Select(r => $"{r.Row.Target}: {string.Join(", ", r.Result!.Errors.OrderByDescending(e => e.Value).Select(e => $"{Numbers.Count(e.Value)} {e.Key.Replace('_', ' ')}"))}"));
    }

    private static string SentenceOf(IReadOnlyList<ComparedRun> runs, ComparedMetric p99, ComparedMetric p50)
    {
        var without = runs.Where(r => WhyNot(r) is not null).ToList();
        if (without.Count > 0 && without.Contains(runs[0])) return $"The reference, {runs[0].Row.Target}, has no numbers here ({WhyNot(runs[0])}): make another the reference.";
        string reference = runs[0].Row.Target;
        var metric = p99.Figures.Any(f => f.Ratio is not null) ? p99 : p50;
        string[] said = [.. metric.Figures.Where(f => f.Ratio is not null).Select(f => Said(f, reference, metric.Title))];
        string left = without.Count > 0 ? $" {string.Join(" ", without.Select(r => $"{r.Row.Target} has no numbers here ({WhyNot(r)})."))}" : "";
        return said.Length == 0 ? $"There is nothing to compare.{left}" : $"{string.Join(" ", said)} Whether that is more than chance, one run each can’t tell.{left}";
    }

    private static string Said(ComparedFigure figure, string reference, string metric)
    {
        double ratio = figure.Ratio!.Value;
        string much = ratio >= 2 ? $"{Numbers.Three(ratio)} times" : Math.Abs(ratio - 1) < .005 ? "the same as" : $"{Numbers.Percent(Math.Abs(ratio - 1))} {(ratio > 1 ? "above" : "below")}";
        string whose = figure.Run.Row.Target == reference ? "the reference’s" : $"{reference}’s";
        return $"{(figure.Run.Row.Target == reference ? "The other run" : figure.Run.Row.Target)}’s {metric} was {much} {whose}.";
    }
}
