using System.Globalization;
using Wobble.Results.Domain;
using Wobble.Runner.Stacks;

namespace Wobble.Runner.Execution;

/// <summary>
/// Whether the machine runs out of memory, or a disk that the stack can write of room, since the stack started: what an app that leaks, or means harm, takes,
/// everybody on the machine lacks. The kernel's own way out, to kill a process, comes later. What was scarce before, and got no scarcer, is nobody's fault here.
/// </summary>
internal sealed class Shortage(StackLayout layout)
{
    /// <summary>Between two looks: what fills 5 GB a second takes 1 GB meanwhile.</summary>
    public static readonly TimeSpan Every = TimeSpan.FromMilliseconds(200);
    private const long Megabyte = 1_000_000, Gigabyte = 1_000_000_000;
    // As earlyoom looks at memory and swap: both below 5%. But more than 1 GB is never little.
    private const double MemoryShare = 0.05, DiskShare = 0.02;
    private const long MemoryMost = Gigabyte, DiskMost = 500 * Megabyte;
    private const long MemoryTaken = 256 * Megabyte, DiskTaken = 64 * Megabyte;

    private readonly DriveInfo[] _disks = [new(layout.RunFolder), new(layout.ClusterFolder)];
    private long? _memoryBefore;
    private long[]? _diskBefore;

    /// <summary>A sentence's middle when the stack must end now; null while there is enough. What it is held against is the first look. Never throws.</summary>
    public string? Look()
    {
        try
        {
            string meminfo = File.ReadAllText("/proc/meminfo");
            if (_memoryBefore is not { } before || _diskBefore is null)
            {
                _memoryBefore = BytesOf(meminfo, "MemAvailable:") ?? 0;
                _diskBefore = [.. _disks.Select(d => d.AvailableFreeSpace)];
                return null;
            }
            return OfMemory(meminfo, before, Largest) ?? _disks.Zip(_diskBefore, (disk, free) => OfDisk(disk.TotalSize, disk.AvailableFreeSpace, free)).FirstOrDefault(said => said is not null);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    /// <summary><c>MemAvailable</c>, what can be had without swapping, and <c>SwapFree</c> (proc_meminfo(5)).</summary>
    internal static string? OfMemory(string meminfo, long before, Func<string?> largest)
    {
        if (BytesOf(meminfo, "MemTotal:") is not { } total || BytesOf(meminfo, "MemAvailable:") is not { } left) return null;
        double swapLeft = BytesOf(meminfo, "SwapTotal:") is > 0 and var swap ? (double)(BytesOf(meminfo, "SwapFree:") ?? 0) / swap : 0;
        return left < Math.Min(total * MemoryShare, MemoryMost) && swapLeft < MemoryShare && before - left >= MemoryTaken ? $"the machine ran out of memory: {Of(left, total, before)}{largest()}" : null;
    }

    internal static string? OfDisk(long total, long left, long before) =>
        left < Math.Min(total * DiskShare, DiskMost) && before - left >= DiskTaken ? $"the disk of the run's folder ran full: {Of(left, total, before)}" : null;

    private static string? Largest()
    {
        var all = ProcessTable.Read().Values;
        if (all.Count == 0) return null;
        var largest = all.MaxBy(p => p.ResidentPages);
        return string.Create(CultureInfo.InvariantCulture, $"; of the run's {all.Count} processes {largest.Name} ({largest.Pid}) had most, {(double)largest.ResidentPages * ProcessTable.PageSize / Gigabyte:0.0} GB");
    }

    private static string Of(long left, long total, long before) =>
        string.Create(CultureInfo.InvariantCulture, $"{(double)left / Gigabyte:0.0} of {(double)total / Gigabyte:0.0} GB were left, {(double)before / Gigabyte:0.0} when the stack started");

    // "MemAvailable:   22812345 kB"
    private static long? BytesOf(string meminfo, string name)
    {
        int at = meminfo.IndexOf(name, StringComparison.Ordinal);
        if (at < 0) return null;
        var rest = meminfo.AsSpan(at + name.Length).TrimStart();
        int end = rest.IndexOf(' ');
        return end > 0 && long.TryParse(rest[..end], CultureInfo.InvariantCulture, out long kilobytes) ? kilobytes * 1024 : null;
    }
}
