using System.Buffers.Text;
using System.Globalization;
using System.Text;
using Wobble.Runner.Stacks;

namespace Wobble.Runner.Measurement;

/// <summary>What the kernel counts for one process beside its CPU time: sums over its threads, since each began.</summary>
/// <param name="RunQueueNs">Time its threads waited for a core, by thread id.</param>
/// <param name="InvoluntarySwitches">Times they were put off a core, by thread id.</param>
/// <param name="OpenFiles">Descriptors open now.</param>
internal sealed record ProcessCounters(IReadOnlyDictionary<int, long> RunQueueNs, IReadOnlyDictionary<int, long> InvoluntarySwitches, int OpenFiles)
{
    private static readonly byte[] SwitchesLabel = "nonvoluntary_ctxt_switches:"u8.ToArray();

    /// <summary>Reads <c>/proc/PID/task/*/schedstat</c>, <c>status</c> and <c>fd</c>. A process that ends meanwhile gives what could still be read.</summary>
    public static ProcessCounters Read(ProcessStat process)
    {
        var waits = new Dictionary<int, long>();
        var switches = new Dictionary<int, long>();
        foreach (int thread in ThreadsOf(process))
        {
            string folder = string.Create(CultureInfo.InvariantCulture, $"/proc/{process.Pid}/task/{thread}");
            waits[thread] = ReadRunQueue(folder + "/schedstat");
            switches[thread] = ReadSwitches(folder + "/status");
        }
        return new ProcessCounters(waits, switches, CountFiles(process.Pid));
    }

    /// <summary>How much a counter grew over all threads; one that is new counts from its start.</summary>
    public static long Growth(IReadOnlyDictionary<int, long>? before, IReadOnlyDictionary<int, long> now)
    {
        long sum = 0;
        foreach (var (thread, value) in now) sum += Math.Max(0, value - (before?.GetValueOrDefault(thread) ?? 0));
        return sum;
    }

    /// <summary>The soft limit of open files; null when it can't be read or there is none.</summary>
    public static int? FileLimit(int pid)
    {
        Span<byte> buffer = stackalloc byte[4096];
        int length = ProcFile.Read(string.Create(CultureInfo.InvariantCulture, $"/proc/{pid}/limits"), buffer);
        if (length <= 0) return null;
        var text = buffer[..length];
        int at = text.IndexOf("Max open files"u8);
        return at >= 0 && Utf8Parser.TryParse(text[(at + 14)..].TrimStart((byte)' '), out int limit, out _) ? limit : null;
    }

    /// <summary>Program and arguments with spaces between; empty when gone.</summary>
    public static string CommandLine(int pid)
    {
        Span<byte> buffer = stackalloc byte[4096];
        int length = ProcFile.Read(string.Create(CultureInfo.InvariantCulture, $"/proc/{pid}/cmdline"), buffer);
        return length <= 0 ? "" : Encoding.UTF8.GetString(buffer[..length]).Replace('\0', ' ').Trim();
    }

    private static IEnumerable<int> ThreadsOf(ProcessStat process)
    {
        if (process.Threads == 1) return [process.Pid];
        try
        {
            return [.. Directory.EnumerateDirectories(string.Create(CultureInfo.InvariantCulture, $"/proc/{process.Pid}/task")).Select(d => int.Parse(Path.GetFileName(d), CultureInfo.InvariantCulture))];
        }
        catch (IOException)
        {
            return [];
        }
    }

    // "RUNNING WAITING TIMES": ns on a core, ns in the run queue, how often.
    private static long ReadRunQueue(string file)
    {
        Span<byte> buffer = stackalloc byte[128];
        int length = ProcFile.Read(file, buffer);
        if (length <= 0) return 0;
        var text = buffer[..length];
        return Utf8Parser.TryParse(text[(text.IndexOf((byte)' ') + 1)..], out long ns, out _) ? ns : 0;
    }

    private static long ReadSwitches(string file)
    {
        Span<byte> buffer = stackalloc byte[4096];
        int length = ProcFile.Read(file, buffer);
        if (length <= 0) return 0;
        var text = buffer[..length];
        int at = text.LastIndexOf(SwitchesLabel);
        return at >= 0 && Utf8Parser.TryParse(text[(at + SwitchesLabel.Length)..].TrimStart("\t "u8), out long count, out _) ? count : 0;
    }

    private static int CountFiles(int pid)
    {
        try
        {
            return Directory.EnumerateFileSystemEntries(string.Create(CultureInfo.InvariantCulture, $"/proc/{pid}/fd")).Count();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return 0;
        }
    }
}
