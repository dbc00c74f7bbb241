using System.Globalization;
using Wobble.Results.Domain;
using Wobble.Results.Facts;
using Wobble.Runner.Load;
using Wobble.Runner.Sandbox;
using Wobble.Runner.Stacks;

namespace Wobble.Runner.Execution;

/// <summary>
/// Gives the generator's hot threads real-time priority from outside the sandbox: its user may not take it where root can't raise that limit
/// (no CAP_SYS_RESOURCE), but a root with CAP_SYS_NICE may give it to any thread. It gives it again each second, since a thread that fills its core lays
/// it down. The stack gets none: only threads of the generator, which is the Execution's own program, a child of it.
/// </summary>
internal sealed class PriorityGiver(int sandbox)
{
    private const int SysNice = 23;
    private List<(int Process, int Thread)> _threads = [];

    /// <summary>True when this process may, and the plan wants it.</summary>
    public static bool Can(LoadPlan load) => load.Priority != LoadPlan.NormalPriority && Environment.IsPrivilegedProcess && Limits.HasCapability(File.ReadLines("/proc/self/status"), SysNice);

    /// <summary>Looks at a fact that passes by. True when the generator was ready and has been given what there is.</summary>
    public bool Notice(Fact fact)
    {
        if (fact is SampleFact)
        {
            foreach (var (process, thread) in _threads)
            {
                if (IsHot(process, thread)) HotThread.RaiseOf(thread);
            }
            return false;
        }
        if (fact is not EventFact { Component: GeneratorProcess.Name, Kind: EventKinds.Ready }) return false;
        _threads = HotThreadsOf(sandbox);
        foreach (var (_, thread) in _threads) HotThread.RaiseOf(thread);
        return true;
    }

    /// <summary>The hot threads of the generator below a process, by their ids in this process's PID namespace.</summary>
    internal static List<(int Process, int Thread)> HotThreadsOf(int root)
    {
        var all = ProcessTable.Read();
        bool IsBelow(ProcessStat process)
        {
            for (var at = process; ; at = all[at.Parent])
            {
                if (at.Pid == root) return true;
                if (!all.ContainsKey(at.Parent)) return false;
            }
        }
        var threads = new List<(int, int)>();
        foreach (var process in all.Values.Where(p => all.ContainsKey(p.Parent) && IsBelow(p) && IsGenerator(p)))
        {
            threads.AddRange(ThreadsOf(process.Pid).Where(t => IsHot(process.Pid, t)).Select(t => (process.Pid, t)));
        }
        return threads;
    }

    private static bool IsGenerator(ProcessStat process)
    {
        string own = ProgramOf(process.Pid);
        return own.Length > 0 && own == ProgramOf(process.Parent) && WordsOf(process.Pid)[^1] == "generate" && WordsOf(process.Parent)[^1] == "--inside";
    }

    private static string ProgramOf(int pid) => Read(() => new FileInfo(Folder(pid) + "/exe").LinkTarget) ?? "";

    private static string[] WordsOf(int pid) => (Read(() => File.ReadAllText(Folder(pid) + "/cmdline")) ?? "").TrimEnd('\0').Split('\0');

    private static IEnumerable<int> ThreadsOf(int pid) => Read(() => Directory.GetDirectories(Folder(pid) + "/task"))?.Select(f => int.Parse(Path.GetFileName(f), CultureInfo.InvariantCulture)) ?? [];

    private static bool IsHot(int pid, int thread) => Read(() => File.ReadAllText(string.Create(CultureInfo.InvariantCulture, $"{Folder(pid)}/task/{thread}/comm")))?.StartsWith(HotThread.NamePrefix, StringComparison.Ordinal) ?? false;

    private static string Folder(int pid) => string.Create(CultureInfo.InvariantCulture, $"/proc/{pid}");

    // What ended while it was looked at is nobody's hot thread.
    private static T? Read<T>(Func<T?> read)
    {
        try
        {
            return read();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return default;
        }
    }
}
