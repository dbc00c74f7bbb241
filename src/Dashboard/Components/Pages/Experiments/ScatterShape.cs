using Wobble.Dashboard.Components.Charts;
using Wobble.Results.Domain;
using Wobble.Results.Experiments;

namespace Wobble.Dashboard.Components.Pages.Experiments;

/// <summary>One configuration as a point, in per cent of the plot.</summary>
/// <param name="Name">Of the configuration.</param>
/// <param name="Short">As it is written beside its mark.</param>
/// <param name="IsNamed">False where its name would lie on another.</param>
/// <param name="IsNamedLeft">True where there is no room at its right.</param>
/// <param name="Wide">Interval of the throughput.</param>
/// <param name="Tall">Interval of the p99.</param>
internal sealed record ScatterPoint(string Name, string Short, TargetClass Class, double Throughput, double P99, double Left, double Top, (double From, double To)? Wide, (double From, double To)? Tall, bool IsNamed, bool IsNamedLeft);

/// <summary>Throughput against p99: right is more work done, up is faster to answer. Pure: rows in, points out.</summary>
internal sealed record ScatterShape(IReadOnlyList<ScatterPoint> Points, LatencyAxis Down, IReadOnlyList<double> Across, double From, double To)
{
    /// <summary>Room of a name, per cent of a plot of about 480 × 260 px.</summary>
    private const double LetterWidth = 1.35, LineHeight = 6;

    /// <summary>Of the configurations that have both figures.</summary>
    public static ScatterShape Of(IReadOnlyList<ReportRow> rows)
    {
        var known = rows.Where(r => r is { Runs: > 0, P99: not null, Throughput: not null }).ToList();
        if (known.Count == 0) return new ScatterShape([], LatencyAxis.Usual, [], 0, 1);
        var down = LatencyAxis.Close(known.SelectMany(r => (double[])[r.P99!.Value, r.P99.Low ?? 0, r.P99.High ?? 0]));
        double least = known.Min(r => r.Throughput!.Low ?? r.Throughput.Value), greatest = known.Max(r => r.Throughput!.High ?? r.Throughput.Value);
        double step = StepOf(Math.Max(greatest - least, greatest / 5) / 4);
        double from = Math.Max(0, Math.Floor(least / step) * step), to = Math.Ceiling(greatest / step) * step;
        if (to <= from) to = from + step;
        var shape = new ScatterShape([], down, [.. Enumerable.Range(0, (int)Math.Round((to - from) / step) + 1).Select(i => from + (i * step))], from, to);
        return shape with { Points = Named([.. known.Select(shape.PointOf)]) };
    }

    public double Left(double throughput) => Scale.Linear(From, To, 0, 100).At(throughput);

    public double Top(double ms) => Scale.Log(Down.From, Down.To, 0, 100).At(ms);

    private ScatterPoint PointOf(ReportRow row)
    {
        var (p99, throughput) = (row.P99!, row.Throughput!);
        return new ScatterPoint(row.Name, Shorter(row.Name), row.Class, throughput.Value, p99.Value, Left(throughput.Value), Top(p99.Value),
            throughput is { Low: { } l, High: { } h } ? (Left(l), Left(h)) : null, p99 is { Low: { } low, High: { } high } ? (Top(low), Top(high)) : null, false, false);
    }

    // gunicorn-meinheld/flask is told from the others by "meinheld/flask".
    private static string Shorter(string name) => name.StartsWith("gunicorn-", StringComparison.Ordinal) ? name["gunicorn-".Length..] : name;

    // A name is written when it covers neither a name written before nor another mark.
    private static List<ScatterPoint> Named(List<ScatterPoint> points)
    {
        var taken = points.Select(p => (Left: p.Left - 1.5, Right: p.Left + 1.5, p.Top, Of: p.Name)).ToList();
        var named = new List<ScatterPoint>();
        foreach (var point in points)
        {
            double width = point.Short.Length * LetterWidth;
            bool Free(double left) => left >= -2 && left + width <= 108 && taken.All(t => t.Of == point.Name || t.Right < left || t.Left > left + width || Math.Abs(t.Top - point.Top) > LineHeight);
            bool right = Free(point.Left + 2.5), left = !right && Free(point.Left - 2.5 - width);
            if (right || left) taken.Add((right ? point.Left + 2.5 : point.Left - 2.5 - width, right ? point.Left + 2.5 + width : point.Left - 2.5, point.Top, ""));
            named.Add(point with { IsNamed = right || left, IsNamedLeft = left });
        }
        return named;
    }

    private static double StepOf(double rough)
    {
        double tens = Math.Pow(10, Math.Floor(Math.Log10(Math.Max(rough, 1e-9))));
        return rough / tens >= 5 ? 5 * tens : rough / tens >= 2 ? 2 * tens : tens;
    }
}
