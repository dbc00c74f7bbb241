using Wobble.Results.Domain;
using Wobble.Results.Facts;
using Wobble.Runner.Load;

namespace Wobble.Runner.Tests.Load;

public sealed class StartTests
{
    /// <summary>Notes when the first request was to go out, and answers nothing.</summary>
    private sealed class NotingEngine : Engine
    {
        public long FirstStart { get; private set; }
        public override string Name => "noting";

        public override int Start(int slot)
        {
            if (FirstStart == 0) FirstStart = Clock.Now();
            return 0;
        }

        public override void Release(int slot) { }
        public override void Abort(int slot) { }
        public override void Wait(long now, long until, LoadLoop loop) => WokeAt = Clock.Now();
        public override void Dispose() { }
    }

    [Theory]
    [InlineData(null)]
    [InlineData(1_000.0)]
    public void Nothing_is_sent_before_the_start(double? rate)
    {
        var plan = Loading.Plan(80) with { Rate = rate, Warmup = TimeSpan.Zero, For = TimeSpan.FromMilliseconds(20) };
        var engine = new NotingEngine();
        using var loop = new LoadLoop(plan, new RequestSet(plan), 0, 1, null, _ => engine);
        long start = Clock.Now() + 30_000_000;

        loop.Run(start);

        Assert.True(engine.FirstStart >= start, $"The first request went out {start - engine.FirstStart} ns before the start.");
        Assert.Equal(start, loop.Ledger.Totals.Start);
        Assert.Equal(start + 20_000_000, loop.Ledger.Totals.End);
    }

    [Fact]
    public void A_session_that_was_prepared_and_never_begun_ends()
    {
        using var server = new ScriptedServer(Reply.Ok);
        var plan = Loading.Plan(server.Port);
        var facts = new List<Fact>();

        using (var session = new LoadSession(plan, EngineChoice.For(plan), facts.Add)) session.Prepare(placed: false);

        Assert.Empty(facts);
        Assert.Equal(0, server.Connections);
    }
}
