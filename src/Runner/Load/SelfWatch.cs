namespace Wobble.Runner.Load;

/// <summary>
/// The hot thread's look at itself: CPU time, time it waited for a core, bytes allocated, and pauses above 1 ms with their cause. It reads the kernel's
/// books once a second, and when a turn of the loop took suspiciously long.
/// </summary>
internal sealed class SelfWatch(Ledger ledger) : IDisposable
{
    private const long PauseNs = 1_000_000;
    // An event takes some 5 µs; a turn with 256 of them takes 1.3 ms and is no pause.
    private const double BusyLimit = 0.8;

    private ThreadClock? clock;
    private long lastTurn, cpu, processCpu, runQueue, pauseRunQueue, allocated, gcPause;

    /// <summary>False when the thread had little of its core left in the last second: a spin would take it (and a real-time thread that fills its core is cut off).</summary>
    public bool MaySpin { get; private set; } = true;

    public void Begin()
    {
        clock = new ThreadClock();
        cpu = ThreadClock.CpuNs();
        processCpu = ThreadClock.ProcessCpuNs();
        runQueue = pauseRunQueue = clock.RunQueueNs();
        gcPause = (long)GC.GetTotalPauseDuration().TotalNanoseconds;
        allocated = GC.GetAllocatedBytesForCurrentThread();
        lastTurn = Clock.Now();
    }

    /// <summary>Called at the top of each turn: <paramref name="wokeAt"/> is when the wait before it ended.</summary>
    public void Turn(long now, long wokeAt)
    {
        bool isLong = wokeAt - lastTurn > PauseNs || now - wokeAt > PauseNs;
        if (isLong && wokeAt > lastTurn) Look(now, wokeAt);
        lastTurn = now;
    }

    private void Look(long now, long wokeAt)
    {
        long waited = clock!.RunQueueNs();
        long queued = waited - pauseRunQueue;
        pauseRunQueue = waited;
        if (queued > PauseNs)
        {
            ledger.Paused(now - queued, queued, PauseCause.Scheduler);
            return;
        }
        long turn = now - wokeAt;
        if (turn <= PauseNs) return;
        long gc = (long)GC.GetTotalPauseDuration().TotalNanoseconds;
        bool isGc = gc - gcPause > PauseNs / 2;
        gcPause = gc;
        if (isGc) ledger.Paused(wokeAt, turn, PauseCause.Gc);
    }

    public void CloseSecond(Tally tally)
    {
        long nowCpu = ThreadClock.CpuNs(), nowProcess = ThreadClock.ProcessCpuNs(), nowQueue = clock!.RunQueueNs();
        long nowAllocated = GC.GetAllocatedBytesForCurrentThread();
        tally.ThreadCpuNs = nowCpu - cpu;
        tally.ProcessCpuNs = nowProcess - processCpu;
        tally.RunQueueNs = nowQueue - runQueue;
        tally.AllocatedBytes = nowAllocated - allocated;
        MaySpin = tally.ThreadCpuNs < BusyLimit * (tally.End - tally.Start);
        (cpu, processCpu, runQueue, allocated) = (nowCpu, nowProcess, nowQueue, nowAllocated);
    }

    public void Dispose() => clock?.Dispose();
}
