using Wobble.Dashboard.Live;
using Wobble.Results.Domain;

namespace Wobble.Dashboard.Components.Pages.RunParts;

/// <summary>What one component took of the machine over the measurement.</summary>
/// <param name="Name">As in the plan.</param>
/// <param name="Label">With its workers: uvicorn × 2.</param>
/// <param name="Kind">What it is to the stack.</param>
/// <param name="Cpu">Share of one core in each point, 1 is a whole core.</param>
/// <param name="MeanCpu">Share of one core.</param>
/// <param name="WaitedMs">Waited for a core, ms in a second, its threads together.</param>
/// <param name="MemoryMb">The greatest.</param>
/// <param name="OpenFiles">The most.</param>
/// <param name="Switches">Times a thread was put off a core against its will.</param>
internal sealed record ComponentUse(string Name, string Label, ComponentKind Kind, IReadOnlyList<double> Cpu, double MeanCpu, double WaitedMs, double? MemoryMb, int? OpenFiles, long? Switches);

/// <summary>Where the time went. Pure.</summary>
internal static class ComponentUses
{
    private static readonly ComponentKind[] Order = [ComponentKind.Proxy, ComponentKind.Target, ComponentKind.Pooler, ComponentKind.Database, ComponentKind.Generator];

    public static IReadOnlyList<ComponentUse> Of(RunPicture run)
    {
        var points = run.Points;
        double seconds = points.Sum(p => p.Length);
        if (seconds <= 0) return [];
        var uses = points.SelectMany(p => p.Components).Select(c => c.Name).Distinct().Select(name => Use(run, name, seconds)).ToList();
        if (uses.All(u => u.Kind != ComponentKind.Generator)) uses.Add(Generator(run, seconds));
        return [.. uses.OrderBy(u => Array.IndexOf(Order, u.Kind)).ThenBy(u => u.Name, StringComparer.Ordinal)];
    }

    /// <summary>Workers of the target, the busiest first.</summary>
    public static IReadOnlyList<WorkerSum> Workers(RunPicture run)
    {
        var workers = run.Workers.Where(w => KindOf(run.Run.Plan, w.Component) == ComponentKind.Target && w.Role != "master").OrderByDescending(w => w.CpuSeconds).ToList();
        return workers.Count > 1 ? workers : [];
    }

    private static ComponentUse Use(RunPicture run, string name, double seconds)
    {
        var kind = KindOf(run.Run.Plan, name);
        var mine = run.Points.Select(p => (p.Length, Part: p.Components.FirstOrDefault(c => c.Name == name))).ToList();
        int workers = kind == ComponentKind.Target ? run.Definition.Workers ?? 0 : 0;
        return new ComponentUse(name, workers > 1 ? $"{name} × {workers}" : name, kind,
            [.. mine.Select(m => m.Part is { } part && m.Length > 0 ? part.CpuSeconds / m.Length : 0)],
            mine.Sum(m => m.Part?.CpuSeconds ?? 0) / seconds,
            mine.Sum(m => m.Part?.RunQueueMs ?? 0) / seconds,
            mine.Max(m => m.Part?.RssMb),
            mine.Max(m => m.Part?.OpenFiles),
            mine.Sum(m => m.Part?.InvoluntarySwitches));
    }

    private static ComponentUse Generator(RunPicture run, double seconds) => new("generator", "generator", ComponentKind.Generator,
        [.. run.Points.Select(p => p.Length > 0 ? p.GeneratorCpuSeconds / p.Length : 0)],
        run.Points.Sum(p => p.GeneratorCpuSeconds) / seconds,
        run.Points.Sum(p => p.GeneratorRunQueueMs) / seconds,
        run.Run.End?.Totals is { MaxRssMb: > 0 } totals ? totals.MaxRssMb : null, null, null);

    // The processes of uvicorn-1 … N are one component.
    private static ComponentKind KindOf(Plan? plan, string name) => name == "generator"
        ? ComponentKind.Generator
        : plan?.Components.FirstOrDefault(c => c.Name == name || c.Name.StartsWith(name + "-", StringComparison.Ordinal))?.Kind ?? ComponentKind.Target;
}
