using Wobble.Results.Domain;
using Wobble.Results.Statistics;

namespace Wobble.Results.Experiments;

/// <summary>What a report says in one sentence, above its table.</summary>
internal static class ReportSentence
{
    public static string Of(ExperimentDefinition experiment, List<ReportRow> rows, List<ReportRatio> ratios, Rounds rounds, IReadOnlyList<ReportSearch> searches)
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
            var only = Reporting.Figure(measured[0], experiment.Headline);
            if (only is null) return $"{measured[0].Name}: too few requests for {headline}.";
            string unit = experiment.Headline switch { Metric.Throughput => " req/s", Metric.Wobble => "", _ => " ms" };
            return only.Low is { } low
                ? $"{measured[0].Name}'s {headline} is {Verdict.Down(low)} to {Verdict.Up(only.High!.Value)}{unit} in a typical run, of {measured[0].Runs}."
                : $"{measured[0].Name}'s {headline} was {Seen(only)}{unit}: {WhyNoInterval(experiment.Headline, only, rounds)}.";
        }
        // Of three of which one never has a valid run, the ratio of the other two.
        var names = measured.Select(r => r.Name).ToHashSet();
        if (measured.Count == 2 && ratios.FirstOrDefault(r => r.Metric == experiment.Headline.Word() && names.Contains(r.A) && names.Contains(r.B)) is { } ratio) return Capital(ratio.Sentence) + ".";
        var ranked = Reporting.Sorted(experiment, rows).Where(r => r.RankLow is not null).ToList();
        if (ranked.Count == 0) return $"{rounds.Complete.Count} complete rounds so far: a ranking needs {(measured.Count >= SharedNoise.LeastConfigurations ? TypicalRun.LeastRuns : Reporting.LeastRoundsToRankFew)}.";
        var first = ranked.Where(r => r.RankLow == 1).Select(r => r.Name).ToList();
        var last = ranked.Where(r => r.RankHigh == ranked.Count).Select(r => r.Name).ToList();
        return first.Count == ranked.Count
            ? $"By {headline} no two of the {ranked.Count} can be told apart in {rounds.Complete.Count} rounds."
            : $"By {headline}, {Listed(first)} {(first.Count == 1 ? "is" : "may be")} first of {ranked.Count}, {Listed(last)} {(last.Count == 1 ? "is" : "may be")} last.";
    }

    private static string Seen(ReportFigure figure) => figure.Each.Count <= TypicalRun.LeastRuns
        ? string.Join(" and ", figure.Each.Select(v => Figures.Text(v)))
        : $"{Figures.Text(figure.Each.Min())} to {Figures.Text(figure.Each.Max())}";

    private static string WhyNoInterval(Metric headline, ReportFigure figure, Rounds rounds)
    {
        if (headline == Metric.P999) return "it has no interval, since a freeze hits some runs and not others";
        if (figure.Each.Count < TypicalRun.LeastRuns) return $"an interval needs {TypicalRun.LeastRuns} runs";
        return Percentiles.TooFew(headline, rounds.Valid.Values.Count(r => Reporting.ValueOf(r.Result!, headline, toJudge: true) is null), rounds.Valid.Count);
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
