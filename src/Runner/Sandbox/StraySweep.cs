using System.Globalization;
using System.Text;
using Wobble.Runner.Stacks;

namespace Wobble.Runner.Sandbox;

/// <summary>
/// Ends what a run without a sandbox left: its processes carry the run's folder in their environment. Only with the machine's lock, when no run goes on.
/// In the sandbox the kernel does this.
/// </summary>
internal static class StraySweep
{
    /// <summary>Environment variable of every process of such a run; its value is the run's folder.</summary>
    public const string Marker = "WOBBLE_RUN_FOLDER";

    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(2);

    /// <summary>Kills processes that carry the marker, all runs' or one's. Returns how many there were.</summary>
    public static async Task<int> RunAsync(string? runFolder = null)
    {
        var seen = new HashSet<int>();
        var until = DateTime.UtcNow + Limit;
        while (Find(runFolder) is { Count: > 0 } strays && DateTime.UtcNow < until)
        {
            foreach (int pid in strays)
            {
                seen.Add(pid);
                _ = Native.Kill(pid, Native.SIGKILL);
            }
            await Task.Delay(5);
        }
        return seen.Count;
    }

    private static List<int> Find(string? runFolder)
    {
        byte[] wanted = Encoding.UTF8.GetBytes(runFolder is null ? $"\0{Marker}=" : $"\0{Marker}={runFolder}\0");
        return [.. ProcessTable.Read().Values.Where(p => p.IsAlive && p.Pid != Environment.ProcessId && Carries(p.Pid, wanted)).Select(p => p.Pid)];
    }

    private static bool Carries(int pid, byte[] wanted)
    {
        Span<byte> buffer = stackalloc byte[32 * 1024];
        buffer[0] = 0;
        int length = ProcFile.Read(string.Create(CultureInfo.InvariantCulture, $"/proc/{pid}/environ"), buffer[1..]);
        return length > 0 && buffer[..(length + 1)].IndexOf(wanted) >= 0;
    }
}
