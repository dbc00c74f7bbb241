using System.Globalization;
using Wobble.Dashboard.Components.Charts;
using Wobble.Dashboard.Components.Controls;
using Wobble.Results.Statistics;

namespace Wobble.Dashboard.Components.Pages.Configurations;

/// <summary>A run in a trend, or the rounds of an experiment.</summary>
/// <param name="Left">0–1.</param>
/// <param name="Top">px</param>
internal sealed record TrendMark(string Slug, string Href, double Left, double Top, bool IsHollow, string Label);

/// <summary>What runs between two steps usually give: 0–1 across, px down.</summary>
internal readonly record struct TrendBand(double Left, double Right, double Top, double Bottom);

/// <summary>A step: a dashed line with a number, whose words stand below the figure.</summary>
internal readonly record struct TrendLine(double Left, int Number, bool Differs);

/// <summary>A figure of each point in turn, on a log axis, with bands of what is usual and a line where something changed. Points without the figure have no mark.</summary>
internal sealed record TrendShape(IReadOnlyList<TrendMark> Marks, IReadOnlyList<TrendBand> Bands, IReadOnlyList<TrendLine> Lines, IReadOnlyList<(double Value, double Top)> Ticks, string Unit, string Label)
{
    public const double Height = 220;
    private const double Head = 26;
    private const double Foot = 12;
    /// <summary>So that calm looks calm: the axis spans at least a factor of 2.</summary>
    private const double LeastWidth = 2;

    /// <param name="trend">In time order.</param>
    /// <param name="zone">The viewer's, for the words of each mark.</param>
    public static TrendShape Of(Trend trend, TimeZoneInfo zone)
    {
        string unit = trend.Metric switch { Metric.Throughput => "req/s", Metric.Wobble => "p99 ÷ p50", _ => $"{trend.Metric.Title()}, ms" };
        var shown = trend.Runs.Select((run, index) => (run, index)).Where(r => r.run.Value is > 0).ToList();
        if (shown.Count == 0) return new TrendShape([], [], [], [], unit, $"No run has a {trend.Metric.Title()} yet.");
        var place = shown.Select((s, i) => (s.index, i)).ToDictionary(p => p.index, p => p.i);
        double Left(double i) => (i + .5) / shown.Count;
        var (from, to) = Axis([.. shown.Select(s => s.run.Value!.Value), .. trend.Levels.SelectMany(l => (double?[])[l.Low, l.High]).OfType<double>()]);
        var y = Scale.Log(from, to, Height - Foot, Head);
        var bands = trend.Levels.Where(l => l.Low is not null).Select(l => new TrendBand(Left(place[l.First] - .45), Left(place[l.Last] + .45), y.At(l.High!.Value), y.At(l.Low!.Value)));
        var lines = trend.Steps.Select((s, i) => new TrendLine(Left(place[s.At] - .5), i + 1, s.Difference == Difference.Differs));
        string label = $"{trend.Metric.Title()} of {Numbers.Many(shown.Count, trend.Unit)}, {Numbers.Three(shown.Min(r => r.run.Value))} to {Numbers.Three(shown.Max(r => r.run.Value))}, last {Numbers.Three(shown[^1].run.Value)}";
        return new TrendShape([.. shown.Select((s, i) => Mark(s.run, trend.Metric, Left(i), y, zone))], [.. bands], [.. lines], [.. TicksOf(from, to).Select(t => (t, y.At(t)))], unit, label);
    }

    private static TrendMark Mark(TrendRun run, Metric metric, double left, Scale y, TimeZoneInfo zone)
    {
        string when = TimeZoneInfo.ConvertTime(run.At, zone).ToString("d MMMM HH:mm", CultureInfo.InvariantCulture);
        string value = metric switch { Metric.Throughput => Numbers.Three(run.Value) + "/s", Metric.Wobble => Numbers.Three(run.Value), _ => Numbers.Latency(run.Value) };
        string rounds = run.Rounds > 1 ? $", {run.Rounds} rounds" : "";
        return new TrendMark(run.Slug, run.Path, left, y.At(run.Value!.Value), !run.Counts, $"{value}, {when}{rounds}{(run.Counts ? "" : ", not to be trusted")}");
    }

    private static (double From, double To) Axis(IReadOnlyList<double> values)
    {
        double from = values.Min() / 1.06, to = values.Max() * 1.06;
        double more = Math.Sqrt(Math.Max(1, LeastWidth / (to / from)));
        return (from / more, to * more);
    }

    // 1, 2, 5 and their tens where the axis is wide; every half of a digit where it is narrow.
    private static IEnumerable<double> TicksOf(double from, double to)
    {
        double[] steps = to / from > 6 ? [1, 2, 5] : [1, 1.5, 2, 2.5, 3, 4, 5, 6, 8];
        for (int power = -3; power < 7; power++)
            foreach (double digit in steps)
                if (digit * Math.Pow(10, power) is var tick && tick >= from && tick <= to) yield return tick;
    }
}
