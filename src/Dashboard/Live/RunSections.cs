using HdrHistogram;
using Wobble.Results.Statistics;

namespace Wobble.Dashboard.Live;

/// <summary>What the four sections of one run say of its figures (docs/measuring.md: within this run). Pure.</summary>
internal static class RunSections
{
    /// <summary>Never for p99.9: too few requests of a section lie beyond it.</summary>
    private const double MostNines = 2;
    /// <summary>p10: the fastest of all has no interval.</summary>
    private const double LeastNines = .05;
    private const double Step = .025;

    public static RunIntervals Intervals(LongHistogram whole, double seconds, IReadOnlyList<(LongHistogram Latency, double Seconds)> sections)
    {
        if (sections.Any(s => s.Latency.TotalCount == 0 || s.Seconds <= 0)) return RunIntervals.None;
        Interval? At(double percentile) => Percentiles.MayJudge(whole.TotalCount, percentile) ? Of(h => Percentiles.Ms(h, percentile)) : null;
        Interval Of(Func<LongHistogram, double> figure) => WithinRun.Of(figure(whole), [.. sections.Select(s => figure(s.Latency))]);
        var throughput = WithinRun.Of(whole.TotalCount / seconds, [.. sections.Select(s => s.Latency.TotalCount / s.Seconds)]);
        var wobble = Percentiles.MayJudge(whole.TotalCount, 99) ? Of(h => Percentiles.Ms(h, 99) / Percentiles.Ms(h, 50)) : null;
        return new RunIntervals(At(50), At(90), At(99), throughput, wobble, [.. Band(At)]);
    }

    /// <summary>How much p99.9 of the second half differs from that of the first.</summary>
    public static double? HalvesDiffer(IReadOnlyList<(LongHistogram Latency, double Seconds)> sections)
    {
        double first = Half(0), second = Half(2);
        return first > 0 && second > 0 ? Math.Exp(Math.Abs(Math.Log(second / first))) - 1 : null;

        double Half(int from)
        {
            var half = Histograms.Create();
            half.Add(sections[from].Latency);
            half.Add(sections[from + 1].Latency);
            return Percentiles.Ms(half, 99.9);
        }
    }

    private static IEnumerable<BandPoint> Band(Func<double, Interval?> at)
    {
        for (double nines = LeastNines; nines <= MostNines + .001; nines += Step)
            if (at(100 * (1 - Math.Pow(10, -nines))) is { Low: { } low, High: { } high }) yield return new BandPoint(nines, low, high);
    }
}
