using Wobble.Dashboard.Components.Charts;
using Wobble.Dashboard.Components.Controls;
using Wobble.Results.Queries;

namespace Wobble.Dashboard.Components.Pages.Words;

/// <summary>The one axis of all strips of a page.</summary>
internal static class StripAxis
{
    /// <summary>
    /// Holds the seconds of every run that may be relied on but the wildest hundredth, so that neither one stall nor one run that drowned flattens all
    /// others; what is beyond is drawn at the edge.
    /// </summary>
    public static (double From, double To) Of(IEnumerable<RunRow>? rows)
    {
        var all = (rows ?? []).ToList();
        double[] values = Seconds(all.Where(r => r.HasFigures));
        if (values.Length == 0) values = Seconds(all);
        var axis = LatencyAxis.Around(values.Take(Math.Max(1, values.Length * 99 / 100)));
        return (axis.From, axis.To);
    }

    private static double[] Seconds(IEnumerable<RunRow> rows) => [.. rows.SelectMany(r => r.Strip ?? []).Where(v => v > 0 && double.IsFinite(v)).Order()];

    /// <summary>For the note beside them: 13 to 320 ms.</summary>
    public static string Words((double From, double To) axis) => $"{Numbers.Tick(Rounded(axis.From))} to {Numbers.Tick(Rounded(axis.To))} ms";

    private static double Rounded(double value)
    {
        double unit = Math.Pow(10, Math.Floor(Math.Log10(value)) - 1);
        return Math.Round(value / unit) * unit;
    }
}
