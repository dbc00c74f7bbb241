using Wobble.Dashboard.Components.Controls;
using Wobble.Dashboard.Live;
using Wobble.Results.Domain;
using Wobble.Results.Queries;

namespace Wobble.Dashboard.Components.Charts;

/// <summary>
/// The distribution: how slow over how rare, each step right ten times rarer. Solid as far as the data can show it, thin and grey beyond, a band
/// where there is an interval. Pure.
/// </summary>
internal static class PercentileSeries
{
    private const int Height = 330;
    private static readonly double[] Marked = [.5, .9, .99, .999];

    public static ChartModel Of(RunPicture picture, TargetClass targetClass)
    {
        var shown = picture.Distribution;
        var all = shown.Concat(picture.Tail).ToList();
        var axis = LatencyAxis.Close(all.Select(p => p.Ms));
        double end = Math.Max(2, Math.Ceiling(all.Select(p => p.Nines).DefaultIfEmpty(0).Max() - .01));
        string hue = "--" + targetClass.Word();
        var band = picture.Intervals.Band;
        var grid = ChartParts.LogGrid with { Padding = ChartParts.LogGrid.Padding with { Right = 110, Top = -4 } };
        var options = new ApexChartOptions
        {
            Chart = new ApexChartChart("rangeArea", Height),
            Xaxis = new ApexXAxis { Min = 0, Max = end, TickAmount = (int)end, Labels = new ApexLabels { Formatter = "format:percentiles", Style = new ApexTextStyle { Colors = "--ink" } }, AxisTicks = new ApexAxisLine { Show = false } },
            Yaxis = [ChartParts.LogLatency(axis)],
            Stroke = new ApexStroke([0, 2, 1], [0, 0, 3]),
            Colors = [hue, hue, "--ink-3"],
            Fill = new ApexFill { Opacity = [.14, 1, 1] },
            Annotations = new ApexAnnotations
            {
                Yaxis = ChartParts.LogTicks(axis, 9),
                Xaxis = [Rare(Math.Log10(2), "p50"), .. Enumerable.Range(1, (int)end).Select(n => Rare(n, null))],
                Points = [.. Marked.Select(q => Mark(shown, q, targetClass, hue)).OfType<ApexPointAnnotation>()],
            },
            Grid = grid,
            Tooltip = new ApexTooltip { X = new ApexTooltipX("format:nines"), Y = new ApexTooltipY("format:latency") },
        };
        var xs = Grid(shown, picture.Tail);
        return new ChartModel(options,
        [
            new ApexSeries("95% interval", "rangeArea", [.. xs.Select(x => Of(band, x))]),
            new ApexSeries("latency", "line", [.. xs.Select(x => Of(shown, x))]) { Label = picture.Tail.Count > 8 ? null : picture.IsFinal ? "this run" : "so far", Strong = true },
            new ApexSeries("too few requests", "line", [.. xs.Select(x => Of(picture.Tail, x))]) { Label = picture.Tail.Count > 8 ? "too few requests" : null },
        ], Says(picture));
    }

    // ApexCharts draws a band by place, not by x: all three series have the same x, with gaps.
    private static List<double> Grid(IReadOnlyList<PercentilePoint> shown, IReadOnlyList<PercentilePoint> tail) =>
        [.. shown.Concat(tail).Select(p => Round(p.Nines)).Distinct().Order()];

    private static double?[] Of(IReadOnlyList<PercentilePoint> points, double x)
    {
        foreach (var point in points)
            if (Round(point.Nines).Equals(x)) return [x, ChartParts.Log(point.Ms)];
        return [x, null];
    }

    private static double?[] Of(IReadOnlyList<BandPoint> band, double x)
    {
        for (int i = 1; i < band.Count; i++)
        {
            var (a, b) = (band[i - 1], band[i]);
            if (x < a.Nines - 1e-6 || x > b.Nines + 1e-6) continue;
            double share = (x - a.Nines) / (b.Nines - a.Nines);
            return [x, Between(a.Low, b.Low, share), Between(a.High, b.High, share)];
        }
        return [x, null, null];
    }

    private static double Between(double from, double to, double share) => Math.Round(Math.Log10(from) + share * (Math.Log10(to) - Math.Log10(from)), 4);

    private static double Round(double nines) => Math.Round(nines, 3);

    private static ApexXAxisAnnotation Rare(double nines, string? word) => new(Math.Round(nines, 3), word ?? "")
    {
        StrokeDashArray = 0,
        BorderColor = "--line",
        Label = word is null ? null : new ApexAnnotationLabel(word) { Position = "bottom", TextAnchor = "middle", OffsetY = 23, Style = new ApexLabelStyle { Color = "--ink" } },
    };

    private static ApexPointAnnotation? Mark(IReadOnlyList<PercentilePoint> shown, double quantile, TargetClass targetClass, string hue)
    {
        double nines = -Math.Log10(1 - quantile);
        if (shown.Count == 0 || shown[^1].Nines < nines - .001) return null;
        var at = shown.MinBy(p => Math.Abs(p.Nines - nines));
        return new ApexPointAnnotation(Math.Round(at.Nines, 3), ChartParts.Log(at.Ms) ?? 0)
        {
            Marker = new ApexAnnotationMarker { Size = 4, Shape = targetClass switch { TargetClass.Green => "diamond", TargetClass.Async => "triangle", _ => "circle" }, FillColor = hue, StrokeColor = hue },
            Label = new ApexAnnotationLabel(Numbers.Three(at.Ms)) { TextAnchor = "end", OffsetX = -6, OffsetY = -4, Style = new ApexLabelStyle { Color = "--ink", FontSize = "12.5px", FontWeight = 500 } },
        };
    }

    private static string Says(RunPicture picture)
    {
        var ms = picture.LatencyMs;
        return $"Latency by percentile: p50 {Numbers.Latency(ms.P50)}, p90 {Numbers.Latency(ms.P90)}, p99 {Numbers.Latency(ms.P99)}, p99.9 {Numbers.Latency(ms.P999)}, greatest {Numbers.Latency(ms.Max)}";
    }
}
