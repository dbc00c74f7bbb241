using Wobble.Results.Domain;
using Wobble.Results.Facts;
using Wobble.Runner.Stacks;

namespace Wobble.Runner.Measurement;

/// <summary>
/// Adds to each second of the generator what the stack and the machine did in it. The look is taken when the generator says that its second is over:
/// the moments may lie some milliseconds late, but the seconds meet without gap, so their sums are exact.
/// </summary>
internal sealed class StackSampler : IAsyncDisposable
{
    private readonly List<ComponentSampler> _components;
    private readonly PoolerSampler? _pooler;
    private HostCounters _host;

    public StackSampler(IReadOnlyList<Component> components)
    {
        _components = [.. components.GroupBy(c => GroupName(c, components)).Select(g => new ComponentSampler(g.Key, [.. g]))];
        _pooler = components.FirstOrDefault(c => c.Plan.Kind == ComponentKind.Pooler) is { } pooler ? new PoolerSampler(pooler.Plan.Ready.Port) : null;
    }

    /// <summary>Sets the base that the next second counts from, and opens the pooler's console.</summary>
    public async Task BeginAsync(CancellationToken cancel)
    {
        Look(out _);
        if (_pooler is not null) await _pooler.SampleAsync(cancel);
        _host = HostCounters.Read();
    }

    /// <summary>The second with all that was watched in it, and what was noticed.</summary>
    public async Task<(SampleFact Sample, IReadOnlyList<Notice> Notices)> MergeAsync(SampleFact second, CancellationToken cancel)
    {
        var host = HostCounters.Read();
        var asked = _pooler?.SampleAsync(cancel);
        var components = Look(out var notices);
        double own = components.Sum(c => c.CpuSeconds) + second.Generator.CpuSeconds;
        var merged = second with { Components = components, Host = host.Since(_host, own), Pooler = asked is null ? null : await asked };
        _host = host;
        return (merged, notices);
    }

    public async ValueTask DisposeAsync()
    {
        if (_pooler is not null) await _pooler.DisposeAsync();
    }

    /// <summary><c>uvicorn-1 … N</c> are one component, <c>uvicorn</c>.</summary>
    public static string GroupName(Component component, IReadOnlyList<Component> all)
    {
        bool isOneOfMany = component.Plan.Kind == ComponentKind.Target && all.Count(c => c.Plan.Kind == ComponentKind.Target) > 1;
        int dash = component.Name.LastIndexOf('-');
        return isOneOfMany && dash > 0 && component.Name.AsSpan(dash + 1).IndexOfAnyExceptInRange('0', '9') < 0 ? component.Name[..dash] : component.Name;
    }

    private List<ComponentSample> Look(out List<Notice> notices)
    {
        notices = [];
        var all = ProcessTable.Read();
        var found = notices;
        return [.. _components.Select(c => c.Sample(all, found))];
    }
}
