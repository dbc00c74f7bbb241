using System.Globalization;
using Wobble.Dashboard.Components.Charts;
using Wobble.Dashboard.Components.Controls;
using Wobble.Results.Domain;
using Wobble.Results.Queries;

namespace Wobble.Dashboard.Components.Pages.Configurations;

/// <summary>A run in a trend.</summary>
/// <param name="Left">0–1.</param>
/// <param name="Top">px</param>
internal sealed record TrendMark(string Slug, TargetClass Class, double Left, double Top, bool IsHollow, string Label);

/// <summary>The p99 of each run in turn, on a log axis, with a line where a new version begins. Runs without a p99 have no mark.</summary>
internal sealed record TrendShape(IReadOnlyList<TrendMark> Marks, IReadOnlyList<(double Value, double Top)> Ticks, IReadOnlyList<(double Left, string Words)> Versions, string Label)
{
    public const double Height = 190;
    private const double Head = 22;
    private const double Foot = 12;

    /// <param name="runs">Newest first.</param>
    /// <param name="zone">The viewer's, for the words of each mark.</param>
    public static TrendShape Of(IReadOnlyList<RunRow> runs, TimeZoneInfo zone)
    {
        List<RunRow> shown = [.. runs.Where(r => r.P99 is > 0).Reverse()];
        if (shown.Count == 0) return new TrendShape([], [], [], "No run has a p99 yet.");
        var axis = LatencyAxis.Close(shown.Select(r => r.P99!.Value));
        var y = Scale.Log(axis.From, axis.To, Height - Foot, Head);
        double Left(double i) => (i + .5) / shown.Count;
        var versions = Enumerable.Range(1, shown.Count - 1).Where(i => shown[i].ConfigurationVersion != shown[i - 1].ConfigurationVersion)
            .Select(i => (Left(i - .5), $"version {shown[i].ConfigurationVersion?.ToString(CultureInfo.InvariantCulture) ?? "unknown"}")).ToList();
        string label = $"p99 of {Numbers.Many(shown.Count, "run")}, {Numbers.Latency(shown.Min(r => r.P99))} to {Numbers.Latency(shown.Max(r => r.P99))}, last {Numbers.Latency(shown[^1].P99)}";
        return new TrendShape([.. shown.Select((r, i) => Mark(r, Left(i), y, zone))], [.. axis.Ticks().Select(t => (t, y.At(t)))], versions, label);
    }

    private static TrendMark Mark(RunRow run, double left, Scale y, TimeZoneInfo zone)
    {
        string when = TimeZoneInfo.ConvertTime(run.CreatedAt, zone).ToString("d MMMM HH:mm", CultureInfo.InvariantCulture);
        string trust = run.HasFigures ? "" : ", not to be trusted";
        return new TrendMark(run.Slug, run.Class, left, y.At(run.P99!.Value), run.Trust != "sound", $"{Numbers.Latency(run.P99)}, {when}{trust}");
    }
}
