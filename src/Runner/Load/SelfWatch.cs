namespace Wobble.Runner.Load;

/// <summary>
/// The hot thread's look at itself: CPU time, time it waited for a core (which is what passes between an answer being readable and being read, beyond the
/// wake-up itself), bytes allocated, and pauses above 1 ms with their cause. It reads the kernel's books once a second, and when a turn of the loop took
/// suspiciously long. A real-time thread that fills its core is put back to normal before the kernel cuts it off.
/// </summary>
internal sealed class SelfWatch(Ledger ledger) : IDisposable
{
    private const long PauseNs = 1_000_000;
    // An event takes 3–40 µs (with one connection a request); a turn of many is work, not a pause.
    private const long WorkPerEventNs = 40_000;
    private const double LeftToSpin = 0.8;
    // The kernel stops real-time threads for 50 ms of each second when they leave nothing to others (sched_rt_runtime_us 950,000).
    private const double FilledCore = 0.9;
    private const long GuardEveryNs = 100_000_000;
    private const int GuardsToLower = 2;

    private ThreadClock? clock;
    private long lastTurn, cpu, processCpu, runQueue, pauseRunQueue, allocated, gcPause, guardAt, guardCpu;
    private int guards;

    /// <summary>False when the thread had little of its core left in the last second: a spin would take that.</summary>
    public bool MaySpin { get; private set; } = true;

    /// <summary>True for a thread with real-time priority.</summary>
    public bool IsRealTime { get; set; }

    /// <summary>True when it had real-time priority and lost it for filling its core.</summary>
    public bool WasLowered { get; private set; }

    public void Begin()
    {
        clock = new ThreadClock();
        cpu = guardCpu = ThreadClock.CpuNs();
        processCpu = ThreadClock.ProcessCpuNs();
        runQueue = pauseRunQueue = clock.RunQueueNs();
        gcPause = GcPauseNs();
        allocated = GC.GetAllocatedBytesForCurrentThread();
        lastTurn = guardAt = Clock.Now();
    }

    /// <summary>Called at the top of each turn.</summary>
    /// <param name="now">This turn's time.</param>
    /// <param name="wokeAt">When the wait before it ended.</param>
    /// <param name="events">How many events were handled since then.</param>
    public void Turn(long now, long wokeAt, int events)
    {
        // Either the wait took long (it may have been over long before the thread got a core), or the handling did.
        bool isLong = wokeAt - lastTurn > PauseNs || now - wokeAt > PauseNs;
        if (isLong && wokeAt > lastTurn) Look(now, wokeAt, events);
        lastTurn = now;
        if (IsRealTime && now - guardAt > GuardEveryNs) Guard(now);
    }

    private void Look(long now, long wokeAt, int events)
    {
        long waited = clock!.RunQueueNs();
        long queued = waited - pauseRunQueue;
        pauseRunQueue = waited;
        long gc = GcPauseNs();
        bool wasGc = gc - gcPause > PauseNs / 2;
        gcPause = gc;
        long turn = now - wokeAt;
        bool isStalled = turn > PauseNs && turn > events * WorkPerEventNs;
        if (queued > PauseNs) ledger.Paused(now - queued, queued, PauseCause.Scheduler);
        else if (isStalled) ledger.Paused(wokeAt, turn, wasGc ? PauseCause.Gc : PauseCause.Unknown);
    }

    private void Guard(long now)
    {
        long nowCpu = ThreadClock.CpuNs();
        bool isFull = nowCpu - guardCpu > FilledCore * (now - guardAt);
        guards = isFull ? guards + 1 : 0;
        (guardAt, guardCpu) = (now, nowCpu);
        if (guards < GuardsToLower) return;
        HotThread.Lower();
        IsRealTime = false;
        WasLowered = true;
    }

    public void CloseSecond(Tally tally)
    {
        long nowCpu = ThreadClock.CpuNs(), nowProcess = ThreadClock.ProcessCpuNs(), nowQueue = clock!.RunQueueNs();
        long nowAllocated = GC.GetAllocatedBytesForCurrentThread();
        tally.ThreadCpuNs = nowCpu - cpu;
        tally.ProcessCpuNs = nowProcess - processCpu;
        tally.RunQueueNs = nowQueue - runQueue;
        tally.AllocatedBytes = nowAllocated - allocated;
        MaySpin = tally.ThreadCpuNs < LeftToSpin * (tally.End - tally.Start);
        (cpu, processCpu, runQueue, allocated) = (nowCpu, nowProcess, nowQueue, nowAllocated);
    }

    private static long GcPauseNs() => (long)GC.GetTotalPauseDuration().TotalNanoseconds;

    public void Dispose() => clock?.Dispose();
}
