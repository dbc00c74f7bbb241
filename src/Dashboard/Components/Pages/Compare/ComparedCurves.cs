using Wobble.Dashboard.Components.Charts;
using Wobble.Dashboard.Components.Controls;
using Wobble.Results.Queries;

namespace Wobble.Dashboard.Components.Pages.Compare;

/// <summary>Distributions laid over one another with their bands: hue, line and mark by class, the name at each line's end. Pure.</summary>
internal sealed record ComparedCurves(IReadOnlyList<CurveLine> Lines, CurveAxis X, CurveAxis Y, string Label, bool HasBands)
{
    /// <summary>The fastest twentieth is left out: a few lucky requests would stretch the axis.</summary>
    private const double FromQuantile = .05;
    private static readonly (double Nines, string Word)[] Rare = [(0.301, "p50"), (1, "p90"), (2, "p99"), (3, "p99.9"), (4, "p99.99")];

    /// <summary>Of the sides that have a distribution; null when none has.</summary>
    public static ComparedCurves? Of(IReadOnlyList<ComparedRun> sides)
    {
        var shown = sides.Where(s => s.Distribution.Count > 0).ToList();
        if (shown.Count == 0) return null;
        double end = shown.Max(s => s.Distribution[^1].Nines);
        double to = Math.Max(2, Math.Ceiling(end - .01));
        var ticks = Rare.Where(r => r.Nines <= to).ToList();
        return new ComparedCurves(
            [.. shown.Select(LineOf)],
            new CurveAxis(Scale.Linear(0, to, 0, 100), [.. ticks.Select(t => t.Nines)], "each step right is ten times rarer") { Words = n => ticks.First(t => t.Nines.Equals(n)).Word },
            CurveAxis.Latency(shown.SelectMany(s => Drawn(s).SelectMany(p => (double[])[p.Low ?? p.Ms, p.High ?? p.Ms]))),
            "Latency by percentile: " + string.Join("; ", shown.Select(s => $"{Sides.NameOf(sides, s)} from {Numbers.Latency(s.Distribution[0].Ms)} to {Numbers.Latency(s.Distribution[^1].Ms)} at {Percentile(s.Distribution[^1].Quantile)}")),
            shown.Any(s => s.Distribution[0].Low is not null));

        CurveLine LineOf(ComparedRun side)
        {
            var points = Drawn(side).ToList();
            return new CurveLine(Sides.NameOf(sides, side), side.Row.Class, [.. points.Select(p => (p.Nines, p.Ms))],
                [.. ticks.Where(t => t.Nines <= points[^1].Nines + .001).Select(t => points.MinBy(p => Math.Abs(p.Nines - t.Nines))).Select(p => (p.Nines, p.Ms, false))])
            {
                Band = [.. points.Where(p => p.Low is not null).Select(p => (p.Nines, p.Low!.Value, p.High!.Value))],
            };
        }
    }

    private static IEnumerable<PercentilePoint> Drawn(ComparedRun side) => side.Distribution.Where(p => p.Quantile >= FromQuantile);

    private static string Percentile(double quantile) => "p" + Numbers.Tick(Math.Round(quantile * 100, 2));
}

/// <summary>What sides are called, and which of their runs count.</summary>
internal static class Sides
{
    /// <summary>The side's name; with its place when several have the same.</summary>
    public static string NameOf(IReadOnlyList<ComparedRun> all, ComparedRun side) =>
        all.Count(s => Plain(s) == Plain(side)) == 1 ? Plain(side) : $"{Plain(side)}, {Ordinal(all.ToList().IndexOf(side))}";

    /// <summary>The row's or the configuration's name, else the target.</summary>
    public static string Plain(ComparedRun side) => side.Name ?? side.Row.Target;

    /// <summary>What the address calls it.</summary>
    public static string Key(ComparedRun side) => side.Key ?? side.Row.Slug;

    /// <summary>Every run of it.</summary>
    public static IReadOnlyList<SideRun> Runs(ComparedRun side) => side.Each.Count > 0 ? side.Each : [new SideRun(side.Row.Slug, null, side.Row.State, side.Row.Trust, side.Result)];

    /// <summary>Where its link leads: the experiment, else the run.</summary>
    public static string Href(ComparedRun side) => side.Experiment is { } experiment ? $"/x/{experiment}" : Runs(side).Count > 1 && side.Row.ConfigurationId is { } configuration ? $"/configurations/{configuration}" : $"/r/{side.Row.Slug}";

    /// <summary>A verdict as a sentence of its own; names keep their small letters.</summary>
    public static string Sentence(string verdict) => (verdict.StartsWith("can't", StringComparison.Ordinal) ? "C" + verdict[1..] : verdict) + ".";

    private static string Ordinal(int index) => index switch { 0 => "reference", 1 => "second", 2 => "third", 3 => "fourth", _ => "fifth" };
}
