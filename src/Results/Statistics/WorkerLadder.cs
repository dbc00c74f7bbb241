namespace Wobble.Results.Statistics;

/// <summary>One run of a search for workers.</summary>
/// <param name="Workers">How many it had.</param>
/// <param name="Throughput">A second; 0: that many workers don't work here.</param>
public sealed record WorkersRun(int Workers, double Throughput);

/// <summary>
/// The search for the number of workers: a ladder, one run each, until three in a row are below the best; then a play-off, two more runs of the best three in
/// shuffled order; the fewest workers whose mean log throughput is within 2% of the best. Loses 0.5–1.8% against the true optimum in about 16 runs, where
/// the article's rule (raise until worse) loses 2–18%. The winner's own runs are flattered by having won: report the throughput of fresh ones.
/// </summary>
public static class WorkerLadder
{
    /// <summary>The steps, five to a doubling from 16 on, up to the most workers that a target may have.</summary>
    public static readonly IReadOnlyList<int> Steps = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 12, 14, 16, 18, 21, 24, 28, 32, 37, 42, 48, 56, 64, 74, 84, 96, 112, 128, 148, 168, 192, 224, 256];
    private const int BelowInARow = 3;
    private const int Finalists = 3;
    private const int RunsEach = 3;
    private const double WithinBest = 0.02;

    /// <summary>The number of workers to try next; null when the search is done.</summary>
    /// <param name="runs">Runs so far, in order.</param>
    /// <param name="seed">Shuffles the play-off.</param>
    /// <param name="most">Highest step allowed.</param>
    public static int? Next(IReadOnlyList<WorkersRun> runs, int seed, int most = 32)
    {
        ArgumentNullException.ThrowIfNull(runs);
        var ladder = FirstOfEach(runs);
        var steps = Steps.Where(s => s <= most).ToList();
        if (!LadderEnds(ladder, steps)) return steps[ladder.Count];
        var finalists = ladder.Where(r => r.Throughput > 0).OrderByDescending(r => r.Throughput).Take(Finalists).Select(r => r.Workers).ToList();
        int[] order = [.. finalists, .. finalists];
        new Random(seed).Shuffle(order);
        int played = runs.Count - ladder.Count;
        return played < (RunsEach - 1) * finalists.Count ? order[played] : null;
    }

    /// <summary>
    /// Where the article's rule, "raise the workers until performance gets worse", stops: the last step before the first that is worse than the one before it.
    /// Null while none is. One unlucky run stops it for good: it loses 2–18% against the true optimum.
    /// </summary>
    /// <param name="runs">Runs so far, in order.</param>
    public static int? UntilWorse(IReadOnlyList<WorkersRun> runs)
    {
        ArgumentNullException.ThrowIfNull(runs);
        var ladder = FirstOfEach(runs);
        int worse = Enumerable.Range(1, Math.Max(0, ladder.Count - 1)).FirstOrDefault(i => ladder[i].Throughput < ladder[i - 1].Throughput);
        return worse == 0 ? null : ladder[worse - 1].Workers;
    }

    /// <summary>The choice; null before the search is done, and when not one number of workers worked.</summary>
    public static int? Choice(IReadOnlyList<WorkersRun> runs, int seed, int most = 32)
    {
        ArgumentNullException.ThrowIfNull(runs);
        if (runs.Count == 0 || Next(runs, seed, most) is not null) return null;
        var means = runs.GroupBy(r => r.Workers).Where(g => g.All(r => r.Throughput > 0) && (g.Count() >= RunsEach || runs.Count < RunsEach)).Select(g => (Workers: g.Key, Mean: g.Average(r => Math.Log(r.Throughput)))).ToList();
        if (means.Count == 0) return null;
        double best = means.Max(m => m.Mean);
        return means.Where(m => m.Mean >= best - WithinBest).Min(m => m.Workers);
    }

    private static List<WorkersRun> FirstOfEach(IReadOnlyList<WorkersRun> runs)
    {
        var seen = new HashSet<int>();
        return [.. runs.TakeWhile(r => seen.Add(r.Workers))];
    }

    private static bool LadderEnds(List<WorkersRun> ladder, List<int> steps)
    {
        if (ladder.Count >= steps.Count) return true;
        if (ladder.Count < BelowInARow) return false;
        double best = ladder.Max(r => r.Throughput);
        return ladder.TakeLast(BelowInARow).All(r => r.Throughput < best || r.Throughput == 0);
    }
}
