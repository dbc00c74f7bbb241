using System.Diagnostics;
using System.Globalization;
using HdrHistogram;
using Wobble.Results.Domain;
using Wobble.Results.Facts;
using Wobble.Results.Statistics;
using Wobble.Runner.Load;
using Wobble.Tests.Support;

namespace Wobble.Bench.Load;

/// <summary>Every percentile beside what the server noted itself, or beside the arithmetic of its timetable, in closed and open loops, with both engines.</summary>
internal static class Exactness
{
    private const double NsPerMs = 1e6;
    private static readonly double[] Shown = [50, 75, 90, 95, 99, 99.9];
    private static int compared, beyond;

    public static int Run(string[] arguments)
    {
        int seconds = Spread.Argument(arguments, 0, 10);
        (compared, beyond) = (0, 0);
        if (HotThread.AllowedCores().Count < 2)
        {
            Console.WriteLine("Server and generator need a core each: here is one.");
            return 2;
        }
        Machine(seconds);
        foreach (string engine in (string[])["io_uring", "epoll"])
        {
            var plan = Tools.Plan(0) with { Engine = engine, Priority = "highest", For = TimeSpan.FromSeconds(seconds), Warmup = TimeSpan.FromSeconds(1) };
            Console.WriteLine($"{engine}; ms, ours / expected");
            Console.WriteLine($"  {"",-52} {string.Join(' ', Shown.Select(p => $"{"p" + p.ToString(CultureInfo.InvariantCulture),-21}"))}");
            Mix(plan);
            Queue(plan);
            Stalls(plan);
            Overload(plan);
        }
        Console.WriteLine(beyond == 0 ? $"all {compared} within their bounds" : $"NOT all within their bounds: {beyond} of {compared} beyond, marked by !");
        return beyond == 0 && compared > 0 ? 0 : 1;
    }

    /// <summary>A mix of fixed delays: each kind, and all together, against the server's notes.</summary>
    private static void Mix(LoadPlan plan)
    {
        // 60, 85, 97, 100%: no percentile that is shown lies where one kind ends and the next begins, where a single request more or less would move it by milliseconds.
        LoadRequest[] mix = [Delay(1, 60), Delay(5, 25), Delay(20, 12), Delay(100, 3)];
        foreach (double? rate in (double?[])[null, 2_000])
        {
            using var server = new KnownServer(isBusy: true, takePlace: TakeCore);
            var facts = Load(plan with { Port = server.Port, Connections = rate is null ? 20 : 500, Requests = mix, Rate = rate }, server);
            var seen = server.Seen();
            string loop = rate is null ? "closed loop, 20 connections" : "open loop, 2,000/s";
            Row($"{loop}: all", Kinds(facts, null), Merged(seen.Values), percent: 1, ms: 0.1);
            foreach (var kind in mix) Row($"{loop}: {kind.Kind}", Kinds(facts, kind.Kind), seen[kind.Path], percent: 1, ms: 0.1);
        }
    }

    /// <summary>A capacity limit of 2,000 a second, closed loop: ten connections share it.</summary>
    private static void Queue(LoadPlan plan)
    {
        using var server = new KnownServer(isBusy: true, takePlace: TakeCore);
        var facts = Load(plan with { Port = server.Port, Connections = 10, Requests = [Work(500)] }, server);
        Row("closed loop, capacity of 2,000/s, 10 connections", Kinds(facts, null), Merged(server.Seen().Values), percent: 1, ms: 0.1);
    }

    /// <summary>Nothing is answered for 200 ms of each second: a fifth of the requests waits for an even share of these, so p90 is 100 ms, p95 150, p99 190.</summary>
    private static void Stalls(LoadPlan plan)
    {
        using var server = new KnownServer(isBusy: true, takePlace: TakeCore, stallEvery: TimeSpan.FromSeconds(1), stallFor: TimeSpan.FromMilliseconds(200));
        var facts = Load(plan with { Port = server.Port, Connections = 1_000, Rate = 2_000, Requests = [Delay(0, 1)] }, server);
        Row("open loop, 2,000/s, stalls of 200 ms each second", Kinds(facts, null), p => p <= 80 ? null : 200 - ((100 - p) * 10), percent: 3, ms: 0);
    }

    /// <summary>A capacity of 2,000 a second and 3,000 offered: who is answered after t seconds has waited t/3, so latencies are even from 0 to a third of the time.</summary>
    private static void Overload(LoadPlan plan)
    {
        using var server = new KnownServer(isBusy: true, takePlace: TakeCore);
        var facts = Load(plan with { Port = server.Port, Connections = 1_000, Rate = 3_000, Requests = [Work(500)], Warmup = TimeSpan.Zero, Deadline = TimeSpan.FromSeconds(30) }, server);
        double most = plan.For!.Value.TotalMilliseconds / 3;
        Row("open loop, 3,000/s at a capacity of 2,000/s", Kinds(facts, null), p => most * p / 100, percent: 1, ms: 0.1);
    }

    /// <summary>The server's thread has the first core before all others: what it can't see, it can't note. The generator has the last one.</summary>
    private static void TakeCore() => HotThread.Place(HotThread.AllowedCores()[0], highest: true);

    /// <summary>What no generator can do better here: how late the generator's core runs a real-time thread whose time has come, for as long as one series takes.</summary>
    private static void Machine(int seconds)
    {
        var late = Histograms.Create();
        string standing = "";
        var thread = new Thread(() =>
        {
            HotThread.Place(HotThread.AllowedCores()[^1], highest: true);
            standing = HotThread.Standing();
            Sleep(late, seconds);
        });
        thread.Start();
        thread.Join();
        string Us(double p) => (late.GetValueAtPercentile(p) / 1e3).ToString("0", CultureInfo.InvariantCulture);
        Console.WriteLine($"the machine itself: a thread ({standing}) that sleeps for 1 ms wakes late by p50 {Us(50)}, p90 {Us(90)}, p99 {Us(99)}, p99.9 {Us(99.9)}, at most {Us(100)} µs");
    }

    private static unsafe void Sleep(LongHistogram late, int seconds)
    {
        const long Nap = 1_000_000;
        int epoll = Native.EpollCreate(0);
        byte* events = stackalloc byte[16];
        var nap = new Native.TimeSpec { Nanoseconds = Nap };
        long now = Stopwatch.GetTimestamp(), end = now + (seconds * Stopwatch.Frequency);
        while (now < end)
        {
            long before = Stopwatch.GetTimestamp();
            if (Native.EpollWait(epoll, events, 1, &nap, null) < 0) throw new InvalidOperationException("epoll_pwait2 failed");
            now = Stopwatch.GetTimestamp();
            Histograms.Record(late, Math.Max(0, now - before - Nap));
        }
        _ = Native.Close(epoll);
    }

    private static LoadRequest Delay(int ms, double weight) => new() { Kind = $"{ms} ms", Weight = weight, Path = $"/delay?us={ms * 1_000}" };

    private static LoadRequest Work(int us) => new() { Kind = "work", Path = $"/work?us={us}" };

    private static List<Fact> Load(LoadPlan plan, KnownServer server)
    {
        using var generator = new GeneratorProcess(plan);
        var facts = new List<Fact>();
        foreach (var fact in generator.Facts())
        {
            if (fact is PhaseFact { Phase: RunState.Measuring }) server.Forget();
            facts.Add(fact);
        }
        var end = facts.OfType<EndFact>().Last();
        if (end.State != RunState.Completed || end.Totals!.Errors.Count > 0) throw new InvalidOperationException(end.Reason ?? $"Errors: {string.Join(", ", end.Totals!.Errors)}");
        return facts;
    }

    private static LongHistogram Kinds(List<Fact> facts, string? kind) =>
        Histograms.Merge(facts.OfType<SampleFact>().Where(s => s.Stage > 0).SelectMany(s => s.Kinds).Where(k => kind is null || k.Kind == kind).Select(k => k.Latency));

    private static LongHistogram Merged(IEnumerable<LongHistogram> histograms)
    {
        var all = Histograms.Create();
        foreach (var one in histograms) all.Add(one);
        return all;
    }

    private static void Row(string name, LongHistogram ours, LongHistogram theirs, double percent, double ms) =>
        Row(name, ours, p => theirs.GetValueAtPercentile(p) / NsPerMs, percent, ms);

    private static void Row(string name, LongHistogram ours, Func<double, double?> expected, double percent, double ms)
    {
        var cells = Shown.Select(p =>
        {
            double our = ours.GetValueAtPercentile(p) / NsPerMs;
            // Fewer than ten requests above a percentile say nothing of it.
            if (ours.TotalCount * (100 - p) / 100 < 10 || expected(p) is not { } wanted) return $"{our.ToString("0.000", CultureInfo.InvariantCulture),9} / –        ";
            bool isNear = Math.Abs(our - wanted) <= Math.Max(ms, wanted * percent / 100);
            compared++;
            if (!isNear) beyond++;
            return $"{our.ToString("0.000", CultureInfo.InvariantCulture),9} /{wanted.ToString("0.000", CultureInfo.InvariantCulture),9}{(isNear ? " " : "!")}";
        });
        Console.WriteLine($"  {name,-48} {string.Join(' ', cells)}");
    }
}
