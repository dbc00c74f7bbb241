namespace Wobble.Dashboard.Components.Charts;

/// <summary>A chart ready to be drawn.</summary>
/// <param name="Options">Axes, strokes, annotations.</param>
/// <param name="Series">Lines and bands.</param>
/// <param name="Label">What it shows, one sentence.</param>
public sealed record ChartModel(ApexChartOptions Options, IReadOnlyList<ApexSeries> Series, string Label);

/// <summary>Parts that the charts share. Pure.</summary>
internal static class ChartParts
{
    /// <summary>The seconds of a run, from 0 to a round end, with few labels.</summary>
    public static ApexXAxis Seconds(double total)
    {
        double[] steps = [1, 2, 5, 10, 20, 30, 60, 120, 300, 600, 1_200, 1_800, 3_600, 7_200, 14_400];
        double step = steps.FirstOrDefault(s => total / s <= 7, steps[^1]);
        double max = Math.Max(step, Math.Ceiling(total / step - 1e-9) * step);
        return new ApexXAxis { Min = 0, Max = max, TickAmount = (int)Math.Round(max / step), Labels = new ApexLabels { Formatter = "format:axis", Rotate = 0 } };
    }

    /// <summary>Latency on a log axis, drawn as log10 on a straight one: ApexCharts' own log axis has odd ticks and draws bands wrong.</summary>
    public static ApexYAxis LogLatency(LatencyAxis axis) => new() { Min = Math.Log10(axis.From), Max = Math.Log10(axis.To), Labels = new ApexLabels { Show = false } };

    /// <summary>The ticks of <see cref="LogLatency"/>, as lines with their words at the left.</summary>
    public static IReadOnlyList<ApexYAxisAnnotation> LogTicks(LatencyAxis axis, int most = 7) => [.. axis.Ticks(most).Select(ms => new ApexYAxisAnnotation(Math.Log10(ms), Controls.Numbers.Tick(ms)))];

    /// <summary>From zero to a round number above, in three or four steps.</summary>
    public static ApexYAxis FromZero(double greatest)
    {
        double[] digits = [1, 2, 2.5, 4, 5, 6, 8, 10];
        double power = Math.Pow(10, Math.Floor(Math.Log10(Math.Max(greatest, 1) * 1.05)));
        double max = digits.Select(d => d * power).First(m => m >= Math.Max(greatest, 1) * 1.05 - 1e-9);
        double digit = Math.Round(max / power, 1);
        int ticks = digit is 6 ? 3 : digit is 2.5 or 5 or 10 ? 5 : 4;
        if (max < ticks) ticks = (int)Math.Max(1, max);
        return new ApexYAxis { Min = 0, Max = max, TickAmount = ticks, Labels = new ApexLabels { Formatter = "format:count", MinWidth = 30, MaxWidth = 46, OffsetX = -6 } };
    }

    /// <summary>log10, or a gap for what isn't there.</summary>
    public static double? Log(double? ms) => ms is > 0 and { } v && double.IsFinite(v) ? Math.Round(Math.Log10(v), 4) : null;

    public static double Middle(double from, double length) => Math.Round(from + length / 2, 2);

    public static ApexGrid LogGrid { get; } = new() { Yaxis = new ApexGridLines(false), Padding = new ApexPadding { Left = 30 } };
}
