using System.Buffers.Text;
using System.Globalization;

namespace Wobble.Runner.Stacks;

/// <summary>One line of <c>/proc/PID/stat</c>. Times in clock ticks (<see cref="ProcessTable.TicksPerSecond"/>).</summary>
internal readonly record struct ProcessStat(int Pid, string Name, char State, int Parent, int Group, int Session, long User, long System, long ReapedUser, long ReapedSystem, int Threads, long Started, long ResidentPages, long Terminal = 0)
{
    /// <summary>False for one that has ended and only waits to be reaped.</summary>
    public bool IsAlive => State is not ('Z' or 'X' or 'x');
    /// <summary>Own CPU time and that of the children it has reaped: the sum over a tree doesn't fall when a child ends.</summary>
    public long CpuTicks => User + System + ReapedUser + ReapedSystem;
    /// <summary>A pid comes again; with the start time it is one process.</summary>
    public (int Pid, long Started) Identity => (Pid, Started);
}

/// <summary>The processes of this PID namespace, as <c>/proc</c> shows them at one moment.</summary>
internal static class ProcessTable
{
    /// <summary>Clock ticks a second, 100 everywhere in practice.</summary>
    public static readonly double TicksPerSecond = Native.SysConf(Native.SC_CLK_TCK);
    /// <summary>Bytes of a page.</summary>
    public static readonly long PageSize = Native.SysConf(Native.SC_PAGESIZE);

    /// <summary>All processes by pid.</summary>
    public static Dictionary<int, ProcessStat> Read()
    {
        var all = new Dictionary<int, ProcessStat>();
        foreach (string folder in Directory.EnumerateDirectories("/proc"))
            if (int.TryParse(folder.AsSpan(6), NumberStyles.None, CultureInfo.InvariantCulture, out int pid) && ReadOne(pid) is { } stat)
                all[pid] = stat;
        return all;
    }

    /// <summary>One process; null when there is none.</summary>
    public static ProcessStat? ReadOne(int pid)
    {
        Span<byte> buffer = stackalloc byte[2048];
        int length = ProcFile.Read(string.Create(CultureInfo.InvariantCulture, $"/proc/{pid}/stat"), buffer);
        return length > 0 ? Parse(buffer[..length]) : null;
    }

    /// <summary>Reads a stat line. The name stands in parentheses and may hold spaces and parentheses itself.</summary>
    public static ProcessStat? Parse(ReadOnlySpan<byte> line)
    {
        int open = line.IndexOf((byte)'('), close = line.LastIndexOf((byte)')');
        if (open < 2 || close < open || !Utf8Parser.TryParse(line, out int pid, out _)) return null;
        string name = System.Text.Encoding.UTF8.GetString(line[(open + 1)..close]);
        var rest = line[(close + 2)..];
        char state = (char)rest[0];
        // Up to rss, field 24: the next, a limit, is 2^64 − 1 and no long.
        Span<long> fields = stackalloc long[21];
        rest = rest[2..];
        for (int i = 0; i < fields.Length; i++)
        {
            if (!Utf8Parser.TryParse(rest, out fields[i], out int used)) return null;
            rest = rest[Math.Min(used + 1, rest.Length)..];
        }
        // Field n of proc(5) is fields[n - 4].
        return new ProcessStat(pid, name, state, (int)fields[0], (int)fields[1], (int)fields[2], fields[10], fields[11], fields[12], fields[13], (int)fields[16], fields[18], fields[20], fields[3]);
    }
}

/// <summary>Reads small files of <c>/proc</c> whole, without a stream.</summary>
internal static unsafe class ProcFile
{
    /// <summary>Bytes read, or −1 when the file is gone or may not be read.</summary>
    public static int Read(string path, Span<byte> into)
    {
        int fd = Native.Open(path, Native.O_RDONLY | Native.O_CLOEXEC, 0);
        if (fd < 0) return -1;
        int length = 0;
        fixed (byte* buffer = into)
        {
            nint got;
            while (length < into.Length && (got = Native.Read(fd, buffer + length, (nuint)(into.Length - length))) > 0) length += (int)got;
        }
        _ = Native.Close(fd);
        return length;
    }
}
