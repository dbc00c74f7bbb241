using MathNet.Numerics.Distributions;
using Wobble.Results.Statistics;

namespace Wobble.Bench.Coverage;

/// <summary>What is read from the seconds of one run: the interval within the run, and what moves with its slow seconds.</summary>
internal static class Seconds
{
    public static void Print(int experiments, Beside beside)
    {
        Console.WriteLine("\none run, four sections: coverage of its own long-run p50 and p99 (not of another run's)");
        foreach (var (seconds, rho, p50, p99) in ((int, double, double, double)[])[(30, 0.3, 96, 95), (30, 0.6, 94, 94), (30, 0.8, 87, 92), (60, 0.6, 95, 94)])
        {
            var model = new Model(seconds, rho);
            var longRun = model.LongRun();
            double[] truth = [Percentiles.Ms(longRun, 50), Percentiles.Ms(longRun, 99)];
            var hits = new bool[2, experiments];
            Parallel.For(0, experiments, i =>
            {
                var bySecond = model.BySecond(new Random(3_000 + i));
                for (int q = 0; q < 2; q++)
                {
                    var interval = WithinRun.Percentile(bySecond, q == 0 ? 50 : 99);
                    hits[q, i] = interval.Low <= truth[q] && truth[q] <= interval.High;
                }
            });
            double Share(int q) => 100.0 * Enumerable.Range(0, experiments).Count(i => hits[q, i]) / experiments;
            Console.WriteLine($"  {seconds} s, ρ {rho:0.0}  {beside.Share(Share(0), p50, 1_000, 0),9}  {beside.Share(Share(1), p99, 1_000, 0),9}");
        }

        Console.WriteLine("\nwhat moves with the slow seconds: of two series that have nothing to do with each other, how many are called; of eight such causes after Holm, any; of two that do (ρ = .6), how many");
        Console.WriteLine("            lag-1 correlation  0     .3     .6     .9      any of eight, .6      found, .0     .6");
        foreach (int n in (int[])[20, 60, 300])
        {
            string alone = string.Join("  ", ((double[])[0, 0.3, 0.6, 0.9]).Select(rho => $"{Called(n, rho, 1, 0, experiments),5:0.0}"));
            Console.WriteLine($"  {n,3} s                     {alone}        {Called(n, 0.6, 8, 0, experiments),5:0.0}                {Called(n, 0, 1, 0.6, experiments),5:0}   {Called(n, 0.6, 1, 0.6, experiments),5:0}");
        }
    }

    // How often something is called that moves with p99, of so many causes, each joined with it by so much.
    private static double Called(int seconds, double rho, int causes, double joined, int experiments)
    {
        var called = new bool[experiments];
        Parallel.For(0, experiments, i =>
        {
            var random = new Random(4_000 + i);
            double[] p99 = Wander(random, seconds, rho);
            var watched = Enumerable.Range(0, causes).Select(c => new WatchedSeries($"{c}", "", [.. Wander(random, seconds, rho).Select((own, s) => (double?)((joined * p99[s]) + (Math.Sqrt(1 - (joined * joined)) * own)))])).ToList();
            called[i] = SlowSeconds.Causes([.. p99.Select(v => (double?)v)], watched).Any(c => c.Moves);
        });
        return 100.0 * called.Count(c => c) / experiments;
    }

    private static double[] Wander(Random random, int seconds, double rho)
    {
        var values = new double[seconds];
        double at = Normal.Sample(random, 0, 1);
        for (int i = 0; i < seconds; i++) values[i] = at = (rho * at) + (Math.Sqrt(1 - (rho * rho)) * Normal.Sample(random, 0, 1));
        return values;
    }
}
