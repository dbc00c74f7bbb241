using Wobble.Dashboard.Api.Downloads;
using Wobble.Results.Domain;
using Wobble.Results.Experiments;
using Wobble.Results.Queries;

namespace Wobble.Dashboard.Api.Experiments;

/// <summary>An experiment as tables: units in the columns' names, an empty cell where the data can't show a figure.</summary>
internal static class ExperimentTables
{
    /// <summary>The tables; the first is what is written when none is named.</summary>
    public static readonly IReadOnlyList<string> Names = ["rows", "ratios", "runs"];

    private static readonly string[] Metrics = ["p50_ms", "p90_ms", "p99_ms", "p99_9_ms", "throughput", "wobble"];

    public static Task WriteAsync(TextWriter writer, ExperimentShown shown, string table) => table switch
    {
        "ratios" => RatiosAsync(new CsvText(writer), shown.Report),
        "runs" => RunsAsync(new CsvText(writer), shown),
        _ => RowsAsync(new CsvText(writer), shown.Report),
    };

    private static async Task RowsAsync(CsvText csv, Report report)
    {
        await csv.RowAsync(["name", "target", "class", "workers", "runs", "discarded", "reason", "rank_low", "rank_high", "letters",
            .. Metrics.SelectMany(m => new[] { m, $"{m}_low", $"{m}_high" }), "published_workers", "published_p50_ms", "published_p99_ms", "published_throughput"]);
        foreach (var row in report.Rows)
            await csv.RowAsync([row.Name, row.Target, Word(row.Class), row.Workers, row.Runs, row.Discarded, row.Reason, row.RankLow, row.RankHigh, row.Letters,
                .. new[] { row.P50, row.P90, row.P99, row.P999, row.Throughput, row.Wobble }.SelectMany(f => new object?[] { f?.Value, f?.Low, f?.High }),
                row.Published?.Workers, row.Published?.P50Ms, row.Published?.P99Ms, row.Published?.Throughput]);
    }

    private static async Task RatiosAsync(CsvText csv, Report report)
    {
        await csv.RowAsync(["metric", "a", "b", "ratio", "low", "high", "p", "verdict", "sentence"]);
        foreach (var r in report.Ratios) await csv.RowAsync([r.Metric, r.A, r.B, r.Value, r.Low, r.High, r.P, r.Verdict, r.Sentence]);
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
