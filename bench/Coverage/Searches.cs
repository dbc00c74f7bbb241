using MathNet.Numerics.Distributions;
using Wobble.Results.Statistics;

namespace Wobble.Bench.Coverage;

/// <summary>Searches and histories. The curves here are ours: the first simulation's are not written down, so its figures stand beside and nothing is marked.</summary>
internal static class Searches
{
    public static void Print(int experiments, Beside beside)
    {
        Console.WriteLine("\nworkers: average loss against the true optimum in %, and runs used, with 5% of noise (first simulation: 1.1 in 16, 0.9 in 18, 1.0 in 16)");
        foreach (var (name, curve) in ((string, Func<int, double>)[])
        [
            ("smooth", n => n / (1 + (0.08 * (n - 1)) + (0.01 * n * (n - 1)))),
            ("plateau", n => Math.Min(n, 8)),
            ("cliff", n => n <= 8 ? n / (1 + (0.05 * n)) : 0.85 * 8 / 1.4),
        ])
        {
            var (loss, runs) = Workers(curve, experiments);
            Console.WriteLine($"  {name,-8}{loss,5:0.0} in {runs:0}");
        }

        var (rms, above, missed) = CapacityOf(experiments);
        Console.WriteLine($"\ncapacity: rms error {rms:0.0}% (1.7 to 2.8), more than 3% above the truth {above:0.0}% (0 to 3), truth below the assured capacity {missed:0.0}% (0.3 to 1.1)");

        Console.WriteLine("\nhistory, runs scatter by 8%: change points where there is none, and steps of 10 and 25% in the middle that are found");
        foreach (var (n, ten, quarter) in ((int, double, double)[])[(10, 9, 36), (15, 14, 77), (20, 22, 93), (40, 56, 100)])
            Console.WriteLine($"  {n,2} runs  {beside.Share(Steps(n, 1, experiments), 1, isAlarm: true),11}   {beside.Share(Steps(n, 1.10, experiments), ten, decimals: 0),9}  {beside.Share(Steps(n, 1.25, experiments), quarter, decimals: 0),9}");
        Console.WriteLine("a new run against earlier ones: called unusual when it is not, and when it is 25% higher");
        foreach (var (n, power) in ((int, double)[])[(5, 49), (10, 66)])
            Console.WriteLine($"  {n,2} runs  {beside.Share(Unusual(n, 1, experiments), 5, isAlarm: true),11}   {beside.Share(Unusual(n, 1.25, experiments), power, decimals: 0),9}");
    }

    private static (double Loss, double Runs) Workers(Func<int, double> curve, int experiments)
    {
        double best = WorkerLadder.Steps.Max(curve);
        var losses = new double[experiments];
        var used = new int[experiments];
        Parallel.For(0, experiments, i =>
        {
            var random = new Random(5_000 + i);
            var runs = new List<WorkersRun>();
            while (WorkerLadder.Next(runs, i) is { } workers) runs.Add(new WorkersRun(workers, curve(workers) * Math.Exp(Normal.Sample(random, 0, 0.05))));
            losses[i] = 100 * (1 - (curve(WorkerLadder.Choice(runs, i)!.Value) / best));
            used[i] = runs.Count;
        });
        return (losses.Average(), used.Average());
    }

    // p99 of a server that can do 1,000 a second: 15 ms ÷ what is left of it, in a run's noise of 10%. 50 ms are reached at 700.
    private static (double Rms, double Above, double Missed) CapacityOf(int experiments)
    {
        const double objective = 50, truth = 700;
        var errors = new double[experiments];
        var missed = new bool[experiments];
        Parallel.For(0, experiments, i =>
        {
            var random = new Random(6_000 + i);
            var runs = new List<CapacityRun>();
            while (Capacity.Next(runs, objective, 50, 1_050) is { } rate)
                runs.Add(rate >= 990 ? new CapacityRun(rate, 1_000, Overloaded: true) : new CapacityRun(rate, 15 / (1 - (rate / 1_000)) * Math.Exp(Normal.Sample(random, 0, 0.10))));
            var estimate = Capacity.Estimate(runs, objective);
            errors[i] = estimate is null ? 1 : Math.Log(estimate.Rate.Value / truth);
            missed[i] = estimate is not null && truth < estimate.Assured;
        });
        return (100 * Math.Sqrt(errors.Average(e => e * e)), 100.0 * errors.Count(e => e > Math.Log(1.03)) / experiments, 100.0 * missed.Count(m => m) / experiments);
    }

    private static double Steps(int runs, double factor, int experiments) => Share(experiments, 7_000, random =>
        History.Changes([.. Enumerable.Range(0, runs).Select(r => 30 * Math.Exp(Normal.Sample(random, 0, 0.08)) * (r >= runs / 2 ? factor : 1))], 0.10).Count > 0);

    private static double Unusual(int earlier, double factor, int experiments) => Share(experiments, 8_000, random =>
    {
        var before = History.AsBefore([.. Enumerable.Range(0, earlier).Select(_ => 30 * Math.Exp(Normal.Sample(random, 0, 0.08)))])!;
        double next = 30 * factor * Math.Exp(Normal.Sample(random, 0, 0.08));
        return next < before.Low || next > before.High;
    });

    private static double Share(int experiments, int seed, Func<Random, bool> of)
    {
        var hits = new bool[experiments];
        Parallel.For(0, experiments, i => hits[i] = of(new Random(seed + i)));
        return 100.0 * hits.Count(h => h) / experiments;
    }
}
