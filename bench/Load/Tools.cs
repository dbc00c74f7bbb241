using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Text.RegularExpressions;
using Wobble.Results.Domain;
using Wobble.Results.Facts;
using Wobble.Runner.Load;

namespace Wobble.Bench.Load;

/// <summary>What one tool did in one round.</summary>
internal sealed record Measured(double Requests, double Seconds, double CpuSeconds)
{
    public double CpuUs => CpuSeconds * 1e6 / Requests;
    public double PerSecond => Requests / Seconds;
    public double PerCpuSecond => Requests / CpuSeconds;
}

/// <summary>Runs generators, others' and ours, and reads what they cost.</summary>
internal static partial class Tools
{
    private const int Children = -1;

    /// <summary>A load of the bench's server by our generator, as a child process; normal priority, as the others have, unless said.</summary>
    public static LoadPlan Plan(int port) => new()
    {
        Host = "127.0.0.1",
        Port = port,
        Requests = [new LoadRequest { Kind = "request", Path = "/" }],
        Connections = 100,
        KeepAlive = true,
        Warmup = TimeSpan.FromMilliseconds(500),
        For = TimeSpan.FromSeconds(3),
        Priority = LoadPlan.NormalPriority,
    };

    /// <summary>Runs the generator and returns all its facts; throws when it failed.</summary>
    public static List<Fact> Run(LoadPlan plan)
    {
        using var generator = new GeneratorProcess(plan);
        var facts = generator.Facts().ToList();
        var end = facts.OfType<EndFact>().Last();
        return end.State == RunState.Completed ? facts : throw new InvalidOperationException(end.Reason ?? "The generator was cancelled.");
    }

    public static Measured Ours(LoadPlan plan)
    {
        var totals = TotalsOf(Run(plan));
        string wanted = plan.Engine == "auto" ? totals.Engine : plan.Engine;
        if (totals.Engine != wanted) throw new InvalidOperationException($"{wanted} was asked for, and it was {totals.Engine}: {totals.EngineReason}");
        return new Measured(totals.Answered, totals.Seconds, totals.CpuSeconds);
    }

    public static LoadTotals TotalsOf(IReadOnlyList<Fact> facts) => facts.OfType<EndFact>().Last().Totals!;

    public static Measured Wrk(string url, int connections, int seconds, bool keepAlive)
    {
        string[] close = keepAlive ? [] : ["-H", "Connection: close"];
        return External(seconds, @"(\d+) requests in ([\d.]+)s", "wrk", ["-t1", $"-c{connections}", $"-d{seconds}s", .. close, url]);
    }

    public static Measured Ab(string url, int connections, int seconds, bool keepAlive)
    {
        string[] keep = keepAlive ? ["-k"] : [];
        return External(seconds, @"Complete requests:\s+(\d+)", "ab", ["-q", "-t", $"{seconds}", "-n", "100000000", "-c", $"{connections}", .. keep, url]);
    }

    public static Measured H2Load(string url, int connections, int seconds) =>
        External(seconds, @"requests: \d+ total, \d+ started, (\d+) done", "h2load", ["--h1", "-t1", $"-c{connections}", "-D", $"{seconds}", url]);

    /// <summary>Runs a program on core 1. Its CPU time is what the kernel books for children that ended, so one runs at a time.</summary>
    private static Measured External(int seconds, string requests, string program, string[] arguments)
    {
        double before = CpuOfChildren();
        using var process = Process.Start(new ProcessStartInfo("taskset", ["-c", "1", program, .. arguments]) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        process.ErrorDataReceived += (_, _) => { };
        process.BeginErrorReadLine();
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        var match = Regex.Match(output, requests);
        if (!match.Success) throw new InvalidOperationException($"{program} {string.Join(' ', arguments)}: {output}");
        double Number(int group) => double.Parse(match.Groups[group].Value, CultureInfo.InvariantCulture);
        return new Measured(Number(1), match.Groups.Count > 2 ? Number(2) : seconds, CpuOfChildren() - before);
    }

    /// <summary>Programs that must be there.</summary>
    public static void Require(params string[] programs)
    {
        var missing = programs.Where(p => !Environment.GetEnvironmentVariable("PATH")!.Split(':').Append("/usr/sbin").Any(f => File.Exists(Path.Combine(f, p)))).ToList();
        if (missing.Count == 0) return;
        Console.Error.WriteLine($"Missing: {string.Join(", ", missing)}. apt-get install --no-install-recommends wrk apache2-utils nghttp2-client nginx-light util-linux bubblewrap");
        Environment.Exit(2);
    }

    private static unsafe double CpuOfChildren()
    {
        // struct rusage: user time (s, µs), system time (s, µs), then 14 longs.
        long* usage = stackalloc long[18];
        _ = GetUsage(Children, usage);
        return usage[0] + usage[2] + ((usage[1] + usage[3]) / 1e6);
    }

    [LibraryImport("libc", EntryPoint = "getrusage")]
    private static unsafe partial int GetUsage(int who, long* usage);
}

/// <summary>Numbers over rounds.</summary>
internal static class Spread
{
    public static double Median(IEnumerable<double> values)
    {
        double[] sorted = [.. values.Order()];
        return sorted.Length % 2 == 1 ? sorted[sorted.Length / 2] : (sorted[sorted.Length / 2 - 1] + sorted[sorted.Length / 2]) / 2;
    }

    public static string Text(IEnumerable<double> values, string format)
    {
        double[] all = [.. values];
        string F(double v) => v.ToString(format, CultureInfo.InvariantCulture);
        return $"{F(Median(all))} [{F(all.Min())}–{F(all.Max())}]";
    }

    public static int Argument(string[] arguments, int at, int otherwise) => arguments.Length > at ? int.Parse(arguments[at], CultureInfo.InvariantCulture) : otherwise;
}
