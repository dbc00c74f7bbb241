using Wobble.Results.Domain;

namespace Wobble.Results.Experiments;

/// <summary>The machine of a run as names and values, and what changed of it between the runs of an experiment: their figures are taken together all the same. Pure.</summary>
public static class MachineText
{
    private const int Told = 6;
    // The same for all targets of a machine. Packages of the same name may differ between targets that have an environment each.
    private static readonly HashSet<string> OfAll = ["machine", "cpu", "cores", "kernel", "system", "governor", "sandbox", "wobble", "nginx", "pgbouncer", "postgresql", "bubblewrap"];

    /// <summary>What tells machines and their installations apart.</summary>
    public static IReadOnlyDictionary<string, string> Of(RunEnvironment environment)
    {
        ArgumentNullException.ThrowIfNull(environment);
        var parts = new SortedDictionary<string, string>(environment.Versions.ToDictionary(), StringComparer.Ordinal)
        {
            ["machine"] = environment.Host,
            ["cpu"] = environment.Cpu,
            ["cores"] = $"{environment.Cores}",
            ["kernel"] = environment.Kernel,
            ["system"] = environment.System,
            ["sandbox"] = environment.Sandbox,
            ["wobble"] = environment.Wobble,
        };
        if (environment.Governor is { } governor) parts["governor"] = governor;
        return parts;
    }

    /// <summary>One sentence on what changed and from where on; null when nothing did, or nobody knows.</summary>
    internal static string? Changes(IReadOnlyList<ExperimentRun> runs)
    {
        var last = new Dictionary<(int Row, string Name), string>();
        var found = new List<(string Where, string What)>();
        foreach (var run in runs)
            foreach (var (name, value) in run.Machine ?? new Dictionary<string, string>())
            {
                var key = (OfAll.Contains(name) ? -1 : run.Row, name);
                string what = last.TryGetValue(key, out string? was) && was != value ? $"{name} {was} → {value}" : "";
                last[key] = value;
                if (what.Length > 0 && !found.Exists(f => f.What == what)) found.Add((Where(run), what));
            }
        if (found.Count == 0) return null;
        string told = string.Join("; ", found.Take(Told).GroupBy(f => f.Where).Select(g => $"from {g.Key} on {string.Join(", ", g.Select(f => f.What))}"));
        return $"the machine changed: {told}{(found.Count > Told ? $", and {found.Count - Told} more" : "")}; runs before and after it are taken together";
    }

    private static string Where(ExperimentRun run) => run.Purpose switch
    {
        RunPurpose.Round => $"round {run.Round}",
        RunPurpose.Saturate => "its closed loop",
        _ => $"run {run.Round} of a search",
    };
}
