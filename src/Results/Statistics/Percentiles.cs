using System.Globalization;
using HdrHistogram;
using Wobble.Results.Domain;

namespace Wobble.Results.Statistics;

/// <summary>
/// Percentiles of a histogram, and which of them the data can show: with k = N(1 − p) expected exceedances, from 10 on a percentile is shown, from 20 on
/// it may have an interval and a verdict. (At k = 10, 95% of estimates lie within −16/+25% even if requests were independent.)
/// </summary>
public static class Percentiles
{
    /// <summary>Expected exceedances from which a percentile is shown.</summary>
    public const double ExceedancesToShow = 10;
    /// <summary>Expected exceedances from which it may have an interval and a verdict.</summary>
    public const double ExceedancesToJudge = 20;

    private const double NsPerMs = 1e6;

    /// <summary>Expected number of requests beyond the percentile.</summary>
    /// <param name="requests">All requests.</param>
    /// <param name="percentile">0–100, such as 99.9.</param>
    public static double Exceedances(long requests, double percentile) => requests * Share(percentile);

    /// <summary>How many requests were slower than the percentile: the whole part of <see cref="Exceedances"/>.</summary>
    public static long Slower(long requests, double percentile) => (long)Math.Floor(Exceedances(requests, percentile) + 1e-6);

    /// <summary>True when the percentile may be shown.</summary>
    public static bool MayShow(long requests, double percentile) => Exceedances(requests, percentile) >= ExceedancesToShow - 1e-9;

    /// <summary>True when it may have an interval and a verdict.</summary>
    public static bool MayJudge(long requests, double percentile) => Exceedances(requests, percentile) >= ExceedancesToJudge - 1e-9;

    /// <summary>Requests needed to show the percentile: 10 ÷ (1 − p).</summary>
    public static long Needed(double percentile) => (long)Math.Ceiling((ExceedancesToShow * 100 / (100 - percentile)) - 1e-6);

    /// <summary>Why runs that are valid give no verdict: they have too few requests for it.</summary>
    /// <param name="metric">A metric that turns on a percentile.</param>
    /// <param name="rounds">Rounds with too few.</param>
    /// <param name="all">Of how many.</param>
    public static string TooFew(Metric metric, int rounds, int all) => string.Create(CultureInfo.InvariantCulture,
        $"too few requests for a verdict on {metric.Title()} in {rounds} of {all} rounds ({Math.Ceiling(ExceedancesToJudge / Share(metric.Percentile())):#,0} a run are needed)");

    // 100 − 99.9 is a little less than 0.1 in binary: ten of 10,000 would be nine.
    private static double Share(double percentile) => Math.Round(100 - percentile, 9) / 100;

    /// <summary>The percentile in ms, whether it may be shown or not; NaN for an empty histogram.</summary>
    public static double Ms(HistogramBase histogram, double percentile)
    {
        ArgumentNullException.ThrowIfNull(histogram);
        return histogram.TotalCount == 0 ? double.NaN : histogram.GetValueAtPercentile(percentile) / NsPerMs;
    }

    /// <summary>As <see cref="Ms"/> for many percentiles in rising order, in one pass over the histogram: each by itself would begin at its first bucket.</summary>
    public static IReadOnlyList<double> Many(HistogramBase histogram, IReadOnlyList<double> percentiles)
    {
        ArgumentNullException.ThrowIfNull(histogram);
        return Many(histogram.RecordedValues().Select(v => (histogram.HighestEquivalentValue(v.ValueIteratedTo), v.CountAddedInThisIterationStep)), histogram.TotalCount, percentiles);
    }

    /// <summary>The same of counts, such as <see cref="HistogramParts.Read"/> has them.</summary>
    internal static IReadOnlyList<double> Many(IEnumerable<(long HighestNs, long Count)> counts, long total, IReadOnlyList<double> percentiles)
    {
        ArgumentNullException.ThrowIfNull(percentiles);
        var all = new List<double>(percentiles.Count);
        // The library's own rounding: the rank is p% of all, half up, and at least the first.
        long RankOf(double percentile) => Math.Max(1, (long)((Math.Min(percentile, 100) / 100 * total) + 0.5));
        long sum = 0;
        foreach (var (highest, count) in counts)
        {
            sum += count;
            while (all.Count < percentiles.Count && sum >= RankOf(percentiles[all.Count])) all.Add(highest / NsPerMs);
        }
        while (all.Count < percentiles.Count) all.Add(double.NaN);
        return all;
    }

    /// <summary>All latencies that a result names, in ms. Percentiles the data can't show are null; none lies outside min … max.</summary>
    /// <param name="histogram">Good answers.</param>
    /// <param name="minNs">Exact least value; null: the histogram's.</param>
    /// <param name="maxNs">Exact greatest value; null: the histogram's.</param>
    /// <param name="meanNs">Exact mean; null: the histogram's.</param>
    public static Latencies Of(HistogramBase histogram, long? minNs = null, long? maxNs = null, double? meanNs = null)
    {
        ArgumentNullException.ThrowIfNull(histogram);
        long n = histogram.TotalCount;
        if (n == 0) return new Latencies(null, null, null, null, null, null, null, null, null);
        double min = (minNs ?? histogram.LowestEquivalentValue(histogram.GetValueAtPercentile(0))) / NsPerMs;
        double max = (maxNs ?? histogram.GetMaxValue()) / NsPerMs;
        double mean = (meanNs ?? histogram.GetMean()) / NsPerMs;
        double? At(double p) => MayShow(n, p) ? Math.Clamp(Ms(histogram, p), min, max) : null;
        return new Latencies(min, At(50), At(75), At(90), At(95), At(99), At(99.9), max, mean);
    }
}
