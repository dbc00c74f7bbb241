namespace Wobble.Dashboard.Components.Charts;

/// <summary>
/// A logarithmic axis of latency, ms. Every strip of a page shares one, so that rows can be compared by eye; it is <see cref="Usual"/> unless
/// values leave it, and then as wide at least.
/// </summary>
internal sealed record LatencyAxis(double From, double To)
{
    /// <summary>Where most targets of a stack with a database stay.</summary>
    public static readonly LatencyAxis Usual = new(13, 320);

    /// <summary>The ticks a log axis may have: 1, 2, 5 and their tens.</summary>
    private static readonly double[] Marks = [.. from power in Enumerable.Range(-3, 9) from digit in (double[])[1, 2, 5] select digit * Math.Pow(10, power)];

    /// <summary>Ticks inside, at most <paramref name="most"/>: tens only when there would be more.</summary>
    public IReadOnlyList<double> Ticks(int most = 7)
    {
        double[] inside = [.. Marks.Where(m => m >= From * .999 && m <= To * 1.001)];
        if (inside.Length <= most) return inside;
        double[] tens = [.. inside.Where(m => Math.Abs(Math.Log10(m) - Math.Round(Math.Log10(m))) < 1e-9)];
        return tens.Length >= 2 ? tens : inside;
    }

    /// <summary>
    /// <see cref="Usual"/> when all values lie in it, else moved to hold them with a little room, and wider only when they need it: a page of fast
    /// servers would otherwise keep all its strips at the foot.
    /// </summary>
    public static LatencyAxis Around(IEnumerable<double> values)
    {
        var (least, greatest) = Span(values);
        if (greatest == 0 || (least >= Usual.From && greatest <= Usual.To)) return Usual;
        double from = least / 1.15, to = greatest * 1.1, width = Usual.To / Usual.From;
        if (to / from >= width) return new LatencyAxis(from, to);
        // The end that was left moves with the values; the other follows at the usual distance.
        return greatest > Usual.To ? new LatencyAxis(to / width, to) : new LatencyAxis(from, from * width);
    }

    /// <summary>Just around the values, for a figure that stands alone: at least a factor of 8 wide, so that calm looks calm.</summary>
    public static LatencyAxis Close(IEnumerable<double> values)
    {
        var (least, greatest) = Span(values);
        if (greatest == 0) return Usual;
        const double leastWidth = 8;
        double from = least / 1.25, to = greatest * 1.15;
        if (to / from < leastWidth)
        {
            double more = Math.Sqrt(leastWidth / (to / from));
            (from, to) = (from / more, to * more);
        }
        return new LatencyAxis(from, to);
    }

    private static (double Least, double Greatest) Span(IEnumerable<double> values)
    {
        double least = double.MaxValue, greatest = 0;
        foreach (double value in values)
        {
            if (!(value > 0) || double.IsInfinity(value)) continue;
            least = Math.Min(least, value);
            greatest = Math.Max(greatest, value);
        }
        return (least, greatest);
    }
}
