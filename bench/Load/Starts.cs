using System.Globalization;
using Wobble.Results.Facts;
using Wobble.Results.Statistics;

namespace Wobble.Bench.Load;

/// <summary>
/// Is the first second as the others? Many starts of ten seconds; in each the seconds are ranked by their greatest latency (10: the greatest; equal ones
/// share a rank). Were the first like the rest, its rank would be 5.5 on average, ± 0.64 over 20 starts.
/// </summary>
internal static class Starts
{
    private const int Seconds = 10;
    private const double Allowed = 6.5;

    public static int Run(string[] arguments)
    {
        Tools.Require("nginx", "taskset");
        int starts = Spread.Argument(arguments, 0, 20), rate = Spread.Argument(arguments, 1, 10_000);
        using var nginx = new Nginx();
        var plan = Tools.Plan(nginx.Port) with { Connections = 200, Rate = rate, Warmup = TimeSpan.Zero, For = TimeSpan.FromSeconds(Seconds), Priority = "highest" };
        var ranks = new List<double>();
        var firsts = new List<double>();
        var others = new List<double>();
        string place = "";
        for (int start = 0; start < starts; start++)
        {
            var facts = Tools.Run(plan);
            place = $"{Tools.TotalsOf(facts).Engine}, {Tools.TotalsOf(facts).Priority}";
            var seconds = facts.OfType<SampleFact>().Where(s => s.Stage > 0).OrderBy(s => s.Second).Select(s => Percentiles.Ms(Histograms.Merge(s.Kinds.Select(k => k.Latency)), 100)).ToList();
            double first = seconds[0];
            ranks.Add(seconds.Count(s => s < first) + ((seconds.Count(s => s == first) + 1) / 2.0));
            firsts.Add(first);
            others.AddRange(seconds.Skip(1));
        }
        double mean = ranks.Average();
        Console.WriteLine($"{starts} starts of {Seconds} s without a warm-up, {rate:#,0} requests a second, {place}");
        Console.WriteLine($"  greatest latency, ms: first second {Spread.Text(firsts, "0.00")}, each other second {Spread.Text(others, "0.00")}");
        Console.WriteLine($"  rank of the first second among the ten: mean {mean.ToString("0.00", CultureInfo.InvariantCulture)} (5.5 expected, at most {Allowed.ToString(CultureInfo.InvariantCulture)} allowed): {string.Join(' ', ranks.Select(r => r.ToString("0.#", CultureInfo.InvariantCulture)))}");
        return mean <= Allowed ? 0 : 1;
    }
}
