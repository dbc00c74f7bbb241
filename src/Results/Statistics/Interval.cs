using System.Collections.Concurrent;
using MathNet.Numerics.Distributions;

namespace Wobble.Results.Statistics;

/// <summary>A value with its 95% interval: of 100 such intervals, 95 hold the true value. Both ends are null where the data allow none.</summary>
/// <param name="Value">Point estimate.</param>
/// <param name="Low">Lower end.</param>
/// <param name="High">Upper end.</param>
public sealed record Interval(double Value, double? Low, double? High)
{
    /// <summary>Half the interval's width in logs, as a share: exp(half) − 1; null without an interval.</summary>
    public double? HalfWidth => Low is { } low && High is { } high ? Math.Sqrt(high / low) - 1 : null;

    internal static Interval OfLogs(double mean, double half) => new(Math.Exp(mean), Math.Exp(mean - half), Math.Exp(mean + half));
}

/// <summary>Quantiles of Student's t, and small sums that every method needs.</summary>
internal static class Student
{
    /// <summary>Confidence of every interval, unless rounds were added after a look (see <see cref="AfterALook"/>).</summary>
    public const double Confidence = 0.95;
    /// <summary>After "more rounds" the next verdicts use 97.8%, so that three looks together keep the false alarms near 5%.</summary>
    public const double AfterALook = 0.978;

    // A quantile is searched for by its distribution, and a curve with intervals asks for the same one at each of its points.
    private static readonly ConcurrentDictionary<(double Degrees, double Confidence), double> Found = new();
    private const int MostDegreesKept = 1_000;

    /// <summary>t with P(|T| ≤ t) = confidence.</summary>
    public static double Quantile(double degrees, double confidence = Confidence) =>
        confidence is Confidence or AfterALook && degrees is >= 1 and <= MostDegreesKept && double.IsInteger(degrees) ? Found.GetOrAdd((degrees, confidence), key => Searched(key.Degrees, key.Confidence)) : Searched(degrees, confidence);

    private static double Searched(double degrees, double confidence) => StudentT.InvCDF(0, 1, degrees, 1 - ((1 - confidence) / 2));

    /// <summary>z with P(|Z| ≤ z) = confidence, to two digits: 1.96, 2.29.</summary>
    public static double Normal(double confidence) => Math.Round(MathNet.Numerics.Distributions.Normal.InvCDF(0, 1, 1 - ((1 - confidence) / 2)), 2);

    /// <summary>P(|T| &gt; t).</summary>
    public static double TwoSided(double t, double degrees) => double.IsPositiveInfinity(t) ? 0 : 2 * StudentT.CDF(0, 1, degrees, -Math.Abs(t));

    public static double Mean(IReadOnlyList<double> values) => values.Sum() / values.Count;

    /// <summary>Sample standard deviation (n − 1).</summary>
    public static double Sd(IReadOnlyList<double> values)
    {
        double mean = Mean(values);
        return Math.Sqrt(values.Sum(v => (v - mean) * (v - mean)) / (values.Count - 1));
    }
}
