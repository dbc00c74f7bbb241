using System.Text;
using Wobble.Dashboard.Components.Charts;

namespace Wobble.Dashboard.Api.Downloads.Offline;

/// <summary>A line of a figure: values over a place from 0 to 1; null interrupts it.</summary>
public sealed record Line(string Label, IReadOnlyList<(double Place, double? Value)> Points, double Weight = 1.75, double Opacity = 1);

/// <summary>Lines in a box of 1,000 units × pixels that the page stretches sideways; strokes don't stretch. Pure: figures in, paths out.</summary>
public sealed record LineShape
{
    public const double Width = 1_000;
    private const double Foot = 20;
    private const double Head = 8;
    /// <summary>A label takes so much room, px.</summary>
    private const double LineHeight = 13;

    public required double Height { get; init; }
    public required IReadOnlyList<(string Path, Line Line)> Paths { get; init; }
    /// <summary>Values of the axis and their distance from the top, px.</summary>
    public required IReadOnlyList<(double Value, double Top)> Grid { get; init; }
    /// <summary>Labels at the lines' ends, moved apart where they would touch.</summary>
    public required IReadOnlyList<(string Word, double Top)> Ends { get; init; }

    /// <summary>On a logarithmic axis close around the values.</summary>
    public static LineShape Log(IReadOnlyList<Line> lines, double height)
    {
        var axis = LatencyAxis.Close(Values(lines));
        return Of(lines, height, Scale.Log(axis.From, axis.To, height - Foot, Head), axis.Ticks());
    }

    /// <summary>On an axis from zero.</summary>
    public static LineShape FromZero(IReadOnlyList<Line> lines, double height, double leastTop = 1)
    {
        double top = Math.Max(leastTop, Values(lines).DefaultIfEmpty(0).Max());
        double step = Math.Pow(10, Math.Floor(Math.Log10(top)));
        step = top / step >= 5 ? step * 2 : top / step >= 2 ? step : step / 2;
        var ticks = Enumerable.Range(0, (int)Math.Ceiling(top / step) + 1).Select(i => i * step).ToList();
        return Of(lines, height, Scale.Linear(0, ticks[^1], height - Foot, Head), ticks);
    }

    private static IEnumerable<double> Values(IEnumerable<Line> lines) => lines.SelectMany(l => l.Points).Where(p => p.Value is { } v && double.IsFinite(v)).Select(p => p.Value!.Value);

    private static LineShape Of(IReadOnlyList<Line> lines, double height, Scale y, IReadOnlyList<double> ticks) => new()
    {
        Height = height,
        Paths = [.. lines.Select(l => (PathOf(l, y), l))],
        Grid = [.. ticks.Select(t => (t, y.At(t)))],
        Ends = EndsOf(lines, y),
    };

    private static string PathOf(Line line, Scale y)
    {
        var path = new StringBuilder();
        bool drawing = false;
        foreach (var (place, value) in line.Points)
        {
            bool there = value is { } v && double.IsFinite(v);
            if (there) path.Append(drawing ? 'L' : 'M').Append(Px.Of(place * Width)).Append(' ').Append(Px.Of(y.At(value!.Value)));
            drawing = there;
        }
        return path.ToString();
    }

    private static List<(string, double)> EndsOf(IReadOnlyList<Line> lines, Scale y)
    {
        var ends = lines.Select(l => (l.Label, Value: l.Points.LastOrDefault(p => p.Value is not null).Value)).Where(e => e.Value is not null)
            .Select(e => (e.Label, Top: y.At(e.Value!.Value))).OrderByDescending(e => e.Top).ToList();
        for (int i = 1; i < ends.Count; i++) ends[i] = (ends[i].Label, Math.Min(ends[i].Top, ends[i - 1].Top - LineHeight));
        return ends;
    }
}
