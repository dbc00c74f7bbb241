using Wobble.Results.Facts;

namespace Wobble.Runner.Load;

/// <summary>
/// Turns the hot threads' seconds into sample facts, in order, on a thread of its own with ordinary priority on any core. Merges the threads' tallies of
/// the same second.
/// </summary>
internal sealed class Reporter(IReadOnlyList<Ledger> ledgers, IReadOnlyList<string> kinds, bool isOpenLoop, Action<SampleFact, bool> emit) : IDisposable
{
    private const int PollMs = 10;
    private const double NsPerMs = 1e6, NsPerSecond = 1e9;

    private readonly HistogramBuffer buffer = new();
    private readonly Tally whole = new(kinds.Count, isOpenLoop);
    private volatile bool noMore;

    /// <summary>Runs until <see cref="Finish"/> was called and every second is out.</summary>
    public void Run()
    {
        while (true)
        {
            bool last = noMore;
            while (TryReport(last)) { }
            if (last) return;
            Thread.Sleep(PollMs);
        }
    }

    /// <summary>The hot threads have ended.</summary>
    public void Finish() => noMore = true;

    private bool TryReport(bool isLast)
    {
        int present = 0;
        foreach (var ledger in ledgers) present += ledger.Full.Peek() is null ? 0 : 1;
        // At the very end one thread may have begun a second that the others never saw.
        if (present == 0 || (present < ledgers.Count && !isLast)) return false;
        whole.Clear();
        var pauses = new List<GeneratorPause>();
        bool isFirst = true;
        foreach (var ledger in ledgers)
        {
            if (ledger.Full.TryTake() is not { } tally) continue;
            Add(tally, isFirst, pauses);
            isFirst = false;
            ledger.GiveBack(tally);
        }
        if (whole.End > whole.Start) emit(ToFact(pauses), whole.EndsWarmup);
        return true;
    }

    private void Add(Tally tally, bool isFirst, List<GeneratorPause> pauses)
    {
        if (isFirst)
        {
            (whole.Stage, whole.Second, whole.Start, whole.End, whole.EndsWarmup) = (tally.Stage, tally.Second, tally.Start, tally.End, tally.EndsWarmup);
            // The process has one CPU clock; the first thread reads it for all.
            whole.ProcessCpuNs = tally.ProcessCpuNs;
        }
        for (int i = 0; i < whole.Good.Length; i++)
        {
            whole.Good[i] += tally.Good[i];
            whole.Latency[i].Add(tally.Latency[i]);
            whole.Service?[i].Add(tally.Service![i]);
        }
        for (int i = 0; i < whole.Errors.Length; i++) whole.Errors[i] += tally.Errors[i];
        whole.Lateness?.Add(tally.Lateness!);
        whole.Sent += tally.Sent;
        whole.Due += tally.Due;
        whole.InFlight += tally.InFlight;
        whole.Open += tally.Open;
        whole.InSystemArea += tally.InSystemArea;
        whole.ThreadCpuNs += tally.ThreadCpuNs;
        whole.RunQueueNs += tally.RunQueueNs;
        whole.AllocatedBytes += tally.AllocatedBytes;
        for (int i = 0; i < tally.PauseCount; i++)
        {
            var pause = tally.Pauses[i];
            pauses.Add(new GeneratorPause((pause.At - tally.Start) / NsPerMs, pause.Length / NsPerMs, pause.Cause.ToString().ToLowerInvariant()));
        }
    }

    private SampleFact ToFact(List<GeneratorPause> pauses)
    {
        double length = (whole.End - whole.Start) / NsPerSecond;
        return new SampleFact
        {
            Stage = whole.Stage,
            Second = whole.Second,
            Length = length,
            Kinds = [.. Enumerable.Range(0, kinds.Count).Where(HasSomething).Select(ToSample)],
            Generator = new GeneratorSample
            {
                Sent = whole.Sent,
                Due = whole.Due,
                InFlight = whole.InFlight,
                InFlightMean = isOpenLoop ? (double)whole.InSystemArea / (whole.End - whole.Start) : null,
                Open = whole.Open,
                CpuSeconds = whole.ProcessCpuNs / NsPerSecond,
                Busy = whole.ThreadCpuNs / NsPerSecond / length / ledgers.Count,
                RunQueueMs = whole.RunQueueNs / NsPerMs,
                Lateness = whole.Lateness?.Encode(buffer),
                Pauses = pauses,
                AllocatedBytes = whole.AllocatedBytes,
            },
        };
    }

    private bool HasSomething(int kind) => whole.Good[kind] > 0 || whole.Errors.AsSpan(kind * Failures.Count, Failures.Count).ContainsAnyExcept(0);

    private KindSample ToSample(int kind) => new()
    {
        Kind = kinds[kind],
        Requests = whole.Good[kind],
        Errors = ByKind(whole.Errors.AsSpan(kind * Failures.Count, Failures.Count)),
        Latency = whole.Latency[kind].Encode(buffer),
        Service = whole.Service?[kind].Encode(buffer),
    };

    public void Dispose() => buffer.Dispose();

    public static IReadOnlyDictionary<string, long> ByKind(ReadOnlySpan<long> counts)
    {
        var errors = new Dictionary<string, long>();
        for (int i = 0; i < counts.Length; i++)
        {
            if (counts[i] > 0) errors[Failures.Names[i]] = counts[i];
        }
        return errors;
    }
}
