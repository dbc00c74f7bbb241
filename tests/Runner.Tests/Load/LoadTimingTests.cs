using Wobble.Results.Domain;
using Wobble.Results.Facts;
using Wobble.Results.Statistics;
using Wobble.Tests.Support;

namespace Wobble.Runner.Tests.Load;

/// <summary>What the clock has to do with it: phases, seconds, stages, schedules, and latencies held to a server that knows its own.</summary>
public sealed class LoadTimingTests
{
    private const double NsPerMs = 1e6;

    public static TheoryData<string> Engines => Loading.Engines;

    [Theory]
    [MemberData(nameof(Engines))]
    public void Warm_up_and_measurement_are_told_apart_to_the_request(string engine)
    {
        using var server = new ScriptedServer(Reply.Ok);

        var loaded = Loading.Run(Loading.Plan(server.Port) with { Engine = engine, Warmup = TimeSpan.FromMilliseconds(1_200), For = TimeSpan.FromMilliseconds(1_100) });

        Assert.Equal([(0, 0, 1.0), (0, 1, 0.2), (1, 0, 1.0), (1, 1, 0.1)], loaded.Samples.Select(s => (s.Stage, s.Second, Math.Round(s.Length, 9))));
        var order = loaded.Facts.Where(f => f is PhaseFact or SampleFact).Select(f => f is PhaseFact p ? p.Phase.Word() : $"{((SampleFact)f).Stage}");
        Assert.Equal(["warming", "0", "0", "measuring", "1", "1"], order);
        Assert.Equal(1.1, loaded.Totals.Seconds, 9);
        Assert.Equal(2, loaded.Totals.InFlightAtStart);
        Assert.Equal(2, loaded.Totals.InFlightAtEnd);
        loaded.AssertEveryRequestIsAccountedFor();
    }

    [Theory]
    [MemberData(nameof(Engines))]
    public void In_a_closed_loop_littles_law_holds(string engine)
    {
        using var server = new KnownServer();

        var loaded = Loading.Run(Loading.Plan(server.Port) with { Engine = engine, Connections = 10, Requests = [Delay(2)], Warmup = TimeSpan.FromMilliseconds(100), For = TimeSpan.FromSeconds(1) });

        double inFlight = loaded.Totals.Answered / loaded.Totals.Seconds * loaded.Totals.MeanNs / 1e9;
        double edge = loaded.Totals.MaxNs / 1e9 / loaded.Totals.Seconds;
        Assert.InRange(inFlight / 10, 0.99 - edge, 1.001 + edge);
        loaded.AssertEveryRequestIsAccountedFor();
    }

    [Theory]
    [MemberData(nameof(Engines))]
    public void A_mix_has_a_histogram_for_each_kind_that_agrees_with_the_server(string engine)
    {
        using var server = new KnownServer();
        LoadRequest[] mix = [Delay(10) with { Weight = 80 }, Delay(30) with { Weight = 15 }, Delay(60) with { Weight = 5 }];

        var loaded = Loading.Run(Loading.Plan(server.Port) with { Engine = engine, Connections = 20, Requests = mix, For = TimeSpan.FromSeconds(2) });

        var seen = server.Seen();
        long all = loaded.Totals.Answered;
        foreach (var kind in mix)
        {
            var ours = Histograms.Merge(loaded.Measured.SelectMany(s => s.Kinds).Where(k => k.Kind == kind.Kind).Select(k => k.Latency));
            // Between the server's note and ours either thread may wait for a core, most of all on a busy machine: the quicker answers show the difference.
            double theirs = seen[kind.Path].GetValueAtPercentile(10) / NsPerMs;
            Assert.InRange(ours.GetValueAtPercentile(10) / NsPerMs, theirs - 0.1, theirs + 3);
            Assert.True(ours.GetValueAtPercentile(90) >= seen[kind.Path].GetValueAtPercentile(90) - 0.1 * NsPerMs);
            Assert.InRange((double)ours.TotalCount / all * 100, kind.Weight * 0.5, kind.Weight * 1.5 + 3);
        }
    }

    [Theory]
    [MemberData(nameof(Engines))]
    public void An_open_loop_offers_its_rate_and_counts_from_the_intended_time(string engine)
    {
        // One connection and 20 ms of work at 100 a second: the k-th request waits k × 10 ms before it can be sent.
        using var server = new KnownServer();

        var loaded = Loading.Run(Loading.Plan(server.Port) with { Engine = engine, Connections = 1, Rate = 100, Requests = [Delay(20)], For = TimeSpan.FromSeconds(1) });

        Assert.Equal(100, loaded.Totals.Offered);
        Assert.InRange(loaded.Totals.Answered, 2, 50);
        // The last answered was meant for 10 ms × its number and came within one service time of the end.
        double expected = 1_000 - loaded.Totals.Answered * 10;
        Assert.InRange(loaded.Totals.MaxNs / NsPerMs, expected - loaded.Result.ServiceMs!.Max!.Value - 10, expected + 20);
        Assert.True(loaded.Result.ServiceMs.P50!.Value >= 20);
        Assert.True(loaded.Totals.InFlightMean!.Value >= 20);
        loaded.AssertEveryRequestIsAccountedFor();
    }

    [Theory]
    [MemberData(nameof(Engines))]
    public void Beyond_the_bound_of_waiting_requests_they_are_dropped_and_counted(string engine)
    {
        using var server = new KnownServer();

        var loaded = Loading.Run(Loading.Plan(server.Port) with { Engine = engine, Connections = 1, Rate = 1_000, MaxWaiting = 10, Requests = [Delay(50)], For = TimeSpan.FromSeconds(1) });

        Assert.Equal(1_000, loaded.Totals.Offered);
        Assert.InRange(loaded.Totals.Errors[ErrorKinds.Dropped], 950, 985);
        Assert.Equal(1_000 - loaded.Totals.Errors[ErrorKinds.Dropped], loaded.Totals.Sent + 10, tolerance: 1);
        loaded.AssertEveryRequestIsAccountedFor();
    }

    [Theory]
    [MemberData(nameof(Engines))]
    public void A_poisson_schedule_offers_its_rate_too(string engine)
    {
        using var server = new KnownServer();

        var loaded = Loading.Run(Loading.Plan(server.Port) with { Engine = engine, Connections = 50, Rate = 2_000, Schedule = "poisson", Requests = [Delay(1)], For = TimeSpan.FromSeconds(1) });

        Assert.InRange(loaded.Totals.Offered, 1_800, 2_200);
        Assert.Empty(loaded.Totals.Errors);
        double expected = loaded.Totals.Answered / loaded.Totals.Seconds * loaded.Totals.MeanNs / 1e9;
        Assert.InRange(loaded.Totals.InFlightMean!.Value / expected, 0.95, 1.05);
        loaded.AssertEveryRequestIsAccountedFor();
    }

    [Theory]
    [MemberData(nameof(Engines))]
    public void Stages_follow_one_another_without_a_gap(string engine)
    {
        using var server = new KnownServer();
        Assert.True(LoadStage.TryParse("1s@2,1s@6,1s@1", out var stages, out _));

        var loaded = Loading.Run(Loading.Plan(server.Port) with { Engine = engine, Requests = [Delay(10)], Stages = stages, For = null });

        Assert.Equal([(1, 0), (2, 1), (3, 2)], loaded.Measured.Select(s => (s.Stage, s.Second)));
        Assert.Equal([2, 6, 1], loaded.Measured.Select(s => s.Generator.InFlight));
        // A busy machine slows either stage; three times the connections are still more.
        Assert.True(loaded.Measured[1].Kinds[0].Requests > loaded.Measured[0].Kinds[0].Requests);
        loaded.AssertEveryRequestIsAccountedFor();
    }

    [Theory]
    [MemberData(nameof(Engines))]
    public void Rates_change_from_stage_to_stage_at_the_moment(string engine)
    {
        using var server = new KnownServer();
        Assert.True(LoadStage.TryParse("1s@100/s,1s@400/s", out var stages, out _));

        var loaded = Loading.Run(Loading.Plan(server.Port) with { Engine = engine, Connections = 20, Requests = [Delay(1)], Stages = stages, For = null });

        Assert.Equal([100, 400], loaded.Measured.Select(s => s.Generator.Due));
        loaded.AssertEveryRequestIsAccountedFor();
    }

    [Theory]
    [MemberData(nameof(Engines))]
    public void Cancelled_it_ends_at_once_with_what_it_has(string engine)
    {
        using var server = new KnownServer();

        var loaded = Loading.Run(Loading.Plan(server.Port) with { Engine = engine, Requests = [Delay(1)], For = TimeSpan.FromMinutes(10) }, (session, fact) =>
        {
            if (fact is SampleFact { Stage: 1, Second: 0 }) session.Cancel();
        });

        Assert.InRange(loaded.Totals.Seconds, 1, 5);
        Assert.True(loaded.Totals.Answered > 10);
        loaded.AssertEveryRequestIsAccountedFor();
    }

    [Theory]
    [MemberData(nameof(Engines))]
    public void A_hung_server_is_left_by_deadline_while_others_go_on(string engine)
    {
        int hung = 0;
        using var server = new ScriptedServer((_, _) => Interlocked.Increment(ref hung) <= 2 ? new Reply([]) : Reply.Ok);

        var loaded = Loading.Run(Loading.Plan(server.Port) with { Engine = engine, Connections = 5, Deadline = TimeSpan.FromSeconds(1), For = TimeSpan.FromSeconds(2) });

        Assert.Equal(2, loaded.Totals.Errors[ErrorKinds.Timeout]);
        Assert.Single(loaded.Totals.Errors);
        Assert.True(loaded.Totals.Answered > 50);
        loaded.AssertEveryRequestIsAccountedFor();
    }

    private static LoadRequest Delay(int ms) => new() { Kind = $"delay {ms}", Path = $"/delay?us={ms * 1_000}" };
}
