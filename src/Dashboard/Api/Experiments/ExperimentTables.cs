using Wobble.Dashboard.Api.Downloads;
using Wobble.Results.Domain;
using Wobble.Results.Experiments;
using Wobble.Results.Queries;
using Wobble.Results.Statistics;

namespace Wobble.Dashboard.Api.Experiments;

/// <summary>An experiment as tables: units in the columns' names, an empty cell where the data can't show a figure.</summary>
internal static class ExperimentTables
{
    /// <summary>The tables; the first is what is written when none is named.</summary>
    public static readonly IReadOnlyList<string> Names = ["rows", "ratios", "runs", "searches"];

    private static readonly string[] Metrics = ["p50_ms", "p90_ms", "p99_ms", "p99_9_ms", "throughput", "wobble"];

    public static Task WriteAsync(TextWriter writer, ExperimentShown shown, string table) => table switch
    {
        "ratios" => RatiosAsync(new CsvText(writer), shown),
        "runs" => RunsAsync(new CsvText(writer), shown),
        "searches" => SearchesAsync(new CsvText(writer), shown.Report),
        _ => RowsAsync(new CsvText(writer), shown.Report, shown.Definition.Confidence),
    };

    private static async Task RowsAsync(CsvText csv, Report report, double confidence)
    {
        await csv.RowAsync(["name", "target", "class", "workers", "runs", "discarded", "reason", "rank_low", "rank_high", "letters",
            .. Metrics.SelectMany(m => new[] { m, $"{m}_low", $"{m}_high" }), "published_workers", "published_p50_ms", "published_p99_ms", "published_throughput",
            "workload", "proxy", "pooler", "connections", "rate", "stages", "keep_alive", "warmup", "for", "requests", "options", "confidence"]);
        foreach (var row in report.Rows)
            await csv.RowAsync([row.Name, row.Target, Word(row.Class), row.Workers, row.Runs, row.Discarded, row.Reason, row.RankLow, row.RankHigh, row.Letters,
                .. new[] { row.P50, row.P90, row.P99, row.P999, row.Throughput, row.Wobble }.SelectMany(f => new object?[] { f?.Value, f?.Low, f?.High }),
                row.Published?.Workers, row.Published?.P50Ms, row.Published?.P99Ms, row.Published?.Throughput, .. Cells(row.Definition), confidence]);
    }

    private static object?[] Cells(Definition d) => [d.Workload, d.Proxy, d.Pooler, d.Connections, d.Rate, d.Stages, d.KeepAlive ? "true" : "false", Duration.Format(d.Warmup), d.For is { } length ? Duration.Format(length) : null, d.Requests,
        string.Join(' ', d.Options.OrderBy(o => o.Key, StringComparer.Ordinal).Select(o => $"{o.Key}={o.Value}"))];

    private static async Task RatiosAsync(CsvText csv, ExperimentShown shown)
    {
        var deltas = Enum.GetValues<Metric>().ToDictionary(m => m.Word(), m => shown.Definition.DeltaOf(m) ?? m.Relevant());
        await csv.RowAsync(["metric", "a", "b", "ratio", "low", "high", "p", "verdict", "sentence", "method", "delta"]);
        foreach (var r in shown.Report.Ratios) await csv.RowAsync([r.Metric, r.A, r.B, r.Value, r.Low, r.High, r.P, r.Verdict, r.Sentence, r.Method, deltas[r.Metric]]);
    }

    private static async Task SearchesAsync(CsvText csv, Report report)
    {
        await csv.RowAsync(["name", "kind", "steps", "workers", "until_worse", "objective_ms", "saturated", "rate", "rate_low", "rate_high", "assured", "knee_rate", "knee_p99_ms", "sentence"]);
        foreach (var s in report.Searches)
            await csv.RowAsync([s.Name, s.Kind, s.Steps.Count, s.Workers, s.UntilWorse, s.ObjectiveMs, s.Saturated, s.Rate?.Value, s.Rate?.Low, s.Rate?.High, s.Assured, s.Knee?.Rate, s.Knee?.P99Ms, s.Sentence]);
    }

    private static async Task RunsAsync(CsvText csv, ExperimentShown shown)
    {
        await csv.RowAsync(["slug", "name", "purpose", "round", "attempt", "state", "trust", "workers", "rate", .. Metrics, "requests", "errors", "failure"]);
        foreach (var run in shown.Runs)
        {
            var r = ExperimentAnswer.RunOf(shown.Definition, run);
            await csv.RowAsync([r.Slug, r.Name, r.Purpose.ToString().ToLowerInvariant(), r.Round, r.Attempt, r.State.Word(), r.Trust, r.Workers, r.Rate,
                r.P50, r.P90, r.P99, r.P999, r.Throughput, r.Wobble, run.Result?.Requests, run.Result?.Errors.Values.Sum(), r.Failure]);
        }
    }

    private static string Word(TargetClass targetClass) => targetClass.ToString().ToLowerInvariant();
}
