using Wobble.Dashboard.Components.Pages.RunParts;
using Wobble.Dashboard.Live;
using Wobble.Dashboard.Tests.Live;
using Wobble.Results.Domain;
using Wobble.Results.Facts;
using Wobble.Results.Queries;
using Wobble.Results.Statistics;
using Wobble.Results.Storage;
using Wobble.Tests.Support;

namespace Wobble.Dashboard.Tests.RunPages;

/// <summary>What the page of a run is made of, from pictures without a database.</summary>
public sealed class RunShapesTests
{
    private static readonly DateTimeOffset Noon = new(2026, 11, 24, 12, 0, 0, TimeSpan.Zero);

    [Theory]
    [InlineData(RunState.Queued, 0, "queued", "Next in line: it starts as soon as a runner is free.")]
    [InlineData(RunState.Queued, 2, "queued", "Place 3: 2 runs before it. This page may be closed.")]
    [InlineData(RunState.Preparing, 0, "preparing", "Starting the stack, then one answer is checked against the database.")]
    [InlineData(RunState.Warming, 0, "warming", "Warming up, second 2 of 2: load that isn’t counted.")]
    [InlineData(RunState.Measuring, 0, "0:07 left", "Second 3 of 10. This page may be closed; the run goes on.")]
    [InlineData(RunState.Finishing, 0, "finishing", "Measured. Each component is stopped, then Wobble looks for what was left behind.")]
    public void Where_a_run_stands_is_a_tag_and_a_sentence(RunState state, int ahead, string tag, string says)
    {
        var phases = RunPhases.Of(Picture(state, points: state >= RunState.Measuring ? 3 : 0, ahead: ahead), Noon);

        Assert.Equal((tag, says), (phases.Tag, phases.Says));
        Assert.Equal(state == RunState.Queued ? 0 : 4, phases.Phases.Count);
        Assert.All(phases.Phases, p => Assert.InRange(p.Done, 0, 1));
    }

    [Fact]
    public void The_bar_fills_phase_by_phase()
    {
        var phases = RunPhases.Of(Picture(RunState.Measuring, points: 5), Noon).Phases;

        Assert.Equal([("preparing", 1), ("warm-up", 1), ("measuring", .5), ("finishing", 0)], phases.Select(p => (p.Word, p.Done)));
    }

    [Fact]
    public void A_cancel_that_was_asked_for_is_said() =>
        Assert.StartsWith("Cancelling:", RunPhases.Of(Picture(RunState.Measuring, points: 1, cancelAsked: true), Noon).Says, StringComparison.Ordinal);

    [Fact]
    public void Figures_that_the_data_cannot_show_say_what_they_need()
    {
        var rows = FigureRows.Of(Picture(RunState.Completed, points: 1));

        Assert.Equal("needs 1,000 requests, it had 500", rows.Single(r => r.Name == "p99").Says);
        Assert.Equal("needs 10,000 requests, it had 500", rows.Single(r => r.Name == "p99.9").Says);
        Assert.Null(rows.Single(r => r.Name == "p99").Value);
        Assert.Equal("500 in 1 s", rows.Single(r => r.Name == "Throughput").Says);
    }

    [Fact]
    public void Ten_of_ten_thousand_requests_were_slower_than_their_p99_9()
    {
        var tail = FigureRows.Of(Picture(RunState.Completed, points: 20)).Single(r => r.Name == "p99.9");

        Assert.Equal("10 requests were slower", tail.Says);
        Assert.NotNull(tail.Value);
    }

    [Fact]
    public void A_live_tail_waits_until_its_halves_agree()
    {
        var live = Picture(RunState.Measuring, points: 20) with { HalvesDiffer = .31 };

        Assert.Equal("wait: halves still differ by 31%", FigureRows.Of(live).Single(r => r.Name == "p99.9").Says);
        Assert.NotNull(FigureRows.Of(live with { HalvesDiffer = .2 }).Single(r => r.Name == "p99.9").Value);
    }

    [Fact]
    public void Latencies_of_ten_seconds_and_more_are_in_seconds()
    {
        var slow = Picture(RunState.Completed, points: 3) with { LatencyMs = new Latencies(1, 12_000, 12_000, 12_000, 12_000, 12_400, null, 14_000, 12_000) };

        var p99 = FigureRows.Of(slow).Single(r => r.Name == "p99");

        Assert.Equal(("12.4", "s"), (p99.Value, p99.Unit));
    }

    [Fact]
    public void Components_are_told_apart_with_their_cpu_memory_and_waiting()
    {
        var uses = ComponentUses.Of(Picture(RunState.Completed, points: 3));

        Assert.Equal([("uwsgi-http × 8", ComponentKind.Target), ("generator", ComponentKind.Generator)], uses.Select(u => (u.Label, u.Kind)));
        Assert.Equal((.8, 12, 42, 30, 9), (Math.Round(uses[0].MeanCpu, 9), uses[0].WaitedMs, uses[0].MemoryMb!.Value, uses[0].OpenFiles!.Value, uses[0].Switches!.Value));
        Assert.Equal([.8, .8, .8], uses[0].Cpu.Select(c => Math.Round(c, 9)));
        Assert.Equal(.1, uses[1].MeanCpu, 9);
    }

    [Fact]
    public void Components_that_start_one_after_another_are_one_line()
    {
        var picture = Picture(RunState.Completed, points: 1) with
        {
            Events =
            [
                Event(1, "postgresql", EventKinds.Started, -4), Event(2, "postgresql", EventKinds.Ready, -3.5), Event(3, "nginx", EventKinds.Started, -3), Event(4, "nginx", EventKinds.Ready, -2.5),
                Event(5, "uwsgi-http", EventKinds.Crashed, 7, "uwsgi-http ended with signal 9."),
                Event(6, "nginx", EventKinds.Stopped, 11), Event(7, "postgresql", EventKinds.Stopped, 11.5),
            ],
        };

        var rows = EventRows.Of(picture);

        Assert.Equal(["postgresql, nginx ready after 2.50 s", "uwsgi-http ended with signal 9", "nginx, postgresql stopped when asked"], rows.Select(r => r.Text));
        Assert.Equal([EventMark.Plain, EventMark.Bad, EventMark.Plain], rows.Select(r => r.Mark));
        Assert.Equal([-2.5, 7, 11.5], rows.Select(r => r.Second!.Value));
    }

    private static RunEvent Event(long number, string component, string kind, double second, string text = "") => new()
    {
        RunId = Guid.Empty, FactNumber = (int)number, Component = component, Kind = kind, Text = text, At = Noon.AddSeconds(second),
    };

    private static RunPicture Picture(RunState state, int points, int ahead = 0, bool cancelAsked = false)
    {
        var definition = new Definition { Target = "uwsgi-http/bottle", Workers = 8, Connections = 100, Warmup = TimeSpan.FromSeconds(2), For = TimeSpan.FromSeconds(10) };
        var tally = new RunTally();
        for (int i = 0; i < points; i++) tally.Take([Points.Recorded(i)]);
        var run = new Run
        {
            Slug = Slug.New(), Definition = definition, Target = definition.Target, State = state, Plan = SamplePlans.For(definition),
            StartedAt = Noon.AddSeconds(-5), WarmingAt = Noon.AddSeconds(-1.5), MeasuringAt = state >= RunState.Measuring ? state == RunState.Measuring ? Noon.AddSeconds(-3) : Noon : null,
            CancelRequestedAt = cancelAsked ? Noon : null,
        };
        return new RunPicture
        {
            Header = new RunHeader(run, null, null, ahead),
            Points = [.. tally.Points],
            Warmup = [],
            Seconds = tally.Seconds,
            Workers = [.. tally.Workers],
            LatencyMs = Percentiles.Of(tally.Latency),
            Requests = tally.Latency.TotalCount,
            Errors = new Dictionary<string, long>(),
            Events = [],
            Logs = [],
        };
    }
}
