using System.Diagnostics;
using Wobble.Results.Domain;

namespace Wobble.Runner.Load;

/// <summary>Which engine moves the bytes, and why not the better one.</summary>
/// <param name="IsUring">io_uring; else epoll.</param>
/// <param name="Reason">Why it is epoll, though epoll was not asked for; else null.</param>
internal sealed record EngineChoice(bool IsUring, string? Reason)
{
    /// <summary>Argument of <c>generate</c> that only tries a ring.</summary>
    public const string ProbeOption = "--probe-ring";

    // What fits into one TCP segment of Ethernet. Longer requests may be sent in parts and want TCP_NODELAY, which epoll's engine does.
    private const int LongestRequest = 1_400;
    private static readonly TimeSpan ProbeWithin = TimeSpan.FromSeconds(5);

    public static EngineChoice For(LoadPlan plan)
    {
        if (plan.Engine == "epoll") return new EngineChoice(false, null);
        int longest = new RequestSet(plan).LongestRequest;
        if (longest > LongestRequest) return new EngineChoice(false, $"requests of up to {longest} bytes don't fit into one segment");
        string? refused = Refusal(Timeline.MostConnections(plan));
        return new EngineChoice(refused is null, refused is null ? null : $"io_uring is not to be had: {refused}");
    }

    public Engine Make(Connection[] connections, Endpoint endpoint, LoadPlan plan) => IsUring
        ? new UringEngine(connections, endpoint, plan.KeepAlive, Timeline.IsOpenLoop(plan))
        : new EpollEngine(connections, endpoint, plan.KeepAlive, FileLimit.Raise());

    /// <summary>Makes a ring as the load will need it, and says why the kernel won't; null when it will.</summary>
    public static string? TryRing(int connections)
    {
        string? refused = null;
        // On a thread of its own: a ring belongs to the thread that made it.
        var thread = new Thread(() =>
        {
            try
            {
                new UringRing(connections).Dispose();
            }
            catch (IOException e)
            {
                refused = e.Message;
            }
        });
        thread.Start();
        thread.Join();
        return refused;
    }

    /// <summary>A seccomp filter may kill who calls io_uring: behind one, a child tries it.</summary>
    private static string? Refusal(int connections) => HasFilter() ? TryRingInChild(connections) : TryRing(connections);

    private static bool HasFilter()
    {
        try
        {
            return File.ReadLines("/proc/self/status").Any(line => line.StartsWith("Seccomp:", StringComparison.Ordinal) && line.Contains('2', StringComparison.Ordinal));
        }
        catch (IOException)
        {
            return false;
        }
    }

    private static string? TryRingInChild(int connections)
    {
        using var child = Process.Start(SelfProcess.Start("generate", ProbeOption, connections.ToString(System.Globalization.CultureInfo.InvariantCulture)))!;
        child.StandardInput.Close();
        if (!child.WaitForExit(ProbeWithin))
        {
            child.Kill();
            return "a trial of it hung";
        }
        if (child.ExitCode == 0) return null;
        string says = child.StandardOutput.ReadToEnd().Trim();
        return says.Length > 0 ? says : $"a trial of it died with status {child.ExitCode} (a seccomp filter?)";
    }
}

/// <summary>How this program starts itself.</summary>
internal static class SelfProcess
{
    /// <summary>
    /// Environment of a generator's runtime. Its few methods are compiled once, whole, in the warm-up. In tiers the runtime would compile them again in the
    /// background while the load runs: 0.1 to 0.2 s of CPU, more than the load itself takes in a short run.
    /// </summary>
    public static readonly IReadOnlyDictionary<string, string> RuntimeOfGenerator = new Dictionary<string, string> { ["DOTNET_TieredCompilation"] = "0", ["DOTNET_TieredPGO"] = "0" };

    public static ProcessStartInfo Start(params ReadOnlySpan<string> arguments)
    {
        string self = Environment.ProcessPath ?? throw new InvalidOperationException("This process has no path.");
        var start = new ProcessStartInfo(self) { RedirectStandardInput = true, RedirectStandardOutput = true, UseShellExecute = false };
        // `dotnet Runner.dll` has the runtime for its path.
        if (Path.GetFileNameWithoutExtension(self) == "dotnet") start.ArgumentList.Add(typeof(SelfProcess).Assembly.Location);
        foreach (string argument in arguments) start.ArgumentList.Add(argument);
        foreach (var (name, value) in RuntimeOfGenerator) start.Environment[name] = value;
        return start;
    }
}
