using Wobble.Dashboard.Components.Controls;
using Wobble.Dashboard.Components.Pages.Words;
using Wobble.Dashboard.Live;
using Wobble.Results.Statistics;

namespace Wobble.Dashboard.Components.Pages.RunParts;

/// <summary>One of the big figures.</summary>
internal sealed record FigureRow(string Name, string? Value, string? Unit, string? Beside, string? Says)
{
    public bool IsMain { get; init; }
    public bool Waits { get; init; }
}

/// <summary>The figures of a run in their order, each with its interval or with what a missing one waits for. Pure.</summary>
internal static class FigureRows
{
    /// <summary>A live p99.9 whose halves differ by more could still mislead.</summary>
    private const double HalvesMayDiffer = .25;

    public static IReadOnlyList<FigureRow> Of(RunPicture run)
    {
        var ms = run.LatencyMs;
        bool live = !run.IsFinal;
        var rows = new List<FigureRow>
        {
            Percentile(run, "p50", 50, ms.P50, run.Intervals.P50, "half were faster"),
            Percentile(run, "p90", 90, ms.P90, run.Intervals.P90, "1 in 10 was slower"),
            Percentile(run, "p99", 99, ms.P99, run.Intervals.P99, "1 in 100 was slower") with { IsMain = true },
            TailOf(run),
            new(live ? "max so far" : "max", Ms(ms.Max), UnitOf(ms.Max), "one request", live ? "can only grow" : "the slowest of all"),
            new("Throughput", run.Throughput is { } rate ? Numbers.Three(rate) : null, "req/s", Range(run.Intervals.Throughput, live), live ? $"{Numbers.Count(run.Requests)} so far" : $"{Numbers.Count(run.Requests)} in {Numbers.Seconds(run.Seconds)} s"),
            new("Errors", run.HasMeasured ? Numbers.Count(run.Failed) : null, null, ErrorsOf(run), "kept apart from the times"),
            new("Wobble", run.Wobble is { } wobble ? Numbers.Three(wobble) : null, null, Range(run.Intervals.Wobble, live), "p99 ÷ p50; 1 is perfectly even") { Waits = live },
        };
        return rows;
    }

    private static FigureRow Percentile(RunPicture run, string name, double percentile, double? ms, Interval? interval, string says) =>
        ms is null ? Missing(run, name, percentile) : new FigureRow(name, Ms(ms), UnitOf(ms), Range(interval, !run.IsFinal, ms >= InSeconds ? 1_000 : 1), says);

    private static FigureRow TailOf(RunPicture run)
    {
        if (run.LatencyMs.P999 is not { } ms) return Missing(run, "p99.9", 99.9);
        if (!run.IsFinal && run.HalvesDiffer > HalvesMayDiffer) return new FigureRow("p99.9", null, null, null, $"wait: halves still differ by {Numbers.Percent(run.HalvesDiffer)}");
        return new FigureRow("p99.9", Ms(ms), UnitOf(ms), FreezeWords.Short(run.Run.Result?.Freezes), $"{Numbers.Count(Percentiles.Slower(run.Requests, 99.9))} requests were slower");
    }

    private static FigureRow Missing(RunPicture run, string name, double percentile) => new(name, null, null, null,
        run.HasMeasured ? $"needs {Numbers.Count(Percentiles.Needed(percentile))} requests, {(run.IsFinal ? "it had" : "has")} {Numbers.Count(run.Requests)}" : null);

    private static string? ErrorsOf(RunPicture run)
    {
        if (!run.HasMeasured) return null;
        if (run.Failed == 0) return run.Definition.IsOpenLoop ? "none late, none dropped" : "none late";
        return string.Join(", ", run.Errors.OrderByDescending(e => e.Value).Take(1).Select(e => $"{Numbers.Count(e.Value)} {RunWords.Error(e.Key, run.Run.Plan)}")) + (run.Errors.Count > 1 ? $", and {Numbers.Many(run.Errors.Count - 1, "kind")} more" : "");
    }

    /// <summary>From ten seconds on a latency is written in seconds.</summary>
    private const double InSeconds = 10_000;

    private static string? Ms(double? ms) => ms is { } v ? Numbers.Three(v >= InSeconds ? v / 1_000 : v) : null;

    private static string? UnitOf(double? ms) => ms >= InSeconds ? "s" : "ms";

    /// <summary>Ended: both ends. Live: half its width, which narrows as seconds come in.</summary>
    private static string? Range(Interval? interval, bool live, double divisor = 1)
    {
        if (interval is not { Low: { } low, High: { } high }) return null;
        return live ? $"± {Numbers.Three((high - low) / 2 / divisor)}" : $"{Numbers.Three(low / divisor)}–{Numbers.Three(high / divisor)}";
    }
}
