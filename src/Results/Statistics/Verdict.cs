using System.Globalization;

namespace Wobble.Results.Statistics;

/// <summary>The six figures that configurations are compared by.</summary>
public enum Metric
{
    /// <summary>Median latency.</summary>
    P50,
    /// <summary>p90.</summary>
    P90,
    /// <summary>p99: the headline unless another was chosen beforehand.</summary>
    P99,
    /// <summary>p99.9.</summary>
    P999,
    /// <summary>Good answers a second.</summary>
    Throughput,
    /// <summary>p99 ÷ p50.</summary>
    Wobble,
}

/// <summary>Names and sizes that matter of each metric.</summary>
public static class Metrics
{
    /// <summary>As in JSON: <c>p99_9</c>.</summary>
    public static string Word(this Metric metric) => metric switch { Metric.P999 => "p99_9", _ => metric.ToString().ToLowerInvariant() };
    /// <summary>As people read it: <c>p99.9</c>.</summary>
    public static string Title(this Metric metric) => metric switch { Metric.P999 => "p99.9", _ => metric.ToString().ToLowerInvariant() };
    /// <summary>The percentile that it turns on, 0–100; of throughput, which turns on none, the median's.</summary>
    public static double Percentile(this Metric metric) => metric switch { Metric.P90 => 90, Metric.P99 or Metric.Wobble => 99, Metric.P999 => 99.9, _ => 50 };
    /// <summary>δ: the least difference that matters. Throughput, p50, p90 5%; p99, wobble 10%; p99.9 25%.</summary>
    public static double Relevant(this Metric metric) => metric switch { Metric.P99 or Metric.Wobble => 0.10, Metric.P999 => 0.25, _ => 0.05 };
}

/// <summary>What a ratio says: significance (the interval excludes 1) and relevance (the interval against ±δ) kept apart.</summary>
public enum Difference
{
    /// <summary>The two differ, and it may matter.</summary>
    Differs,
    /// <summary>The two are the same within δ.</summary>
    Same,
    /// <summary>The data can't tell.</summary>
    CantTell,
}

/// <summary>A verdict on a ratio, with its sentence.</summary>
/// <param name="Difference">Which case.</param>
/// <param name="IsSignificant">The interval excludes 1.</param>
/// <param name="IsRelevant">The whole interval lies beyond δ.</param>
/// <param name="Sentence">For people, interval included, rounded outwards.</param>
public sealed record Verdict(Difference Difference, bool IsSignificant, bool IsRelevant, string Sentence)
{
    /// <summary>As in JSON: differs, same, cant_tell.</summary>
    public string Word => Difference switch { Difference.Differs => "differs", Difference.Same => "same", _ => "cant_tell" };

    /// <summary>Judges a ratio a ÷ b.</summary>
    /// <param name="a">Name of A.</param>
    /// <param name="b">Name of B, the reference.</param>
    /// <param name="metric">Which figure.</param>
    /// <param name="ratio">From <see cref="Ratio"/> or <see cref="SharedNoise"/>.</param>
    /// <param name="delta">Least difference that matters; null: the metric's own.</param>
    public static Verdict Of(string a, string b, Metric metric, Ratio ratio, double? delta = null)
    {
        ArgumentNullException.ThrowIfNull(ratio);
        double d = delta ?? metric.Relevant();
        if (ratio.Interval is not { Low: { } low, High: { } high })
        {
            string runs = ratio.Rounds switch { 0 => "no valid run of each", 1 => "1 run each", _ => $"{ratio.Rounds} rounds" };
            return new Verdict(Difference.CantTell, false, false, $"can't tell: {runs}; an interval needs {TypicalRun.LeastRuns}");
        }
        bool inside = low >= 1 / (1 + d) && high <= 1 + d, excludesOne = low > 1 || high < 1;
        if (inside)
        {
            string text = excludesOne
                ? $"{a}'s {metric.Title()} differs from {b}'s by {Range(low, high)}, too little to matter"
                : $"{a}'s {metric.Title()} is the same as {b}'s within {Percent(d, up: true)}%";
            return new Verdict(Difference.Same, excludesOne, false, text);
        }
        if (excludesOne)
        {
            bool relevant = low >= 1 + d || high <= 1 / (1 + d);
            string small = relevant ? "" : "; may be too small to matter";
            return new Verdict(Difference.Differs, true, relevant, Differing(a, b, metric, low, high) + small);
        }
        // As many were run already: the difference itself is near δ or between that and none, so no number of rounds can be promised.
        string rounds = ratio.RoundsToTell(d) is not { } n ? "" : n > ratio.Rounds ? $"; about {n} rounds would tell +{Percent(d, up: true)}%" : $"; the difference is near what matters (+{Percent(d, up: true)}%) or below it: more rounds may tell";
        return new Verdict(Difference.CantTell, false, false, $"can't tell: {a}'s {metric.Title()} is between {Percent(1 - low, up: true)}% lower and {Percent(high - 1, up: true)}% higher than {b}'s{rounds}");
    }

    private static string Differing(string a, string b, Metric metric, double low, double high)
    {
        if (low >= 2) return $"{a}'s {metric.Title()} is {Down(low)} to {Up(high)} times {b}'s";
        if (low > 1) return high >= 2
            ? $"{a}'s {metric.Title()} is {Down(low)} to {Up(high)} times {b}'s"
            : $"{a}'s {metric.Title()} is {Percent(low - 1, up: false)} to {Percent(high - 1, up: true)}% higher than {b}'s";
        return $"{a}'s {metric.Title()} is {Percent(1 - high, up: false)} to {Percent(1 - low, up: true)}% lower than {b}'s";
    }

    private static string Range(double low, double high) => low > 1
        ? $"{Percent(low - 1, up: false)} to {Percent(high - 1, up: true)}%"
        : $"{Percent(1 - high, up: false)} to {Percent(1 - low, up: true)}%";

    /// <summary>Two significant digits, rounded down.</summary>
    public static string Down(double value) => Round(value, up: false);
    /// <summary>Two significant digits, rounded up.</summary>
    public static string Up(double value) => Round(value, up: true);

    private static string Percent(double share, bool up) => Round(share * 100, up);

    private static string Round(double value, bool up)
    {
        if (value == 0) return "0";
        int digits = 1 - (int)Math.Floor(Math.Log10(Math.Abs(value)));
        double scale = Math.Pow(10, digits);
        // What is exactly representable in two digits stays, whatever binary rounding did to it.
        double scaled = Math.Round(value * scale, 9);
        double rounded = (up ? Math.Ceiling(scaled) : Math.Floor(scaled)) / scale;
        string text = rounded.ToString(digits > 0 ? "0." + new string('0', digits) : "#,0", CultureInfo.InvariantCulture);
        // 9.95 rounded up is 10, not 10.0.
        return digits > 0 && Math.Abs(rounded) >= Math.Pow(10, 2 - digits) ? text[..^1].TrimEnd('.') : text;
    }
}
