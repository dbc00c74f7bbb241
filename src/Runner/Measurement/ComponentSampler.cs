using System.Text.RegularExpressions;
using Wobble.Results.Domain;
using Wobble.Results.Facts;
using Wobble.Runner.Stacks;

namespace Wobble.Runner.Measurement;

/// <summary>Something the sampler noticed in a second, to become an event.</summary>
internal sealed record Notice(string Component, string Kind, string Text);

/// <summary>
/// CPU, memory, open files, waiting for a core and forced switches of one component (of the target: of all its processes), second by second. The CPU
/// time of short-lived children is in the component's sum once their parent has reaped them, so the seconds add up to the run. One thread at a time.
/// </summary>
internal sealed partial class ComponentSampler(string name, IReadOnlyList<Component> components)
{
    private readonly Dictionary<(int Pid, long Started), Watched> _processes = [];
    private readonly List<int> _missing = [];
    private long _cpuTicks;
    private bool _descriptorsNoticed;

    private sealed record Watched(ProcessStat Stat, ProcessCounters Counters, string Role);

    public string Name => name;

    private bool HasWorkers => components.Any(c => c.Plan.Workers > 0);
    private bool ShowsProcesses => components[0].Plan.Kind is ComponentKind.Target or ComponentKind.Proxy;

    /// <summary>What it did since the last call. The first call only sets the base and returns zeros.</summary>
    public ComponentSample Sample(IReadOnlyDictionary<int, ProcessStat> all, List<Notice> notices)
    {
        var families = components.Select(c => (Component: c, Members: c.Family.Members(all))).ToList();
        var members = families.SelectMany(f => f.Members).ToList();
        var shown = new List<ProcessSample>();
        long ticks = members.Sum(m => m.CpuTicks), switches = 0;
        double runQueueMs = 0;
        int openFiles = 0;
        var now = new Dictionary<(int, long), Watched>();
        foreach (var (component, family) in families)
        {
            foreach (var process in family)
            {
                var before = _processes.GetValueOrDefault(process.Identity);
                var counters = ProcessCounters.Read(process);
                string role = before?.Role ?? RoleOf(process, component, family);
                now[process.Identity] = new Watched(process, counters, role);
                double waitedMs = ProcessCounters.Growth(before?.Counters.RunQueueNs, counters.RunQueueNs) / 1e6;
                long switched = ProcessCounters.Growth(before?.Counters.InvoluntarySwitches, counters.InvoluntarySwitches);
                runQueueMs += waitedMs;
                switches += switched;
                openFiles += counters.OpenFiles;
                double cpu = (process.User + process.System - (before is null ? 0 : before.Stat.User + before.Stat.System)) / ProcessTable.TicksPerSecond;
                shown.Add(new ProcessSample(process.Pid, role, cpu, waitedMs, switched));
                NoticeDescriptors(process, counters, notices);
            }
        }
        if (HasWorkers && _processes.Count > 0) NoticeRestarts(now.Values, notices);
        foreach (var component in components.Where(c => c.Log.SawDescriptorsExhausted)) NoticeDescriptors($"{component.Name} said: too many open files", notices);

        bool first = _processes.Count == 0 && _cpuTicks == 0;
        var sample = new ComponentSample
        {
            Name = name,
            CpuSeconds = first ? 0 : Math.Max(0, ticks - _cpuTicks) / ProcessTable.TicksPerSecond,
            RssMb = members.Sum(m => m.ResidentPages) * ProcessTable.PageSize / 1e6,
            OpenFiles = openFiles,
            RunQueueMs = first ? 0 : runQueueMs,
            InvoluntarySwitches = first ? 0 : switches,
            Processes = ShowsProcesses && !first ? shown : [],
        };
        _cpuTicks = ticks;
        _processes.Clear();
        foreach (var (identity, watched) in now) _processes[identity] = watched;
        return sample;
    }

    // A server of one process is a worker itself. Python's multiprocessing keeps a tracker, uWSGI a router beside its workers.
    private static string RoleOf(ProcessStat process, Component component, IReadOnlyList<ProcessStat> family)
    {
        bool hasChildren = family.Any(p => p.Parent == component.Family.Root);
        if (process.Pid == component.Family.Root) return hasChildren ? "master" : "worker";
        string command = ProcessCounters.CommandLine(process.Pid);
        if (command.Contains("resource_tracker", StringComparison.Ordinal) || command.Contains("semaphore_tracker", StringComparison.Ordinal)) return "helper";
        if (Router().IsMatch(command)) return "router";
        return process.Parent == component.Family.Root || family.All(p => p.Pid != component.Family.Root) ? "worker" : "helper";
    }

    [GeneratedRegex(@"\bhttp \d+$")]
    private static partial Regex Router();

    /// <summary>A worker that is gone is matched with one that is new; one that stays gone for a second is told by itself.</summary>
    private void NoticeRestarts(IEnumerable<Watched> now, List<Notice> notices)
    {
        var before = _processes.Values.Where(p => p.Role == "worker").Select(p => p.Stat.Pid).ToHashSet();
        var present = now.Where(p => p.Role == "worker").Select(p => p.Stat.Pid).ToHashSet();
        foreach (int pid in _missing.Where(p => present.Contains(p)).ToList()) _missing.Remove(pid);
        var longMissing = new List<int>(_missing);
        _missing.AddRange(before.Where(p => !present.Contains(p)));
        var replaced = new List<string>();
        foreach (int pid in present.Where(p => !before.Contains(p)))
        {
            if (_missing.Count == 0) break;
            replaced.Add($"worker {_missing[0]} ended and was replaced by {pid}");
            longMissing.Remove(_missing[0]);
            _missing.RemoveAt(0);
        }
        if (replaced.Count > 0) notices.Add(new Notice(name, EventKinds.Restarted, $"{name}: {Some(replaced)}."));
        if (longMissing.Count == 0) return;
        notices.Add(new Notice(name, EventKinds.Crashed, $"{name}: {Some([.. longMissing.Select(p => $"worker {p} ended and was not replaced")])}."));
        _missing.RemoveAll(longMissing.Contains);
    }

    private static string Some(List<string> sentences) => string.Join("; ", sentences.Take(4)) + (sentences.Count > 4 ? $"; and {sentences.Count - 4} more" : "");

    private void NoticeDescriptors(ProcessStat process, ProcessCounters counters, List<Notice> notices)
    {
        // Looking the limit up costs a read: only where so many are open that it may matter.
        if (_descriptorsNoticed || counters.OpenFiles < 200 || ProcessCounters.FileLimit(process.Pid) is not { } limit || counters.OpenFiles < limit) return;
        NoticeDescriptors($"{process.Name} ({process.Pid}) has {counters.OpenFiles} open files, its limit is {limit}", notices);
    }

    private void NoticeDescriptors(string text, List<Notice> notices)
    {
        if (_descriptorsNoticed) return;
        _descriptorsNoticed = true;
        notices.Add(new Notice(name, EventKinds.DescriptorsExhausted, text + "."));
    }
}
