using System.Globalization;
using Wobble.Results.Domain;
using Wobble.Runner.Stacks;

namespace Wobble.Runner.Execution;

/// <summary>
/// Whether the machine runs out of memory, or the run's disk of room, while a stack goes on: what an app that leaks, or means harm, takes, everybody on the
/// machine lacks. The kernel's own way out, to kill a process, comes later and may hit one that did nothing.
/// </summary>
internal sealed class Shortage
{
    /// <summary>Between two looks: what fills 5 GB a second takes 1 GB meanwhile, and a look costs some 50 µs.</summary>
    public static readonly TimeSpan Every = TimeSpan.FromMilliseconds(200);
    private const long Megabyte = 1_000_000, Gigabyte = 1_000_000_000;
    // Below 5% of memory left (earlyoom's limit, too), but never more than 1 GB; below 2% of the disk, but never more than 500 MB.
    private const double MemoryShare = 0.05, DiskShare = 0.02;
    private const long MemoryMost = Gigabyte, DiskMost = 500 * Megabyte;
    // A disk that others filled is no reason to end a run: its facts have room elsewhere, or it ends with a sentence of its own.
    private const long Written = 64 * Megabyte;

    private readonly string[] _folders;
    private readonly DriveInfo _disk;
    private readonly long _before;

    /// <param name="layout">Whose folders the stack may write.</param>
    public Shortage(StackLayout layout)
    {
        _folders = [layout.RunFolder, layout.ClusterFolder];
        _disk = new DriveInfo(layout.RunFolder);
        _before = BytesInFolders();
    }

    /// <summary>A sentence's middle when a stack must end now; null while there is enough.</summary>
    public string? Look() => OfMemory(File.ReadAllText("/proc/meminfo"), Largest) ?? OfDisk(_disk.TotalSize, _disk.AvailableFreeSpace, () => BytesInFolders() - _before);

    /// <summary><c>MemAvailable</c> against <c>MemTotal</c> (proc_meminfo(5)): what can be had without swapping.</summary>
    internal static string? OfMemory(string meminfo, Func<string?> largest)
    {
        if (BytesOf(meminfo, "MemTotal:") is not { } total || BytesOf(meminfo, "MemAvailable:") is not { } left) return null;
        return left >= Math.Min(total * MemoryShare, MemoryMost) ? null : $"the machine runs out of memory: {Of(left, total)}{largest()}";
    }

    /// <summary><paramref name="written"/>, what the stack wrote since it started, is asked only when little is left.</summary>
    internal static string? OfDisk(long total, long left, Func<long> written) =>
        left < Math.Min(total * DiskShare, DiskMost) && written() is > Written and var bytes
            ? string.Create(CultureInfo.InvariantCulture, $"the disk of the run's folder is nearly full: {Of(left, total)}, and the stack wrote {(double)bytes / Gigabyte:0.0} GB")
            : null;

    private static string? Largest()
    {
        var all = ProcessTable.Read().Values;
        if (all.Count == 0) return null;
        var largest = all.MaxBy(p => p.ResidentPages);
        return string.Create(CultureInfo.InvariantCulture, $"; the largest of its {all.Count} processes is {largest.Name} ({largest.Pid}) with {(double)largest.ResidentPages * ProcessTable.PageSize / Gigabyte:0.0} GB");
    }

    private static string Of(long left, long total) => string.Create(CultureInfo.InvariantCulture, $"{(double)left / Gigabyte:0.0} of {(double)total / Gigabyte:0.0} GB left");

    // "MemAvailable:   22812345 kB"
    private static long? BytesOf(string meminfo, string name)
    {
        int at = meminfo.IndexOf(name, StringComparison.Ordinal);
        if (at < 0) return null;
        var rest = meminfo.AsSpan(at + name.Length).TrimStart();
        int end = rest.IndexOf(' ');
        return end > 0 && long.TryParse(rest[..end], CultureInfo.InvariantCulture, out long kilobytes) ? kilobytes * 1024 : null;
    }

    private long BytesInFolders()
    {
        var options = new EnumerationOptions { RecurseSubdirectories = true, IgnoreInaccessible = true, AttributesToSkip = FileAttributes.ReparsePoint };
        long bytes = 0;
        foreach (var file in _folders.Where(Directory.Exists).SelectMany(f => new DirectoryInfo(f).EnumerateFiles("*", options)))
        {
            try
            {
                bytes += file.Length;
            }
            catch (IOException)
            {
                // Gone meanwhile.
            }
        }
        return bytes;
    }
}
