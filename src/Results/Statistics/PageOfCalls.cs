using HdrHistogram;

namespace Wobble.Results.Statistics;

/// <summary>What a page waits that makes several such calls.</summary>
/// <param name="Calls">n.</param>
/// <param name="TypicalMs">Calls made at once, the page waits for the slowest: half of the pages wait longer; null when the data can't show it.</param>
/// <param name="OneInHundredMs">The same: 1 in 100 pages waits longer; null when the data can't show it.</param>
/// <param name="OneAfterAnotherMs">Calls made one after another: the mean wait, n·W.</param>
/// <param name="BeyondP99">Share of the pages that meet at least one call slower than p99: 1 − .99ⁿ.</param>
public sealed record PageWait(int Calls, double? TypicalMs, double? OneInHundredMs, double OneAfterAnotherMs, double BeyondP99);

/// <summary>
/// Why p99 matters more than p50: a page of n calls that are made at once waits for the slowest, so its q-quantile is the call's q^(1/n)-quantile (the
/// maximum of n; Dean &amp; Barroso 2013, "The tail at scale"). Assumes that the calls are independent; calls of one page share their second, so real pages
/// meet slow calls together and somewhat less often. The mean of calls made one after another needs no such assumption.
/// </summary>
public static class PageOfCalls
{
    /// <summary>The numbers of calls that are shown.</summary>
    public static IReadOnlyList<int> Shown { get; } = [1, 10, 100];

    /// <summary>The waits for each of <see cref="Shown"/>; empty for an empty histogram.</summary>
    /// <param name="latency">Of single calls, ns.</param>
    /// <param name="meanMs">Exact mean; null: the histogram's.</param>
    public static IReadOnlyList<PageWait> Of(HistogramBase latency, double? meanMs = null)
    {
        ArgumentNullException.ThrowIfNull(latency);
        if (latency.TotalCount == 0) return [];
        double mean = meanMs ?? latency.GetMean() / 1e6;
        return [.. Shown.Select(n => new PageWait(n, Slowest(latency, n, .5), Slowest(latency, n, .99), n * mean, 1 - Math.Pow(.99, n)))];
    }

    /// <summary>The q-quantile of the slowest of n calls, ms; null when fewer than 10 requests are expected beyond it.</summary>
    public static double? Slowest(HistogramBase latency, int calls, double quantile)
    {
        ArgumentNullException.ThrowIfNull(latency);
        double percentile = 100 * Math.Pow(quantile, 1.0 / calls);
        return Percentiles.MayShow(latency.TotalCount, percentile) ? Percentiles.Ms(latency, percentile) : null;
    }
}
