using System.Runtime.CompilerServices;

namespace Wobble.Runner.Load;

/// <summary>What one thread counted over the whole measurement, apart from the seconds, so that one proves the other.</summary>
internal sealed class ThreadTotals
{
    public long Sent, Due, Answered, InFlightAtStart, InFlightAtEnd;
    public long Min = long.MaxValue, Max, Sum;
    /// <summary>Open loop: requests in the system × ns. A floating number: a day of 100,000 is more than 63 bits hold.</summary>
    public double InSystemArea;
    public readonly long[] Errors = new long[Failures.Count];
    public readonly FlatHistogram Latency = new();
    public long Start, End;
    public long ThreadCpuNs, ProcessCpuNs;
    public int Pauses;
    public long LongestPause;
    /// <summary>errno of the first connect that failed, or 0.</summary>
    public int FirstConnectError;
    /// <summary>Idle connections on which bytes came that nobody had asked for.</summary>
    public long UnaskedBytes;
}

/// <summary>The hot thread's books: the running second, and the totals of the measurement. Every count goes into both, or (in the warm-up) into the second alone.</summary>
internal sealed class Ledger
{
    // A reporter that is 16 seconds behind makes the hot thread allocate; nothing is lost.
    private const int Tallies = 16;

    private readonly int kinds;
    private readonly bool isOpenLoop;
    private readonly TallyRing free = new(Tallies), full = new(1024);
    private Tally now;
    private bool isMeasured;

    public Ledger(int kinds, bool isOpenLoop)
    {
        this.kinds = kinds;
        this.isOpenLoop = isOpenLoop;
        now = new Tally(kinds, isOpenLoop);
        for (int i = 0; i < Tallies; i++) free.TryPut(new Tally(kinds, isOpenLoop));
    }

    public ThreadTotals Totals { get; } = new();
    public Tally Now => now;

    /// <summary>The reporter's end: the seconds in order.</summary>
    public TallyRing Full => full;

    /// <summary>The reporter's end: takes a tally back, emptied.</summary>
    public void GiveBack(Tally tally)
    {
        tally.Clear();
        free.TryPut(tally);
    }

    public void Begin(int stage, int second, long start)
    {
        now.Stage = stage;
        now.Second = second;
        now.Start = start;
        isMeasured = stage > 0;
    }

    /// <summary>Closes the second and opens an empty one.</summary>
    public void Close()
    {
        if (isMeasured)
        {
            Totals.InSystemArea += now.InSystemArea;
            Totals.ThreadCpuNs += now.ThreadCpuNs;
            Totals.ProcessCpuNs += now.ProcessCpuNs;
        }
        if (!full.TryPut(now)) throw new InvalidOperationException("The reporter of the load is more than 1,000 seconds behind.");
        now = free.TryTake() ?? new Tally(kinds, isOpenLoop);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Answer(int kind, long latency, long service)
    {
        now.Good[kind]++;
        now.Latency[kind].Record(latency);
        now.Service?[kind].Record(service);
        if (!isMeasured) return;
        Totals.Answered++;
        Totals.Latency.Record(latency);
        Totals.Sum += latency;
        if (latency < Totals.Min) Totals.Min = latency;
        if (latency > Totals.Max) Totals.Max = latency;
    }

    public void Failed(int kind, Failure failure)
    {
        now.Errors[(kind * Failures.Count) + (int)failure]++;
        if (isMeasured) Totals.Errors[(int)failure]++;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Sent()
    {
        now.Sent++;
        if (isMeasured) Totals.Sent++;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Due()
    {
        now.Due++;
        if (isMeasured) Totals.Due++;
    }

    public void Late(long ns) => now.Lateness!.Record(Math.Max(0, ns));

    public void Paused(long at, long length, PauseCause cause)
    {
        if (now.PauseCount < Tally.MostPauses) now.Pauses[now.PauseCount++] = new Pause { At = at, Length = length, Cause = cause };
        if (!isMeasured) return;
        Totals.Pauses++;
        Totals.LongestPause = Math.Max(Totals.LongestPause, length);
    }
}
