using HdrHistogram;
using MathNet.Numerics.Distributions;
using Wobble.Results.Statistics;

namespace Wobble.Bench.Coverage;

/// <summary>
/// Simulated runs. A second: Poisson requests (3,000/s), latency 92% lognormal (20 ms, σ .22), 7% at 2.2 times (σ .30), 1% at 4.5 times (σ .45); the level of
/// all (sd 6%) and the tail, the last two kinds (sd 10%), wander from second to second (AR(1), ρ); once in 60 s a freeze of .2 to 1 s hits the 100 in flight.
/// A run moves its throughput and median by 5% and its tail by 10%, a round moves all of its runs' tails by 5%.
/// </summary>
internal sealed class Model(int seconds, double rho)
{
    private const int Rate = 3_000, InFlight = 100;
    // Of the common kind every tenth request is drawn and counted ten times: the median doesn't feel it, and it takes an eighth of the time.
    private const int Weight = 10;
    private const double LevelSd = 0.06, TailSd = 0.10, BulkOfRun = 0.05, TailOfRun = 0.10, TailOfRound = 0.05;

    /// <summary>One run's figures, as <see cref="Percentiles"/> reads them.</summary>
    internal readonly record struct Figures(double P50, double P90, double P99, double Throughput)
    {
        public double Wobble => P99 / P50;
    }

    /// <summary>The tail effect of a round, common to its runs.</summary>
    public static double RoundEffect(Random random) => Normal.Sample(random, 0, TailOfRound);

    /// <summary>A run.</summary>
    public Figures Run(Random random, double roundEffect)
    {
        var all = Histograms.Create();
        double bulk = Normal.Sample(random, 0, BulkOfRun), tail = roundEffect + Normal.Sample(random, 0, TailOfRun);
        Seconds(random, bulk, tail, seconds, _ => all);
        return new Figures(Percentiles.Ms(all, 50), Percentiles.Ms(all, 90), Percentiles.Ms(all, 99), all.TotalCount / (double)seconds * Math.Exp(-bulk));
    }

    /// <summary>The seconds of a run without effects of its own.</summary>
    public IReadOnlyList<LongHistogram> BySecond(Random random)
    {
        var each = new List<LongHistogram>(seconds);
        Seconds(random, 0, 0, seconds, _ => { each.Add(Histograms.Create()); return each[^1]; });
        return each;
    }

    /// <summary>What such a run comes to in the end.</summary>
    public LongHistogram LongRun()
    {
        var all = Histograms.Create();
        Seconds(new Random(5), 0, 0, 40_000, _ => all);
        return all;
    }

    private void Seconds(Random random, double bulk, double tail, int count, Func<int, LongHistogram> into)
    {
        double level = Normal.Sample(random, 0, LevelSd), wander = Normal.Sample(random, 0, TailSd), fresh = Math.Sqrt(1 - (rho * rho));
        for (int second = 0; second < count; second++)
        {
            level = (rho * level) + Normal.Sample(random, 0, LevelSd * fresh);
            wander = (rho * wander) + Normal.Sample(random, 0, TailSd * fresh);
            var histogram = into(second);
            double freeze = random.NextDouble() < 1 / 60.0 ? 0.2 + (0.8 * random.NextDouble()) : 0, rate = Rate * (1 - freeze);
            if (freeze > 0) histogram.RecordValueWithCount((long)(freeze * 1e9), InFlight);
            Draw(0.92 * rate / Weight, 20 * Math.Exp(level + bulk), 0.22, Weight);
            Draw(0.07 * rate, 44 * Math.Exp(level + wander + tail), 0.30, 1);
            Draw(0.01 * rate, 90 * Math.Exp(level + wander + tail), 0.45, 1);

            void Draw(double mean, double ms, double sigma, int weight)
            {
                if (mean <= 0) return;
                for (int left = Poisson.Sample(random, mean); left > 0; left--)
                    histogram.RecordValueWithCount(Math.Clamp((long)(ms * 1e6 * Math.Exp(sigma * Normal.Sample(random, 0, 1))), 1, Histograms.Highest), weight);
            }
        }
    }
}
