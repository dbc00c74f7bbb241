using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using HdrHistogram;
using Wobble.Results;
using Wobble.Results.Domain;
using Wobble.Results.Facts;
using Wobble.Results.Statistics;
using Wobble.Runner.Execution;

namespace Wobble.Bench.Load;

/// <summary>
/// One row of the article, its whole stack, one run: in turns ours alone with 100 connections, ours and ab with 50 each at the same time, and ab with 99
/// beside one of ours. ab is put into the sandbox's network from outside. As root.
/// </summary>
internal static class BesideAb
{
    private const int StageSeconds = 10;
    // It starts when the stage's first moments have passed, and must end within it.
    private const int AbSeconds = StageSeconds - 1;

    public static int Run(string[] arguments)
    {
        Tools.Require("ab", "nsenter", "taskset");
        string target = arguments.FirstOrDefault() ?? "uwsgi-http/bottle";
        int rounds = Spread.Argument(arguments, 1, 3);
        int[] connections = [.. Enumerable.Repeat((int[])[100, 50, 1], rounds).SelectMany(c => c)];
        var plan = JsonSerializer.Deserialize<Plan>(Output("./wobble", ["plan", target, "--no-keep-alive", "--warmup", "3s", "--stages", string.Join(',', connections.Select(c => $"{StageSeconds}s@{c}"))], null), WobbleJson.Options)!;

        var beside = new Dictionary<int, Task<Ab>>();
        var facts = Execute(plan, (fact, execution) =>
        {
            // A stage's last second is told when the next has begun.
            if (fact is not SampleFact { Stage: > 0 } second || (second.Second + 1) % StageSeconds != 0 || second.Stage == connections.Length) return;
            int next = second.Stage + 1, ours = connections[second.Stage];
            if (ours < 100) beside[next] = Task.Run(() => Ab.Run(PriorityGiver.HotThreadsOf(execution)[0].Process, plan.Load.Port, 100 - ours));
        });
        var end = facts.OfType<EndFact>().Last();
        if (end.State != RunState.Completed) throw new InvalidOperationException(end.Reason);
        Print(target, connections, facts, beside, end);
        return 0;
    }

    private static void Print(string target, int[] connections, List<Fact> facts, Dictionary<int, Task<Ab>> beside, EndFact end)
    {
        Console.WriteLine($"{target}, {connections.Length / 3} rounds of stages of {StageSeconds} s in one run; ours at {end.Totals!.Priority}, ab at normal priority; errors {end.Totals.Errors.Values.Sum()} and {beside.Values.Sum(b => b.Result.Failed)}");
        Console.WriteLine($"  {"",-28} {"ours: a second",-16} {"p50",-7} {"p90",-7} {"p99",-10} {"ab: a second",-16} {"p50",-7} {"p90",-7} p99, ms");
        for (int stage = 1; stage <= connections.Length; stage++)
        {
            // ab runs in seconds 0 to 9 of its stage; the first and the last are left out of ours beside it.
            var seconds = facts.OfType<SampleFact>().Where(s => s.Stage == stage).OrderBy(s => s.Second).ToList();
            bool isShared = beside.TryGetValue(stage, out var ab);
            if (isShared) seconds = seconds[1..^1];
            var ours = Histograms.Merge(seconds.SelectMany(s => s.Kinds).Select(k => k.Latency));
            string theirs = isShared ? $"{ab!.Result.PerSecond.ToString("#,0", CultureInfo.InvariantCulture),-16} {Ms(ab.Result.At(50)),-7} {Ms(ab.Result.At(90)),-7} {Ms(ab.Result.At(99))}" : "";
            string name = !isShared ? $"ours {connections[stage - 1]}" : $"ours {connections[stage - 1]}, ab {100 - connections[stage - 1]} at once";
            string p99 = ours.TotalCount >= 1_000 ? Ms(Percentiles.Ms(ours, 99)) : "–";
            Console.WriteLine($"  {name,-28} {(ours.TotalCount / seconds.Sum(s => s.Length)).ToString("#,0", CultureInfo.InvariantCulture),-16} {Ms(Percentiles.Ms(ours, 50)),-7} {Ms(Percentiles.Ms(ours, 90)),-7} {p99,-10} {theirs}");
        }
    }

    private static string Ms(double ms) => ms.ToString("0.0", CultureInfo.InvariantCulture);

    private static List<Fact> Execute(Plan plan, Action<Fact, int> onFact)
    {
        using var process = Process.Start(new ProcessStartInfo("./wobble", ["execute"]) { RedirectStandardInput = true, RedirectStandardOutput = true })!;
        process.StandardInput.WriteLine(JsonSerializer.Serialize(plan, WobbleJson.Options));
        process.StandardInput.Close();
        var facts = new List<Fact>();
        while (process.StandardOutput.ReadLine() is { } line)
        {
            if (!Fact.TryParse(line, out var fact)) continue;
            facts.Add(fact!);
            onFact(fact!, process.Id);
        }
        process.WaitForExit();
        return facts;
    }

    private static string Output(string program, string[] arguments, Action<ProcessStartInfo>? change)
    {
        var start = new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true };
        change?.Invoke(start);
        using var process = Process.Start(start)!;
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return process.ExitCode == 0 ? output : throw new InvalidOperationException($"{program} {string.Join(' ', arguments)} ended with {process.ExitCode}: {output}");
    }

    /// <summary>What one ab said: its percentiles to the µs, which its table rounds to ms.</summary>
    private sealed record Ab(double PerSecond, long Failed, IReadOnlyDictionary<int, double> Percentiles)
    {
        public double At(int percentile) => Percentiles[percentile];

        public static Ab Run(int inside, int port, int connections)
        {
            string file = Path.GetTempFileName();
            try
            {
                string output = Output("nsenter", [$"--net=/proc/{inside}/ns/net", "ab", "-q", "-e", file, "-t", $"{AbSeconds}", "-n", "10000000", "-c", $"{connections}", $"http://127.0.0.1:{port}/row?key=4711"], s => s.RedirectStandardError = true);
                double Number(string label) => double.Parse(output.Split('\n').First(l => l.StartsWith(label, StringComparison.Ordinal)).Split(':')[1].Trim().Split(' ')[0], CultureInfo.InvariantCulture);
                var percentiles = File.ReadLines(file).Skip(1).Select(l => l.Split(',')).ToDictionary(c => int.Parse(c[0], CultureInfo.InvariantCulture), c => double.Parse(c[1], CultureInfo.InvariantCulture));
                return new Ab(Number("Requests per second"), (long)Number("Failed requests"), percentiles);
            }
            finally
            {
                File.Delete(file);
            }
        }
    }
}
