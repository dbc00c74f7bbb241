using Wobble.Results.Facts;

namespace Wobble.Runner.Load;

/// <summary>How a request can fail; the order of <see cref="Failures.Names"/>.</summary>
internal enum Failure : byte { None, Connect, Reset, Timeout, Status4xx, Status5xx, Malformed, Nonce, Dropped }

internal static class Failures
{
    public static readonly string[] Names = ["", ErrorKinds.Connect, ErrorKinds.Reset, ErrorKinds.Timeout, ErrorKinds.Status4xx, ErrorKinds.Status5xx, ErrorKinds.Malformed, ErrorKinds.Nonce, ErrorKinds.Dropped];
    public static readonly int Count = Names.Length;
}

/// <summary>A pause of the hot thread, as numbers.</summary>
internal struct Pause
{
    public long At;
    public long Length;
    public PauseCause Cause;
}

internal enum PauseCause : byte { Unknown, Scheduler, Gc }

/// <summary>What one hot thread counts in one second. Allocated before the load begins and used again: the hot thread fills it, the reporter empties it.</summary>
internal sealed class Tally
{
    public const int MostPauses = 64;

    public Tally(int kinds, bool isOpenLoop)
    {
        Good = new long[kinds];
        Errors = new long[kinds * Failures.Count];
        Latency = NewHistograms(kinds);
        Service = isOpenLoop ? NewHistograms(kinds) : null;
        Lateness = isOpenLoop ? new FlatHistogram() : null;
    }

    public int Stage { get; set; }
    public int Second { get; set; }
    public long Start { get; set; }
    public long End { get; set; }
    /// <summary>True for the last second of the warm-up.</summary>
    public bool EndsWarmup { get; set; }

    public long[] Good { get; }
    /// <summary>By kind of request, then by <see cref="Failure"/>.</summary>
    public long[] Errors { get; }
    public FlatHistogram[] Latency { get; }
    public FlatHistogram[]? Service { get; }
    public FlatHistogram? Lateness { get; }

    public long Sent;
    public long Due;
    public int InFlight;
    public int Open;
    /// <summary>Open loop: requests in the system × ns.</summary>
    public long InSystemArea;
    public long ThreadCpuNs;
    public long ProcessCpuNs;
    public long RunQueueNs;
    public long AllocatedBytes;
    public readonly Pause[] Pauses = new Pause[MostPauses];
    public int PauseCount;

    public void Clear()
    {
        Array.Clear(Good);
        Array.Clear(Errors);
        foreach (var histogram in Latency) histogram.Clear();
        foreach (var histogram in Service ?? []) histogram.Clear();
        Lateness?.Clear();
        Sent = Due = InSystemArea = ThreadCpuNs = ProcessCpuNs = RunQueueNs = AllocatedBytes = 0;
        InFlight = Open = PauseCount = 0;
        EndsWarmup = false;
    }

    private static FlatHistogram[] NewHistograms(int count) => [.. Enumerable.Range(0, count).Select(_ => new FlatHistogram())];
}

/// <summary>
/// Hands tallies from one thread to one other without lock or allocation. Capacity is a power of two; <see cref="TryPut"/> fails when it is full.
/// </summary>
internal sealed class TallyRing(int capacity)
{
    private readonly Tally?[] places = new Tally?[capacity];
    private int head, tail;

    public bool TryPut(Tally tally)
    {
        if (tail - Volatile.Read(ref head) == places.Length) return false;
        places[tail & (places.Length - 1)] = tally;
        // The tally's contents are written before the reader can see the new tail.
        Volatile.Write(ref tail, tail + 1);
        return true;
    }

    public Tally? TryTake()
    {
        if (head == Volatile.Read(ref tail)) return null;
        var tally = places[head & (places.Length - 1)];
        places[head & (places.Length - 1)] = null;
        Volatile.Write(ref head, head + 1);
        return tally;
    }

    public Tally? Peek() => head == Volatile.Read(ref tail) ? null : places[head & (places.Length - 1)];
}
