using MathNet.Numerics.Distributions;
using Wobble.Results.Domain;

namespace Wobble.Results.Statistics;

/// <summary>Seconds in which hardly anything was answered, as a rate a minute with its exact Poisson interval (χ²). p99.9 hides them or is made by them.</summary>
/// <param name="Count">Frozen seconds.</param>
/// <param name="PerMinute">Rate a minute; with no freeze the value is 0 and <see cref="Interval.High"/> the bound: "fewer than 221/T a minute".</param>
public sealed record Freezes(int Count, Interval PerMinute)
{
    private const double FrozenBelow = 0.5;
    /// <summary>Answers of a usual second from which on half of them is more than chance: of 40 independent ones fewer than 20 come once in 6,000 seconds, of 5 fewer than 3 in every eighth.</summary>
    public const double LeastUsual = 40;

    /// <summary>The rate of a run under one load; null without a second, and where a usual second has fewer than <see cref="LeastUsual"/> answers.</summary>
    /// <param name="answersOfSeconds">Answers of each whole measured second.</param>
    public static FreezeRate? RateOf(IReadOnlyList<long> answersOfSeconds)
    {
        ArgumentNullException.ThrowIfNull(answersOfSeconds);
        // Seconds without an answer are no measure of a usual one: a run that froze for most of its time has many.
        double[] answering = [.. answersOfSeconds.Where(a => a > 0).Select(a => (double)a)];
        return answering.Length == 0 || OutlierRuns.Median(answering) < LeastUsual ? null : RateOf(Of(answersOfSeconds).Count, answersOfSeconds.Count);
    }

    /// <summary>A second is frozen if it completes fewer than half of the run's median second, or nothing at all.</summary>
    /// <param name="answersOfSeconds">Answers of each whole measured second.</param>
    public static Freezes Of(IReadOnlyList<long> answersOfSeconds)
    {
        ArgumentNullException.ThrowIfNull(answersOfSeconds);
        if (answersOfSeconds.Count == 0) return new Freezes(0, new Interval(0, null, null));
        double median = OutlierRuns.Median([.. answersOfSeconds.Select(a => (double)a)]);
        return Of(answersOfSeconds.Count(a => a == 0 || a < FrozenBelow * median), answersOfSeconds.Count);
    }

    /// <summary>The rate as a result shows it; null without a second.</summary>
    /// <param name="count">Frozen seconds.</param>
    /// <param name="seconds">Of so many.</param>
    public static FreezeRate? RateOf(int count, int seconds) => seconds == 0 ? null : Of(count, seconds) is { PerMinute: { } rate } ? new FreezeRate(count, seconds, rate.Value, rate.Low!.Value, rate.High!.Value) : null;

    /// <summary>Rate of c freezes in T seconds.</summary>
    public static Freezes Of(int count, double seconds)
    {
        double low = count == 0 ? 0 : ChiSquared.InvCDF(2 * count, 0.025) / 2;
        double high = ChiSquared.InvCDF((2 * count) + 2, 0.975) / 2;
        return new Freezes(count, new Interval(count * 60 / seconds, low * 60 / seconds, high * 60 / seconds));
    }
}
