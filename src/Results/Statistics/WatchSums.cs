using Wobble.Results.Domain;
using Wobble.Results.Facts;

namespace Wobble.Results.Statistics;

/// <summary>What was watched beside the load, over the measured seconds: how the workers got their cores, and what waited in the pooler. Of each second only sums are kept.</summary>
/// <param name="plan">Names the target among the components; null: nothing is known of it.</param>
internal sealed class WatchSums(Plan? plan)
{
    private readonly string? _target = plan?.Components.FirstOrDefault(c => c.Kind == ComponentKind.Target)?.Name;
    private double _length, _runQueueMs, _evenness, _poolerLength, _waiting, _waitedLength, _longestMs;
    private long _switches;
    private int _shared;

    /// <summary>Takes in the next measured second.</summary>
    public void Take(SampleFact sample)
    {
        // The processes of uvicorn-1 … N are one component, uvicorn.
        var target = _target is null ? null : sample.Components.FirstOrDefault(c => c.Name == _target || _target.StartsWith(c.Name + "-", StringComparison.Ordinal));
        if (target is not null)
        {
            _length += sample.Length;
            _runQueueMs += target.RunQueueMs;
            _switches += target.InvoluntarySwitches;
            if (Evenness.Of([.. target.Processes.Where(p => p.Role != "master").Select(p => p.CpuSeconds)]) is { } evenness)
            {
                _evenness += evenness;
                _shared++;
            }
        }
        if (sample.Pooler is not { } pooler) return;
        _poolerLength += sample.Length;
        _waiting += pooler.ClientsWaiting * sample.Length;
        if (pooler.ClientsWaiting > 0) _waitedLength += sample.Length;
        _longestMs = Math.Max(_longestMs, pooler.LongestWaitMs);
    }

    /// <summary>Of the target's processes; null when they weren't watched.</summary>
    public WorkersOnCores? Workers => _length > 0 ? new WorkersOnCores(_runQueueMs / _length, _switches / _length, _shared > 0 ? _evenness / _shared : null) : null;

    /// <summary>Of the pooler; null without one.</summary>
    public PoolerWait? Pooler => _poolerLength > 0 ? new PoolerWait(_waiting / _poolerLength, _longestMs, _waitedLength / _poolerLength) : null;
}
