using System.Globalization;
using Wobble.Results.Domain;
using Wobble.Results.Statistics;

namespace Wobble.Results.Experiments;

/// <summary>What a reader of a report must know beside its figures: runs left out, rounds left out, runs that lie far from the others, drift.</summary>
internal static class ReportNotes
{
    private const double LeastDrift = 0.03;

    /// <summary>What is said of every kind: workers that were found before, and a machine that changed meanwhile.</summary>
    public static List<string> OfAll(ExperimentDefinition experiment, IReadOnlyList<ExperimentRun> runs)
    {
        var notes = new List<string>();
        foreach (var row in experiment.Kind == ExperimentKind.Tune ? [] : experiment.Rows)
            if (row is { TunedWorkers: { } workers, TunedAt: { } at }) notes.Add(string.Create(CultureInfo.InvariantCulture, $"{row.Name}: its {workers} {(workers == 1 ? "worker was" : "workers were")} found by an earlier search, which ended on {at.UtcDateTime:d MMMM yyyy}; none was made for this experiment"));
        if (MachineText.Changes(runs) is { } changes) notes.Add(changes);
        return notes;
    }

    public static List<string> Of(ExperimentDefinition experiment, List<int> here, Rounds rounds, List<ExperimentRun> ended)
    {
        var notes = new List<string>();
        // Falls that were asked for are listed by their claim; nothing about them is a ranking.
        if (experiment.Rows.All(r => r.Definition.Provoke is not null)) return notes;
        var discarded = ended.Where(r => !r.IsValid && here.Contains(r.Row)).GroupBy(r => r.Row).OrderBy(g => g.Key);
        foreach (var group in discarded)
            notes.Add($"{experiment.Rows[group.Key].Name}: {group.Count()} {(group.Count() == 1 ? "run" : "runs")} failed or invalid ({Reporting.WhyNot(group.First()) ?? "no result"})");
        int dropped = rounds.Dropped;
        if (dropped > 0 && rounds.Ranked.Count > 1) notes.Add($"{dropped} of {rounds.All.Count} rounds left out of the ranking: a row had no valid run in them");
        foreach (int row in here.Where(r => !rounds.Ranked.Contains(r) && rounds.AskedOf(r) > 0))
            notes.Add(Schedule.HasVanished(row, ended) ? $"{experiment.Rows[row].Name} is not ranked: from round {ended.Where(r => r.Row == row && r.CouldNotBegin).Max(r => r.Round)} on it could not be begun any more" : $"{experiment.Rows[row].Name} is not ranked: no valid run in more than 20% of the rounds");
        foreach (int row in rounds.Ranked)
        {
            var values = rounds.All.Where(round => rounds.Valid.ContainsKey((row, round))).Select(round => (round, Value: Reporting.ValueOf(rounds.Valid[(row, round)].Result!, experiment.Headline, false))).Where(v => v.Value is > 0).ToList();
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
}
