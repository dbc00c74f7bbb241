namespace Wobble.Runner.Load;

/// <summary>
/// Open loop: how many requests are in the system, from their intended time to their end, as an integral over time. Counted apart from the latencies, so
/// that Little's law can hold one against the other. (Samples each 10 ms would fall in step with a constant schedule, and are few where few requests are.)
/// </summary>
internal sealed class InSystem
{
    private long area;
    private long since;

    public int Count { get; private set; }

    public void Begin(long at) => since = at;

    /// <summary>A request that was due at <paramref name="intended"/> is noticed now.</summary>
    public void Join(long now, long intended)
    {
        Advance(now);
        area += now - intended;
        Count++;
    }

    public void Leave(long now)
    {
        Advance(now);
        Count--;
    }

    /// <summary>Requests × ns since the last call.</summary>
    public long Settle(long at)
    {
        Advance(at);
        long settled = area;
        area = 0;
        return settled;
    }

    private void Advance(long now)
    {
        area += Count * (now - since);
        since = now;
    }
}
