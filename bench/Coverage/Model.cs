using HdrHistogram;
using MathNet.Numerics.Distributions;
using Wobble.Results.Statistics;

namespace Wobble.Bench.Coverage;

/// <summary>
/// The model that judges the methods (docs/measuring.md): seconds of Poisson requests whose latency is 92% lognormal, 7% at 2.2 times, 1% at 4.5 times;
/// level and tail wander from second to second (AR(1)); a run and a round have effects of their own; some freeze. Values are those of one run.
/// </summary>
internal sealed class Model(int seconds, double runSd, double roundSd, double rho = 0.6, double drift = 0, double outliers = 0)
{
    private const double Rate = 3_000;
    private const double LevelSd = 0.06;
    private const double TailSd = 0.10;

    /// <summary>One run's figures.</summary>
    internal sealed record Figures(double P50, double P99, double Throughput, IReadOnlyList<LongHistogram> Seconds);

    /// <summary>A run of a configuration whose true p99 is <paramref name="factor"/> times the reference's.</summary>
    public Figures Run(Random random, double factor, double roundEffect, double driftOfRound)
    {
        double bulk = Normal.Sample(random, 0, runSd / 2), tail = Normal.Sample(random, 0, runSd) + roundEffect + driftOfRound + Math.Log(factor);
        if (random.NextDouble() < outliers) tail += Math.Log(1.5 + (1.5 * random.NextDouble()));
        double level = 0, wander = 0;
        var perSecond = new List<LongHistogram>(seconds);
        long all = 0;
        var whole = Histograms.Create();
        for (int second = 0; second < seconds; second++)
        {
            level = (rho * level) + Normal.Sample(random, 0, LevelSd * Math.Sqrt(1 - (rho * rho)));
            wander = (rho * wander) + Normal.Sample(random, 0, TailSd * Math.Sqrt(1 - (rho * rho)));
            var histogram = Histograms.Create();
            // A tenth of the requests, each counted ten times, gives the same percentiles in a tenth of the time.
            int requests = Poisson.Sample(random, Rate / 10);
            for (int i = 0; i < requests; i++)
            {
                double kind = random.NextDouble(), z = Normal.Sample(random, 0, 1);
                double ms = kind < 0.92 ? 20 * Math.Exp((0.22 * z) + level + bulk)
                    : kind < 0.99 ? 44 * Math.Exp((0.30 * z) + level + bulk + (tail / 2))
                    : 90 * Math.Exp((0.45 * z) + wander + tail);
                histogram.RecordValueWithCount(Math.Clamp((long)(ms * 1e6), 1, Histograms.Highest), 10);
            }
            all += histogram.TotalCount;
            whole.Add(histogram);
            perSecond.Add(histogram);
        }
        return new Figures(Percentiles.Ms(whole, 50), Percentiles.Ms(whole, 99), all / (double)seconds * Math.Exp(-bulk), perSecond);
    }

    /// <summary>R rounds of two configurations, B's true factor known.</summary>
    public (List<Figures> A, List<Figures> B) Pair(Random random, int rounds, double factorOfA)
    {
        var a = new List<Figures>();
        var b = new List<Figures>();
        for (int round = 0; round < rounds; round++)
        {
            double effect = Normal.Sample(random, 0, roundSd), trend = drift * round / Math.Max(1, rounds - 1);
            a.Add(Run(random, factorOfA, effect, trend));
            b.Add(Run(random, 1, effect, trend));
        }
        return (a, b);
    }
}
