using Wobble.Results.Domain;

namespace Wobble.Results.Statistics;

/// <summary>One run of a capacity search.</summary>
/// <param name="Rate">Offered rate.</param>
/// <param name="P99Ms">p99 of that run.</param>
/// <param name="Overloaded">Failures above 0.1%, or less than 99% of the rate sent: counts as ln X + .7.</param>
public sealed record CapacityRun(double Rate, double P99Ms, bool Overloaded = false);

/// <summary>Where the line through the runs meets the objective.</summary>
/// <param name="Rate">Estimated rate with an approximate two-sided interval (it covers 85–90%, as the curve bends).</param>
/// <param name="Assured">Lower end: the truth is below it in 0.3–1.1%.</param>
/// <param name="Slope">b of ln p99 = a + b·ln rate.</param>
public sealed record CapacityEstimate(Interval Rate, double Assured, double Slope);

/// <summary>
/// The highest rate at which the typical run's p99 meets an objective: 5 bisections, then 7 runs around the estimate, a least-squares line in logs.
/// 12 runs; rms error 1.7–2.8% in simulation where 12 bisections have 2.5–5.1%. Where all five bisections are over the objective the capacity may lie below the
/// rate that was thought surely fine: that is halved until one run is below, and four bisections more come before the seven.
/// </summary>
public static class Capacity
{
    /// <summary>Steps of the runs around the estimate, in ln rate.</summary>
    public static readonly IReadOnlyList<double> Around = [-0.10, 0.05, -0.05, 0.10, 0, -0.10, 0.05];
    /// <summary>Bisections before them.</summary>
    public const int Bisections = 5;
    /// <summary>Bisections after the rate was halved: they leave as narrow a gap as the first ones.</summary>
    public const int BisectionsBelow = 4;
    /// <summary>All of them, where the capacity is where it is looked for first.</summary>
    public static int Runs => Bisections + Around.Count;
    private const double Window = 0.2;
    private const double WideWindow = 0.34;
    private const double Clip = 0.7;
    private const double LeastSlope = 0.2;

    /// <summary>The rate to try next; null when the search is over.</summary>
    /// <param name="runs">Runs so far.</param>
    /// <param name="objectiveMs">X.</param>
    /// <param name="fine">A rate surely fine.</param>
    /// <param name="tooMuch">A rate surely not.</param>
    /// <param name="floor">The lowest rate that can be tried; null: <paramref name="fine"/>.</param>
    public static double? Next(IReadOnlyList<CapacityRun> runs, double objectiveMs, double fine, double tooMuch, double? floor = null) => Step(runs, objectiveMs, fine, tooMuch, floor).Rate;

    /// <summary>How many runs the search takes, as far as that is known by now: as many as there are when it is over.</summary>
    /// <inheritdoc cref="Next"/>
    public static int RunsInAll(IReadOnlyList<CapacityRun> runs, double objectiveMs, double fine, double tooMuch, double? floor = null) => Step(runs, objectiveMs, fine, tooMuch, floor).InAll;

    private static (double? Rate, int InAll) Step(IReadOnlyList<CapacityRun> runs, double objectiveMs, double fine, double tooMuch, double? floor)
    {
        ArgumentNullException.ThrowIfNull(runs);
        double low = Math.Log(fine), high = Math.Log(tooMuch);
        int used = 0, searching = Bisections;
        void Bisect(int until)
        {
            for (; used < Math.Min(until, runs.Count); used++)
                if (IsOver(runs[used], objectiveMs)) high = Math.Min(high, Math.Log(runs[used].Rate)); else low = Math.Max(low, Math.Log(runs[used].Rate));
        }

        Bisect(searching);
        if (used == Bisections && runs.Take(Bisections).All(r => IsOver(r, objectiveMs)))
        {
            // The rate that was thought to be fine was never tried.
            for (double rate = fine / 2; rate >= (floor ?? fine); rate /= 2)
            {
                low = Math.Log(rate);
                searching = used + 1 + BisectionsBelow;
                if (used == runs.Count) return (rate, searching + Around.Count);
                if (!IsOver(runs[used++], objectiveMs)) break;
                high = Math.Log(runs[used - 1].Rate);
                // Nothing lower can be tried: seven runs around would find nothing either.
                if (rate / 2 < (floor ?? fine)) return (null, used);
            }
            Bisect(searching);
        }
        if (runs.Count >= searching + Around.Count) return (null, runs.Count);
        double centre = (low + high) / 2;
        if (runs.Count < searching) return (Math.Exp(centre), searching + Around.Count);
        for (int n = searching; n <= runs.Count; n++) centre = Centre([.. runs.Take(n)], objectiveMs, centre);
        return (Math.Exp(centre + Around[runs.Count - searching]), searching + Around.Count);
    }

    /// <summary>The estimate from all runs near the centre; null where the line doesn't rise or fewer than 4 runs lie near.</summary>
    /// <param name="runs">All runs.</param>
    /// <param name="objectiveMs">X.</param>
    public static CapacityEstimate? Estimate(IReadOnlyList<CapacityRun> runs, double objectiveMs)
    {
        ArgumentNullException.ThrowIfNull(runs);
        if (runs.Count < 4) return null;
        // The centre: the run whose p99 is nearest to the objective begins, the line moves it.
        double centre = Math.Log(runs.MinBy(r => Math.Abs(Ln(r, objectiveMs) - Math.Log(objectiveMs)))!.Rate);
        for (int i = 0; i < 3; i++) centre = Centre(runs, objectiveMs, centre);
        // A line that meets the objective far from every rate that was tried says nothing of what is there.
        return Line(Near(runs, centre), objectiveMs) is { } line && runs.Any(r => Math.Abs(Math.Log(r.Rate) - Math.Log(line.Rate.Value)) <= Window) ? line : null;
    }

    /// <summary>Why <see cref="Estimate"/> has none, as the end of a sentence.</summary>
    /// <param name="runs">All runs.</param>
    /// <param name="objectiveMs">X.</param>
    public static string WhyNot(IReadOnlyList<CapacityRun> runs, double objectiveMs)
    {
        ArgumentNullException.ThrowIfNull(runs);
        string x = Figures.Text(objectiveMs);
        if (runs.Count > 0 && runs.All(r => IsOver(r, objectiveMs))) return $"even at {Figures.Text(runs.Min(r => r.Rate))}/s p99 is not below {x} ms";
        if (runs.Count > 0 && !runs.Any(r => IsOver(r, objectiveMs))) return $"p99 is still below {x} ms at {Figures.Text(runs.Max(r => r.Rate))}/s, the most that was offered";
        return "p99 does not rise with the rate as a line in logs does";
    }

    private static bool IsOver(CapacityRun run, double objectiveMs) => run.Overloaded || run.P99Ms > objectiveMs;

    private static double Centre(IReadOnlyList<CapacityRun> runs, double objectiveMs, double centre) =>
        Line(Near(runs, centre), objectiveMs) is { } line ? Math.Log(line.Rate.Value) : centre;

    private static List<CapacityRun> Near(IReadOnlyList<CapacityRun> runs, double centre)
    {
        var near = runs.Where(r => Math.Abs(Math.Log(r.Rate) - centre) <= Window).ToList();
        return near.Count >= 4 ? near : [.. runs.Where(r => Math.Abs(Math.Log(r.Rate) - centre) <= WideWindow)];
    }

    private static CapacityEstimate? Line(List<CapacityRun> runs, double objectiveMs)
    {
        int n = runs.Count;
        if (n < 3) return null;
        double[] u = [.. runs.Select(r => Math.Log(r.Rate))];
        double[] y = [.. runs.Select(r => Ln(r, objectiveMs))];
        double meanU = u.Average(), meanY = y.Average(), suu = u.Sum(v => (v - meanU) * (v - meanU));
        if (suu <= 0) return null;
        double b = u.Zip(y, (p, q) => (p - meanU) * (q - meanY)).Sum() / suu;
        if (b <= LeastSlope) return null;
        double a = meanY - (b * meanU), at = (Math.Log(objectiveMs) - a) / b;
        double s = Math.Sqrt(u.Zip(y, (p, q) => Math.Pow(q - a - (b * p), 2)).Sum() / (n - 2));
        double half = Student.Quantile(n - 2) * s / b * Math.Sqrt((1.0 / n) + ((at - meanU) * (at - meanU) / suu));
        var interval = Interval.OfLogs(at, half);
        return new CapacityEstimate(interval, Math.Floor(interval.Low!.Value), b);
    }

    private static double Ln(CapacityRun run, double objectiveMs)
    {
        double x = Math.Log(objectiveMs);
        return run.Overloaded ? x + Clip : Math.Clamp(Math.Log(run.P99Ms), x - Clip, x + Clip);
    }
}
