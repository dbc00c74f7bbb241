using System.Runtime.InteropServices;
using Wobble.Results.Domain;

namespace Wobble.Runner.Load;

/// <summary>
/// One hot thread's load: sends requests, reads answers, keeps deadlines, and hands a tally to the reporter each second. Guarantees: an answer's end and
/// the next request's start on that connection are one stamp; each request that began is answered, failed or in flight at the end, once; nothing is
/// allocated between first and last request. All times are monotonic ns.
/// </summary>
internal sealed unsafe class LoadLoop : IDisposable
{
    private const long SecondNs = 1_000_000_000;
    // Cancelling and the end of a count are noticed within this.
    private const long LongestWaitNs = 50_000_000;
    // A slot that failed twice in a row waits, so that a dead port costs no core: 100 connections make 10,000 attempts a second at most.
    private const long BackOffNs = 10_000_000;
    private const int FailuresBeforeBackOff = 2;
    // Timers wake 14–23 µs late in a virtual machine; a spin of 20 µs removes that, a longer one only burns the core. Where sends are closer together
    // than this the spin would fill the core.
    private const long SpinNs = 20_000, LeastGapToSpinNs = 60_000;

    private readonly IReadOnlyList<LoadPhase> phases;
    private readonly int thread, threads;
    private readonly bool isOpenLoop, keepAlive;
    private readonly long deadlineNs;
    private readonly ResponseRules rules;
    private readonly RequestSet requests;
    private readonly Connection[] connections;
    private readonly byte* own;
    private readonly Engine engine;
    private readonly Ledger ledger;
    private readonly SelfWatch self;
    private readonly CountDown? countDown;
    private readonly SlotList deadlines, backOffs;
    private readonly Schedule? schedule;
    private readonly WaitingLine? waiting;
    private readonly InSystem? inSystem;
    private readonly int maxWaiting;
    private readonly int[] free;
    private int freeCount;
    private RandomNumbers random;

    private int phase, active, second, inFlight;
    private long phaseStart, phaseEnd, secondStart, boundary;
    private bool phaseBegins, hasStarted;
    private volatile bool isCancelled;

    public LoadLoop(LoadPlan plan, RequestSet requests, int thread, int threads, CountDown? countDown, Func<Connection[], Engine> makeEngine)
    {
        this.thread = thread;
        this.threads = threads;
        this.requests = requests;
        this.countDown = countDown;
        phases = Timeline.Of(plan);
        isOpenLoop = Timeline.IsOpenLoop(plan);
        keepAlive = plan.KeepAlive;
        deadlineNs = (long)plan.Deadline.TotalNanoseconds;
        rules = new ResponseRules(plan.Nonce is null ? null : System.Text.Encoding.ASCII.GetBytes(plan.Nonce));
        random = new RandomNumbers(plan.Seed + thread);
        ledger = new Ledger(requests.Kinds.Count, isOpenLoop);
        self = new SelfWatch(ledger);

        int slots = Timeline.Share(Timeline.MostConnections(plan), thread, threads);
        connections = new Connection[slots];
        free = new int[slots];
        deadlines = new SlotList(connections);
        backOffs = new SlotList(connections);
        int length = requests.OwnLength;
        if (length > 0) own = (byte*)NativeMemory.AllocZeroed((nuint)slots, (nuint)length);
        for (int slot = 0; slot < slots; slot++)
        {
            connections[slot].Socket = -1;
            if (length > 0) connections[slot].Own = own + ((long)slot * length);
        }
        if (isOpenLoop)
        {
            schedule = new Schedule(plan.Schedule == "poisson", plan.Seed * 31 + thread, thread, threads);
            maxWaiting = Math.Max(1, plan.MaxWaiting / threads);
            waiting = new WaitingLine(maxWaiting + slots);
            inSystem = new InSystem();
        }
        engine = makeEngine(connections);
    }

    public Ledger Ledger => ledger;
    public Engine Engine => engine;
    public SelfWatch Self => self;
    public bool HasEnded { get; private set; }
    public void Cancel() => isCancelled = true;

    /// <summary>On the hot thread, before <see cref="Run"/>.</summary>
    public void Prepare() => engine.Prepare();

    /// <summary>The whole load, from <paramref name="start"/> on. Runs on the hot thread.</summary>
    public void Run(long start)
    {
        // Nothing is sent, and no clock runs, before the start: without a warm-up that would be counted.
        while (Clock.Now() < start) Thread.SpinWait(1);
        self.Begin();
        phase = -1;
        boundary = phaseEnd = start;
        BeginPhase();
        while (!HasEnded)
        {
            long now = Clock.Now();
            self.Turn(now, engine.WokeAt, engine.Handled);
            if (isCancelled) EndAt(now);
            else if (countDown is { EndAt: > 0 and var end } && phases[phase].Stage > 0) EndAt(end);
            if (now >= boundary && !Roll(now)) break;
            if (phaseBegins) StartConnections(now);
            if (isOpenLoop) Offer(now);
            Expire(now);
            Retry(now);
            engine.Wait(now, NextEvent(now), this);
        }
    }

    /// <summary>Bytes came for a slot; <paramref name="isClosed"/>: and the peer closed after them.</summary>
    public void OnReceived(int slot, ReadOnlySpan<byte> data, bool isClosed)
    {
        if (HasEnded) return;
        ref var connection = ref connections[slot];
        if (connection.State != SlotState.Busy)
        {
            ledger.Totals.UnaskedBytes++;
            engine.Abort(slot);
            return;
        }
        int used = connection.Parser.Feed(data, rules);
        if (connection.Parser.IsDone || (isClosed && connection.Parser.End())) OnAnswer(slot, ref connection, used < data.Length, isClosed);
        else if (connection.Parser.IsMalformed) Fail(slot, Failure.Malformed);
        else if (isClosed) Fail(slot, Failure.Reset);
    }

    /// <summary>The peer closed (0), or the connection failed with an errno.</summary>
    public void OnClosed(int slot, int error)
    {
        if (HasEnded) return;
        ref var connection = ref connections[slot];
        if (connection.State != SlotState.Busy) engine.Abort(slot);
        else if (error == 0 && connection.Parser.End()) OnAnswer(slot, ref connection, hasJunk: false, isClosed: true);
        else FailedConnection(slot, error);
    }

    private void OnAnswer(int slot, ref Connection connection, bool hasJunk, bool isClosed)
    {
        long now = Clock.Now();
        if (now >= boundary && !Roll(now)) return;
        if (!Counts(now)) return;
        ref var parser = ref connection.Parser;
        var failure = hasJunk ? Failure.Malformed
            : parser.Status >= 500 ? Failure.Status5xx
            : parser.Status >= 400 ? Failure.Status4xx
            : rules.Nonce is not null && !parser.HasNonce ? Failure.Nonce
            : Failure.None;
        if (failure == Failure.None) ledger.Answer(connection.Kind, now - connection.Intended, now - connection.Start);
        else ledger.Failed(connection.Kind, failure);
        deadlines.Remove(slot);
        inFlight--;
        inSystem?.Leave(now);
        connection.Failures = 0;
        if (isClosed || hasJunk || connection.Sent < connection.RequestLength) engine.Abort(slot);
        else if (!keepAlive || !parser.KeepsAlive) engine.Release(slot);
        Proceed(slot, ref connection, now);
        EndOfCount();
    }

    private void FailedConnection(int slot, int error)
    {
        bool isConnect = connections[slot].IsConnecting;
        if (isConnect && ledger.Totals.FirstConnectError == 0) ledger.Totals.FirstConnectError = error;
        Fail(slot, isConnect ? Failure.Connect : Failure.Reset);
    }

    private void Fail(int slot, Failure failure, bool atOnce = false)
    {
        ref var connection = ref connections[slot];
        long now = Clock.Now();
        if (now >= boundary && !Roll(now)) return;
        if (!Counts(now)) return;
        ledger.Failed(connection.Kind, failure);
        deadlines.Remove(slot);
        inFlight--;
        inSystem?.Leave(now);
        engine.Abort(slot);
        // What failed within its own start isn't tried again from there: the retries would nest.
        if (++connection.Failures >= FailuresBeforeBackOff || atOnce)
        {
            connection.State = SlotState.BackingOff;
            connection.RetryAt = now + BackOffNs;
            backOffs.Add(slot);
        }
        else Proceed(slot, ref connection, now);
        EndOfCount();
    }

    /// <summary>The slot's request ended at <paramref name="now"/>: which is when its next one begins.</summary>
    private void Proceed(int slot, ref Connection connection, long now)
    {
        connection.State = SlotState.Free;
        connection.FreeSince = now;
        if (!isOpenLoop)
        {
            if (slot < active && !HasEnded) Begin(slot, ref connection, requests.Draw(ref random), now, now);
            else engine.Abort(slot);
            return;
        }
        free[freeCount++] = slot;
        if (waiting!.Count > 0) StartWaiting(now);
    }

    private void Begin(int slot, ref Connection connection, int kind, long intended, long start)
    {
        connection.State = SlotState.Busy;
        connection.Kind = kind;
        connection.Intended = intended;
        connection.Start = start;
        connection.Sent = 0;
        connection.Request = requests.Write(kind, connection.Own, ref random, out connection.RequestLength);
        connection.Parser.Reset(requests.IsHead(kind));
        deadlines.Add(slot);
        inFlight++;
        ledger.Sent();
        int error = engine.Start(slot);
        if (error == 0) return;
        if (connection.IsConnecting && ledger.Totals.FirstConnectError == 0) ledger.Totals.FirstConnectError = error;
        Fail(slot, connection.IsConnecting ? Failure.Connect : Failure.Reset, atOnce: true);
    }

    /// <summary>Open loop: what is due joins the line, and whoever finds a free connection leaves.</summary>
    private void Offer(long now)
    {
        Enqueue(now);
        while (waiting!.Count > 0 && freeCount > 0 && !HasEnded) StartWaiting(Clock.Now());
    }

    private void Enqueue(long until)
    {
        while (schedule!.Next <= until)
        {
            int kind = requests.Draw(ref random);
            ledger.Due();
            if (waiting!.Count < freeCount + maxWaiting)
            {
                waiting.Add(schedule.Next, kind);
                inSystem!.Join(until, schedule.Next);
            }
            else ledger.Failed(kind, Failure.Dropped);
            schedule.Advance();
        }
    }

    private void StartWaiting(long now)
    {
        // The connection used last: it is the likeliest to be open still.
        int slot = free[--freeCount];
        ref var connection = ref connections[slot];
        long intended = waiting!.Take(out int kind);
        // The wait for a connection is the target's doing, and in the latency; what the generator itself was late by counts from when one was free.
        if (connection.FreeSince < now) ledger.Late(now - Math.Max(intended, connection.FreeSince));
        Begin(slot, ref connection, kind, intended, now);
    }

    private void Expire(long now)
    {
        for (int slot = deadlines.First; slot >= 0 && connections[slot].Start + deadlineNs <= now && !HasEnded; slot = deadlines.First) Fail(slot, Failure.Timeout);
    }

    private void Retry(long now)
    {
        for (int slot = backOffs.First; slot >= 0 && connections[slot].RetryAt <= now && !HasEnded; slot = backOffs.First)
        {
            backOffs.Remove(slot);
            Proceed(slot, ref connections[slot], Clock.Now());
        }
    }

    private long NextEvent(long now)
    {
        long next = Math.Min(boundary, now + LongestWaitNs);
        if (deadlines.First >= 0) next = Math.Min(next, connections[deadlines.First].Start + deadlineNs);
        if (backOffs.First >= 0) next = Math.Min(next, connections[backOffs.First].RetryAt);
        if (!isOpenLoop) return next;
        bool spins = schedule!.Gap >= LeastGapToSpinNs && self.MaySpin;
        return Math.Min(next, schedule.Next - (spins ? SpinNs : 0));
    }

    /// <summary>True unless a measured count was reached before this request ended; then the load is over.</summary>
    private bool Counts(long now)
    {
        if (countDown is null || phases[phase].Stage == 0 || countDown.Take(now)) return true;
        // The thread that took the last one may be about to note when.
        EndAt(countDown.EndAt is > 0 and var end ? end : now);
        Roll(now);
        return false;
    }

    private void EndOfCount()
    {
        if (countDown is not { EndAt: > 0 and var end } || HasEnded) return;
        EndAt(end);
        Roll(end);
    }

    private void EndAt(long end)
    {
        phase = phases.Count - 1;
        phaseEnd = boundary = Math.Max(end, secondStart);
    }

    /// <summary>Closes every second that is over by <paramref name="now"/>. False when the load is over with it.</summary>
    private bool Roll(long now)
    {
        while (!HasEnded && now >= boundary)
        {
            if (isOpenLoop) Enqueue(boundary - 1);
            CloseSecond();
            if (boundary == phaseEnd) BeginPhase(); else BeginSecond(boundary, second + 1);
        }
        return !HasEnded;
    }

    private void CloseSecond()
    {
        var tally = ledger.Now;
        tally.End = boundary;
        tally.InFlight = inFlight;
        tally.Open = engine.Open;
        tally.EndsWarmup = tally.Stage == 0 && boundary == phaseEnd;
        if (isOpenLoop) tally.InSystemArea = inSystem!.Settle(boundary); else tally.Due = tally.Sent;
        self.CloseSecond(tally);
        ledger.Close();
    }

    private void BeginPhase()
    {
        long at = phaseEnd;
        bool wasWarmup = phase < 0 || phases[phase].Stage == 0;
        if (++phase == phases.Count || isCancelled)
        {
            HasEnded = true;
            self.End(at);
            ledger.Totals.End = at;
            ledger.Totals.InFlightAtEnd = inFlight;
            return;
        }
        var current = phases[phase];
        phaseStart = at;
        phaseEnd = at + current.Length;
        active = Timeline.Share(current.Connections, thread, threads);
        phaseBegins = true;
        schedule?.Begin(at, current.Rate);
        if (phase == 0) inSystem?.Begin(at);
        bool isFirstMeasured = current.Stage > 0 && wasWarmup;
        if (isFirstMeasured)
        {
            ledger.Totals.Start = at;
            ledger.Totals.InFlightAtStart = inFlight;
        }
        BeginSecond(at, phase == 0 || isFirstMeasured ? 0 : second + 1);
    }

    private void BeginSecond(long at, int number)
    {
        second = number;
        secondStart = at;
        boundary = Math.Min(at + SecondNs, phaseEnd);
        ledger.Begin(phases[phase].Stage, second, at);
    }

    /// <summary>A phase with more connections than the one before sets the new ones going; with fewer, the others end with their answer.</summary>
    private void StartConnections(long now)
    {
        phaseBegins = false;
        for (int slot = 0; slot < (isOpenLoop ? connections.Length : active) && !HasEnded; slot++)
        {
            ref var connection = ref connections[slot];
            if (connection.State != SlotState.Free || (isOpenLoop && hasStarted)) continue;
            connection.FreeSince = now;
            if (isOpenLoop) free[freeCount++] = connections.Length - 1 - slot;
            else Proceed(slot, ref connection, Clock.Now());
        }
        hasStarted = true;
    }

    public void Dispose()
    {
        engine.Dispose();
        self.Dispose();
        if (own is not null) NativeMemory.Free(own);
    }
}
