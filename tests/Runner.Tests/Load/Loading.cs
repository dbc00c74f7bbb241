using Wobble.Results.Domain;
using Wobble.Results.Facts;
using Wobble.Results.Statistics;
using Wobble.Runner.Load;

namespace Wobble.Runner.Tests.Load;

/// <summary>A load run in this process: its facts and totals.</summary>
internal sealed record Loaded(LoadPlan Plan, IReadOnlyList<Fact> Facts, LoadTotals Totals)
{
    public IReadOnlyList<SampleFact> Samples => [.. Facts.OfType<SampleFact>()];
    public IReadOnlyList<SampleFact> Measured => [.. Samples.Where(s => s.Stage > 0)];
    public RunResult Result => RunResults.From(RunFacts.Gather([.. Facts, new EndFact { State = RunState.Completed, Totals = Totals }], Plan)!)!;

    /// <summary>Each request that was sent is answered, failed or in flight, once; and the seconds sum to the totals.</summary>
    public void AssertEveryRequestIsAccountedFor()
    {
        long failed = Totals.Errors.Where(e => e.Key != ErrorKinds.Dropped).Sum(e => e.Value);
        Assert.Equal(Totals.Sent + Totals.InFlightAtStart, Totals.Answered + failed + Totals.InFlightAtEnd);
        Assert.Equal(Totals.Sent, Measured.Sum(s => s.Generator.Sent));
        Assert.Equal(Totals.Answered, Measured.Sum(s => s.Kinds.Sum(k => k.Requests)));
        Assert.Equal(Totals.Answered, Histograms.Merge(Measured.SelectMany(s => s.Kinds).Select(k => k.Latency)).TotalCount);
        Assert.Equal(Totals.Answered, Histograms.Decode(Totals.Latency).TotalCount);
        Assert.Equal(Totals.Errors.Values.Sum(), Measured.Sum(s => s.Kinds.Sum(k => k.Errors.Values.Sum())));
        Assert.Equal(Totals.Seconds, Measured.Sum(s => s.Length), 6);
    }
}

internal static class Loading
{
    public static LoadPlan Plan(int port) => new()
    {
        Host = "127.0.0.1",
        Port = port,
        Requests = [new LoadRequest { Kind = "request", Path = "/" }],
        Connections = 2,
        KeepAlive = true,
        For = TimeSpan.FromMilliseconds(300),
        Deadline = TimeSpan.FromSeconds(5),
    };

    /// <summary>Both engines, where the kernel has both.</summary>
    public static TheoryData<string> Engines => EngineChoice.TryRing(1) is null ? new("epoll", "io_uring") : new("epoll");

    public static Loaded Run(LoadPlan plan, Action<LoadSession, Fact>? onFact = null)
    {
        var facts = new List<Fact>();
        LoadSession? session = null;
        session = new LoadSession(plan, EngineChoice.For(plan), fact =>
        {
            lock (facts) facts.Add(fact);
            onFact?.Invoke(session!, fact);
        });
        using (session) return new Loaded(plan, facts, session.Run(placed: false));
    }
}
