using Wobble.Dashboard.Components.Controls;
using Wobble.Dashboard.Live;
using Wobble.Results.Domain;

namespace Wobble.Dashboard.Components.Charts;

/// <summary>Percentiles of each second, each from that second's own histogram. Pure. At most <see cref="RunTally.MostPoints"/> points a line.</summary>
internal static class LatencySeries
{
    private const int Height = 220;

    private static readonly (string Name, Func<RunPoint, double?> Of)[] Lines =
        [("p50", p => p.P50), ("p90", p => p.P90), ("p99", p => p.P99), ("p99.9", p => p.P999)];

    public static ChartModel Of(IReadOnlyList<RunPoint> points, TargetClass targetClass, double total)
    {
        var axis = LatencyAxis.Close(points.SelectMany(p => (double[])[p.P50 ?? 0, p.P999 ?? 0]));
        string hue = "--" + targetClass.Word();
        var options = new ApexChartOptions
        {
            Chart = new ApexChartChart("line", Height),
            Xaxis = ChartParts.Seconds(total),
            Yaxis = [ChartParts.LogLatency(axis)],
            Stroke = new ApexStroke([1.5, 1.5, 2, 1], [0, 0, 0, 0]),
            Colors = [hue, hue + "/CC", hue, hue + "/8C"],
            Annotations = new ApexAnnotations { Yaxis = ChartParts.LogTicks(axis) },
            Grid = ChartParts.LogGrid,
            Tooltip = new ApexTooltip { Y = new ApexTooltipY("format:latency") },
        };
        return new ChartModel(options, [.. Lines.Select(line => new ApexSeries(line.Name, "line", Data(points, line.Of)) { Label = line.Name, Strong = line.Name == "p99" })], Says(points));
    }

    private static List<double?[]> Data(IReadOnlyList<RunPoint> points, Func<RunPoint, double?> of) =>
        [.. points.Select(p => (double?[])[ChartParts.Middle(p.From, p.Length), ChartParts.Log(of(p))])];

    private static string Says(IReadOnlyList<RunPoint> points)
    {
        var answered = points.Where(p => p.P99 is not null).ToList();
        return answered.Count == 0
            ? "Percentiles of each second: nothing answered yet"
            : $"Percentiles of each second: p50 from {Numbers.Latency(answered.Min(p => p.P50))} to {Numbers.Latency(answered.Max(p => p.P50))}, p99 from {Numbers.Latency(answered.Min(p => p.P99))} to {Numbers.Latency(answered.Max(p => p.P99))}";
    }
}
