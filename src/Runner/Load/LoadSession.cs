using System.Globalization;
using Wobble.Results.Domain;
using Wobble.Results.Facts;

namespace Wobble.Runner.Load;

/// <summary>
/// One load from plan to end: makes the hot threads and the reporter, starts them at one moment, and says the facts through <c>emit</c> (never from a hot
/// thread, one at a time, in order).
/// </summary>
internal sealed class LoadSession : IDisposable
{
    // Threads are placed and waiting by then.
    private const long StartInNs = 2_000_000;
    private const double NsPerSecond = 1e9, NsPerMs = 1e6;

    private readonly LoadPlan plan;
    private readonly Action<Fact> emit;
    private readonly LoadLoop[] loops;
    private readonly string[] places;
    private readonly Reporter reporter;
    private readonly bool isOpenLoop;
    private readonly EngineChoice choice;
    private readonly CountdownEvent ready;
    private readonly ManualResetEventSlim go = new();
    private Thread[] threads = [];
    private Thread? reporting;
    private volatile Exception? failure;
    private volatile bool isAbandoned;
    private DateTimeOffset startedAt;
    private long start;

    public LoadSession(LoadPlan plan, EngineChoice choice, Action<Fact> emit)
    {
        this.plan = plan;
        this.emit = emit;
        this.choice = choice;
        isOpenLoop = Timeline.IsOpenLoop(plan);
        var requests = new RequestSet(plan);
        var endpoint = Endpoint.Of(plan.Host, plan.Port);
        int count = Math.Min(plan.Threads, Timeline.MostConnections(plan));
        var countDown = plan.Count is { } most ? new CountDown(most) : null;
        loops = [.. Enumerable.Range(0, count).Select(i => new LoadLoop(plan, requests, i, count, countDown, c => choice.Make(c, endpoint, plan)))];
        places = new string[count];
        ready = new CountdownEvent(count);
        reporter = new Reporter([.. loops.Select(l => l.Ledger)], requests.Kinds, isOpenLoop, OnSecond);
    }

    /// <summary>Ends the load at once; from any thread.</summary>
    public void Cancel()
    {
        foreach (var loop in loops) loop.Cancel();
    }

    /// <summary>Makes the hot threads, each in its place and waiting; from then on another may give them the priority that they can't take.</summary>
    public void Prepare(bool placed = true)
    {
        var cores = HotThread.AllowedCores();
        // The reporter is made first: a thread made by a hot one would share its core.
        reporting = new Thread(reporter.Run) { IsBackground = true, Name = "reporter" };
        reporting.Start();
        threads = [.. loops.Select((loop, i) => new Thread(() => RunHot(loop, i, placed ? HotThread.CoreOf(i, loops.Length, cores) : null, placed && plan.Priority != LoadPlan.NormalPriority))
        {
            IsBackground = true,
            Name = string.Create(CultureInfo.InvariantCulture, $"{HotThread.NamePrefix}{i}"),
        })];
        foreach (var thread in threads) thread.Start();
        ready.Wait();
    }

    /// <summary>Runs the load to its end and returns the totals.</summary>
    public LoadTotals Run(bool placed = true)
    {
        if (threads.Length == 0) Prepare(placed);
        start = Clock.Now() + StartInNs;
        startedAt = DateTimeOffset.UtcNow.AddMilliseconds(StartInNs / NsPerMs);
        emit(new PhaseFact(plan.Warmup > TimeSpan.Zero ? RunState.Warming : RunState.Measuring) { At = startedAt });
        go.Set();
        foreach (var thread in threads) thread.Join();
        reporter.Finish();
        reporting!.Join();
        if (failure is not null) throw new InvalidOperationException($"The load generator failed: {failure.Message}", failure);
        WarnOfOddities();
        return Totals();
    }

    private void RunHot(LoadLoop loop, int thread, int? core, bool highest)
    {
        try
        {
            HotThread.Place(core, highest);
            loop.Prepare();
            ready.Signal();
            go.Wait();
            if (isAbandoned) return;
            places[thread] = HotThread.Standing();
            loop.Run(start);
        }
        catch (Exception e)
        {
            failure = e;
            Cancel();
            if (!go.IsSet) ready.Signal();
        }
    }

    private void OnSecond(SampleFact sample, bool endsWarmup)
    {
        emit(sample);
        if (endsWarmup && loops.All(l => l.Ledger.Totals.Start > 0)) emit(new PhaseFact(RunState.Measuring) { At = startedAt + plan.Warmup });
    }

    private void WarnOfOddities()
    {
        int error = loops.Select(l => l.Ledger.Totals.FirstConnectError).FirstOrDefault(e => e != 0);
        if (error != 0) emit(new EventFact(Generator.Component, EventKinds.Warning, $"The first connect that failed: {new System.ComponentModel.Win32Exception(error).Message} (errno {error})"));
        long unasked = loops.Sum(l => l.Ledger.Totals.UnaskedBytes);
        if (unasked > 0) emit(new EventFact(Generator.Component, EventKinds.Warning, $"{unasked} idle connections were closed because bytes came that no request had asked for"));
    }

    private LoadTotals Totals()
    {
        var all = loops.Select(l => l.Ledger.Totals).ToList();
        var latency = new FlatHistogram();
        using var buffer = new HistogramBuffer();
        var errors = new long[Failures.Count];
        foreach (var one in all)
        {
            latency.Add(one.Latency);
            for (int i = 0; i < errors.Length; i++) errors[i] += one.Errors[i];
        }
        double seconds = Math.Max(0, all.Max(t => t.End) - all.Max(t => t.Start)) / NsPerSecond;
        bool wasMeasured = all.TrueForAll(t => t.Start > 0);
        long answered = all.Sum(t => t.Answered), sent = all.Sum(t => t.Sent);
        return new LoadTotals
        {
            Seconds = wasMeasured ? seconds : 0,
            Sent = sent,
            Offered = isOpenLoop ? all.Sum(t => t.Due) : sent,
            Answered = answered,
            Errors = Reporter.ByKind(errors),
            InFlightAtStart = all.Sum(t => t.InFlightAtStart),
            InFlightAtEnd = wasMeasured ? all.Sum(t => t.InFlightAtEnd) : 0,
            MinNs = answered > 0 ? all.Min(t => t.Min) : 0,
            MaxNs = all.Max(t => t.Max),
            MeanNs = answered > 0 ? all.Sum(t => (double)t.Sum) / answered : 0,
            Latency = latency.Encode(buffer),
            InFlightMean = isOpenLoop && wasMeasured && seconds > 0 ? all.Sum(t => t.InSystemArea) / NsPerSecond / seconds : null,
            CpuSeconds = all[0].ProcessCpuNs / NsPerSecond,
            Busy = wasMeasured && seconds > 0 ? all.Sum(t => t.ThreadCpuNs) / NsPerSecond / seconds / all.Count : 0,
            Engine = loops[0].Engine.Name,
            EngineReason = choice.Reason,
            Priority = string.Join("; ", places.Select((place, i) => place + Lowered(loops[i].Self.LoweredNs)).Distinct()),
            Pauses = all.Sum(t => t.Pauses),
            LongestPauseMs = all.Max(t => t.LongestPause) / NsPerMs,
            MaxRssMb = System.Diagnostics.Process.GetCurrentProcess().PeakWorkingSet64 / (1024.0 * 1024),
        };
    }

    private static string Lowered(long ns) => ns == 0 ? "" : string.Create(CultureInfo.InvariantCulture, $" (normal for {ns / NsPerSecond:0.0} s, when it filled its core)");

    public void Dispose()
    {
        if (!go.IsSet)
        {
            // Prepared, and never begun.
            isAbandoned = true;
            reporter.Finish();
            go.Set();
            foreach (var thread in threads) thread.Join();
            reporting?.Join();
        }
        foreach (var loop in loops) loop.Dispose();
        reporter.Dispose();
        ready.Dispose();
        go.Dispose();
    }
}
