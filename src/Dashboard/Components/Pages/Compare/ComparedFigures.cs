using Wobble.Dashboard.Components.Controls;
using Wobble.Results.Domain;
using Wobble.Results.Experiments;
using Wobble.Results.Queries;
using Wobble.Results.Statistics;

namespace Wobble.Dashboard.Components.Pages.Compare;

/// <summary>A figure of one side beside the reference's.</summary>
/// <param name="Run">Whose.</param>
/// <param name="Value">Of the typical run; null: the data can't show it, or the side has no numbers in comparisons.</param>
/// <param name="Ratio">Value ÷ the reference's; null for the reference and where one is missing.</param>
/// <param name="IsReference">True for the reference itself.</param>
/// <param name="Missing">Why there is no value.</param>
public sealed record ComparedFigure(ComparedRun Run, double? Value, double? Ratio, bool IsReference, string? Missing)
{
    /// <summary>Interval of the value; null below three valid runs.</summary>
    public (double Low, double High)? Interval { get; init; }
    /// <summary>Interval of the ratio; null below three rounds.</summary>
    public (double Low, double High)? RatioInterval { get; init; }
    /// <summary>Two-sided p-value of the ratio against "the same".</summary>
    public double? P { get; init; }
    /// <summary>What the ratio says; null for the reference and where there is none.</summary>
    public Verdict? Verdict { get; init; }
    /// <summary>How it was made: by the round, or of runs of different times.</summary>
    public string Method => Experiment is null ? ReportRatio.Welch : ReportRatio.Paired;
    /// <summary>The experiment whose rounds both sides share; null: none.</summary>
    public string? Experiment { get; init; }
}

/// <summary>A metric over all sides.</summary>
public sealed record ComparedMetric(Metric Metric, IReadOnlyList<ComparedFigure> Figures)
{
    /// <summary>As people read it.</summary>
    public string Title => Metric switch { Metric.Throughput => "Throughput", Metric.Wobble => "Wobble", _ => Metric.Title() };
    /// <summary>ms, req/s or nothing.</summary>
    public string Unit => Metric switch { Metric.Throughput => "req/s", Metric.Wobble => "", _ => "ms" };
}

/// <summary>
/// The figures of sides set beside each other, with ratios to the reference: paired by round where they are rows of one experiment, else by Welch, since they
/// were measured at different times. One run each gives no interval and no verdict.
/// </summary>
/// <param name="Notes">What was left out, and what a reader needs to know of the intervals.</param>
public sealed record ComparedFigures(IReadOnlyList<ComparedMetric> Metrics, (double From, double To) Axis, string Errors, string Sentence, IReadOnlyList<string> Notes)
{
    /// <summary>What the sentence is about: chosen beforehand.</summary>
    public required Metric Headline { get; init; }
    /// <summary>Confidence of every interval, for people: 95%, or 97.8% where rounds were added after a look.</summary>
    public required string Level { get; init; }
    /// <summary>True when there is any ratio.</summary>
    public bool HasRatios => Metrics.Any(m => m.Figures.Any(f => f.Ratio is not null));
    /// <summary>True when there is any interval of a ratio.</summary>
    public bool HasIntervals => Metrics.Any(m => m.Figures.Any(f => f.RatioInterval is not null));
    /// <summary>True when every side beside the reference, or that itself, has too few runs for an interval of their ratio.</summary>
    public required bool HasFewRuns { get; init; }

    private static readonly Metric[] Shown = [Metric.P50, Metric.P90, Metric.P99, Metric.P999, Metric.Throughput, Metric.Wobble];

    /// <summary>Of these sides, the reference first.</summary>
    public static ComparedFigures Of(IReadOnlyList<ComparedRun> runs)
    {
        ArgumentNullException.ThrowIfNull(runs);
        var metrics = Shown.Select(m => MetricOf(m, runs)).ToList();
        double[] ratios = [.. metrics.SelectMany(m => m.Figures).SelectMany(f => (double?[])[f.Ratio, f.RatioInterval?.Low, f.RatioInterval?.High]).OfType<double>().Where(r => r > 0)];
        double least = Math.Max(.02, Math.Min(.45, ratios.DefaultIfEmpty(1).Min() / 1.15)), greatest = Math.Min(100, Math.Max(4.5, ratios.DefaultIfEmpty(1).Max() * 1.15));
        return new ComparedFigures(metrics, (least, greatest), ErrorsOf(runs), SentenceOf(runs, metrics.Single(m => m.Metric == HeadlineOf(runs)), metrics.Single(m => m.Metric == Metric.P50)), NotesOf(runs, metrics)) { Headline = HeadlineOf(runs), Level = ExperimentDefinition.LevelOf(ConfidenceOf(runs)), HasFewRuns = runs.Skip(1).All(r => HasFew(r, runs[0])) };
    }

    /// <summary>Why a side has no numbers in comparisons; null: it has.</summary>
    public static string? WhyNot(ComparedRun run)
    {
        ArgumentNullException.ThrowIfNull(run);
        var all = Sides.Runs(run);
        if (all.Any(r => r.IsValid)) return null;
        if (all.Count > 1) return $"no valid run in {all.Count}";
        if (run.Row.State != RunState.Completed) return run.Row.State.Word();
        return run.Row.Trust == "invalid" ? "invalid" : "nothing measured";
    }

    private static ComparedMetric MetricOf(Metric metric, IReadOnlyList<ComparedRun> runs)
    {
        var reference = ValuesOf(metric, runs[0]);
        double confidence = ConfidenceOf(runs);
        return new ComparedMetric(metric, [.. runs.Select((run, i) =>
        {
            var values = ValuesOf(metric, run);
            var typical = TypicalRun.Of([.. values.Select(v => v.Value)], confidence);
            // A freeze that hits fewer than half of the runs makes p99.9 two-humped: the median of the runs as in a report, and no interval for one side.
            double? value = values.Count == 0 ? null : metric == Metric.P999 ? OutlierRuns.Median([.. values.Select(v => v.Value)]) : typical.Value;
            string? missing = value is not null ? null : WhyNot(run) ?? $"too few requests: {Numbers.Count(Valid(run).Min(r => r.Result!.Requests))} of {Numbers.Count(NeededFor(metric))}";
            var figure = new ComparedFigure(run, value, null, i == 0, missing) { Interval = metric != Metric.P999 && MayJudge(metric, run) && typical is { Low: { } low, High: { } high } ? (low, high) : null };
            return i == 0 || value is null || reference.Count == 0 ? figure : Against(figure, metric, values, reference, runs);
        })]);
    }

    private static ComparedFigure Against(ComparedFigure figure, Metric metric, List<(int? Round, double Value)> values, List<(int? Round, double Value)> reference, IReadOnlyList<ComparedRun> runs)
    {
        bool sameExperiment = figure.Run.Experiment is { } one && one == runs[0].Experiment;
        figure = figure with { Experiment = sameExperiment ? figure.Run.Experiment : null };
        var ratio = RatioOf(values, reference, sameExperiment, ConfidenceOf(runs));
        if (((IEnumerable<ComparedRun>)[figure.Run, runs[0]]).FirstOrDefault(LostTooMany) is { } lost)
            return figure with { Ratio = double.IsNaN(ratio.Interval.Value) ? null : ratio.Interval.Value, Verdict = new Verdict(Difference.CantTell, false, false, $"can't tell: {Sides.NameOf(runs, lost)} has no valid run in more than 20% of its rounds, which is a finding of its own") };
        if (!MayJudge(metric, figure.Run) || !MayJudge(metric, runs[0]))
        {
            double shown = Math.Exp(values.Average(v => Math.Log(v.Value)) - reference.Average(v => Math.Log(v.Value)));
            return figure with { Ratio = shown, Interval = null, Verdict = new Verdict(Difference.CantTell, false, false, $"can't tell: too few requests for a verdict on {metric.Title()}") };
        }
        return figure with
        {
            // Of one run each it is the quotient itself, which a way over logarithms would miss by a hair.
            Ratio = values.Count == 1 && reference.Count == 1 ? values[0].Value / reference[0].Value : double.IsNaN(ratio.Interval.Value) ? null : ratio.Interval.Value,
            RatioInterval = ratio.Interval is { Low: { } low, High: { } high } ? (low, high) : null,
            P = ratio.P,
            Verdict = Verdict.Of(Sides.NameOf(runs, figure.Run), Sides.NameOf(runs, runs[0]), metric, ratio, sameExperiment ? runs[0].Asked?.DeltaOf(metric) : null),
        };
    }

    // Rounds that were added after somebody saw a verdict widen the intervals of what they belong to.
    internal static double ConfidenceOf(IReadOnlyList<ComparedRun> runs) => runs.Max(r => r.Asked?.Confidence ?? ExperimentDefinition.UsualConfidence);

    // What was chosen before anybody saw a figure: the experiment's, where all sides are of one; else p99.
    private static Metric HeadlineOf(IReadOnlyList<ComparedRun> runs) => runs[0].Asked is { } asked && runs.All(r => r.Experiment == runs[0].Experiment) ? asked.Headline : Metric.P99;

    // Runs that are no rounds of an experiment count each by itself; of one run nothing is lost that the figures don't say.
    private static bool LostTooMany(ComparedRun run)
    {
        var rounds = Sides.Runs(run).Where(r => r.State is RunState.Completed or RunState.Failed).GroupBy(RoundOf).ToList();
        return rounds.Count > 1 && rounds.Count(g => !g.Any(r => r.IsValid)) > Reporting.MostDiscarded * rounds.Count;
    }

    private static Ratio RatioOf(List<(int? Round, double Value)> a, List<(int? Round, double Value)> b, bool sameRounds, double confidence)
    {
        if (!sameRounds) return Ratio.Welch([.. a.Select(v => v.Value)], [.. b.Select(v => v.Value)], confidence);
        var rounds = a.Select(v => v.Round).Intersect(b.Select(v => v.Round)).ToHashSet();
        return Ratio.Paired([.. a.Where(v => rounds.Contains(v.Round)).OrderBy(v => v.Round).Select(v => v.Value)], [.. b.Where(v => rounds.Contains(v.Round)).OrderBy(v => v.Round).Select(v => v.Value)], confidence);
    }

    // 20 expected exceedances in each run ; of one run each there is no verdict anyway.
    private static bool MayJudge(Metric metric, ComparedRun run) => Valid(run).Count() < TypicalRun.LeastRuns || Valid(run).All(r => Reporting.ValueOf(r.Result!, metric, toJudge: true) is not null);

    private static bool HasFew(ComparedRun run, ComparedRun reference) =>
        Math.Min(Valid(run).Count(), Valid(reference).Count()) < TypicalRun.LeastRuns && !LostTooMany(run) && !LostTooMany(reference);

    private static IEnumerable<SideRun> Valid(ComparedRun run) => Sides.Runs(run).Where(r => r.IsValid);

    private static long NeededFor(Metric metric) => Percentiles.Needed(metric switch { Metric.P50 => 50, Metric.P90 => 90, Metric.P999 => 99.9, _ => 99 });

    private static string RoundOf(SideRun run) => run.Round is { } round ? $"{round}" : run.Slug;

    // The first valid attempt of each round.
    private static List<(int? Round, double Value)> ValuesOf(Metric metric, ComparedRun run) =>
        [.. Valid(run).GroupBy(RoundOf).Select(g => g.First())
            .Select(r => (r.Round, Value: Reporting.ValueOf(r.Result!, metric, toJudge: false))).Where(v => v.Value is > 0).Select(v => (v.Round, v.Value!.Value))];

    private static string ErrorsOf(IReadOnlyList<ComparedRun> runs)
    {
        var failed = runs.Select(r => (Side: r, Errors: Sides.Runs(r).SelectMany(e => e.Result?.Errors ?? new Dictionary<string, long>()).GroupBy(e => e.Key).ToDictionary(g => g.Key, g => g.Sum(e => e.Value)))).Where(r => r.Errors.Count > 0).ToList();
        return failed.Count == 0
            ? "none in any of these runs"
            : string.Join("; ", failed.Select(r => $"{Sides.Plain(r.Side)}: {string.Join(", ", r.Errors.OrderByDescending(e => e.Value).Select(e => $"{Numbers.Count(e.Value)} {e.Key.Replace('_', ' ')}"))}"));
    }

    private static List<string> NotesOf(IReadOnlyList<ComparedRun> runs, List<ComparedMetric> metrics)
    {
        var notes = new List<string>();
        foreach (var run in runs.Where(r => Sides.Runs(r).Count > 1))
        {
            var lost = Sides.Runs(run).Where(r => r.State is (RunState.Completed or RunState.Failed) && !r.IsValid).ToList();
            if (run.Elsewhere > 0) notes.Add($"{Sides.NameOf(runs, run)}: {Numbers.Many(run.Elsewhere, "run")} on another machine, system or versions left out");
            if (lost.Count > 0) notes.Add($"{Sides.NameOf(runs, run)}: {Numbers.Many(lost.Count, "run")} of {Sides.Runs(run).Count} left out: failed or invalid");
        }
        if (metrics.All(m => m.Figures.All(f => f.RatioInterval is null))) return notes;
        if (runs.Skip(1).Any(r => r.Experiment is null || r.Experiment != runs[0].Experiment)) notes.Add("measured at different times, not in common rounds: a drift of the machine between them would look like a difference");
        if (runs[0].Asked is { } asked && runs.All(r => r.Experiment == runs[0].Experiment) && asked.Rows.Count(r => r.Unavailable is null) >= SharedNoise.LeastConfigurations)
            notes.Add("each pair by itself: the experiment's own page estimates the noise of all its rows together, so its intervals are a little different");
        notes.Add($"6 metrics: up to 1 page in 4 shows a false difference somewhere; {HeadlineOf(runs).Title()} is the headline, chosen beforehand");
        return notes;
    }

    private static string SentenceOf(IReadOnlyList<ComparedRun> runs, ComparedMetric headline, ComparedMetric p50)
    {
        var without = runs.Where(r => WhyNot(r) is not null).ToList();
        if (without.Count > 0 && without.Contains(runs[0])) return $"The reference, {Sides.Plain(runs[0])}, has no numbers here ({WhyNot(runs[0])}): make another the reference.";
        var metric = headline.Figures.Any(f => f.Ratio is not null) ? headline : p50;
        var compared = metric.Figures.Where(f => f.Ratio is not null).ToList();
        string left = without.Count > 0 ? $" {string.Join(" ", without.Select(r => $"{Sides.Plain(r)} has no numbers here ({WhyNot(r)})."))}" : "";
        if (compared.Count == 0) return $"There is nothing to compare.{left}";
        if (compared.Any(f => f.RatioInterval is not null))
            return string.Join(" ", compared.Select(f => Sides.Sentence(f.Verdict!.Sentence))) + left;
        string seen = string.Join(" ", compared.Select(f => Said(f, runs, metric.Title)));
        // More runs are no remedy where a side lost too many, or has too few requests: the verdicts say which.
        if (!compared.TrueForAll(f => HasFew(f.Run, runs[0]))) return $"{seen} {string.Join(" ", compared.Select(f => Sides.Sentence(f.Verdict!.Sentence)).Distinct())}{left}";
        var counts = compared.Select(f => Valid(f.Run).Count()).Append(Valid(runs[0]).Count()).ToList();
        string why = counts.Max() == 1 ? "one run each can’t tell" : $"{(counts.Min() == counts.Max() ? "" : $"{counts.Min()} and ")}{counts.Max()} runs can’t tell: an interval needs {TypicalRun.LeastRuns} of each";
        return $"{seen} Whether that is more than chance, {why}.{left}";
    }

    private static string Said(ComparedFigure figure, IReadOnlyList<ComparedRun> runs, string metric)
    {
        double ratio = figure.Ratio!.Value;
        string reference = Sides.Plain(runs[0]), name = Sides.Plain(figure.Run);
        string much = ratio >= 2 ? $"{Numbers.Three(ratio)} times" : Math.Abs(ratio - 1) < .005 ? "the same as" : $"{Numbers.Percent(Math.Abs(ratio - 1))} {(ratio > 1 ? "above" : "below")}";
        return $"{(name == reference ? "The other run" : name)}’s {metric} was {much} {(name == reference ? "the reference’s" : $"{reference}’s")}.";
    }
}
