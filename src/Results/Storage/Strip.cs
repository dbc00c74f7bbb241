using Wobble.Results.Facts;
using Wobble.Results.Statistics;

namespace Wobble.Results.Storage;

/// <summary>A run as two short lines, for lists.</summary>
internal static class Strip
{
    /// <summary>The most pairs.</summary>
    public const int Limit = 120;

    /// <summary>p50 and p99 of each measured second in turn, ms. Of more than <see cref="Limit"/> seconds, as many are merged into one pair as it takes.</summary>
    public static double[] Of(IReadOnlyList<SampleFact> samples)
    {
        var measured = samples.Where(s => s.Stage > 0).ToList();
        int together = (measured.Count + Limit - 1) / Limit;
        return together == 0 ? [] : [.. measured.Chunk(together).SelectMany(seconds =>
        {
            var histogram = Histograms.Merge(seconds.SelectMany(s => s.Kinds).Select(k => k.Latency));
            return (double[])[Percentiles.Ms(histogram, 50), Percentiles.Ms(histogram, 99)];
        })];
    }
}
