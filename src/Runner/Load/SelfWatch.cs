namespace Wobble.Runner.Load;

/// <summary>
/// The hot thread's look at itself: CPU time, time it waited for a core (which is what passes between an answer being readable and being read, beyond the
/// wake-up itself), bytes allocated, and pauses above 1 ms with their cause. It reads the kernel's books once a second, and when a turn of the loop took
/// suspiciously long. A real-time thread that fills its core gives way for a moment before the kernel cuts it off (<see cref="CoreGuard"/>).
/// </summary>
internal sealed class SelfWatch(Ledger ledger) : IDisposable
{
    private const long PauseNs = 1_000_000;
    // An event takes 3–40 µs (with one connection a request); a turn of many is work, not a pause.
    private const long WorkPerEventNs = 40_000;
    private const double LeftToSpin = 0.8;

    private readonly CoreGuard guard = new();
    private ThreadClock? clock;
    private long lastTurn, cpu, processCpu, runQueue, pauseRunQueue, allocated, gcPause, loweredAt;

    /// <summary>False when the thread had little of its core left in the last second: a spin would take that.</summary>
    public bool MaySpin { get; private set; } = true;

    /// <summary>True while the thread has real-time priority.</summary>
    public bool IsRealTime { get; private set; }

    /// <summary>How long it gave real-time priority up for filling its core, ns.</summary>
    public long LoweredNs { get; private set; }

    public void Begin()
    {
        clock = new ThreadClock();
        IsRealTime = HotThread.IsRealTime();
        cpu = ThreadClock.CpuNs();
        processCpu = ThreadClock.ProcessCpuNs();
        runQueue = pauseRunQueue = clock.RunQueueNs();
        gcPause = GcPauseNs();
        allocated = GC.GetAllocatedBytesForCurrentThread();
        lastTurn = Clock.Now();
        guard.Begin(lastTurn, cpu);
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
        if ((IsRealTime || loweredAt > 0) && guard.IsDue(now)) Guard(now);
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
        switch (guard.Look(now, ThreadClock.CpuNs()))
        {
            case GuardAct.Lower when IsRealTime:
                HotThread.Lower();
                IsRealTime = false;
                loweredAt = now;
                break;
            case GuardAct.Raise when loweredAt > 0 && HotThread.Restore():
                Restored(now);
                break;
        }
    }

    private void Restored(long now)
    {
        IsRealTime = true;
        LoweredNs += now - loweredAt;
        loweredAt = 0;
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
        // What the thread may not take back itself, the launcher gives it again once a second.
        bool isRealTime = HotThread.IsRealTime();
        if (loweredAt > 0 && isRealTime) Restored(tally.End);
        IsRealTime = isRealTime;
    }

    private static long GcPauseNs() => (long)GC.GetTotalPauseDuration().TotalNanoseconds;

    /// <summary>After the load: what was still lowered counts to its end.</summary>
    public void End(long now)
    {
        if (loweredAt > 0) LoweredNs += Math.Max(0, now - loweredAt);
        loweredAt = 0;
    }

    public void Dispose() => clock?.Dispose();
}
