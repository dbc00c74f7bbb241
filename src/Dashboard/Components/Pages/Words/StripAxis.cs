using Wobble.Dashboard.Components.Charts;
using Wobble.Dashboard.Components.Controls;
using Wobble.Results.Queries;

namespace Wobble.Dashboard.Components.Pages.Words;

/// <summary>The one axis of all strips of a page.</summary>
internal static class StripAxis
{
    /// <summary>Holds every run's seconds but the wildest hundredth, so that one stall doesn't flatten all others.</summary>
    public static (double From, double To) Of(IEnumerable<RunRow>? rows)
    {
        double[] values = [.. (rows ?? []).SelectMany(r => r.Strip ?? []).Where(v => v > 0 && double.IsFinite(v)).Order()];
        var axis = LatencyAxis.Around(values.Take(Math.Max(1, values.Length * 99 / 100)));
        return (axis.From, axis.To);
    }

    /// <summary>For the note beside them: 13 to 320 ms.</summary>
    public static string Words((double From, double To) axis) => $"{Numbers.Tick(Rounded(axis.From))} to {Numbers.Tick(Rounded(axis.To))} ms";

    private static double Rounded(double value)
    {
        double unit = Math.Pow(10, Math.Floor(Math.Log10(value)) - 1);
        return Math.Round(value / unit) * unit;
    }
}
