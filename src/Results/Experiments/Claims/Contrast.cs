using Wobble.Results.Domain;
using Wobble.Results.Statistics;

namespace Wobble.Results.Experiments.Claims;

/// <summary>What a claim expects of a ratio a ÷ b, against the least difference that matters, δ.</summary>
public enum Expected
{
    /// <summary>As claimed: the interval lies above 1 and not inside ±δ. Against: its upper end is at most 1 + δ.</summary>
    Higher,
    /// <summary>The opposite of <see cref="Higher"/>.</summary>
    NotHigher,
    /// <summary>As claimed: the interval lies below 1 and not inside ±δ. Against: its lower end is at least 1 ÷ (1 + δ).</summary>
    Lower,
    /// <summary>As claimed: the lower end is at least <see cref="Contrast.Factor"/>. Against: the upper end is below it.</summary>
    Times,
}

/// <summary>
/// A comparison of two groups of rows, each round by itself: the ratio of their geometric means, paired t over the rounds in which every one of the rows
/// has a valid run. It speaks of these rows, not of all servers of a class. Rows without a valid run in more than 20% of the rounds are left out and named.
/// </summary>
public sealed record Contrast
{
    private const double MostMissing = 0.20;
    private const int MostRoundsSaid = 100_000;

    /// <summary>Name of the first group.</summary>
    public required string NameA { get; init; }
    /// <summary>Name of the group it is divided by.</summary>
    public required string NameB { get; init; }
    /// <summary>Rows of the first group.</summary>
    public required Func<ExperimentRow, bool> A { get; init; }
    /// <summary>Rows of the second.</summary>
    public required Func<ExperimentRow, bool> B { get; init; }
    /// <summary>Set: a ÷ b is itself set against this one's a ÷ b (a difference of differences).</summary>
    public Contrast? Against { get; init; }
    /// <summary>What is compared.</summary>
    public required Metric Metric { get; init; }
    /// <summary>One kind of request of a mix (<c>row</c>); null: all.</summary>
    public string? KindOfRequest { get; init; }
    /// <summary>What the claim expects.</summary>
    public required Expected Expected { get; init; }
    /// <summary>For <see cref="Expected.Times"/>.</summary>
    public double Factor { get; init; } = 1;
    /// <summary>False: for information.</summary>
    public bool Decides { get; init; } = true;

    /// <summary>The comparison on what was run; null where a group has no row that can run here.</summary>
    public ClaimFinding? Of(ExperimentDefinition experiment, IReadOnlyList<ExperimentRun> runs)
    {
        ArgumentNullException.ThrowIfNull(experiment);
        ArgumentNullException.ThrowIfNull(runs);
        var valid = runs.Where(r => r.Purpose == RunPurpose.Round && r.IsValid).GroupBy(r => (r.Row, r.Round)).ToDictionary(g => g.Key, g => g.OrderBy(r => r.Attempt).First().Result!);
        var asked = runs.Where(r => r.Purpose == RunPurpose.Round && r.SpeaksOfTarget).Select(r => (r.Row, r.Round)).ToHashSet();
        List<int> rounds = [.. asked.Select(a => a.Round).Distinct().Order()];
        var groups = new List<List<int>>();
        var missing = new List<string>();
        foreach (var (name, wanted) in Groups())
        {
            List<int> available = [.. Enumerable.Range(0, experiment.Rows.Count).Where(i => wanted(experiment.Rows[i]) && Schedule.WhyNotHere(experiment, i, runs) is null)];
            if (available.Count == 0) return null;
            List<int> kept = [.. available.Where(i => asked.Count(a => a.Row == i && !valid.ContainsKey(a)) <= MostMissing * asked.Count(a => a.Row == i))];
            missing.AddRange(available.Except(kept).Select(i => experiment.Rows[i].Name));
            if (kept.Count == 0) return Nothing($"can't tell: {name} has no valid run in more than 20% of the rounds, which is a finding of its own");
            groups.Add(kept);
        }
        var values = rounds.Select(round => groups.Select(rows => Typical(rows, round, valid)).ToList()).Where(v => v.All(x => x is not null)).Select(v => v.Select(x => x!.Value).ToList()).ToList();
        var ratio = Against is null
            ? Ratio.Paired([.. values.Select(v => v[0])], [.. values.Select(v => v[1])], experiment.Confidence)
            : Ratio.Paired([.. values.Select(v => v[0] / v[1])], [.. values.Select(v => v[2] / v[3])], experiment.Confidence);
        double delta = experiment.DeltaOf(Metric) ?? Metric.Relevant();
        string left = missing.Count == 0 ? "" : $" (without {string.Join(", ", missing.Distinct())}: too few valid runs)";
        var interval = ratio.Interval;
        int together = rounds.Count(round => groups.TrueForAll(rows => rows.TrueForAll(row => valid.ContainsKey((row, round)))));
        var answer = Answer(interval, delta);
        return new ClaimFinding(NameA, NameB, Metric.Word(), double.IsFinite(interval.Value) ? interval.Value : null, interval.Low, interval.High, Decides, answer, SentenceOf(ratio, delta, answer, together) + left);
    }

    /// <summary>Whether an interval is as the claim says.</summary>
    public ClaimAnswer Answer(Interval interval, double delta)
    {
        ArgumentNullException.ThrowIfNull(interval);
        if (interval is not { Low: { } low, High: { } high }) return ClaimAnswer.CantTell;
        bool higher = low > 1 && high > 1 + delta, notHigher = high <= 1 + delta;
        bool lower = high < 1 && low < 1 / (1 + delta), notLower = low >= 1 / (1 + delta);
        var (holds, against) = Expected switch
        {
            Expected.Higher => (higher, notHigher),
            Expected.NotHigher => (notHigher, higher),
            Expected.Lower => (lower, notLower),
            _ => (low >= Factor, high < Factor),
        };
        return holds ? ClaimAnswer.Holds : against ? ClaimAnswer.Doesnt : ClaimAnswer.CantTell;
    }

    private IEnumerable<(string Name, Func<ExperimentRow, bool> Rows)> Groups()
    {
        yield return (NameA, A);
        yield return (NameB, B);
        if (Against is null) yield break;
        yield return (Against.NameA, Against.A);
        yield return (Against.NameB, Against.B);
    }

    private ClaimFinding Nothing(string why) => new(NameA, NameB, Metric.Word(), null, null, null, Decides, ClaimAnswer.CantTell, why);

    private double? Typical(List<int> rows, int round, Dictionary<(int Row, int Round), RunResult> valid)
    {
        double sum = 0;
        foreach (int row in rows)
        {
            if (!valid.TryGetValue((row, round), out var result) || ValueOf(result) is not { } value || value <= 0) return null;
            sum += Math.Log(value);
        }
        return Math.Exp(sum / rows.Count);
    }

    private double? ValueOf(RunResult result)
    {
        if (KindOfRequest is null || result.Kinds.Count == 0) return Reporting.ValueOf(result, Metric, toJudge: true);
        if (result.Kinds.FirstOrDefault(k => k.Kind == KindOfRequest) is not { } kind) return null;
        // The same rules for one kind as for all: a result of nothing but these requests.
        return Reporting.ValueOf(result with { Requests = kind.Requests, Throughput = kind.Throughput, LatencyMs = kind.LatencyMs, Wobble = kind.LatencyMs is { P99: { } p99, P50: > 0 and var p50 } ? p99 / p50 : null }, Metric, toJudge: true);
    }

    private string SentenceOf(Ratio ratio, double delta, ClaimAnswer answer, int together)
    {
        string of = KindOfRequest is null ? "" : $" ({KindOfRequest} requests)";
        string what = Against is null ? $"{NameA}{of}'s {Metric.Title()}" : $"{Metric.Title()}{of} of {NameA} ÷ {NameB}";
        if (ratio.Interval is not { Low: { } low, High: { } high })
            return together >= TypicalRun.LeastRuns && together > ratio.Rounds
                ? $"can't tell: {what}: {Percentiles.TooFew(Metric, together - ratio.Rounds, together)}"
                : $"can't tell: {what}: {ratio.Rounds} rounds; an interval needs {TypicalRun.LeastRuns}";
        // The claim's rule asks another question than whether two differ: its answer is what the sentence says.
        var verdict = Verdict.Of(NameA + of, NameB + of, Metric, ratio, delta);
        bool isOpen = answer == ClaimAnswer.CantTell;
        if (Against is null && isOpen == (verdict.Difference == Difference.CantTell)) return verdict.Sentence;
        string range = Against is null
            ? $"{what} is {Verdict.Down(low)} to {Verdict.Up(high)} times {NameB}{of}'s"
            : $"{what} is {Verdict.Down(low)} to {Verdict.Up(high)} times that of {Against.NameA} ÷ {Against.NameB}";
        if (!isOpen) return low > 1 || high < 1 ? range : $"{range}: {(Expected, answer) switch
        {
            (Expected.Times, _) => $"not {Verdict.Down(Factor)} times",
            (Expected.Lower, _) => $"not lower by more than {Verdict.Up(delta * 100)}%",
            _ => $"not higher by more than {Verdict.Up(delta * 100)}%",
        }}";
        // Of a factor the rounds are those that would tell the ratio from it, were it what it is now.
        double distance = Expected == Expected.Times ? Math.Abs(Math.Log(ratio.Interval.Value / Factor)) : Math.Log(1 + delta);
        string rounds = ratio.RoundsToTell(Math.Exp(distance) - 1) is { } n and <= MostRoundsSaid && n > ratio.Rounds ? $"; about {n} rounds would tell" : "";
        return $"can't tell: {range}{(Expected == Expected.Times ? $", {Verdict.Down(Factor)} times is claimed" : "")}{rounds}";
    }
}
