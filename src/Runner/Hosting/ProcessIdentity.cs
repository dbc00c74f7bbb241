using System.Globalization;
using System.Text.Json.Serialization;
using Wobble.Runner.Stacks;

namespace Wobble.Runner.Hosting;

/// <summary>
/// A process that can't be mistaken for a later one of the same number: pids repeat, a pid with its start time (ticks since boot) and the boot
/// it was started in doesn't.
/// </summary>
internal sealed record ProcessIdentity(string Name, int Pid, long StartTicks, string Boot)
{
    private const int StartTimeAfterName = 19;

    private static readonly Lazy<string> ThisBoot = new(() => File.ReadAllText("/proc/sys/kernel/random/boot_id").Trim());

    /// <summary>The process that has this number now, or null.</summary>
    public static ProcessIdentity? Of(string name, int pid) => ReadStart(pid) is { } start ? new ProcessIdentity(name, pid, start, ThisBoot.Value) : null;

    /// <summary>True while that very process is there and not a zombie.</summary>
    [JsonIgnore]
    public bool IsAlive => Boot == ThisBoot.Value && ReadStart(Pid) == StartTicks;

    /// <summary>Asks it to stop, waits, and kills it after <paramref name="within"/>. True when it is gone.</summary>
    public async Task<bool> EndAsync(int signal, TimeSpan within)
    {
        if (IsAlive) Native.Kill(Pid, signal);
        if (await IsGoneWithinAsync(within)) return true;
        if (IsAlive) Native.Kill(Pid, Native.SIGKILL);
        return await IsGoneWithinAsync(TimeSpan.FromSeconds(2));
    }

    /// <summary>Not our child, so the kernel tells nobody of its end: it is looked at.</summary>
    private async Task<bool> IsGoneWithinAsync(TimeSpan within)
    {
        long deadline = Environment.TickCount64 + (long)within.TotalMilliseconds;
        while (IsAlive)
        {
            if (Environment.TickCount64 > deadline) return false;
            await Task.Delay(25);
        }
        return true;
    }

    private static long? ReadStart(int pid)
    {
        try
        {
            string stat = File.ReadAllText($"/proc/{pid}/stat");
            // The name, in parentheses, may hold spaces and parentheses of its own.
            string[] fields = stat[(stat.LastIndexOf(')') + 2)..].Split(' ');
            return fields[0] is "Z" or "X" ? null : long.Parse(fields[StartTimeAfterName], CultureInfo.InvariantCulture);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }
}
