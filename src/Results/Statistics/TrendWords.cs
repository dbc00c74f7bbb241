using Wobble.Results.Domain;

namespace Wobble.Results.Statistics;

/// <summary>What a history says, for people. Rounded outwards, as every verdict.</summary>
public static class TrendWords
{
    private static readonly Dictionary<string, string> Names = new() { ["postgresql"] = "PostgreSQL", ["python"] = "Python", ["wobble"] = "Wobble", ["cpu"] = "CPU" };

    /// <summary>Where a step is: "Since PostgreSQL 15.9 (was 15.8)", or "Since then" where nothing is known to have changed.</summary>
    public static string Since(TrendStep step)
    {
        ArgumentNullException.ThrowIfNull(step);
        return step.Changes.Count == 0 ? "The level changed here" : "Since " + Listed([.. step.Changes.Select(Change)]);
    }

    /// <summary>One change: "PostgreSQL 15.9 (was 15.8)".</summary>
    public static string Change(SetupChange change)
    {
        ArgumentNullException.ThrowIfNull(change);
        string name = Name(change.Name);
        return change switch { { Now: null } => $"{name} is gone (was {change.Was})", { Was: null } => $"{name} {change.Now}", _ => $"{name} {change.Now} (was {change.Was})" };
    }

    /// <summary>As people write it.</summary>
    public static string Name(string name) => Names.GetValueOrDefault(name, name);

    /// <summary>A step as a sentence.</summary>
    public static string Sentence(Trend trend, TrendStep step)
    {
        ArgumentNullException.ThrowIfNull(trend);
        ArgumentNullException.ThrowIfNull(step);
        string metric = trend.Metric.Title();
        if (step.Changes.Count == 0) return $"The level changed here: {metric} is {By(step.Ratio)}.";
        return step.Difference switch
        {
            Difference.Differs => $"{Since(step)} {metric} is {By(step.Ratio)}.",
            Difference.Same => $"{Since(step)} {metric} is as it was.",
            _ when step.Ratio.Low is null => $"{Since(step)}: too few {trend.Unit}s to tell.",
            _ when step.Ratio is { Low: > 1 } or { High: < 1 } => $"{Since(step)} {metric} is {By(step.Ratio)}, which may be too small to matter.",
            _ => $"{Since(step)}: no difference that can be shown.",
        };
    }

    /// <summary>What the last point says beside those before it; null: there are fewer than five.</summary>
    public static string? Last(Trend trend)
    {
        ArgumentNullException.ThrowIfNull(trend);
        if (trend.AsBefore is not { Low: { } low, High: { } high } || trend.Last is not { Value: { } value }) return null;
        string unit = trend.Metric switch { Metric.Throughput => "/s", Metric.Wobble => "", _ => " ms" };
        string band = $"{Figures.Text(low)} to {Figures.Text(high)}{unit}";
        return trend.LastIsUnusual == true
            ? $"The last {trend.Unit} is unusual: {Figures.Text(value)}{unit}, where {trend.Comparable} comparable {trend.Unit}s before it give {band} in 19 of 20 cases."
            : $"The last {trend.Unit} is as before: {Figures.Text(value)}{unit}, within {band} of {trend.Comparable} comparable {trend.Unit}s.";
    }

    // "10 to 19% higher", "2.1 to 3.5 times what it was".
    private static string By(Interval ratio)
    {
        if (ratio is not { Low: { } low, High: { } high }) return $"{Figures.Text(ratio.Value)} times what it was";
        if (low > 1 && high >= 2) return $"{Verdict.Down(low)} to {Verdict.Up(high)} times what it was";
        if (low > 1) return $"{Verdict.Down((low - 1) * 100)} to {Verdict.Up((high - 1) * 100)}% higher";
        if (high < 1) return $"{Verdict.Down((1 - high) * 100)} to {Verdict.Up((1 - low) * 100)}% lower";
        return ratio.Value > 1 ? $"about {Verdict.Down((ratio.Value - 1) * 100)}% higher" : $"about {Verdict.Down((1 - ratio.Value) * 100)}% lower";
    }

    private static string Listed(IReadOnlyList<string> names) => names.Count switch
    {
        1 => names[0],
        <= 3 => $"{string.Join(", ", names.SkipLast(1))} and {names[^1]}",
        _ => $"{string.Join(", ", names.Take(2))} and {names.Count - 2} more",
    };
}
