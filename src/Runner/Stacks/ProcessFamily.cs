namespace Wobble.Runner.Stacks;

/// <summary>
/// The processes that came from one component: its root, what is below it, what is in its session, and whatever was once seen as one of these and
/// still lives (a worker whose master died has another parent, a daemon another session). For any thread.
/// </summary>
internal sealed class ProcessFamily
{
    private readonly Lock _gate = new();
    private readonly HashSet<(int Pid, long Started)> _known = [];

    public ProcessFamily(int root)
    {
        Root = root;
        if (ProcessTable.ReadOne(root) is { } started) _known.Add(started.Identity);
    }

    /// <summary>The process that was started; also the id of the session.</summary>
    public int Root { get; }

    /// <summary>Its living processes, the root first.</summary>
    public IReadOnlyList<ProcessStat> Members(IReadOnlyDictionary<int, ProcessStat> all)
    {
        var members = new Dictionary<int, ProcessStat>();
        lock (_gate)
        {
            // Until nothing is added: a child may come before its parent.
            for (int before = -1; before < members.Count;)
            {
                before = members.Count;
                foreach (var (pid, process) in all)
                {
                    if (process.Session != Root && !members.ContainsKey(process.Parent) && !_known.Contains(process.Identity)) continue;
                    if (members.TryAdd(pid, process)) _known.Add(process.Identity);
                }
            }
        }
        return [.. members.Values.Where(p => p.IsAlive).OrderBy(p => p.Pid == Root ? 0 : p.Pid)];
    }
}
