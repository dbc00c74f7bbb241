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

    public static ChartModel Of(RunPicture picture, TargetClass targetClass, string name)
    {
        var shown = picture.Distribution;
        var all = shown.Concat(picture.Tail).ToList();
        var axis = LatencyAxis.Close(all.Select(p => p.Ms));
        double end = Math.Max(2, Math.Ceiling(all.Select(p => p.Nines).DefaultIfEmpty(0).Max() - .01));
        string hue = "--" + targetClass.Word();
        var band = picture.Intervals.Band;
        var grid = ChartParts.LogGrid with { Padding = ChartParts.LogGrid.Padding with { Right = 120, Top = -4 } };
        var options = new ApexChartOptions
        {
            Chart = new ApexChartChart("rangeArea", Height),
            Xaxis = new ApexXAxis { Min = 0, Max = end, TickAmount = (int)end, Labels = new ApexLabels { Formatter = "format:nines", Style = new ApexTextStyle { Colors = "--ink" } }, AxisTicks = new ApexAxisLine { Show = false } },
            Yaxis = [ChartParts.LogLatency(axis)],
            Stroke = new ApexStroke([0, 2, 1], [0, 0, 3]),
            Colors = [hue, hue, "--ink-3"],
            Fill = new ApexFill { Opacity = [.14, 1, 1] },
            Annotations = new ApexAnnotations
            {
                Yaxis = ChartParts.LogTicks(axis),
                Xaxis = [Rare(Math.Log10(2), "p50"), .. Enumerable.Range(1, (int)end).Select(n => Rare(n, null))],
                Points = [.. Marked.Select(q => Mark(shown, q, targetClass, hue)).OfType<ApexPointAnnotation>()],
            },
            Grid = grid,
            Tooltip = new ApexTooltip { X = new ApexTooltipX("format:nines"), Y = new ApexTooltipY("format:latency") },
            Responsive = ChartParts.Narrow(grid, 14),
        };
        return new ChartModel(options,
        [
            new ApexSeries("95% interval", "rangeArea", [.. band.Select(b => (double?[])[Math.Round(b.Nines, 3), ChartParts.Log(b.Low), ChartParts.Log(b.High)])]),
            new ApexSeries(name, "line", Data(shown)) { Label = picture.IsFinal ? name : "so far", Strong = true },
            new ApexSeries("too few requests", "line", Data(picture.Tail)) { Label = picture.Tail.Count > 8 ? "too few requests" : null },
        ], Says(picture));
    }

    private static List<double?[]> Data(IReadOnlyList<PercentilePoint> points) => [.. points.Select(p => (double?[])[Math.Round(p.Nines, 3), ChartParts.Log(p.Ms)])];

    private static ApexXAxisAnnotation Rare(double nines, string? word) => new(Math.Round(nines, 3), word ?? "")
    {
        StrokeDashArray = 0,
        BorderColor = "--line",
        Label = word is null ? null : new ApexAnnotationLabel(word) { Position = "bottom", TextAnchor = "middle", OffsetY = 18, Style = new ApexLabelStyle { Color = "--ink" } },
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
