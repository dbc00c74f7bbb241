namespace Wobble.Results.Statistics;

/// <summary>Something that was watched each second and may make latency wobble.</summary>
/// <param name="Name">As a page names it.</param>
/// <param name="Unit">Of its values.</param>
/// <param name="Values">One for each second; null where it wasn't watched.</param>
public sealed record WatchedSeries(string Name, string Unit, IReadOnlyList<double?> Values);

/// <summary>A cause beside the slow seconds.</summary>
/// <param name="Name">As a page names it.</param>
/// <param name="Unit">Of its values.</param>
/// <param name="Mean">Over all seconds.</param>
/// <param name="MeanWhenSlow">Over the tenth of the seconds whose p99 is greatest.</param>
/// <param name="Together">How it moves with p99; null: nothing can be said.</param>
/// <param name="P">Of that, adjusted for the number of causes looked at; null: nothing can be said.</param>
public sealed record Cause(string Name, string Unit, double Mean, double MeanWhenSlow, Correlation? Together, double? P)
{
    /// <summary>True when it moves with the slow seconds: p, adjusted, below .05.</summary>
    public bool Moves => P < 0.05;
}

/// <summary>
/// Which of the things watched moves with the slow seconds: each against the p99 of the seconds by <see cref="RankCorrelation"/>, all p values adjusted
/// together by Holm 1979. That something moves along doesn't make it the cause; that nothing does clears nothing that wasn't watched.
/// </summary>
public static class SlowSeconds
{
    /// <summary>All causes that were watched, those that move along first, the strongest first.</summary>
    /// <param name="p99">Of each second, ms; null in a second without answers.</param>
    /// <param name="watched">With as many values.</param>
    public static IReadOnlyList<Cause> Causes(IReadOnlyList<double?> p99, IReadOnlyList<WatchedSeries> watched)
    {
        ArgumentNullException.ThrowIfNull(p99);
        ArgumentNullException.ThrowIfNull(watched);
        var found = watched.Select(w => Of(p99, w)).OfType<Cause>().ToList();
        double?[] adjusted = Holm([.. found.Select(c => c.Together?.P)]);
        return [.. found.Select((c, i) => c with { P = adjusted[i] }).OrderByDescending(c => c.Moves).ThenByDescending(c => c.Moves ? Math.Abs(c.Together!.Rho) : 0)];
    }

    private static Cause? Of(IReadOnlyList<double?> p99, WatchedSeries watched)
    {
        var both = p99.Zip(watched.Values).Where(s => s.First is not null && s.Second is not null).Select(s => (P99: s.First!.Value, Value: s.Second!.Value)).ToList();
        if (both.Count == 0) return null;
        int slow = Math.Max(1, both.Count / 10);
        return new Cause(watched.Name, watched.Unit, both.Average(s => s.Value), both.OrderByDescending(s => s.P99).Take(slow).Average(s => s.Value),
            RankCorrelation.Of([.. both.Select(s => s.P99)], [.. both.Select(s => s.Value)]), null);
    }

    private static double?[] Holm(double?[] p)
    {
        var order = Enumerable.Range(0, p.Length).Where(i => p[i] is not null).OrderBy(i => p[i]).ToList();
        var adjusted = new double?[p.Length];
        double least = 0;
        for (int i = 0; i < order.Count; i++) adjusted[order[i]] = least = Math.Max(least, Math.Min(1, (order.Count - i) * p[order[i]]!.Value));
        return adjusted;
    }
}
