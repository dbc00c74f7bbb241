using HdrHistogram;
using Wobble.Results.Statistics;

namespace Wobble.Results.Queries;

/// <summary>A point of a latency distribution.</summary>
/// <param name="Quantile">0 to below 1.</param>
/// <param name="Ms">The latency that this share of requests did not exceed.</param>
public readonly record struct PercentilePoint(double Quantile, double Ms)
{
    /// <summary>How rare, as the axis has it: −log10(1 − q), so that p90 is 1, p99 is 2, p99.9 is 3.</summary>
    public double Nines => -Math.Log10(1 - Quantile);
}

/// <summary>A distribution as a curve over how rare a latency is.</summary>
public static class DistributionCurve
{
    private const int StepsPerNine = 40;
    /// <summary>The rarest that is drawn: p99.99.</summary>
    private const double MostNines = 4;

    /// <summary>From the fastest request to the last percentile that the data can show; empty when they can show none.</summary>
    public static IReadOnlyList<PercentilePoint> Of(LongHistogram histogram)
    {
        ArgumentNullException.ThrowIfNull(histogram);
        if (histogram.TotalCount <= Percentiles.ExceedancesToShow) return [];
        double last = Math.Min(MostNines, Math.Log10(histogram.TotalCount / Percentiles.ExceedancesToShow));
        var points = Enumerable.Range(0, (int)(MostNines * StepsPerNine) + 1).Select(i => (double)i / StepsPerNine).TakeWhile(n => n < last).Append(last);
        return [.. points.Select(nines => 1 - Math.Pow(10, -nines)).Select(q => new PercentilePoint(q, Percentiles.Ms(histogram, q * 100)))];
    }
}
