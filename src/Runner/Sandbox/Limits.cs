using System.Globalization;

namespace Wobble.Runner.Sandbox;

/// <summary>
/// The limits that a stack and its generator are given where root starts them: open files, locked memory for io_uring, and the right to raise their own
/// priority. A root without CAP_SYS_RESOURCE (some containers and micro-VMs) may not pass a hard limit, so it gets what is there.
/// </summary>
internal static class Limits
{
    private const int SysResource = 24;
    // The most there is: as if it had all of the machine's memory.
    private const int OutOfMemoryScore = 1000;
    private static readonly (string Option, string Name, long Wanted)[] Wishes =
    [
        ("nice", "Max nice priority", 40), ("rtprio", "Max realtime priority", 10), ("memlock", "Max locked memory", 64L << 20), ("nofile", "Max open files", 65_536),
    ];

    /// <summary>True when this process may raise hard limits.</summary>
    public static bool MayRaise { get; } = HasCapability(File.ReadLines("/proc/self/status"), SysResource);

    /// <summary>Options of prlimit.</summary>
    public static IReadOnlyList<string> Raised() => Raised(MayRaise, File.ReadAllLines("/proc/self/limits"));

    internal static IReadOnlyList<string> Raised(bool mayRaise, IReadOnlyList<string> limits) =>
        [.. Wishes.Select(w => (w.Option, Value: mayRaise ? w.Wanted : Math.Min(w.Wanted, HardOf(limits, w.Name)))).Where(w => w.Value > 0)
            .Select(w => string.Create(CultureInfo.InvariantCulture, $"--{w.Option}={w.Value}:{w.Value}"))];

    /// <summary>The hard limit of this process that <c>/proc/self/limits</c> has under that name; 0 when it has none.</summary>
    public static long Hard(string name) => HardOf(File.ReadAllLines("/proc/self/limits"), name);

    // "Max open files            1024                 1048576              files"
    private static long HardOf(IReadOnlyList<string> limits, string name)
    {
        string[] fields = (limits.FirstOrDefault(l => l.StartsWith(name, StringComparison.Ordinal)) ?? name)[name.Length..].Split(' ', StringSplitOptions.RemoveEmptyEntries);
        return fields.Length < 2 ? 0 : fields[1] == "unlimited" ? long.MaxValue : long.TryParse(fields[1], CultureInfo.InvariantCulture, out long hard) ? hard : 0;
    }

    /// <summary>
    /// When the machine is out of memory, the kernel is to end this process and what it starts before anything else (<c>oom_score_adj</c>, proc(5)):
    /// a sandbox, not Wobble's database. Where that may not be written, nothing changes.
    /// </summary>
    public static void OfferToKernel()
    {
        const string File = "/proc/self/oom_score_adj";
        try
        {
            if (int.TryParse(System.IO.File.ReadAllText(File), CultureInfo.InvariantCulture, out int now) && now < OutOfMemoryScore)
                System.IO.File.WriteAllText(File, OutOfMemoryScore.ToString(CultureInfo.InvariantCulture));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // A container may forbid it.
        }
    }

    internal static bool HasCapability(IEnumerable<string> status, int capability)
    {
        string mask = status.FirstOrDefault(l => l.StartsWith("CapEff:", StringComparison.Ordinal))?["CapEff:".Length..].Trim() ?? "0";
        return ulong.TryParse(mask, NumberStyles.HexNumber, CultureInfo.InvariantCulture, out ulong bits) && (bits >> capability & 1) == 1;
    }
}
