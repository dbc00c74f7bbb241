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
    private const int LeastRoundsToRankFew = 5;

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
            Sentence = SentenceOf(experiment, rows, ratios, rounds, searches),
            Searches = searches,
            Headline = experiment.Headline.Word(),
            Rows = Sorted(experiment, rows),
            Ratios = ratios,
            CompleteRounds = rounds.Complete.Count,
            Notes = NotesOf(experiment, here, rounds, ended),
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
                    Runs = valid,
                    Discarded = mine.Count - valid,
                    Reason = row.Unavailable ?? (valid == 0 && mine.LastOrDefault() is { } last ? WhyNot(last) : null),
                    Slugs = [.. mine.Where(r => r is { IsValid: true, Slug: not null }).Select(r => r.Slug!)],
                };
            })],
            Ratios = [],
            CompleteRounds = 0,
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

    private sealed class Rounds
    {
        public Rounds(ExperimentDefinition experiment, Dictionary<(int Row, int Round), ExperimentRun> valid, List<ExperimentRun> ended)
        {
            Valid = valid;
            All = [.. ended.Select(r => r.Round).Distinct().Order()];
            // A row that hardly ever has a valid run would take every round with it: it is left out of the ranking instead, and named.
            // A round that goes on has rows that were not run in it yet: only what ended without a valid run is missing.
            Asked = ended.Select(r => (r.Row, r.Round)).ToHashSet();
            Ranked = [.. Enumerable.Range(0, experiment.Rows.Count).Where(row => AskedOf(row) is > 0 and var asked && asked - Missing(row) >= (1 - MostDiscarded) * asked)];
            Complete = [.. All.Where(round => Ranked.All(row => valid.ContainsKey((row, round))))];
        }

        public Dictionary<(int Row, int Round), ExperimentRun> Valid { get; }
        public List<int> All { get; }
        public List<int> Ranked { get; }
        public List<int> Complete { get; }
        private HashSet<(int Row, int Round)> Asked { get; }

        /// <summary>Rounds in which the row was run.</summary>
        public int AskedOf(int row) => All.Count(round => Asked.Contains((row, round)));

        /// <summary>Rounds in which it was run, and not one run of it is valid.</summary>
        public int Missing(int row) => All.Count(round => Asked.Contains((row, round)) && !Valid.ContainsKey((row, round)));

        /// <summary>Rounds that are left out because a ranked row has no valid run in them.</summary>
        public int Dropped => All.Count(round => Ranked.Any(row => Asked.Contains((row, round)) && !Valid.ContainsKey((row, round))));

        /// <summary>[row][round] of the ranked rows, in the complete rounds in which every one of them can show the metric; null when there is none.</summary>
        public List<List<double>>? Values(Metric metric)
        {
            double? At(int row, int round) => ValueOf(Valid[(row, round)].Result!, metric, toJudge: true);
            var shown = Complete.Where(round => Ranked.All(row => At(row, round) is > 0)).ToList();
            return shown.Count == 0 || Ranked.Count == 0 ? null : [.. Ranked.Select(row => shown.Select(round => At(row, round)!.Value).ToList())];
        }

        /// <summary>Both rows' values in the rounds they share.</summary>
        public (List<double> A, List<double> B) Pair(int a, int b, Metric metric)
        {
            var x = new List<double>();
            var y = new List<double>();
            foreach (int round in All)
            {
                if (!Valid.TryGetValue((a, round), out var ra) || !Valid.TryGetValue((b, round), out var rb)) continue;
                if (ValueOf(ra.Result!, metric, true) is not { } va || ValueOf(rb.Result!, metric, true) is not { } vb || va <= 0 || vb <= 0) continue;
                x.Add(va);
                y.Add(vb);
            }
            return (x, y);
        }
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

    private static FreezeRate? FreezesOf(List<ExperimentRun> runs)
    {
        var known = runs.Select(r => r.Result!.Freezes).OfType<FreezeRate>().ToList();
        return Freezes.RateOf(known.Sum(f => f.Count), known.Sum(f => f.Seconds));
    }

    private static string? WhyNot(ExperimentRun run) => run.Failure ?? (run.Result?.Trust.Reasons is [{ } gravest, ..] ? gravest.Sentence : null);

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
                if (shared is not null && i >= 0 && j >= 0) ratio = shared.Ratio(i, j, experiment.Confidence);
                else
                {
                    var (a, b) = rounds.Pair(row, reference, metric);
                    ratio = Ratio.Paired(a, b, experiment.Confidence);
                }
                var verdict = Judge(experiment, row, reference, metric, ratio, rounds);
                double? value = double.IsNaN(ratio.Interval.Value) ? null : ratio.Interval.Value;
                ratios.Add(new ReportRatio(experiment.Rows[row].Name, experiment.Rows[reference].Name, metric.Word(), value, ratio.Interval.Low, ratio.Interval.High, ratio.P, verdict.Word, verdict.Sentence));
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
        return Verdict.Of(nameA, nameB, metric, ratio, experiment.DeltaOf(metric));
    }

    private static string SentenceOf(ExperimentDefinition experiment, List<ReportRow> rows, List<ReportRatio> ratios, Rounds rounds, IReadOnlyList<ReportSearch> searches)
    {
        var measured = rows.Where(r => r.Runs > 0).ToList();
        if (experiment.Kind is ExperimentKind.Tune && searches.Count > 0)
        {
            string fresh = measured.Count == 1 && measured[0].Throughput is { } throughput
                ? throughput.Low is null ? $"; {Figures.Text(throughput.Value)}/s in {measured[0].Runs} fresh {(measured[0].Runs == 1 ? "run" : "runs")}" : $"; {Verdict.Down(throughput.Low.Value)} to {Verdict.Up(throughput.High!.Value)}/s in a typical run, of {measured[0].Runs} fresh ones"
                : "";
            return string.Join(". ", searches.Select(s => s.Sentence)) + fresh + ".";
        }
        if (measured.Count == 0) return "Nothing is measured yet.";
        string headline = experiment.Headline.Title();
        if (measured.Count == 1)
        {
            var only = Figure(measured[0], experiment.Headline);
            if (only is null) return $"{measured[0].Name}: too few requests for {headline}.";
            string unit = experiment.Headline switch { Metric.Throughput => " req/s", Metric.Wobble => "", _ => " ms" };
            return only.Low is { } low
                ? $"{measured[0].Name}'s {headline} is {Verdict.Down(low)} to {Verdict.Up(only.High!.Value)}{unit} in a typical run, of {measured[0].Runs}."
                : $"{measured[0].Name}'s {headline} was {string.Join(" and ", only.Each.Select(v => Figures.Text(v)))}{unit}: an interval needs 3 runs.";
        }
        if (measured.Count == 2 && ratios.FirstOrDefault(r => r.Metric == experiment.Headline.Word()) is { } ratio) return Capital(ratio.Sentence) + ".";
        var ranked = Sorted(experiment, rows).Where(r => r.RankLow is not null).ToList();
        if (ranked.Count == 0) return $"{rounds.Complete.Count} complete rounds so far: a ranking needs {(measured.Count >= SharedNoise.LeastConfigurations ? TypicalRun.LeastRuns : LeastRoundsToRankFew)}.";
        var first = ranked.Where(r => r.RankLow == 1).Select(r => r.Name).ToList();
        var last = ranked.Where(r => r.RankHigh == ranked.Count).Select(r => r.Name).ToList();
        return first.Count == ranked.Count
            ? $"By {headline} no two of the {ranked.Count} can be told apart in {rounds.Complete.Count} rounds."
            : $"By {headline}, {Listed(first)} {(first.Count == 1 ? "is" : "may be")} first of {ranked.Count}, {Listed(last)} {(last.Count == 1 ? "is" : "may be")} last.";
    }

    private static List<string> NotesOf(ExperimentDefinition experiment, List<int> here, Rounds rounds, List<ExperimentRun> ended)
    {
        var notes = new List<string>();
        // Falls that were asked for are listed by their claim; nothing about them is a ranking.
        if (experiment.Rows.All(r => r.Definition.Provoke is not null)) return notes;
        var discarded = ended.Where(r => !r.IsValid && here.Contains(r.Row)).GroupBy(r => r.Row).OrderBy(g => g.Key);
        foreach (var group in discarded)
            notes.Add($"{experiment.Rows[group.Key].Name}: {group.Count()} {(group.Count() == 1 ? "run" : "runs")} failed or invalid ({WhyNot(group.First()) ?? "no result"})");
        int dropped = rounds.Dropped;
        if (dropped > 0 && rounds.Ranked.Count > 1) notes.Add($"{dropped} of {rounds.All.Count} rounds left out of the ranking: a row had no valid run in them");
        foreach (int row in here.Where(r => !rounds.Ranked.Contains(r) && rounds.AskedOf(r) > 0))
            notes.Add($"{experiment.Rows[row].Name} is not ranked: no valid run in more than 20% of the rounds");
        foreach (int row in rounds.Ranked)
        {
            var values = rounds.All.Where(round => rounds.Valid.ContainsKey((row, round))).Select(round => (round, Value: ValueOf(rounds.Valid[(row, round)].Result!, experiment.Headline, false))).Where(v => v.Value is > 0).ToList();
            foreach (int outlier in OutlierRuns.Of([.. values.Select(v => v.Value!.Value)]))
                notes.Add($"{experiment.Rows[row].Name}: round {values[outlier].round} lies far from the others ({Figures.Text(values[outlier].Value)}); it is kept");
        }
        notes.AddRange(WithoutTheExtreme(experiment, here, rounds));
        for (int row = 0; row < experiment.Rows.Count; row++)
            if (DriftOf(rounds.Valid.Where(v => v.Key.Row == row).Select(v => v.Value.Result!.Drift).OfType<RunDrift>().ToList()) is { } drift) notes.Add($"{experiment.Rows[row].Name}: every run drifts ({drift}): lengthen the warm-up");
        int unshown = rounds.Complete.Count - (rounds.Values(experiment.Headline)?[0].Count ?? 0);
        if (unshown > 0 && rounds.Ranked.Count > 1) notes.Add($"{unshown} of {rounds.Complete.Count} complete rounds left out of the ranking: a run in them has too few requests for {experiment.Headline.Title()}");
        if (rounds.Ranked.Count > 1) notes.Add("6 metrics: up to 1 page in 4 shows a false difference somewhere; the headline was chosen beforehand");
        return notes;
    }

    // From ten rounds on, where a run lies far from the others: a second reading by the trimmed t. The verdict stays with the first.
    private static IEnumerable<string> WithoutTheExtreme(ExperimentDefinition experiment, List<int> here, Rounds rounds)
    {
        int reference = here.FirstOrDefault(-1);
        foreach (int row in here.Where(r => r != reference))
        {
            var (a, b) = rounds.Pair(row, reference, experiment.Headline);
            if ((OutlierRuns.Of(a).Count == 0 && OutlierRuns.Of(b).Count == 0) || Ratio.Trimmed(a, b) is not { Interval: { Low: { } low, High: { } high } interval }) continue;
            yield return $"without the extreme runs (20% trimmed t): {experiment.Headline.Title()} of {experiment.Rows[row].Name} ÷ {experiment.Rows[reference].Name} is {Figures.Text(interval.Value)} ({Verdict.Down(low)} to {Verdict.Up(high)}); the verdict is of all runs";
        }
    }

    private const double LeastDrift = 0.03;

    // Student's t on the runs' ln of last half ÷ first sixth: not 0, and large enough to matter.
    private static string? DriftOf(List<RunDrift> drifts)
    {
        if (drifts.Count < TypicalRun.LeastRuns) return null;
        var found = new List<string>();
        foreach (var (name, values) in ((string, List<double>)[])[("p50", [.. drifts.Select(d => d.P50)]), ("throughput", [.. drifts.Select(d => d.Throughput)])])
        {
            double mean = Student.Mean(values), half = Student.Quantile(values.Count - 1) * Student.Sd(values) / Math.Sqrt(values.Count);
            if (Math.Abs(mean) > Math.Max(half, LeastDrift)) found.Add($"{name} {(mean < 0 ? "−" : "+")}{Figures.Percent(Math.Abs(Math.Exp(mean) - 1))}");
        }
        return found.Count == 0 ? null : string.Join(", ", found);
    }

    private static List<ReportRow> Sorted(ExperimentDefinition experiment, List<ReportRow> rows)
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

    private static string Listed(List<string> names) => names.Count switch
    {
        1 => names[0],
        <= 3 => string.Join(", ", names.SkipLast(1)) + " or " + names[^1],
        _ => $"one of {names.Count} ({string.Join(", ", names.Take(3))} …)",
    };

    // Names keep their small letters.
    private static string Capital(string sentence) => sentence.StartsWith("can't", StringComparison.Ordinal) ? "C" + sentence[1..] : sentence;
}
