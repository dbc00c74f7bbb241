namespace Wobble.Results.Statistics;

/// <summary>A point in a configuration's history: a run by itself, or all rounds of an experiment together.</summary>
/// <param name="Slug">Permalink of the run, or of the first of them.</param>
/// <param name="At">When it was asked for.</param>
/// <param name="Value">The metric, of several the geometric mean; null: it has none to show.</param>
/// <param name="Counts">False: not measured to the end, or invalid. It is shown and enters nothing.</param>
/// <param name="Setup">All that must be equal for two runs to be comparable: version of the configuration, machine, versions. In order.</param>
public sealed record TrendRun(string Slug, DateTimeOffset At, double? Value, bool Counts, IReadOnlyList<KeyValuePair<string, string>> Setup)
{
    /// <summary>Equal for comparable runs.</summary>
    public string Key { get; } = string.Join('\n', Setup.Select(s => $"{s.Key}={s.Value}"));

    /// <summary>Slug of the experiment whose rounds these are; null for a run by itself.</summary>
    public string? Experiment { get; init; }
    /// <summary>Runs behind <see cref="Value"/>.</summary>
    public int Rounds { get; init; } = 1;
    /// <summary>Where its link leads: the experiment, else the run.</summary>
    public string Path => Experiment is { } experiment ? $"/x/{experiment}" : $"/r/{Slug}";

    /// <summary>
    /// The runs of one experiment as one point, for each set-up among them: rounds of one night resemble each other more than nights do, so five of them are
    /// no five measurements of what changes from night to night. The geometric mean of those that count; where none does, of all that show the metric.
    /// </summary>
    /// <param name="runs">In time order.</param>
    public static IEnumerable<TrendRun> Joined(IReadOnlyList<TrendRun> runs)
    {
        ArgumentNullException.ThrowIfNull(runs);
        return runs.GroupBy(r => r.Key).Select(g => g.ToList()).Select(alike =>
        {
            var shown = alike.FindAll(r => r.Counts && r.Value is > 0);
            bool counts = shown.Count > 0;
            if (!counts) shown = alike.FindAll(r => r.Value is > 0);
            var first = shown.Count > 0 ? shown[0] : alike[0];
            return first with { Counts = counts || first.Counts, Rounds = Math.Max(1, shown.Count), Value = shown.Count > 1 ? TypicalRun.Of(shown.ConvertAll(r => r.Value!.Value)).Value : first.Value };
        });
    }
}

/// <summary>Something of the set-up that is another than before.</summary>
/// <param name="Name">Such as <c>postgresql</c>.</param>
/// <param name="Now">null: it is gone.</param>
/// <param name="Was">null: it wasn't there.</param>
public sealed record SetupChange(string Name, string? Now, string? Was);

/// <summary>Points of one set-up between two steps, and where others of them would lie.</summary>
/// <param name="First">Index of the first point.</param>
/// <param name="Last">Index of the last point.</param>
/// <param name="Runs">How many points of this set-up lie between, both included.</param>
/// <param name="Level">Geometric mean.</param>
/// <param name="Low">95% of single points lie above; null below five.</param>
/// <param name="High">95% of single points lie below; null below five.</param>
public sealed record TrendLevel(int First, int Last, int Runs, double Level, double? Low, double? High);

/// <summary>A place where the level may have changed.</summary>
/// <param name="At">Index of the first point after it.</param>
/// <param name="Changes">What of the set-up changed there; empty: a change point among comparable runs.</param>
/// <param name="Ratio">After ÷ before.</param>
/// <param name="P">Of the permutation test, or of Welch's t where the set-up changed; null: too few runs.</param>
/// <param name="Difference">Whether it is beyond noise and δ.</param>
public sealed record TrendStep(int At, IReadOnlyList<SetupChange> Changes, Interval Ratio, double? P, Difference Difference);

/// <summary>A configuration's history.</summary>
/// <param name="Metric">Of what.</param>
/// <param name="Runs">In time order.</param>
/// <param name="Levels">Of each set-up, between its steps.</param>
/// <param name="Steps">In time order.</param>
/// <param name="Comparable">Earlier points that the last one that counts can be compared with.</param>
/// <param name="AsBefore">Where it lies when it is as before; null below five of them.</param>
/// <param name="LastIsUnusual">It lies outside; null: nothing can be said.</param>
public sealed record Trend(Metric Metric, IReadOnlyList<TrendRun> Runs, IReadOnlyList<TrendLevel> Levels, IReadOnlyList<TrendStep> Steps, int Comparable, Interval? AsBefore, bool? LastIsUnusual)
{
    /// <summary>The last point that counts; null when there is none.</summary>
    public TrendRun? Last => Runs.LastOrDefault(r => r.Counts && r.Value is > 0);

    /// <summary>What its points are called: runs, unless some are several rounds of an experiment.</summary>
    public string Unit => Runs.Any(r => r.Rounds > 1) ? "point" : "run";
}

/// <summary>
/// Reads a history. Runs of equal set-up are searched for change points (<see cref="History"/>, from ten runs on). Where the set-up changed, the runs of the
/// new one are set against the last ones of the old by Welch's t on logs, from three runs each on: that they were measured at different times is what a
/// history is, so the text says "since", not "because". A new run is held against five or more comparable ones since the last step.
/// </summary>
public static class Trends
{
    /// <summary>Reads it.</summary>
    /// <param name="metric">Of what.</param>
    /// <param name="runs">In time order.</param>
    /// <param name="delta">Least change that matters; null: the metric's own.</param>
    public static Trend Of(Metric metric, IReadOnlyList<TrendRun> runs, double? delta = null)
    {
        ArgumentNullException.ThrowIfNull(runs);
        double d = delta ?? metric.Relevant();
        var groups = runs.Select((run, index) => (run, index)).Where(r => r.run.Counts && r.run.Value is > 0).GroupBy(r => r.run.Key)
            .ToDictionary(g => g.Key, g => GroupOf([.. g.Select(r => (r.index, r.run.Value!.Value))], d));
        var steps = groups.Values.SelectMany(g => g.Steps).Concat(Changes(runs, groups, d)).OrderBy(s => s.At).ToList();
        var last = runs.LastOrDefault(r => r.Counts && r.Value is > 0);
        var earlier = last is null ? [] : groups[last.Key].Parts[^1].SkipLast(1).Select(p => p.Value).ToList();
        var band = History.AsBefore(earlier);
        return new Trend(metric, runs, [.. groups.Values.SelectMany(g => g.Parts).Select(LevelOf).OrderBy(l => l.First)], steps, earlier.Count, band,
            band is null ? null : last!.Value < band.Low || last.Value > band.High);
    }

    private sealed record Group(List<List<(int Index, double Value)>> Parts, List<TrendStep> Steps);

    private static Group GroupOf(List<(int Index, double Value)> runs, double delta)
    {
        var changes = History.Changes([.. runs.Select(r => r.Value)], delta);
        int[] edges = [0, .. changes.Select(c => c.After), runs.Count];
        List<List<(int Index, double Value)>> parts = [.. edges.Zip(edges.Skip(1), (from, to) => runs[from..to])];
        return new Group(parts, [.. changes.Select((c, i) =>
            new TrendStep(runs[c.After].Index, [], Ratio.Welch(Values(parts[i + 1]), Values(parts[i])).Interval with { Value = c.Ratio }, c.P, Difference.Differs))]);
    }

    // A set-up that was there before (two machines in turn) is no change.
    private static IEnumerable<TrendStep> Changes(IReadOnlyList<TrendRun> runs, Dictionary<string, Group> groups, double delta)
    {
        var seen = new HashSet<string>();
        TrendRun? before = null;
        for (int i = 0; i < runs.Count; i++)
        {
            var run = runs[i];
            if (!groups.ContainsKey(run.Key) || !run.Counts || run.Value is not > 0) continue;
            if (seen.Add(run.Key) && before is not null)
            {
                int at = i;
                var part = groups[before.Key].Parts.Last(p => p[0].Index < at);
                var ratio = Ratio.Welch(Values(groups[run.Key].Parts[0]), Values([.. part.Where(r => r.Index < at)]));
                yield return new TrendStep(i, SetupOf(run, before), ratio.Interval, ratio.P, DifferenceOf(ratio, delta));
            }
            before = run;
        }
    }

    // As for a change point, the estimate itself has to lie beyond δ: an interval that excludes 1 and only reaches over δ shows that something changed, not that it matters.
    private static Difference DifferenceOf(Ratio ratio, double delta)
    {
        var difference = Verdict.Of("after", "before", Metric.P99, ratio, delta).Difference;
        return difference == Difference.Differs && !History.IsBeyond(ratio.Interval.Value, delta) ? Difference.CantTell : difference;
    }

    private static List<SetupChange> SetupOf(TrendRun now, TrendRun was)
    {
        var old = was.Setup.DistinctBy(s => s.Key).ToDictionary(s => s.Key, s => s.Value);
        var present = now.Setup.Select(s => s.Key).ToHashSet();
        return [.. now.Setup.Where(s => old.GetValueOrDefault(s.Key) != s.Value).Select(s => new SetupChange(s.Key, s.Value, old.GetValueOrDefault(s.Key))),
            .. was.Setup.Where(s => !present.Contains(s.Key)).Select(s => new SetupChange(s.Key, null, s.Value))];
    }

    private static TrendLevel LevelOf(List<(int Index, double Value)> part)
    {
        var band = History.AsBefore(Values(part));
        return new TrendLevel(part[0].Index, part[^1].Index, part.Count, TypicalRun.Of(Values(part)).Value, band?.Low, band?.High);
    }

    private static List<double> Values(List<(int Index, double Value)> part) => part.ConvertAll(p => p.Value);
}
