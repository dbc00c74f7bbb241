using System.Globalization;

namespace Wobble.Bench.Load;

/// <summary>Ours beside wrk, ab and h2load against one nginx, one after the other in rounds; a ratio is taken within its round.</summary>
internal static class Comparison
{
    private const int Connections = 100;

    public static int Run(string[] arguments)
    {
        Tools.Require("wrk", "ab", "h2load", "nginx", "taskset");
        string mode = arguments.FirstOrDefault() ?? "all";
        int rounds = Spread.Argument(arguments, 1, 7), seconds = Spread.Argument(arguments, 2, 3);
        using var nginx = new Nginx();
        var ours = Tools.Plan(nginx.Port) with { Connections = Connections, For = TimeSpan.FromSeconds(seconds) };
        if (mode is "all" or "keep-alive")
        {
            Compare($"keep-alive, {Connections} connections", "wrk", rounds,
                ("io_uring", () => Tools.Ours(ours with { Engine = "io_uring" })),
                ("wrk", () => Tools.Wrk(nginx.Url, Connections, seconds, keepAlive: true)),
                ("epoll", () => Tools.Ours(ours with { Engine = "epoll" })),
                ("h2load", () => Tools.H2Load(nginx.Url, Connections, seconds)),
                ("ab", () => Tools.Ab(nginx.Url, Connections, seconds, keepAlive: true)));
        }
        if (mode is "all" or "close")
        {
            var close = ours with { KeepAlive = false };
            Compare($"one connection a request, {Connections} at once", "ab", rounds,
                ("io_uring", () => Tools.Ours(close with { Engine = "io_uring" })),
                ("ab", () => Tools.Ab(nginx.Url, Connections, seconds, keepAlive: false)),
                ("epoll", () => Tools.Ours(close with { Engine = "epoll" })),
                ("wrk", () => Tools.Wrk(nginx.Url, Connections, seconds, keepAlive: false)));
        }
        return 0;
    }

    private static void Compare(string title, string reference, int rounds, params (string Name, Func<Measured> Run)[] tools)
    {
        var results = tools.ToDictionary(t => t.Name, _ => new List<Measured>());
        for (int round = 0; round < rounds; round++)
        {
            // Each round begins with another one.
            for (int i = 0; i < tools.Length; i++)
            {
                var (name, run) = tools[(i + round) % tools.Length];
                results[name].Add(run());
                Console.Error.WriteLine($"  round {round + 1}, {name}: {results[name][^1].CpuUs:0.00} µs, {results[name][^1].PerSecond:#,0}/s");
            }
        }
        Console.WriteLine($"{title}; {rounds} rounds; median [min–max]");
        Console.WriteLine($"  {"",-9} {"µs of CPU a request",-22} {"ratio to " + reference,-20} {"answers a CPU-second",-28} ratio    a second");
        foreach (var (name, _) in tools)
        {
            var all = results[name];
            var ratios = all.Select((m, i) => m.CpuUs / results[reference][i].CpuUs).ToList();
            var gains = ratios.Select(r => 1 / r);
            Console.WriteLine($"  {name,-9} {Spread.Text(all.Select(m => m.CpuUs), "0.00"),-22} {(name == reference ? "1" : Spread.Text(ratios, "0.000")),-20} {Spread.Text(all.Select(m => m.PerCpuSecond), "#,0"),-28} {Spread.Median(gains).ToString("0.00", CultureInfo.InvariantCulture),-8} {Spread.Text(all.Select(m => m.PerSecond), "#,0")}");
        }
        Console.WriteLine();
    }
}
