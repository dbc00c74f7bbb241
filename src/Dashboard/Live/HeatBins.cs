using HdrHistogram;

namespace Wobble.Dashboard.Live;

/// <summary>The rows of a heat map: latencies in bins of equal width in logs, 24 to a decade (each 10% wider), from 10 µs to 100 s.</summary>
internal static class HeatBins
{
    private const int PerDecade = 24;
    private const double LeastNs = 1e4;

    public const int Count = 7 * PerDecade;

    /// <summary>The lower edge of a bin, ms.</summary>
    public static double EdgeMs(int bin) => LeastNs / 1e6 * Math.Pow(10, (double)bin / PerDecade);

    /// <summary>The bin of a latency; what is outside goes to the first or last.</summary>
    public static int Of(double ns) => ns <= LeastNs ? 0 : Math.Min(Count - 1, (int)(Math.Log10(ns / LeastNs) * PerDecade));

    /// <summary>Bins with requests, in order.</summary>
    public static IReadOnlyList<HeatCell> Cells(LongHistogram histogram)
    {
        var cells = new List<HeatCell>();
        foreach (var value in histogram.RecordedValues())
        {
            byte bin = (byte)Of(value.ValueIteratedTo);
            int count = (int)Math.Min(int.MaxValue, value.CountAddedInThisIterationStep);
            if (cells.Count > 0 && cells[^1].Bin == bin) cells[^1] = new HeatCell(bin, cells[^1].Count + count);
            else cells.Add(new HeatCell(bin, count));
        }
        return cells;
    }

    public static IReadOnlyList<HeatCell> Add(IReadOnlyList<HeatCell> a, IReadOnlyList<HeatCell> b) =>
        [.. a.Concat(b).GroupBy(c => c.Bin).OrderBy(g => g.Key).Select(g => new HeatCell(g.Key, g.Sum(c => c.Count)))];
}
