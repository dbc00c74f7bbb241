using System.Collections.Concurrent;

namespace Wobble.Runner.Work;

/// <summary>Cancels that were asked for, brought to the run they mean. A run watches for its own; what nobody watches is not kept, since the run's row says it.</summary>
internal sealed class CancelWishes
{
    private readonly ConcurrentDictionary<Guid, CancellationTokenSource> _watched = new();

    /// <summary>The runs that are watched: the one that is under way, and those that the sweep ends at this moment.</summary>
    public IReadOnlyCollection<Guid> Watched => [.. _watched.Keys];

    /// <summary>
    /// Watches for a run's cancel until disposed; null when somebody does already: who watches a run has it for itself in this process. Then look at its
    /// row once: an earlier wish stands there.
    /// </summary>
    public Watch? For(Guid run)
    {
        var source = new CancellationTokenSource();
        if (!_watched.TryAdd(run, source))
        {
            source.Dispose();
            return null;
        }
        return new Watch(() =>
        {
            if (_watched.TryRemove(run, out var removed)) removed.Dispose();
        }, source.Token);
    }

    /// <summary>A cancel was asked for. False when that run is not under way here.</summary>
    public bool Wish(Guid run)
    {
        if (!_watched.TryGetValue(run, out var source)) return false;
        try
        {
            source.Cancel();
        }
        catch (ObjectDisposedException)
        {
            // The run ended at this moment.
        }
        return true;
    }

    /// <summary>A run's own ear for its cancel.</summary>
    internal sealed class Watch(Action end, CancellationToken token) : IDisposable
    {
        /// <summary>Fires when the cancel is asked for.</summary>
        public CancellationToken Token { get; } = token;

        public void Dispose() => end();
    }
}
