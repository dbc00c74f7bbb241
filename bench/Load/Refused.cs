using System.Diagnostics;
using System.Text.Json;
using Wobble.Results;
using Wobble.Results.Domain;
using Wobble.Results.Facts;
using Wobble.Runner.Load;

namespace Wobble.Bench.Load;

/// <summary>Where io_uring is forbidden: the generator runs on epoll, and says why. As root; the load itself runs as nobody where limits are to count.</summary>
internal static class Refused
{
    public static int Run()
    {
        Tools.Require("nginx", "taskset", "bwrap", "setpriv", "prlimit");
        using var nginx = new Nginx();
        string[] asNobody = Environment.IsPrivilegedProcess ? ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "--"] : [];
        bool isFine = true;
        Console.WriteLine("io_uring refused, keep-alive, 100 connections, 2 s");
        foreach (var (name, wrapper, filter, engine) in ((string, string[], Filter?, string)[])
        [
            ("nothing forbidden", [], null, "io_uring"),
            ("seccomp: EPERM", ["bwrap", "--dev-bind", "/", "/", "--seccomp", "FD", "--"], Filter.Error(1), "epoll"),
            ("seccomp: ENOSYS", ["bwrap", "--dev-bind", "/", "/", "--seccomp", "FD", "--"], Filter.Error(38), "epoll"),
            ("seccomp: kill", ["bwrap", "--dev-bind", "/", "/", "--seccomp", "FD", "--"], Filter.Kill, "epoll"),
            ("RLIMIT_MEMLOCK 0", ["prlimit", "--memlock=0:0", "--", .. asNobody], null, "epoll"),
        ])
        {
            var totals = Load(wrapper, filter, Tools.Plan(nginx.Port) with { For = TimeSpan.FromSeconds(2) });
            isFine &= totals.Engine == engine && totals.Errors.Count == 0 && totals.Answered > 0;
            Console.WriteLine($"  {name,-18} {totals.Engine,-9} {totals.Answered / totals.Seconds,9:#,0}/s  {totals.CpuSeconds * 1e6 / totals.Answered,6:0.00} µs  {totals.EngineReason}");
        }
        return isFine ? 0 : 1;
    }

    private static LoadTotals Load(string[] wrapper, Filter? filter, LoadPlan plan)
    {
        string file = Path.GetTempFileName();
        if (filter is not null) File.WriteAllBytes(file, filter.Bytes);
        try
        {
            // A shell opens the filter for bwrap, which wants it as a descriptor.
            string[] words = [.. wrapper.Select(w => w == "FD" ? "3" : w), Environment.ProcessPath!, typeof(Generator).Assembly.Location, "generate"];
            var start = new ProcessStartInfo("bash", ["-c", $"exec 3<{file}; exec \"$@\"", "bash", .. words]) { RedirectStandardInput = true, RedirectStandardOutput = true };
            start.Environment["DOTNET_EnableDiagnostics"] = "0";
            foreach (var (variable, value) in SelfProcess.RuntimeOfGenerator) start.Environment[variable] = value;
            using var process = Process.Start(start)!;
            process.StandardInput.WriteLine(JsonSerializer.Serialize(plan, WobbleJson.Options));
            process.StandardInput.WriteLine(Generator.GoWord);
            process.StandardInput.Flush();
            LoadTotals? totals = null;
            while (process.StandardOutput.ReadLine() is { } line)
            {
                if (Fact.TryParse(line, out var fact) && fact is EndFact end) totals = end.Totals ?? throw new InvalidOperationException(end.Reason);
            }
            process.WaitForExit();
            return totals ?? throw new InvalidOperationException($"The generator ended with {process.ExitCode} and said nothing.");
        }
        finally
        {
            File.Delete(file);
        }
    }

    /// <summary>A seccomp program (struct sock_filter, 8 bytes each) about io_uring_setup alone, call 425 on x86-64 and arm64.</summary>
    private sealed record Filter(byte[] Bytes)
    {
        private const int Setup = 425;
        private const uint Allow = 0x7FFF0000;

        public static Filter Error(uint errno) => Of(0x00050000 | errno);
        public static Filter Kill { get; } = Of(0x80000000);

        // Load the call's number; equal: the verdict; else allow.
        private static Filter Of(uint verdict) => new([.. One(0x20, 0, 0, 0), .. One(0x15, 0, 1, Setup), .. One(0x06, 0, 0, verdict), .. One(0x06, 0, 0, Allow)]);

        private static byte[] One(ushort code, byte ifTrue, byte ifFalse, uint k) => [.. BitConverter.GetBytes(code), ifTrue, ifFalse, .. BitConverter.GetBytes(k)];
    }
}
