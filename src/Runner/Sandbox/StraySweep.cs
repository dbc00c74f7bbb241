using System.Globalization;
using System.Text;
using Wobble.Runner.Hosting;
using Wobble.Runner.Stacks;

namespace Wobble.Runner.Sandbox;

/// <summary>
/// Ends what a run without a sandbox left. Only with the machine's lock, when no run goes on, or for one run at its end. In the sandbox the kernel does
/// this. A process counts when the stack's user runs it without a terminal, and any of its traces leads to the run: a variable of its environment
/// (which nginx and PostgreSQL's backends overwrite), the run's folder in its command line, or a working directory in that folder or the cluster's.
/// </summary>
internal sealed class StraySweep(DataFolder data, uint user)
{
    /// <summary>Environment variable of every process of such a run; its value is the run's folder.</summary>
    public const string Marker = "WOBBLE_RUN_FOLDER";

    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(2);

    /// <summary>Kills such processes, all runs' or one's. Returns how many there were.</summary>
    public async Task<int> RunAsync(string? runFolder = null)
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

    /// <summary>Lets the Execution of a run stop its stack, until it is gone or <paramref name="within"/> is over, then kills what is left.</summary>
    public async Task AfterAsync(string runFolder, TimeSpan within)
    {
        var until = DateTime.UtcNow + within;
        while (DateTime.UtcNow < until && Find(runFolder).Any(pid => Holds(pid, "cmdline", "\0--inside\0"u8))) await Task.Delay(50);
        await RunAsync(runFolder);
    }

    /// <summary>Their pids now.</summary>
    public IReadOnlyList<int> Find(string? runFolder)
    {
        string folder = runFolder ?? data.Runs;
        byte[] marker = Encoding.UTF8.GetBytes(runFolder is null ? $"\0{Marker}=" : $"\0{Marker}={runFolder}\0"), argument = Encoding.UTF8.GetBytes(folder + "/");
        return [.. ProcessTable.Read().Values.Where(p => p is { IsAlive: true, Terminal: 0 } && p.Pid != Environment.ProcessId && !IsGuard(p.Pid) && UserOf(p.Pid) == user
            && (Holds(p.Pid, "environ", marker) || Holds(p.Pid, "cmdline", argument) || IsIn(p.Pid, folder) || IsIn(p.Pid, data.Cluster))).Select(p => p.Pid)];
    }

    // The guard names the folder that it guards; it ends by itself.
    private static bool IsGuard(int pid) => Holds(pid, "cmdline", "\0--guard\0"u8);

    private static bool Holds(int pid, string file, ReadOnlySpan<byte> wanted)
    {
        Span<byte> buffer = stackalloc byte[32 * 1024];
        buffer[0] = 0;
        int length = ProcFile.Read(string.Create(CultureInfo.InvariantCulture, $"/proc/{pid}/{file}"), buffer[1..]);
        return length > 0 && buffer[..(length + 1)].IndexOf(wanted) >= 0;
    }

    private static bool IsIn(int pid, string folder)
    {
        try
        {
            return new FileInfo(string.Create(CultureInfo.InvariantCulture, $"/proc/{pid}/cwd")).LinkTarget is { } at && (at == folder || at.StartsWith(folder + "/", StringComparison.Ordinal));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }

    // "Uid:\t1000\t1000\t1000\t1000": real, effective, saved, of files.
    private static uint? UserOf(int pid)
    {
        Span<byte> buffer = stackalloc byte[4096];
        int length = ProcFile.Read(string.Create(CultureInfo.InvariantCulture, $"/proc/{pid}/status"), buffer);
        if (length <= 0) return null;
        var rest = buffer[..length];
        int at = rest.IndexOf("\nUid:\t"u8);
        return at >= 0 && System.Buffers.Text.Utf8Parser.TryParse(rest[(at + 6)..], out uint uid, out _) ? uid : null;
    }
}
