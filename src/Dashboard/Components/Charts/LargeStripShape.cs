using System.Text;

namespace Wobble.Dashboard.Components.Charts;

/// <summary>One second (or merged seconds) of a large strip, ms. Nulls: nothing was answered.</summary>
internal readonly record struct StripTick(double From, double Length, double? P50, double? P90, double? P99);

/// <summary>
/// The large strip, in a box of seconds × pixels that the page stretches sideways: thick from p50 to p90, thin to p99, above a ruler of seconds.
/// Strokes don't stretch. Pure: figures in, paths out.
/// </summary>
internal sealed record LargeStripShape
{
    /// <summary>Room of the ruler below, px.</summary>
    public const double Foot = 20;
    private const double Head = 8;

    /// <summary>Units across: seconds × 10, so that halves of a second are whole numbers.</summary>
    public required double Width { get; init; }
    public required double Height { get; init; }
    public required string Thick { get; init; }
    public required string Thin { get; init; }
    public required string Ruler { get; init; }
    /// <summary>Latency ticks: ms and distance from the top, px.</summary>
    public required IReadOnlyList<(double Ms, double Top)> Grid { get; init; }
    /// <summary>Labels of the ruler: second and place, 0–1.</summary>
    public required IReadOnlyList<(double Second, double Place)> Seconds { get; init; }
    /// <summary>Labels at the end: word and distance from the top, px; empty without seconds.</summary>
    public required IReadOnlyList<(string Word, double Top)> Ends { get; init; }

    public static LargeStripShape Of(IReadOnlyList<StripTick> ticks, LatencyAxis axis, double total, double height)
    {
        const double unit = 10;
        total = Math.Max(total, 1);
        var y = Scale.Log(axis.From, axis.To, height - Foot, Head);
        var thick = new StringBuilder();
        var thin = new StringBuilder();
        foreach (var tick in ticks)
        {
            if (tick is not { P50: { } p50, P90: { } p90, P99: { } p99 } || !(p50 > 0)) continue;
            string x = Px.Of((tick.From + tick.Length / 2) * unit);
            double low = y.At(p50) + .8, middle = Math.Min(y.At(p90) - .8, low - 1.6);
            thick.Append(Px.Path($"M{x} {Px.Of(low)}V{Px.Of(middle)}"));
            thin.Append(Px.Path($"M{x} {Px.Of(middle + .8)}V{Px.Of(Math.Min(y.At(p99) - .8, middle))}"));
        }
        return new LargeStripShape
        {
            Width = total * unit,
            Height = height,
            Thick = thick.ToString(),
            Thin = thin.ToString(),
            Ruler = MakeRuler(total, height, unit),
            Grid = [.. axis.Ticks().Select(ms => (ms, y.At(ms)))],
            Seconds = [.. Labels(total).Select(s => (s, s / total))],
            Ends = MakeEnds(ticks, y, height),
        };
    }

    private static string MakeRuler(double total, double height, double unit)
    {
        double top = height - Foot + 1.5;
        double fine = total <= 120 ? 1 : total <= 1_200 ? 10 : total <= 7_200 ? 60 : 600;
        var ruler = new StringBuilder(Px.Path($"M0 {Px.Of(top)}H{Px.Of(total * unit)}"));
        for (double s = 0; s <= total; s += fine) ruler.Append(Px.Path($"M{Px.Of(s * unit)} {Px.Of(top)}v{(s % (fine * 10) == 0 ? 6 : 3)}"));
        return ruler.ToString();
    }

    /// <summary>Five to seven round seconds, the last one included.</summary>
    internal static IEnumerable<double> Labels(double total)
    {
        double[] steps = [1, 2, 5, 10, 20, 30, 60, 120, 300, 600, 1_200, 1_800, 3_600, 7_200, 14_400];
        double step = steps.FirstOrDefault(s => total / s <= 7, steps[^1]);
        for (double s = 0; s < total - step * .4; s += step) yield return s;
        yield return total;
    }

    private static List<(string, double)> MakeEnds(IReadOnlyList<StripTick> ticks, Scale y, double height)
    {
        const double lineHeight = 13;
        var last = ticks.LastOrDefault(t => t.P99 is not null);
        if (last is not { P50: { } p50, P90: { } p90, P99: { } p99 }) return [];
        double a = Math.Min(height - Foot - 2, y.At(p50) + 2);
        double b = Math.Min(a - lineHeight, y.At(p90));
        double c = Math.Min(b - lineHeight, y.At(p99));
        return [("p50", a), ("p90", b), ("p99", c)];
    }
}
