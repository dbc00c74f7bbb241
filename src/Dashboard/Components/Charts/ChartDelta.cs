namespace Wobble.Dashboard.Components.Charts;

/// <summary>What of a chart's series is new. Pure.</summary>
internal static class ChartDelta
{
    /// <summary>The further points of each series; null when the series are others or earlier points changed, so that all must be sent.</summary>
    public static IReadOnlyList<IReadOnlyList<double?[]>>? Of(IReadOnlyList<ApexSeries> sent, IReadOnlyList<ApexSeries> now)
    {
        if (sent.Count != now.Count) return null;
        var more = new List<IReadOnlyList<double?[]>>(now.Count);
        for (int i = 0; i < now.Count; i++)
        {
            var (before, after) = (sent[i], now[i]);
            if (before with { Data = [] } != after with { Data = [] } || !StartsWith(after.Data, before.Data)) return null;
            more.Add([.. after.Data.Skip(before.Data.Count)]);
        }
        return more;
    }

    // First and last are enough to tell: points are only ever added, or merged, which moves both x and y of the last.
    private static bool StartsWith(IReadOnlyList<double?[]> all, IReadOnlyList<double?[]> start) =>
        start.Count == 0 || (all.Count >= start.Count && all[0].SequenceEqual(start[0]) && all[start.Count - 1].SequenceEqual(start[^1]));
}
