using Wobble.Dashboard.Components.Pages.NewRun;
using Wobble.Dashboard.Components.Pages.Words;
using Wobble.Results.Domain;
using Wobble.Results.Queries;
using Wobble.Tests.Support;

namespace Wobble.Dashboard.Tests.Pages;

public sealed class TimesAndHintsTests
{
    private static readonly DateTimeOffset Noon = Samples.Noon;
    private static readonly Definition Bottle = new() { Target = "uwsgi-http/bottle" };
    private static readonly Dictionary<string, RunRow> Nothing = [];

    [Fact]
    public void A_run_takes_warm_up_measurement_and_four_seconds()
    {
        Assert.Equal(TimeSpan.FromSeconds(16), RunTimes.Whole(Bottle, null));
        Assert.Equal(TimeSpan.FromSeconds(26), RunTimes.Whole(Bottle with { Requests = 100_000 }, 5_000));
        Assert.Equal(TimeSpan.FromSeconds(106), RunTimes.Whole(Bottle with { Requests = 100_000, Rate = 1_000 }, null));
        Assert.Equal(TimeSpan.FromSeconds(26), RunTimes.Whole(Bottle with { Stages = "5s@10,15s@20" }, null));
        Assert.Null(RunTimes.Whole(Bottle with { Requests = 100_000 }, null));
    }

    [Fact]
    public void What_is_left_follows_the_phase()
    {
        var run = Samples.Row(state: RunState.Queued);
        TimeSpan? LeftIn(RunState state, double started, double warming, double measuring) => RunTimes.Left(run with
        {
            State = state, StartedAt = Noon.AddSeconds(-started), WarmingAt = Noon.AddSeconds(-warming), MeasuringAt = Noon.AddSeconds(-measuring),
        }, Noon, null);

        Assert.Equal(TimeSpan.FromSeconds(16), RunTimes.Left(run, Noon, null));
        Assert.Equal(TimeSpan.FromSeconds(15), LeftIn(RunState.Preparing, 1, 0, 0));
        Assert.Equal(TimeSpan.FromSeconds(14), LeftIn(RunState.Preparing, 60, 0, 0));
        Assert.Equal(TimeSpan.FromSeconds(13), LeftIn(RunState.Warming, 3, 1, 0));
        Assert.Equal(TimeSpan.FromSeconds(5), LeftIn(RunState.Measuring, 9, 9, 7));
        Assert.Equal(TimeSpan.Zero, LeftIn(RunState.Measuring, 90, 90, 70));
        Assert.Equal(TimeSpan.Zero, LeftIn(RunState.Completed, 0, 0, 0));
    }

    [Fact]
    public void The_place_in_the_queue_is_said_in_a_sentence()
    {
        var measuring = new GoingOn(Samples.Row(state: RunState.Measuring) with { MeasuringAt = Noon.AddSeconds(-5) }, []);
        var unknown = Samples.Row(state: RunState.Queued, definition: Bottle with { Requests = 5 });

        Assert.Equal("Starts at once.", Waiting.For([], [], Noon).ToString());
        Assert.Equal("Starts in about 0:07, after one run.", Waiting.For([measuring], [], Noon).ToString());
        Assert.Equal("Starts in about 0:23, after 2 runs.", Waiting.For([measuring], [Samples.Row(state: RunState.Queued)], Noon).ToString());
        Assert.Equal("Starts after one run; how long is not known.", Waiting.For([], [unknown], Noon).ToString());
    }

    [Theory]
    [InlineData(14, "14 s")]
    [InlineData(99.2, "100 s")]
    [InlineData(100, "2 min")]
    [InlineData(1_140, "19 min")]
    [InlineData(4_920, "1 h 22 min")]
    [InlineData(7_200, "2 h")]
    public void Spans_are_said_as_people_do(double seconds, string said) => Assert.Equal(said, RunTimes.About(TimeSpan.FromSeconds(seconds)));

    [Fact]
    public void All_runs_of_a_form_are_counted()
    {
        var plan = TimePlan.Of([Bottle with { Repetitions = 5 }, new() { Target = "uvicorn/starlette", Repetitions = 5 }], Nothing);

        Assert.Equal(TimeSpan.FromSeconds(160), plan.Total);
        Assert.Equal(20, plan.Segments.Count);
        Assert.Equal("2 targets × 5 repetitions × (2 s warm-up, 10 s measured, about 4 s to start and stop).", plan.Says);
        Assert.Equal(2, TimePlan.Of([Bottle with { Repetitions = 100 }], Nothing).Segments.Count);
        Assert.Null(TimePlan.Of([Bottle with { Requests = 1_000 }], Nothing).Total);
        Assert.Contains("nobody has measured", TimePlan.Of([Bottle with { Requests = 1_000 }], Nothing).Says, StringComparison.Ordinal);
        Assert.Null(TimePlan.Of([], Nothing).Total);
    }

    [Fact]
    public void A_definition_is_summed_up_in_a_line() => Assert.Equal(
        "2 workers, nginx, session 20, slow:50, open 500/s, kept connections, 2 s + 1 min, 5 repetitions, driver=asyncpg",
        DefinitionWords.Summary(new() { Target = "uvicorn/starlette", Workers = 2, Workload = "slow:50", Rate = 500, KeepAlive = true, For = TimeSpan.FromMinutes(1), Repetitions = 5, Options = new Dictionary<string, string> { ["driver"] = "asyncpg" } }));

    [Theory]
    [InlineData("uvicorn/starlette", "10", "session:20", 3, true)]
    [InlineData("uvicorn/starlette", "10", "session:20", 2, false)]
    [InlineData("uvicorn/starlette", "10", "transaction:20", 9, false)]
    [InlineData("uvicorn/starlette", "10", "none", 9, false)]
    [InlineData("uvicorn/starlette", null, "session:20", 3, false)]
    [InlineData("uwsgi-http/bottle", null, "session:20", 20, false)]
    [InlineData("uwsgi-http/bottle", null, "session:20", 21, true)]
    [InlineData("uwsgi-http/bottle", null, "session", 21, false)]
    public void More_connections_than_a_session_pooler_has_may_hang(string target, string? pool, string pooler, int workers, bool warns)
    {
        var catalogue = SamplePlans.Catalogue with { Cores = 8, Targets = [.. SamplePlans.Catalogue.Targets.Select(t => t.Class == TargetClass.Async ? t with { Options = [new("pool", "10", [], 1, 100, "")] } : t)] };

        Dictionary<string, string> options = pool is null ? [] : new() { ["pool"] = pool };

        var hints = Hints.Of([new() { Target = target, Pooler = pooler, Workers = workers, Options = options }], catalogue, Nothing);

        Assert.Equal(warns, hints.Any(h => h.Contains("can hang (objection A)", StringComparison.Ordinal)));
    }

    [Fact]
    public void Hints_say_what_the_numbers_will_not_show()
    {
        var last = new Dictionary<string, RunRow> { ["uwsgi-http/bottle"] = Samples.Row(throughput: 700) };
        string Said(Definition definition) => string.Join('\n', Hints.Of([definition], SamplePlans.Catalogue with { Cores = 4 }, last));

        Assert.Equal("About 7,000 requests are too few for p99.9: it needs 10,000.", Said(Bottle));
        Assert.Equal("About 500 requests are too few for p99: it needs 1,000.", Said(Bottle with { Requests = 500 }));
        Assert.Equal("", Said(Bottle with { For = TimeSpan.FromSeconds(20) }));
        Assert.StartsWith("2,000 req/s are more than the 700 it answered last", Said(Bottle with { Rate = 2_000, For = TimeSpan.FromSeconds(20) }), StringComparison.Ordinal);
        Assert.Contains("5 s is too short to see whether the run drifts", Said(Bottle with { For = TimeSpan.FromSeconds(5) }), StringComparison.Ordinal);
        Assert.Contains(Hints.Of([Bottle], SamplePlans.Catalogue, Nothing), h => h.StartsWith("2 cores: the load generator shares one", StringComparison.Ordinal));
    }

    [Fact]
    public void The_stack_is_drawn_from_load_to_database()
    {
        var boxes = StackPicture.Of([new() { Target = "uvicorn/starlette", KeepAlive = true }, Bottle], SamplePlans.Catalogue);

        Assert.Equal(["Load generator", "nginx", "uvicorn/starlette", "pgbouncer", "PostgreSQL"], boxes.Select(b => b.Title));
        Assert.Equal([null, "kept connections", "HTTP/1.0", "1 a worker, 2 in all", "20 at most"], boxes.Select(b => b.Arrow));
        Assert.Equal((2, "then uwsgi-http/bottle"), (boxes[2].Workers, boxes[2].Then));
        Assert.Equal("1.18.0, session, 20 server connections", boxes[3].Detail);

        var bare = StackPicture.Of([Bottle with { Proxy = "none", Pooler = "none" }], SamplePlans.Catalogue);
        Assert.Equal([false, true, false, true, false], bare.Select(b => b.IsOff));
        Assert.Equal("No target yet", StackPicture.Of([], SamplePlans.Catalogue)[2].Title);
    }
}
