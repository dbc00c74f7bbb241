using Wobble.Results.Domain;
using Wobble.Results.Facts;
using Wobble.Results.Statistics;

namespace Wobble.Bench.Load;

/// <summary>10,000 requests a second at nginx: the share that was sent, and how late, with real-time priority and at normal priority, in turns.</summary>
internal static class OpenLoop
{
    public static int Run(string[] arguments)
    {
        Tools.Require("nginx", "taskset");
        int rounds = Spread.Argument(arguments, 0, 7), seconds = Spread.Argument(arguments, 1, 5), rate = Spread.Argument(arguments, 2, 10_000);
        using var nginx = new Nginx();
        var plan = Tools.Plan(nginx.Port) with { Connections = 200, Rate = rate, For = TimeSpan.FromSeconds(seconds), Warmup = TimeSpan.FromSeconds(1) };
        var rows = new Dictionary<string, List<Row>>();
        for (int round = 0; round < rounds; round++)
        {
            foreach (string priority in (string[])["highest", LoadPlan.NormalPriority])
            {
                foreach (string engine in (string[])["io_uring", "epoll"])
                {
                    var row = Row.Of(Tools.Run(plan with { Priority = priority, Engine = engine }));
                    string name = $"{row.Place}, {engine}";
                    if (!rows.TryGetValue(name, out var list)) rows[name] = list = [];
                    list.Add(row);
                }
            }
        }
        Console.WriteLine($"{rate:#,0} requests a second offered, keep-alive, 200 connections, {seconds} s each; {rounds} rounds; median [min–max]");
        Console.WriteLine($"  {"",-24} {"sent of offered",-25} {"late p50, µs",-20} {"late p99, µs",-24} {"late max, µs",-28} core busy");
        foreach (var (name, list) in rows)
        {
            Console.WriteLine($"  {name,-24} {Spread.Text(list.Select(r => r.Share), "0.00000"),-25} {Spread.Text(list.Select(r => r.P50), "0.0"),-20} {Spread.Text(list.Select(r => r.P99), "0"),-24} {Spread.Text(list.Select(r => r.Max), "0"),-28} {Spread.Text(list.Select(r => r.Busy), "0.00")}");
        }
        return 0;
    }

    private sealed record Row(string Place, double Share, double P50, double P99, double Max, double Busy)
    {
        public static Row Of(List<Fact> facts)
        {
            var totals = Tools.TotalsOf(facts);
            var late = Histograms.Merge(facts.OfType<SampleFact>().Where(s => s.Stage > 0).Select(s => s.Generator.Lateness!));
            // With every connection busy all the time, no request could have left earlier.
            double Us(double percentile) => late.TotalCount == 0 ? 0 : late.GetValueAtPercentile(percentile) / 1e3;
            return new Row(totals.Priority!, (double)totals.Sent / totals.Offered, Us(50), Us(99), Us(100), totals.Busy);
        }
    }
}
