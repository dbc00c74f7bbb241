using Wobble.Dashboard.Components.Charts;
using Wobble.Dashboard.Components.Controls;
using Wobble.Results.Domain;
using Wobble.Results.Queries;

namespace Wobble.Dashboard.Components.Pages.Compare;

/// <summary>Distributions laid over one another: hue, line and mark by class, the name at each line's end. Pure.</summary>
internal static class ComparedSeries
{
    private const int Height = 340;
    private const double LeastNines = 2;
    /// <summary>The fastest twentieth is left out: a few lucky requests would stretch the axis.</summary>
    private const double FromQuantile = .05;
    private static readonly double[] Marked = [.5, .9, .99, .999];

    public static ChartModel Of(IReadOnlyList<ComparedRun> runs)
    {
        var shown = runs.Where(r => r.Distribution.Count > 0).ToList();
        var axis = LatencyAxis.Close(shown.SelectMany(Drawn).Select(p => p.Ms));
        int end = (int)Math.Max(LeastNines, Math.Ceiling(shown.Max(r => r.Distribution[^1].Nines) - .01));
        var grid = ChartParts.LogGrid with { Padding = ChartParts.LogGrid.Padding with { Right = 150, Top = -4 } };
        var options = new ApexChartOptions
        {
            Chart = new ApexChartChart("line", Height),
            Xaxis = new ApexXAxis { Min = 0, Max = end, TickAmount = end, Labels = new ApexLabels { Formatter = "format:percentiles", Style = new ApexTextStyle { Colors = "--ink" } }, AxisTicks = new ApexAxisLine { Show = false } },
            Yaxis = [ChartParts.LogLatency(axis)],
            Stroke = new ApexStroke([.. shown.Select(_ => 2.0)], [.. shown.Select(r => Dashes(r.Row.Class))]),
            Colors = [.. shown.Select(Hue)],
            Annotations = new ApexAnnotations
            {
                Yaxis = ChartParts.LogTicks(axis),
                Xaxis = [Rare(Math.Log10(2), "p50"), .. Enumerable.Range(1, end).Select(n => Rare(n, ""))],
                Points = [.. shown.SelectMany(r => Marked.Select(q => Mark(r, q)).OfType<ApexPointAnnotation>())],
            },
            Grid = grid,
            Tooltip = new ApexTooltip { X = new ApexTooltipX("format:nines"), Y = new ApexTooltipY("format:latency") },
        };
        return new ChartModel(options, [.. shown.Select(r => new ApexSeries(Name(shown, r), "line", Data(r)) { Label = Name(shown, r), Strong = true })], Says(shown));
    }

    /// <summary>The target; with its place when several have the same.</summary>
    private static string Name(List<ComparedRun> runs, ComparedRun run) =>
        runs.Count(r => r.Row.Target == run.Row.Target) == 1 ? run.Row.Target : $"{run.Row.Target}, {Ordinal(runs.IndexOf(run))}";

    private static string Ordinal(int index) => index switch { 0 => "reference", 1 => "second", 2 => "third", 3 => "fourth", _ => "fifth" };

    private static string Hue(ComparedRun run) => "--" + run.Row.Class.Word();

    private static int Dashes(TargetClass targetClass) => targetClass switch { TargetClass.Green => 8, TargetClass.Async => 3, _ => 0 };

    private static IEnumerable<PercentilePoint> Drawn(ComparedRun run) => run.Distribution.Where(p => p.Quantile >= FromQuantile);

    private static List<double?[]> Data(ComparedRun run) => [.. Drawn(run).Select(p => (double?[])[Math.Round(p.Nines, 3), ChartParts.Log(p.Ms)])];

    private static ApexXAxisAnnotation Rare(double nines, string word) => new(Math.Round(nines, 3), word)
    {
        StrokeDashArray = 0,
        BorderColor = "--line",
        Label = word.Length == 0 ? null : new ApexAnnotationLabel(word) { Position = "bottom", TextAnchor = "middle", OffsetY = 18, Style = new ApexLabelStyle { Color = "--ink" } },
    };

    private static ApexPointAnnotation? Mark(ComparedRun run, double quantile)
    {
        double nines = -Math.Log10(1 - quantile);
        if (run.Distribution[^1].Nines < nines - .001) return null;
        var at = run.Distribution.MinBy(p => Math.Abs(p.Nines - nines));
        return new ApexPointAnnotation(Math.Round(at.Nines, 3), ChartParts.Log(at.Ms) ?? 0)
        {
            Marker = new ApexAnnotationMarker { Size = 4, Shape = run.Row.Class switch { TargetClass.Green => "diamond", TargetClass.Async => "triangle", _ => "circle" }, FillColor = Hue(run), StrokeColor = Hue(run) },
        };
    }

    private static string Says(List<ComparedRun> runs) =>
        "Latency by percentile: " + string.Join("; ", runs.Select(r => $"{Name(runs, r)} from {Numbers.Latency(r.Distribution[0].Ms)} to {Numbers.Latency(r.Distribution[^1].Ms)} at {Percentile(r.Distribution[^1].Quantile)}"));

    private static string Percentile(double quantile) => "p" + Numbers.Tick(Math.Round(quantile * 100, 2));
}
