namespace Wobble.Runner.Hosting;

/// <summary>When a process that died is started again: at once at first, later and later, and no more after <see cref="MostInAMinute"/> deaths in one minute.</summary>
internal sealed class RestartPolicy(TimeProvider time)
{
    /// <summary>Deaths in a minute after which one gives up.</summary>
    public const int MostInAMinute = 5;

    private static readonly TimeSpan Window = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan First = TimeSpan.FromMilliseconds(200);
    private readonly Queue<long> _deaths = new();

    /// <summary>Counts a death. How long to wait before the next start; null: give up.</summary>
    public TimeSpan? AfterDeath()
    {
        while (_deaths.TryPeek(out long oldest) && time.GetElapsedTime(oldest) > Window) _deaths.Dequeue();
        _deaths.Enqueue(time.GetTimestamp());
        return _deaths.Count >= MostInAMinute ? null : First * Math.Pow(2, _deaths.Count - 1);
    }
}
