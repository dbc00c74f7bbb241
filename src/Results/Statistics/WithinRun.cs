using HdrHistogram;

namespace Wobble.Results.Statistics;

/// <summary>
/// One run: how far its own long-run value is known, from four contiguous sections of its seconds (sectioning: Asmussen &amp; Glynn 2007, Nakayama 2014).
/// It says nothing about another run: the spread between runs is unknown until the run is repeated. Below 20 s there is no interval, and never one for
/// p99.9 (it would cover 52–70%).
/// </summary>
public static class WithinRun
{
    /// <summary>Fewest measured seconds for an interval.</summary>
    public const int LeastSeconds = 20;
    private const int Sections = 4;

    /// <summary>Interval of a percentile within the run.</summary>
    /// <param name="seconds">The histogram of each measured second, in order.</param>
    /// <param name="percentile">0–100.</param>
    public static Interval Percentile(IReadOnlyList<LongHistogram> seconds, double percentile)
    {
        ArgumentNullException.ThrowIfNull(seconds);
        double whole = Percentiles.Ms(Merged(seconds), percentile);
        if (seconds.Count < LeastSeconds || percentile > 99) return new Interval(whole, null, null);
        var parts = new double[Sections];
        for (int i = 0; i < Sections; i++)
        {
            int from = i * seconds.Count / Sections, to = (i + 1) * seconds.Count / Sections;
            parts[i] = Percentiles.Ms(Merged(seconds.Skip(from).Take(to - from)), percentile);
        }
        return Of(whole, parts);
    }

    /// <summary>Interval from the whole run's value and those of its sections: q·exp(±t(.975, k−1)·S), S² = Σ(ln q_i − ln q)²/((k−1)·k).</summary>
    public static Interval Of(double whole, IReadOnlyList<double> sections)
    {
        ArgumentNullException.ThrowIfNull(sections);
        int k = sections.Count;
        double s = Math.Sqrt(sections.Sum(q => Math.Pow(Math.Log(q) - Math.Log(whole), 2)) / ((k - 1) * k));
        if (!double.IsFinite(s)) return new Interval(whole, null, null);
        return Interval.OfLogs(Math.Log(whole), Student.Quantile(k - 1) * s);
    }

    private static LongHistogram Merged(IEnumerable<LongHistogram> seconds)
    {
        var all = Histograms.Create();
        foreach (var second in seconds) all.Add(second);
        return all;
    }
}
