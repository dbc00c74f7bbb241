using System.Text;
using HdrHistogram;
using Wobble.Dashboard.Components.Charts;

namespace Wobble.Dashboard.Api.Downloads.Offline;

/// <summary>
/// Time × latency as squares, one path for each of a few shades: a shade is the logarithm of how many requests a cell holds, against the fullest one.
/// In units of cells, which the page stretches.
/// </summary>
public sealed record HeatShape(int Columns, int Rows, double FromMs, double ToMs, IReadOnlyList<string> Shades)
{
    /// <summary>Rows of latency, equal steps of its logarithm.</summary>
    public const int RowCount = 36;
    private const int ShadeCount = 8;
    private const double NsOfMs = 1e6;

    /// <summary>How dark a shade is, 0–1: its square, so that the fullest cells stand out of many full ones.</summary>
    public static double Opacity(int shade) => Math.Max(.05, Math.Pow((shade + 1.0) / ShadeCount, 2));

    internal static HeatShape Of(IReadOnlyList<LongHistogram> columns)
    {
        var cells = columns.Select(CellsOf).ToList();
        var values = cells.SelectMany(c => c).Select(c => c.Ms).ToList();
        var axis = LatencyAxis.Close(values);
        var counts = new long[columns.Count, RowCount];
        for (int x = 0; x < cells.Count; x++)
            foreach (var (ms, count) in cells[x]) counts[x, RowOf(ms, axis)] += count;
        return new HeatShape(columns.Count, RowCount, axis.From, axis.To, Paths(counts));
    }

    private static List<(double Ms, long Count)> CellsOf(LongHistogram histogram) =>
        histogram.TotalCount == 0 ? [] : [.. histogram.RecordedValues().Select(v => (v.ValueIteratedTo / NsOfMs, v.CountAddedInThisIterationStep))];

    private static int RowOf(double ms, LatencyAxis axis) =>
        Math.Clamp((int)(RowCount * Math.Log(ms / axis.From) / Math.Log(axis.To / axis.From)), 0, RowCount - 1);

    private static List<string> Paths(long[,] counts)
    {
        double most = Math.Log(1 + Math.Max(1, counts.Cast<long>().DefaultIfEmpty().Max()));
        var paths = Enumerable.Range(0, ShadeCount).Select(_ => new StringBuilder()).ToList();
        for (int x = 0; x < counts.GetLength(0); x++)
        {
            for (int row = 0; row < RowCount; row++)
            {
                if (counts[x, row] == 0) continue;
                int shade = Math.Min(ShadeCount - 1, (int)(ShadeCount * Math.Log(1 + counts[x, row]) / most));
                paths[shade].Append(Px.Path($"M{x} {RowCount - 1 - row}h1v1h-1z"));
            }
        }
        return [.. paths.Select(p => p.ToString())];
    }
}
