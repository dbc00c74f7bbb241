namespace Wobble.Results.Statistics;

/// <summary>A run in a configuration's history.</summary>
/// <param name="Slug">Its permalink.</param>
/// <param name="At">When it was asked for.</param>
/// <param name="Value">The metric; null: it has none to show.</param>
/// <param name="Counts">False: not measured to the end, or invalid. It is shown and enters nothing.</param>
/// <param name="Setup">All that must be equal for two runs to be comparable: version of the configuration, machine, versions. In order.</param>
public sealed record TrendRun(string Slug, DateTimeOffset At, double? Value, bool Counts, IReadOnlyList<KeyValuePair<string, string>> Setup)
{
    /// <summary>Equal for comparable runs.</summary>
    public string Key { get; } = string.Join('\n', Setup.Select(s => $"{s.Key}={s.Value}"));
}

/// <summary>Something of the set-up that is another than before.</summary>
/// <param name="Name">Such as <c>postgresql</c>.</param>
/// <param name="Now">null: it is gone.</param>
/// <param name="Was">null: it wasn't there.</param>
public sealed record SetupChange(string Name, string? Now, string? Was);

/// <summary>Runs of one set-up between two steps, and where others of them would lie.</summary>
/// <param name="First">Index of the first run.</param>
/// <param name="Last">Index of the last run.</param>
/// <param name="Runs">How many runs of this set-up lie between, both included.</param>
/// <param name="Level">Geometric mean.</param>
/// <param name="Low">95% of single runs lie above; null below five runs.</param>
/// <param name="High">95% of single runs lie below; null below five runs.</param>
public sealed record TrendLevel(int First, int Last, int Runs, double Level, double? Low, double? High);

/// <summary>A place where the level may have changed.</summary>
/// <param name="At">Index of the first run after it.</param>
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
/// <param name="Comparable">Earlier runs that the last one that counts can be compared with.</param>
/// <param name="AsBefore">Where it lies when it is as before; null below five of them.</param>
/// <param name="LastIsUnusual">It lies outside; null: nothing can be said.</param>
public sealed record Trend(Metric Metric, IReadOnlyList<TrendRun> Runs, IReadOnlyList<TrendLevel> Levels, IReadOnlyList<TrendStep> Steps, int Comparable, Interval? AsBefore, bool? LastIsUnusual)
{
    /// <summary>The last run that counts; null when there is none.</summary>
    public TrendRun? Last => Runs.LastOrDefault(r => r.Counts && r.Value is > 0);
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
                yield return new TrendStep(i, SetupOf(run, before), ratio.Interval, ratio.P, Verdict.Of("after", "before", Metric.P99, ratio, delta).Difference);
            }
            before = run;
        }
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
