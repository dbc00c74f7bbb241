using System.Text.Json;
using Wobble.Results;
using Wobble.Results.Domain;
using Wobble.Results.Facts;
using Wobble.Runner.Load;

namespace Wobble.Runner.Tests.Load;

/// <summary>The child's protocol, over pipes in this process.</summary>
public sealed class GeneratorTests
{
    /// <summary>A stdin that is written line by line, and ends.</summary>
    private sealed class Lines : TextReader
    {
        private readonly System.Collections.Concurrent.BlockingCollection<string> lines = [];
        public void Write(string line) => lines.Add(line);
        public void End() => lines.CompleteAdding();
        public override string? ReadLine() => lines.TryTake(out string? line, Timeout.Infinite) ? line : null;
    }

    /// <summary>A stdout that tells of each line.</summary>
    private sealed class Output(Action<Fact> onFact) : StringWriter
    {
        public List<Fact> Facts { get; } = [];

        public override void WriteLine(string? value)
        {
            Assert.True(Fact.TryParse(value!, out var fact), value);
            Facts.Add(fact!);
            onFact(fact!);
        }
    }

    private static (RunState State, List<Fact> Facts) Run(string plan, Action<Lines, Fact> onFact)
    {
        var input = new Lines();
        var output = new Output(fact => onFact(input, fact));
        input.Write(plan);
        var state = new Generator(input, output).Run();
        input.End();
        return (state, output.Facts);
    }

    private static string Json(LoadPlan plan) => JsonSerializer.Serialize(plan, WobbleJson.Options);

    [Fact]
    public void It_says_ready_waits_for_go_and_ends_with_totals()
    {
        using var server = new ScriptedServer(Reply.Ok);
        int connectionsBeforeGo = -1;

        var (state, facts) = Run(Json(Loading.Plan(server.Port) with { Warmup = TimeSpan.FromMilliseconds(100) }), (input, fact) =>
        {
            if (fact is not EventFact { Kind: EventKinds.Ready }) return;
            connectionsBeforeGo = server.Connections;
            input.Write("go");
        });

        Assert.Equal(RunState.Completed, state);
        Assert.Equal(0, connectionsBeforeGo);
        Assert.Equal(["ready", "warming", "0", "measuring", "1", "completed"], facts.Select(Word));
        Assert.True(facts.OfType<EndFact>().Single().Totals!.Answered > 5);
    }

    [Fact]
    public void The_end_of_stdin_cancels_before_go_and_while_it_measures()
    {
        using var server = new ScriptedServer(Reply.Ok);
        string plan = Json(Loading.Plan(server.Port) with { For = TimeSpan.FromMinutes(10) });

        var before = Run(plan, (input, fact) =>
        {
            if (fact is EventFact) input.End();
        });
        var during = Run(plan, (input, fact) =>
        {
            if (fact is EventFact { Kind: EventKinds.Ready }) input.Write("go");
            else if (fact is SampleFact { Second: 0 }) input.End();
        });

        Assert.Equal((RunState.Cancelled, null), (before.State, before.Facts.OfType<EndFact>().Single().Totals));
        Assert.Equal(RunState.Cancelled, during.State);
        Assert.InRange(during.Facts.OfType<EndFact>().Single().Totals!.Seconds, 1, 5);
    }

    [Theory]
    [InlineData("not a plan", "plan")]
    [InlineData("{}", "JSON deserialization")]
    [InlineData("""{"host":"no.such.name.invalid","port":80,"requests":[{"kind":"a","path":"/"}],"connections":1,"for":"1s"}""", "no.such.name.invalid")]
    public void What_it_cannot_do_it_says_in_its_end(string plan, string says)
    {
        var (state, facts) = Run(plan, (input, fact) =>
        {
            if (fact is EventFact { Kind: EventKinds.Ready }) input.Write("go");
        });

        Assert.Equal(RunState.Failed, state);
        var end = Assert.IsType<EndFact>(facts[^1]);
        Assert.Contains(says, end.Reason, StringComparison.OrdinalIgnoreCase);
    }

    private static string Word(Fact fact) => fact switch
    {
        EventFact e => e.Kind,
        PhaseFact p => p.Phase.Word(),
        SampleFact s => $"{s.Stage}",
        EndFact e => e.State.Word(),
        _ => fact.GetType().Name,
    };
}
