using System.Buffers.Text;
using System.Diagnostics;
using Wobble.Results.Facts;
using Wobble.Runner.Stacks;

namespace Wobble.Runner.Measurement;

/// <summary>The whole machine's CPU time, from <c>/proc/stat</c>, which no namespace hides. Ticks of all cores together.</summary>
internal readonly record struct HostCounters(long At, long Busy, long Idle, long Steal)
{
    /// <summary>Reads the first line.</summary>
    public static HostCounters Read()
    {
        Span<byte> buffer = stackalloc byte[256];
        int length = ProcFile.Read("/proc/stat", buffer);
        return Parse(length > 0 ? buffer[..length] : "cpu"u8, Stopwatch.GetTimestamp());
    }

    /// <summary>Reads <c>cpu user nice system idle iowait irq softirq steal …</c>; guests' time is within user's.</summary>
    public static HostCounters Parse(ReadOnlySpan<byte> line, long at)
    {
        Span<long> fields = stackalloc long[8];
        fields.Clear();
        line = line[Math.Min(3, line.Length)..].TrimStart((byte)' ');
        for (int i = 0; i < fields.Length && Utf8Parser.TryParse(line, out fields[i], out int used); i++) line = line[Math.Min(used + 1, line.Length)..];
        return new HostCounters(at, fields[0] + fields[1] + fields[2] + fields[5] + fields[6], fields[3] + fields[4], fields[7]);
    }

    /// <summary>What the machine did since <paramref name="before"/>; <paramref name="ownCpuSeconds"/> is the stack's and the generator's share of it.</summary>
    public HostSample Since(HostCounters before, double ownCpuSeconds)
    {
        double seconds = Stopwatch.GetElapsedTime(before.At, At).TotalSeconds;
        double busy = (Busy - before.Busy) / ProcessTable.TicksPerSecond;
        long all = Busy + Idle + Steal - before.Busy - before.Idle - before.Steal;
        return new HostSample(seconds > 0 ? busy / seconds : 0, all > 0 ? (double)(Steal - before.Steal) / all : 0, Math.Max(0, busy - ownCpuSeconds));
    }
}
