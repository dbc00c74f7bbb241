using Wobble.Dashboard.Components.Controls;
using Wobble.Dashboard.Live;

namespace Wobble.Dashboard.Components.Charts;

/// <summary>Good answers a second, and failures where there were any. Pure.</summary>
internal static class ThroughputSeries
{
    private const int Height = 160;

    public static ChartModel Of(IReadOnlyList<RunPoint> points, double total)
    {
        bool failed = points.Any(p => p.Failed > 0);
        double greatest = points.Select(p => Math.Max(p.Throughput, p.Failed / Math.Max(p.Length, .001))).DefaultIfEmpty(0).Max();
        string last = points.Count == 0 ? "" : failed ? "answers" : Numbers.Three(points.Sum(p => p.Requests) / Math.Max(points.Sum(p => p.Length), .001));
        var series = new List<ApexSeries> { new("answers", "line", Data(points, p => p.Throughput)) { Label = last, Strong = true } };
        if (failed) series.Add(new ApexSeries("errors", "line", Data(points, p => p.Failed / Math.Max(p.Length, .001))) { Label = "errors" });
        var options = new ApexChartOptions
        {
            Chart = new ApexChartChart("line", Height),
            Xaxis = ChartParts.Seconds(total),
            Yaxis = [ChartParts.FromZero(greatest)],
            Stroke = new ApexStroke([1.5, 1.5], [0, 0]),
            Colors = ["--ink", "--bad"],
        };
        string says = points.Count == 0 ? "Answers of each second: none yet" : $"Answers of each second, from {Numbers.Three(points.Min(p => p.Throughput))} to {Numbers.Three(points.Max(p => p.Throughput))}{(failed ? $"; {Numbers.Count(points.Sum(p => p.Failed))} failed" : "")}";
        return new ChartModel(options, series, says);
    }

    private static List<double?[]> Data(IReadOnlyList<RunPoint> points, Func<RunPoint, double> of) =>
        [.. points.Select(p => (double?[])[ChartParts.Middle(p.From, p.Length), Math.Round(of(p), 1)])];
}
