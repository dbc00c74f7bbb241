using System.Globalization;
using System.Runtime.InteropServices;
using Wobble.Runner.Hosting;
using Wobble.Runner.Sandbox;

namespace Wobble.Runner.Catalog;

/// <summary>What the doctor knows of the machine; read once, so that the checks are pure.</summary>
internal sealed record MachineFacts
{
    public required string System { get; init; }
    /// <summary>Of .NET.</summary>
    public required Version Runtime { get; init; }
    public required int Cores { get; init; }
    public required long MemoryMb { get; init; }
    public required string? ClockSource { get; init; }
    /// <summary>Governors of the cores, distinct; empty where the kernel shows none.</summary>
    public required IReadOnlyList<string> Governors { get; init; }
    public required int? Somaxconn { get; init; }
    /// <summary>Hard limit of open files; null when there is none.</summary>
    public required long? OpenFiles { get; init; }
    /// <summary>Null when bubblewrap may make namespaces.</summary>
    public required string? SandboxRefused { get; init; }
    public required bool IsRoot { get; init; }
    /// <summary>Users that Wobble needs as root and that are missing.</summary>
    public required IReadOnlyList<string> MissingUsers { get; init; }

    public static MachineFacts Read() => new()
    {
        System = $"{Release()}, kernel {Text("/proc/sys/kernel/osrelease") ?? "unknown"}, {RuntimeInformation.FrameworkDescription}",
        Runtime = Environment.Version,
        Cores = Environment.ProcessorCount,
        MemoryMb = GC.GetGCMemoryInfo().TotalAvailableMemoryBytes / (1024 * 1024),
        ClockSource = Text("/sys/devices/system/clocksource/clocksource0/current_clocksource"),
        Governors = Governor(),
        Somaxconn = int.TryParse(Text("/proc/sys/net/core/somaxconn"), NumberStyles.None, CultureInfo.InvariantCulture, out int somaxconn) ? somaxconn : null,
        OpenFiles = HardOpenFiles(Text("/proc/self/limits") ?? ""),
        SandboxRefused = SandboxProbe.Reason,
        IsRoot = Environment.IsPrivilegedProcess,
        MissingUsers = Environment.IsPrivilegedProcess ? new[] { StackUser.Name, UnprivilegedUser.ForServices }.Where(u => UnprivilegedUser.Find(u) is null).ToList() : [],
    };

    internal static long? HardOpenFiles(string limits)
    {
        string? line = limits.Split('\n').FirstOrDefault(l => l.StartsWith("Max open files", StringComparison.Ordinal));
        string? hard = line?.Split(' ', StringSplitOptions.RemoveEmptyEntries).ElementAtOrDefault(4);
        return long.TryParse(hard, NumberStyles.None, CultureInfo.InvariantCulture, out long files) ? files : null;
    }

    private static string Release() =>
        File.Exists("/etc/os-release") && File.ReadLines("/etc/os-release").FirstOrDefault(l => l.StartsWith("PRETTY_NAME=", StringComparison.Ordinal)) is { } line ? line["PRETTY_NAME=".Length..].Trim('"') : "unknown system";

    private static List<string> Governor() => Directory.Exists("/sys/devices/system/cpu")
        ? Directory.EnumerateDirectories("/sys/devices/system/cpu", "cpu*").Select(d => Text(Path.Combine(d, "cpufreq", "scaling_governor"))).OfType<string>().Distinct().ToList()
        : [];

    private static string? Text(string path)
    {
        try
        {
            return File.ReadAllText(path).Trim();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }
}
