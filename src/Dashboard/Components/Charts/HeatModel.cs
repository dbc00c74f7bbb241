using Wobble.Dashboard.Live;

namespace Wobble.Dashboard.Components.Charts;

/// <summary>A column of the heat map.</summary>
/// <param name="From">Second it begins at.</param>
/// <param name="Length">s</param>
/// <param name="Cells">Row and requests a second of each cell that isn't empty, in turn; row 0 is the lowest.</param>
public sealed record HeatColumn(double From, double Length, IReadOnlyList<double> Cells);

/// <summary>Requests by time and latency, as js/heat.js draws them. Pure.</summary>
/// <param name="Least">Lower edge of row 0, ms.</param>
/// <param name="Greatest">Upper edge of the last row, ms.</param>
/// <param name="Rows">Rows, all equally high on a log axis.</param>
/// <param name="Ticks">Latencies that the axis names, ms.</param>
/// <param name="Total">Seconds of the whole width.</param>
/// <param name="Seconds">Seconds that the axis names.</param>
/// <param name="Most">Requests a second in the fullest cell.</param>
/// <param name="Hue">Colour token.</param>
/// <param name="Now">Where the playhead stands; null: the run has ended.</param>
public sealed record HeatModel(double Least, double Greatest, int Rows, IReadOnlyList<double> Ticks, double Total, IReadOnlyList<double> Seconds, double Most, string Hue, double? Now)
{
    /// <summary>More columns can't be told apart.</summary>
    public const int MostColumns = 300;

    public static (HeatModel Model, IReadOnlyList<HeatColumn> Columns) Of(IReadOnlyList<RunPoint> points, double total, string hue, double? now)
    {
        int together = Math.Max(1, (points.Count + MostColumns - 1) / MostColumns);
        var merged = points.Chunk(together).Select(chunk => (
            From: (double)chunk[0].From,
            Length: chunk.Sum(p => p.Length),
            Cells: chunk.Length == 1 ? chunk[0].Heat : chunk.Select(p => p.Heat).Aggregate(HeatBins.Add))).ToList();
        var bins = merged.SelectMany(m => m.Cells).Select(c => (int)c.Bin).DefaultIfEmpty(HeatBins.Of(1e7)).ToList();
        int low = Math.Max(0, bins.Min() - 1), high = Math.Min(HeatBins.Count - 1, bins.Max() + 1);
        var columns = merged.Select(m => new HeatColumn(m.From, m.Length,
            [.. m.Cells.SelectMany(c => (double[])[c.Bin - low, Math.Round(c.Count / Math.Max(m.Length, .001), 1)])])).ToList();
        double most = columns.SelectMany(c => c.Cells.Where((_, i) => i % 2 == 1)).DefaultIfEmpty(0).Max();
        var axis = new LatencyAxis(HeatBins.EdgeMs(low), HeatBins.EdgeMs(high + 1));
        var model = new HeatModel(axis.From, axis.To, high - low + 1, axis.Ticks(), total, [.. LargeStripShape.Labels(total)], most, hue, now);
        return (model, columns);
    }

    /// <summary>True when columns drawn under the other model stay right under this one.</summary>
    public bool KeepsColumnsOf(HeatModel other) => Least.Equals(other.Least) && Rows == other.Rows && Total.Equals(other.Total) && Hue == other.Hue;
}
