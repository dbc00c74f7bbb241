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
    /// <summary>Lower end of its interval, ms; null below three runs, beyond p99, and where fewer than 20 requests are left beyond.</summary>
    public double? Low { get; init; }
    /// <summary>Upper end.</summary>
    public double? High { get; init; }
}

/// <summary>A distribution as a curve over how rare a latency is.</summary>
public static class DistributionCurve
{
    private const int StepsPerNine = 40;
    /// <summary>The rarest that is drawn: p99.99.</summary>
    private const double MostNines = 4;
    /// <summary>The rarest that has an interval: p99. Beyond it a freeze that hits some runs and not others makes the percentile two-humped, and intervals cover less than they say.</summary>
    private const double MostNinesToJudge = 2;

    /// <summary>From the fastest request to the last percentile that the data can show; empty when they can show none.</summary>
    public static IReadOnlyList<PercentilePoint> Of(LongHistogram histogram)
    {
        ArgumentNullException.ThrowIfNull(histogram);
        return Of(histogram.TotalCount, percentiles => Percentiles.Many(histogram, percentiles));
    }

    /// <summary>The same of what <see cref="Histograms.Encode"/> wrote, without making the histogram.</summary>
    public static IReadOnlyList<PercentilePoint> Of(byte[] encoded)
    {
        ArgumentNullException.ThrowIfNull(encoded);
        if (HistogramParts.Read(encoded) is not { } counts) return Of(Histograms.Decode(encoded));
        long total = counts.Sum(c => c.Count);
        return Of(total, percentiles => Percentiles.Many(counts, total, percentiles));
    }

    private static IReadOnlyList<PercentilePoint> Of(long total, Func<IReadOnlyList<double>, IReadOnlyList<double>> many)
    {
        if (total <= Percentiles.ExceedancesToShow) return [];
        double last = Math.Min(MostNines, Math.Log10(total / Percentiles.ExceedancesToShow));
        var points = Enumerable.Range(0, (int)(MostNines * StepsPerNine) + 1).Select(i => (double)i / StepsPerNine).TakeWhile(n => n < last).Append(last);
        double[] quantiles = [.. points.Select(nines => 1 - Math.Pow(10, -nines))];
        return [.. quantiles.Zip(many([.. quantiles.Select(q => q * 100)]), (q, ms) => new PercentilePoint(q, ms))];
    }

    /// <summary>The typical run of several: at each percentile that all of them can show the geometric mean; up to p99, and where all have 20 requests beyond it, with its interval from three runs on.</summary>
    public static IReadOnlyList<PercentilePoint> Typical(IReadOnlyList<IReadOnlyList<PercentilePoint>> curves, double confidence = 0.95)
    {
        ArgumentNullException.ThrowIfNull(curves);
        var shown = curves.Where(c => c.Count > 0).ToList();
        if (shown.Count == 0) return [];
        // All curves have the same steps but for their last point, which is where each one's data end.
        int steps = shown.Min(c => c.Count) - 1;
        // A curve ends where 10 requests are left beyond.
        double judged = Math.Min(MostNinesToJudge, shown.Min(c => c[^1].Nines) - Math.Log10(Percentiles.ExceedancesToJudge / Percentiles.ExceedancesToShow)) + 1e-9;
        return [.. Enumerable.Range(0, Math.Max(1, steps)).Select(i =>
        {
            var interval = TypicalRun.Of([.. shown.Select(c => Math.Max(c[i].Ms, 1e-6))], confidence);
            var point = new PercentilePoint(shown[0][i].Quantile, interval.Value);
            return point.Nines > judged ? point : point with { Low = interval.Low, High = interval.High };
        })];
    }
}
