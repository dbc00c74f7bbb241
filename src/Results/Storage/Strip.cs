using HdrHistogram;
using Wobble.Results.Facts;
using Wobble.Results.Statistics;

namespace Wobble.Results.Storage;

/// <summary>A run as two short lines, for lists: p50 and p99 of each measured second in turn, ms. Seconds are taken in one after another.</summary>
/// <param name="measured">How many measured seconds there are.</param>
internal sealed class Strip(int measured)
{
    /// <summary>The most pairs. Of more seconds, as many are merged into one pair as it takes.</summary>
    public const int Limit = 120;

    private readonly int _together = Math.Max(1, (measured + Limit - 1) / Limit);
    private readonly List<double> _pairs = [];
    private readonly LongHistogram _part = Histograms.Create();
    private int _inPart;

    public void Take(SampleFact sample)
    {
        if (sample.Stage <= 0) return;
        foreach (var kind in sample.Kinds) Histograms.Add(_part, kind.Latency);
        if (++_inPart == _together) Close();
    }

    public double[] Pairs()
    {
        if (_inPart > 0) Close();
        return [.. _pairs];
    }

    private void Close()
    {
        _pairs.AddRange([Percentiles.Ms(_part, 50), Percentiles.Ms(_part, 99)]);
        _part.Reset();
        _inPart = 0;
    }
}
