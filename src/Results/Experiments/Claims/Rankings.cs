using Wobble.Results.Domain;
using Wobble.Results.Statistics;
using static Wobble.Results.Experiments.Claims.ClaimRows;

namespace Wobble.Results.Experiments.Claims;

/// <summary>Rules that are more than a list of comparisons.</summary>
internal static class Rankings
{
    /// <summary>Claim 1.</summary>
    public static ClaimVerdict SyncFirstAsyncLast(ExperimentDefinition experiment, IReadOnlyList<ExperimentRun> runs)
    {
        var report = Reporting.Of(Without(experiment, TargetClass.Green, out var kept) with { Headline = Metric.P99 }, Renumbered(runs, kept));
        var ranked = report.Rows.Where(r => r.RankLow is not null).ToList();
        if (ranked.Count == 0) return ClaimVerdict.CantTell("Not enough complete rounds for a ranking yet.");
        if (ranked.All(r => r.Class != TargetClass.Async) || ranked.All(r => r.Class != TargetClass.Sync)) return ClaimVerdict.CantTell(ClaimRules.NothingToCompare);
        var first = ranked.Where(r => r.RankLow == 1).ToList();
        var last = ranked.Where(r => r.RankHigh == ranked.Count).ToList();
        bool holds = first.All(r => r.Class == TargetClass.Sync) && last.All(r => r.Class == TargetClass.Async);
        bool doesnt = first.All(r => r.Class != TargetClass.Sync) || last.All(r => r.Class != TargetClass.Async);
        string sentence = $"By p99, of {ranked.Count} rows, first {(first.Count == 1 ? "is" : "may be")} {Names(first)}; last {(last.Count == 1 ? "is" : "may be")} {Names(last)}.";
        var findings = ClaimRules.Find([ClaimList.AsyncToSync(Metric.P99, Expected.Higher) with { Decides = false }], experiment, runs);
        return new ClaimVerdict(holds ? ClaimAnswer.Holds : doesnt ? ClaimAnswer.Doesnt : ClaimAnswer.CantTell, sentence, findings);
    }

    /// <summary>Objection A.</summary>
    public static ClaimVerdict ShortOfConnections(ExperimentDefinition experiment, IReadOnlyList<ExperimentRun> runs)
    {
        var contrasts = Objections.Plenty.SelectMany((plenty, i) => new[]
        {
            new Contrast { NameA = plenty, NameB = Objections.Short, A = Named(plenty), B = Named(Objections.Short), Metric = Metric.Throughput, Expected = Expected.Higher, Decides = i == 0 },
            new Contrast { NameA = plenty, NameB = Objections.Short, A = Named(plenty), B = Named(Objections.Short), Metric = Metric.P99, Expected = Expected.Lower, Decides = i == 0 },
        }).Append(ClaimList.AsyncToSync(Metric.P99, Expected.Higher) with { NameA = Objections.Plenty[0], A = Named(Objections.Plenty[0]), Decides = false }).ToArray();
        var verdict = ClaimRules.Any(contrasts)(experiment, runs);
        var (failed, all, why) = Failed(Objections.Short, experiment, runs);
        var (others, ofAll, _) = Failed(Objections.Plenty[0], experiment, runs);
        if (all < TypicalRun.LeastRuns || ofAll < TypicalRun.LeastRuns || failed <= 0.2 * all || others > 0.2 * ofAll) return verdict;
        return verdict with { Answer = ClaimAnswer.Holds, Sentence = $"With session pooling and 20 connections {failed} of {all} rounds have no valid run ({why}); with 100 connections {ofAll - others} of {ofAll} have one." };
    }

    /// <summary>Objection G.</summary>
    public static ClaimVerdict EveryCounting(ExperimentDefinition experiment, IReadOnlyList<ExperimentRun> runs)
    {
        if (experiment.Rows.All(r => r.Class != TargetClass.Green || r.Unavailable is not null)) return ClaimVerdict.CantTell("No green-threaded row can run here, so there is nothing to count in one way or another.");
        (string Way, Func<ExperimentRow, TargetClass> Count)[] ways =
        [
            ("green left aside", r => r.Class),
            ("as the article counted", r => r.Class == TargetClass.Green ? r.Definition.Target.Contains("gevent", StringComparison.Ordinal) ? TargetClass.Async : TargetClass.Sync : r.Class),
            ("green as sync", r => r.Class == TargetClass.Green ? TargetClass.Sync : r.Class),
            ("green as async", r => r.Class == TargetClass.Green ? TargetClass.Async : r.Class),
        ];
        var findings = ClaimRules.Find(ways.Select(w => ClaimList.AsyncToSync(Metric.P99, Expected.Higher) with
        {
            NameA = $"async ({w.Way})",
            NameB = "sync",
            A = row => w.Count(row) == TargetClass.Async,
            B = row => w.Count(row) == TargetClass.Sync,
        }), experiment, runs);
        var answers = findings.Select(f => f.Answer).Distinct().ToList();
        bool decided = findings.Count == ways.Length && !answers.Contains(ClaimAnswer.CantTell);
        var answer = answers.Contains(ClaimAnswer.Holds) && answers.Contains(ClaimAnswer.Doesnt) ? ClaimAnswer.Holds : decided ? ClaimAnswer.Doesnt : ClaimAnswer.CantTell;
        return new ClaimVerdict(answer, findings.Count == 0 ? ClaimRules.NothingToCompare : ClaimRules.Capital(string.Join("; ", findings.Select(f => f.Sentence))) + ".", findings);
    }

    private static (int Failed, int All, string Why) Failed(string name, ExperimentDefinition experiment, IReadOnlyList<ExperimentRun> runs)
    {
        int row = Enumerable.Range(0, experiment.Rows.Count).FirstOrDefault(i => experiment.Rows[i].Name == name, -1);
        var rounds = runs.Where(r => r.Row == row && r.Purpose == RunPurpose.Round && r.SpeaksOfTarget).GroupBy(r => r.Round).ToList();
        var failed = rounds.Where(g => g.All(r => !r.IsValid)).ToList();
        var last = failed.LastOrDefault()?.Last();
        return (failed.Count, rounds.Count, last?.Failure ?? (last?.Result?.Trust.Reasons is [{ } gravest, ..] ? gravest.Sentence : "no result"));
    }

    private static ExperimentDefinition Without(ExperimentDefinition experiment, TargetClass left, out List<int> kept)
    {
        kept = [.. Enumerable.Range(0, experiment.Rows.Count).Where(i => experiment.Rows[i].Class != left)];
        return experiment with { Rows = [.. kept.Select(i => experiment.Rows[i])] };
    }

    private static List<ExperimentRun> Renumbered(IReadOnlyList<ExperimentRun> runs, List<int> kept) => [.. runs.Where(r => kept.Contains(r.Row)).Select(r => r with { Row = kept.IndexOf(r.Row) })];

    private static string Names(List<ReportRow> rows) => string.Join(", ", rows.Select(r => $"{r.Name} ({r.Class.ToString().ToLowerInvariant()})"));
}
