using System.Globalization;
using Wobble.Results.Domain;
using Wobble.Results.Facts;
using Wobble.Runner.Load;

namespace Wobble.Bench.Load;

/// <summary>Minutes at full speed: the generator's memory each minute, and the bytes its hot thread allocated. And very many connections at once.</summary>
internal static class Endurance
{
    public static int Run(string[] arguments)
    {
        Tools.Require("nginx", "taskset");
        int minutes = Spread.Argument(arguments, 0, 10);
        using var nginx = new Nginx();
        var plan = Tools.Plan(nginx.Port) with { For = TimeSpan.FromMinutes(minutes) };
        using var generator = new GeneratorProcess(plan);
        Console.WriteLine($"{minutes} minutes at full speed, keep-alive, {plan.Connections} connections");
        Console.WriteLine("  minute  answers so far     resident MB  bytes allocated");
        long answers = 0, allocated = 0;
        var sizes = new List<double>();
        LoadTotals? totals = null;
        foreach (var fact in generator.Facts())
        {
            if (fact is EndFact end) totals = end.Totals ?? throw new InvalidOperationException(end.Reason);
            if (fact is not SampleFact { Stage: > 0 } second) continue;
            answers += second.Kinds.Sum(k => k.Requests);
            allocated += second.Generator.AllocatedBytes;
            if ((second.Second + 1) % 60 != 0) continue;
            sizes.Add(ResidentMb(generator.Id));
            Console.WriteLine($"  {(second.Second + 1) / 60,6}  {answers,14:#,0}  {sizes[^1].ToString("0.0", CultureInfo.InvariantCulture),14}  {allocated,15:#,0}");
        }
        double growth = sizes.Count > 1 ? sizes[^1] - sizes[0] : 0;
        Console.WriteLine($"  {totals!.Engine}: {totals.Answered:#,0} answers, {totals.Errors.Values.Sum()} errors, {allocated} bytes allocated by the hot thread; resident memory {growth.ToString("+0.0;-0.0;0.0", CultureInfo.InvariantCulture)} MB from the first minute to the last");
        return allocated == 0 && growth < 5 ? 0 : 1;
    }

    public static int RunConnections(string[] arguments)
    {
        Tools.Require("nginx", "taskset");
        int connections = Spread.Argument(arguments, 0, 10_000);
        using var nginx = new Nginx();
        Console.WriteLine($"{connections:#,0} connections at once, closed loop, 5 s");
        bool isFine = true;
        foreach (bool keepAlive in (bool[])[true, false])
        {
            foreach (string engine in (string[])["io_uring", "epoll"])
            {
                var facts = Tools.Run(Tools.Plan(nginx.Port) with { Connections = connections, KeepAlive = keepAlive, Engine = engine, Warmup = TimeSpan.FromSeconds(2), For = TimeSpan.FromSeconds(5) });
                var totals = Tools.TotalsOf(facts);
                var measured = facts.OfType<SampleFact>().Where(s => s.Stage > 0).ToList();
                int least = measured.Min(s => s.Generator.Open);
                long allocated = measured.Sum(s => s.Generator.AllocatedBytes), errors = totals.Errors.Values.Sum();
                Console.WriteLine($"  {engine,-9} {(keepAlive ? "keep-alive" : "one a request"),-14} {totals.Answered,9:#,0} answers, {errors} errors, at least {least:#,0} open at each second's end, {allocated} bytes allocated, {totals.MaxRssMb.ToString("0", CultureInfo.InvariantCulture)} MB");
                isFine &= errors == 0 && allocated == 0 && (!keepAlive || least == connections);
            }
        }
        return isFine ? 0 : 1;
    }

    private static double ResidentMb(int pid)
    {
        string line = File.ReadLines($"/proc/{pid}/status").First(l => l.StartsWith("VmRSS:", StringComparison.Ordinal));
        return long.Parse(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture) / 1024.0;
    }
}
