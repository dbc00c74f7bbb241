using System.Globalization;
using Wobble.Bench.Coverage;
using Wobble.Results.Statistics;

// Coverage, A/A alarms and power of Wobble's own methods on simulated experiments. The target of an interval is the typical run, exp(E[ln x]).
CultureInfo.CurrentCulture = CultureInfo.InvariantCulture;
int experiments = args.Length > 0 ? int.Parse(args[0]) : 600;
Console.WriteLine($"{experiments} experiments a cell; Monte-Carlo error of a 95% figure ±{Math.Sqrt(0.95 * 0.05 / experiments) * 196:0.0}, of 5% the same");
Console.WriteLine();

double truth = TruthOf(new Model(10, 0.10, 0.05), 4_000);
Console.WriteLine("one configuration, p99, 10 s runs: coverage of the 95% interval (median half-width)");
foreach (int rounds in (int[])[3, 5, 10])
{
    var (covered, half) = One(new Model(10, 0.10, 0.05), rounds, truth);
    Console.WriteLine($"  R = {rounds,2}   {covered,5:0.0}%   ({half:0}%)");
}

Console.WriteLine();
Console.WriteLine("two configurations, p99, 10 s runs, paired by round: false alarms of A/A, power to call a true difference");
Console.WriteLine("  R     A/A   drift 15%   +10%   +25%   +50%");
foreach (int rounds in (int[])[3, 5, 10])
{
    var model = new Model(10, 0.10, 0.05);
    Console.WriteLine($"  {rounds,2}  {Alarms(model, rounds, 1),5:0.0}%      {Alarms(new Model(10, 0.10, 0.05, drift: 0.15), rounds, 1),5:0.0}%  {Alarms(model, rounds, FactorFor(1.10)),4:0}%   {Alarms(model, rounds, FactorFor(1.25)),4:0}%   {Alarms(model, rounds, FactorFor(1.50)),4:0}%");
}

Console.WriteLine();
Console.WriteLine("thirteen configurations with the article's p99s (sds 3 to 15%), shared noise + Holm: any false order, true differences above 25% found");
foreach (int rounds in (int[])[3, 5, 10])
{
    var (falseOrder, found) = Thirteen(rounds);
    Console.WriteLine($"  R = {rounds,2}   {falseOrder,4:0.0}%   {found,4:0}%");
}

Console.WriteLine();
Console.WriteLine("one run of 30 s, quarters: coverage of its own long-run p99 (not of another run's)");
Console.WriteLine($"  rho .6   {Within(30, 0.6),5:0.0}%");
return 0;

static double TruthOf(Model model, int runs)
{
    var random = new Random(1);
    return Math.Exp(Enumerable.Range(0, runs).Average(_ => Math.Log(model.Run(random, 1, MathNet.Numerics.Distributions.Normal.Sample(random, 0, 0.05), 0).P99)));
}

(double Covered, double Half) One(Model model, int rounds, double typical)
{
    var random = new Random(2);
    int hits = 0;
    var halves = new List<double>();
    for (int i = 0; i < experiments; i++)
    {
        var (a, _) = model.Pair(random, rounds, 1);
        var interval = TypicalRun.Of([.. a.Select(r => r.P99)]);
        if (interval.Low <= typical && typical <= interval.High) hits++;
        halves.Add(interval.HalfWidth!.Value);
    }
    halves.Sort();
    return (100.0 * hits / experiments, 100 * halves[halves.Count / 2]);
}

double Alarms(Model model, int rounds, double factor)
{
    var random = new Random(3);
    int calls = 0;
    for (int i = 0; i < experiments; i++)
    {
        var (a, b) = model.Pair(random, rounds, factor);
        if (Ratio.Paired([.. a.Select(r => r.P99)], [.. b.Select(r => r.P99)]).P < 0.05) calls++;
    }
    return 100.0 * calls / experiments;
}

// The factor on the tail that moves the whole p99 by the wanted ratio: found once, by simulation.
static double FactorFor(double wanted)
{
    var quiet = new Model(60, 0.0001, 0.0001);
    double reference = Enumerable.Range(0, 20).Average(i => quiet.Run(new Random(i), 1, 0, 0).P99);
    double low = 1, high = 4;
    for (int step = 0; step < 14; step++)
    {
        double middle = Math.Sqrt(low * high);
        double p99 = Enumerable.Range(0, 20).Average(i => quiet.Run(new Random(i), middle, 0, 0).P99);
        if (p99 / reference < wanted) low = middle; else high = middle;
    }
    return Math.Sqrt(low * high);
}

(double FalseOrder, double Found) Thirteen(int rounds)
{
    double[] p99 = [31, 32, 32, 33, 35, 36, 37, 42, 75, 76, 85, 136, 364];
    var random = new Random(4);
    int wrong = 0, found = 0, there = 0;
    for (int i = 0; i < experiments; i++)
    {
        double[] sds = [.. p99.Select(_ => 0.03 + (0.12 * random.NextDouble()))];
        double[][] values = new double[p99.Length][];
        for (int row = 0; row < p99.Length; row++) values[row] = new double[rounds];
        for (int round = 0; round < rounds; round++)
        {
            double effect = MathNet.Numerics.Distributions.Normal.Sample(random, 0, 0.05);
            for (int row = 0; row < p99.Length; row++) values[row][round] = p99[row] * Math.Exp(effect + MathNet.Numerics.Distributions.Normal.Sample(random, 0, sds[row]));
        }
        var noise = new SharedNoise(values);
        bool any = false;
        foreach (var (a, b, adjusted) in Ranking.Holm(p99.Length, noise.P))
        {
            bool first = noise.Values[a] < noise.Values[b];
            if (adjusted < 0.05 && (p99[a] == p99[b] || first != p99[a] < p99[b])) any = true;
            if (Math.Max(p99[a], p99[b]) / Math.Min(p99[a], p99[b]) <= 1.25) continue;
            there++;
            if (adjusted < 0.05 && first == p99[a] < p99[b]) found++;
        }
        if (any) wrong++;
    }
    return (100.0 * wrong / experiments, 100.0 * found / there);
}

double Within(int seconds, double rho)
{
    // The long-run p99 of a run whose own effects are zero is that of a very long one.
    double longRun = new Model(3_000, 0.0001, 0, rho).Run(new Random(5), 1, 0, 0).P99;
    var model = new Model(seconds, 0.0001, 0, rho);
    int hits = 0;
    for (int i = 0; i < experiments; i++)
    {
        var interval = WithinRun.Percentile(model.Run(new Random(100 + i), 1, 0, 0).Seconds, 99);
        if (interval.Low <= longRun && longRun <= interval.High) hits++;
    }
    return 100.0 * hits / experiments;
}
