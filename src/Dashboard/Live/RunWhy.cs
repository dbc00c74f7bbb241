using HdrHistogram;
using Wobble.Results.Domain;
using Wobble.Results.Statistics;
using Wobble.Results.Storage;

namespace Wobble.Dashboard.Live;

/// <summary>Why a run wobbled: what was watched beside its slow seconds, and what a page of several such calls would wait.</summary>
/// <param name="Causes">Those that move with p99 first.</param>
/// <param name="Pages">For 1, 10 and 100 calls.</param>
/// <param name="Seconds">Seconds that a point stands for: of a long run neighbours are merged.</param>
public sealed record RunWhy(IReadOnlyList<Cause> Causes, IReadOnlyList<PageWait> Pages, int Seconds)
{
    private const double WholePoint = 0.999;

    public static RunWhy Of(Run run, IReadOnlyList<RunPoint> points, LongHistogram latency)
    {
        double length = points.Max(p => p.Length);
        // A last point cut short has other sums.
        List<RunPoint> whole = [.. points.Where(p => p.Length > WholePoint * length)];
        string? target = run.Plan?.Components.FirstOrDefault(c => c.Kind == ComponentKind.Target)?.Name;
        var latencies = run.Result?.LatencyMs;
        return new RunWhy(
            SlowSeconds.Causes([.. whole.Select(p => p.P99)], [.. Watched(whole, target).Where(w => w.Values.Any(v => v is not null))]),
            PageOfCalls.Of(latency, latencies?.Mean), (int)Math.Round(length));
    }

    private static IEnumerable<WatchedSeries> Watched(List<RunPoint> points, string? target)
    {
        WatchedSeries Series(string name, string unit, Func<RunPoint, double?> value) => new(name, unit, [.. points.Select(value)]);
        // The processes of uvicorn-1 … N are one component, uvicorn.
        ComponentPoint? Target(RunPoint point) => target is null ? null : point.Components.FirstOrDefault(c => c.Name == target || target.StartsWith(c.Name + "-", StringComparison.Ordinal));

        yield return Series("Workers wait for a core", "ms/s", p => Target(p)?.RunQueueMs / p.Length);
        yield return Series("Workers are put off a core", "times/s", p => Target(p)?.InvoluntarySwitches / p.Length);
        yield return Series("Evenness of CPU among workers", "Jain, 1 is even", p => Target(p)?.Evenness);
        yield return Series("Longest wait in the pooler", "ms", p => p.PoolerWaitMs);
        yield return Series("Generator waits for a core", "ms/s", p => p.GeneratorRunQueueMs / p.Length);
        yield return Series("Generator pauses to collect garbage", "ms/s", p => p.GcPauseMs / p.Length);
        yield return Series("Generator pauses for want of a core", "ms/s", p => p.OtherPauseMs / p.Length);
        yield return Series("Cores taken by the hypervisor", "%", p => 100 * p.Steal);
        yield return Series("Other processes", "% of a core", p => 100 * p.OtherCpuSeconds / p.Length);
    }
}
