using Wobble.Results.Domain;
using Wobble.Results.Statistics;

namespace Wobble.Results.Experiments;

/// <summary>
/// Runs in, report out; pure. Only valid runs count. A round in which a row has none is left out for all rows that are set beside it, and the report says so.
/// From six rows on the noise is shared (R ≥ 3), below that pairs are compared by themselves and ranked from R = 5.
/// </summary>
public static class Reporting
{
    /// <summary>A row without a valid run in a greater share of the rounds gets no verdict: that is a finding of its own.</summary>
    public const double MostDiscarded = 0.20;
    internal const int LeastRoundsToRankFew = 5;

    /// <summary>The report on what is there so far.</summary>
    public static Report Of(ExperimentDefinition experiment, IReadOnlyList<ExperimentRun> runs)
    {
        ArgumentNullException.ThrowIfNull(experiment);
        ArgumentNullException.ThrowIfNull(runs);
        // A capacity has no rounds: its steps are its runs.
        bool isCapacity = experiment.Kind == ExperimentKind.Capacity;
        var ended = runs.Where(r => (isCapacity ? r.Purpose is RunPurpose.Saturate or RunPurpose.Capacity : r.Purpose == RunPurpose.Round) && r.SpeaksOfTarget).ToList();
        if (isCapacity) return OfCapacity(experiment, runs, ended);
        var valid = ended.Where(r => r.IsValid).GroupBy(r => (r.Row, r.Round)).ToDictionary(g => g.Key, g => g.OrderBy(r => r.Attempt).First());
        var rounds = new Rounds(experiment, valid, ended);
        var places = PlacesOf(experiment, rounds);
        var rows = experiment.Rows.Select((_, i) => RowOf(experiment, i, ended, valid, places, runs)).ToList();
        // What could not even be begun is no failure of its target.
        var here = Enumerable.Range(0, experiment.Rows.Count).Where(r => Schedule.WhyNotHere(experiment, r, runs) is null).ToList();
        var ratios = RatiosOf(experiment, here, rounds);
        var searches = Searching.Of(experiment, runs);
        return new Report
        {
            Question = experiment.Question,
            Sentence = ReportSentence.Of(experiment, rows, ratios, rounds, searches),
            Searches = searches,
            Headline = experiment.Headline.Word(),
            Delta = experiment.Delta ?? experiment.Headline.Relevant(),
            Rows = Sorted(experiment, rows),
            Ratios = ratios,
            CompleteRounds = rounds.Complete.Count,
            Notes = [.. ReportNotes.OfAll(experiment, runs), .. ReportNotes.Of(experiment, here, rounds, ended)],
            ValidRuns = valid.Count,
            Runs = ended.Count,
        };
    }

    // Its runs are loaded differently, so no figure of a row is made of them, and no ratio: the searches have what was found.
    private static Report OfCapacity(ExperimentDefinition experiment, IReadOnlyList<ExperimentRun> runs, List<ExperimentRun> ended)
    {
        var searches = Searching.Of(experiment, runs);
        return new Report
        {
            Question = experiment.Question,
            Sentence = searches.Count == 0 ? "Nothing is measured yet." : string.Join(". ", searches.Select(s => s.Sentence)) + ".",
            Searches = searches,
            Headline = experiment.Headline.Word(),
            Delta = experiment.Delta ?? experiment.Headline.Relevant(),
            ObjectiveMs = experiment.ObjectiveMs ?? ExperimentDefinition.UsualObjectiveMs,
            Rows = [.. experiment.Rows.Select((row, i) =>
            {
                var mine = ended.Where(r => r.Row == i).ToList();
                int valid = mine.Count(r => r.IsValid);
                return new ReportRow
                {
                    Name = row.Name,
                    Target = row.Definition.Target,
                    Class = row.Class,
                    Workers = mine.LastOrDefault(r => r.IsValid)?.Result?.Workers ?? Schedule.WorkersOf(experiment, i, runs),
                    // Its steps are open loops, whatever the closed loop before them had.
                    Definition = Filled(row.Definition) with { Connections = row.Definition.Connections ?? Defaults.OpenLoopConnections },
                    Runs = valid,
                    Discarded = mine.Count - valid,
                    Reason = row.Unavailable ?? (valid == 0 && mine.LastOrDefault() is { } last ? WhyNot(last) : null),
                    Slugs = [.. mine.Where(r => r is { IsValid: true, Slug: not null }).Select(r => r.Slug!)],
                };
            })],
            Ratios = [],
            CompleteRounds = 0,
            Notes = ReportNotes.OfAll(experiment, runs),
            ValidRuns = ended.Count(r => r.IsValid),
            Runs = ended.Count,
        };
    }

    /// <summary>The value of a metric in one run; null where the data can't show it. A percentile must be good for an interval (20 expected exceedances) when <paramref name="toJudge"/>.</summary>
    public static double? ValueOf(RunResult result, Metric metric, bool toJudge)
    {
        ArgumentNullException.ThrowIfNull(result);
        bool Judged(double percentile) => !toJudge || Percentiles.MayJudge(result.Requests, percentile);
        return metric switch
        {
            Metric.P50 => Judged(50) ? result.LatencyMs.P50 : null,
            Metric.P90 => Judged(90) ? result.LatencyMs.P90 : null,
            Metric.P99 => Judged(99) ? result.LatencyMs.P99 : null,
            Metric.P999 => Judged(99.9) ? result.LatencyMs.P999 : null,
            Metric.Throughput => result.Throughput,
            Metric.Wobble => Judged(99) ? result.Wobble : null,
            _ => null,
        };
    }

    private static Dictionary<int, Place>? PlacesOf(ExperimentDefinition experiment, Rounds rounds)
    {
        if (rounds.Ranked.Count < 2 || rounds.Values(experiment.Headline) is not { } values) return null;
        bool descending = experiment.Headline == Metric.Throughput;
        // Ranking puts the smaller value first; of throughput the greater is the better.
        if (descending) values = [.. values.Select(v => v.Select(x => 1 / x).ToList())];
        IReadOnlyList<Place> places;
        if (rounds.Ranked.Count >= SharedNoise.LeastConfigurations && values[0].Count >= TypicalRun.LeastRuns) places = Ranking.Of(new SharedNoise(values), experiment.Confidence);
        else if (rounds.Ranked.Count < SharedNoise.LeastConfigurations && values[0].Count >= LeastRoundsToRankFew) places = Ranking.OfFew(values, experiment.Confidence);
        else return null;
        return rounds.Ranked.Select((row, i) => (row, places[i])).ToDictionary(p => p.row, p => p.Item2);
    }

    private static ReportRow RowOf(ExperimentDefinition experiment, int row, List<ExperimentRun> ended, Dictionary<(int Row, int Round), ExperimentRun> valid, Dictionary<int, Place>? places, IReadOnlyList<ExperimentRun> all)
    {
        var wanted = experiment.Rows[row];
        var mine = valid.Where(v => v.Key.Row == row).OrderBy(v => v.Key.Round).Select(v => v.Value).ToList();
        var place = places?.GetValueOrDefault(row);
        string? reason = wanted.Unavailable;
        if (reason is null && mine.Count == 0 && ended.LastOrDefault(r => r.Row == row) is { } last)
            reason = WhyNot(last);
        return new ReportRow
        {
            Name = wanted.Name,
            Target = wanted.Definition.Target,
            Class = wanted.Class,
            Workers = mine.LastOrDefault()?.Result?.Workers ?? Schedule.WorkersOf(experiment, row, all),
            Definition = Filled(mine.LastOrDefault()?.Definition ?? wanted.Definition),
            Runs = mine.Count,
            Discarded = ended.Count(r => r.Row == row) - mine.Count,
            Reason = reason,
            P50 = FigureOf(mine, Metric.P50, experiment.Confidence),
            P90 = FigureOf(mine, Metric.P90, experiment.Confidence),
            P99 = FigureOf(mine, Metric.P99, experiment.Confidence),
            P999 = FigureOf(mine, Metric.P999, experiment.Confidence),
            Freezes = FreezesOf(mine),
            Throughput = FigureOf(mine, Metric.Throughput, experiment.Confidence),
            Wobble = FigureOf(mine, Metric.Wobble, experiment.Confidence),
            RankLow = place?.RankLow,
            RankHigh = place?.RankHigh,
            Letters = place?.Letters,
            Published = wanted.Published,
            Slugs = [.. mine.Where(r => r.Slug is not null).Select(r => r.Slug!)],
        };
    }

    // With the load and the length that a definition leaves to the defaults.
    private static Definition Filled(Definition asked) => asked with
    {
        Connections = asked.Connections ?? (asked.Stages is not null ? null : asked.IsOpenLoop ? Defaults.OpenLoopConnections : Defaults.Connections),
        For = asked.For ?? (asked.Requests is not null || asked.Stages is not null ? null : Defaults.For),
    };

    private static FreezeRate? FreezesOf(List<ExperimentRun> runs)
    {
        var known = runs.Select(r => r.Result!.Freezes).OfType<FreezeRate>().ToList();
        return Freezes.RateOf(known.Sum(f => f.Count), known.Sum(f => f.Seconds));
    }

    internal static string? WhyNot(ExperimentRun run) => run.Failure ?? (run.Result?.Trust.Reasons is [{ } gravest, ..] ? gravest.Sentence : null);

    private static ReportFigure? FigureOf(List<ExperimentRun> runs, Metric metric, double confidence)
    {
        var shown = runs.Select(r => ValueOf(r.Result!, metric, toJudge: false)).Where(v => v is > 0).Select(v => v!.Value).ToList();
        if (shown.Count == 0) return null;
        // A freeze that hits fewer than half of the runs makes p99.9 two-humped: median and range, no 95% label.
        if (metric == Metric.P999) return new ReportFigure(OutlierRuns.Median([.. shown]), null, null, shown);
        var interval = TypicalRun.Of(shown, confidence);
        bool judged = runs.All(r => ValueOf(r.Result!, metric, toJudge: true) is not null);
        return new ReportFigure(interval.Value, judged ? interval.Low : null, judged ? interval.High : null, shown);
    }

    private static List<ReportRatio> RatiosOf(ExperimentDefinition experiment, List<int> here, Rounds rounds)
    {
        int reference = here.FirstOrDefault(-1);
        if (reference < 0) return [];
        var ratios = new List<ReportRatio>();
        foreach (var metric in Enum.GetValues<Metric>())
        {
            var shared = rounds.Ranked.Count >= SharedNoise.LeastConfigurations && rounds.Values(metric) is { } values && values[0].Count >= TypicalRun.LeastRuns ? new SharedNoise(values) : null;
            foreach (int row in here.Where(r => r != reference))
            {
                int i = rounds.Ranked.IndexOf(row), j = rounds.Ranked.IndexOf(reference);
                Ratio ratio;
                bool isShared = shared is not null && i >= 0 && j >= 0;
                if (isShared) ratio = shared!.Ratio(i, j, experiment.Confidence);
                else
                {
                    var (a, b) = rounds.Pair(row, reference, metric);
                    ratio = Ratio.Paired(a, b, experiment.Confidence);
                }
                var verdict = Judge(experiment, row, reference, metric, ratio, rounds);
                double? value = double.IsNaN(ratio.Interval.Value) ? null : ratio.Interval.Value;
                ratios.Add(new ReportRatio(experiment.Rows[row].Name, experiment.Rows[reference].Name, metric.Word(), value, ratio.Interval.Low, ratio.Interval.High, ratio.P, verdict.Word, verdict.Sentence, isShared ? ReportRatio.SharedNoise : ReportRatio.Paired));
            }
        }
        return ratios;
    }

    private static Verdict Judge(ExperimentDefinition experiment, int a, int b, Metric metric, Ratio ratio, Rounds rounds)
    {
        string nameA = experiment.Rows[a].Name, nameB = experiment.Rows[b].Name;
        foreach (int row in (int[])[a, b])
        {
            int missing = rounds.Missing(row), asked = rounds.AskedOf(row);
            if (asked > 0 && missing > MostDiscarded * asked)
                return new Verdict(Difference.CantTell, false, false, $"can't tell: {experiment.Rows[row].Name} has no valid run in {missing} of {asked} rounds (more than 20%), which is a finding of its own");
        }
        int together = rounds.Together(a, b);
        if (ratio.Interval.Low is null && together >= TypicalRun.LeastRuns && together > ratio.Rounds)
            return new Verdict(Difference.CantTell, false, false, $"can't tell: {Percentiles.TooFew(metric, together - ratio.Rounds, together)}");
        return Verdict.Of(nameA, nameB, metric, ratio, experiment.DeltaOf(metric));
    }

    internal static List<ReportRow> Sorted(ExperimentDefinition experiment, List<ReportRow> rows)
    {
        double Key(ReportRow row) => Figure(row, experiment.Headline)?.Value is { } v ? (experiment.Headline == Metric.Throughput ? -v : v) : double.PositiveInfinity;
        return experiment.Kind is ExperimentKind.Article or ExperimentKind.Claim || rows.Count > 2 ? [.. rows.OrderBy(Key)] : rows;
    }

    /// <summary>The figure of a metric.</summary>
    public static ReportFigure? Figure(ReportRow row, Metric metric)
    {
        ArgumentNullException.ThrowIfNull(row);
        return metric switch
        {
            Metric.P50 => row.P50,
            Metric.P90 => row.P90,
            Metric.P99 => row.P99,
            Metric.P999 => row.P999,
            Metric.Throughput => row.Throughput,
            _ => row.Wobble,
        };
    }
}
