using Wobble.Results.Statistics;
using Figures = Wobble.Bench.Coverage.Model.Figures;

namespace Wobble.Bench.Coverage;

/// <summary>Experiments of ten rounds of two configurations whose typical runs are the same; their first three and five rounds are the smaller experiments.</summary>
internal sealed class Rounds
{
    private const int Most = 10;
    private static readonly int[] Sizes = [3, 5, 10];
    private readonly int _seconds;
    private readonly Model _model;
    private readonly (Figures[] A, Figures[] B, bool[] First)[] _experiments;

    public Rounds(int experiments, int seconds)
    {
        _seconds = seconds;
        _model = new Model(seconds, 0.6);
        _experiments = new (Figures[], Figures[], bool[])[experiments];
        Parallel.For(0, experiments, i =>
        {
            var random = new Random(1_000 + i);
            _experiments[i] = (new Figures[Most], new Figures[Most], new bool[Most]);
            for (int round = 0; round < Most; round++)
            {
                double effect = Model.RoundEffect(random);
                _experiments[i].A[round] = _model.Run(random, effect);
                _experiments[i].B[round] = _model.Run(random, effect);
                _experiments[i].First[round] = random.Next(2) == 0;
            }
        });
    }

    public void Print(Beside beside)
    {
        bool ten = _seconds == 10;
        double typical = Typical();
        Console.WriteLine($"\none configuration, p99, runs of {_seconds} s: coverage of the 95% interval, median half-width");
        double[] coverage = ten ? [95.3, 94.8, 94.2] : [95.2, 95.0, 94.9], half = ten ? [34, 18, 11] : [29, 15, 9];
        foreach (var (n, i) in Sizes.Select((n, i) => (n, i)))
        {
            var intervals = _experiments.Select(e => TypicalRun.Of([.. e.A.Take(n).Select(r => r.P99)])).ToList();
            Console.WriteLine($"  R = {n,2}  {beside.Share(Share(intervals, v => v.Low <= typical && typical <= v.High), coverage[i]),15}   {Middle(intervals.Select(v => v.HalfWidth!.Value)):0}% ({half[i]}%)");
        }

        Console.WriteLine($"\ntwo configurations, p99, runs of {_seconds} s, paired by round: false alarms of A/A, median half-width, differences of 5, 10, 25, 50% that are called");
        double[] alarms = ten ? [4.2, 4.2, 4.3] : [5.5, 5.2, 4.5], halves = ten ? [51, 25, 15] : [39, 20, 12];
        int[][] power = ten ? [[6, 8, 21, 48], [7, 14, 49, 91], [10, 28, 87, 100]] : [[7, 10, 29, 63], [9, 18, 65, 98], [13, 40, 97, 100]];
        foreach (var (n, i) in Sizes.Select((n, i) => (n, i)))
        {
            var found = ((double[])[1.05, 1.10, 1.25, 1.50]).Select((factor, f) => beside.Share(Called(n, r => r.P99, factor), power[i][f], decimals: 0));
            double width = Middle(_experiments.Select(e => Ratio.Paired([.. e.A.Take(n).Select(r => r.P99)], [.. e.B.Take(n).Select(r => r.P99)]).Interval.HalfWidth!.Value));
            Console.WriteLine($"  R = {n,2}  {beside.Share(Called(n, r => r.P99), alarms[i], isAlarm: true),13}   {width:0}% ({halves[i]}%)   {string.Join("  ", found.Select(s => $"{s,9}"))}");
        }
        if (!ten) return;
        Console.WriteLine($"\nthe same, five rounds, others: false alarms of A/A (first simulation: 4.2 to 6.4; with a drift of 15% over the rounds 4.5 to 5.9)");
        Console.WriteLine($"  throughput {Called(5, r => r.Throughput):0.0}, p50 {Called(5, r => r.P50):0.0}, p90 {Called(5, r => r.P90):0.0}, wobble {Called(5, r => r.Wobble):0.0}; p99 with the drift {Called(5, r => r.P99, drift: 0.15):0.0}");
    }

    // The typical run of the model: of 8,000 runs, each of a round of its own.
    private double Typical()
    {
        var logs = new double[8_000];
        Parallel.For(0, logs.Length, i =>
        {
            var random = new Random(1_000_000 + i);
            logs[i] = Math.Log(_model.Run(random, Model.RoundEffect(random)).P99);
        });
        return Math.Exp(logs.Average());
    }

    // How often A ÷ B is called different; a true difference moves the whole tail, and p99 with it. Drift goes on from run to run, in the order they are made.
    private double Called(int rounds, Func<Figures, double> metric, double factor = 1, double drift = 0)
    {
        double Drift(int round, bool isFirst) => Math.Exp(drift * ((2 * round) + (isFirst ? 0 : 1)) / ((2 * rounds) - 1));
        return Share(_experiments, e => Ratio.Paired(
            [.. Enumerable.Range(0, rounds).Select(r => metric(e.A[r]) * factor * Drift(r, e.First[r]))],
            [.. Enumerable.Range(0, rounds).Select(r => metric(e.B[r]) * Drift(r, !e.First[r]))]).P < 0.05);
    }

    private static double Share<T>(IEnumerable<T> all, Func<T, bool> of) => 100.0 * all.Count(of) / all.Count();
    private static double Middle(IEnumerable<double> values) => 100 * values.Order().ElementAt(values.Count() / 2);
}
