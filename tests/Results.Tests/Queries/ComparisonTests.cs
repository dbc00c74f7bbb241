using Wobble.Results.Domain;
using Wobble.Results.Edits;
using Wobble.Results.Facts;
using Wobble.Results.Queries;
using Wobble.Results.Statistics;
using Wobble.Results.Storage;
using Wobble.Tests.Support;

namespace Wobble.Results.Tests.Queries;

public sealed class ComparisonTests(TestDatabase database) : IClassFixture<TestDatabase>
{
    private readonly ComparisonQueries _queries = new(database);
    private readonly ComparisonEdits _edits = new(database, new StoppedClock(Stored.Noon));

    [Fact]
    public async Task Runs_come_in_the_order_asked_with_set_up_distribution_and_seconds()
    {
        Run measured = Measured("uwsgi-http/bottle"), never = Stored.Run("uvicorn/starlette", state: RunState.Failed, trust: null), gone = Stored.Run(deleted: Stored.Noon);
        await database.KeepAll([measured, never, gone]);
        await database.KeepAll([new Second { RunId = measured.Id, Stage = 1, Number = 0, Requests = 7, P50 = 19, P90 = 25, P99 = 40, Watched = new(new(), [], null, null) }]);

        var runs = (await _queries.Runs([never.Slug, measured.Slug, gone.Slug, measured.Slug], default)).Runs;

        Assert.Equal([never.Slug, measured.Slug], runs.Select(r => r.Row.Slug));
        Assert.Empty(runs[0].Distribution);
        Assert.Equal((8, "0.1.0+abcdef0", "bench-1"), (runs[1].Definition.Workers, runs[1].Wobble, runs[1].Environment!.Host));
        Assert.Equal(new StripSecond(0, 7, 19, 25, 40), Assert.Single(runs[1].Seconds));
        Assert.All(runs[1].Distribution, p => Assert.Equal(40 * p.Quantile, p.Ms, 0.05));
    }

    [Fact]
    public async Task Without_totals_the_distribution_is_merged_from_the_seconds()
    {
        var run = Stored.Run(state: RunState.Failed);
        await database.Keep(run);
        await database.KeepAll(Enumerable.Range(0, 3).Select(s => new Sample { RunId = run.Id, Stage = 1, Second = s, Kind = "row", Requests = 100, Latency = Histograms.Encode(Uniform(100)) }));

        var distribution = Assert.Single((await _queries.Runs([run.Slug], default)).Runs).Distribution;

        Assert.Equal(1 - (10.0 / 300), distribution[^1].Quantile, 6);
    }

    [Fact]
    public async Task A_long_run_is_read_in_every_nth_second()
    {
        var run = await database.Keep(Stored.Run());
        await database.ExecuteAsync($$"""
            insert into seconds (run_id, stage, number, length, requests, errors, watched)
            select '{{run.Id}}', 1, i, 1, 10, '{}', '{"generator": {}, "components": []}' from generate_series(0, 3599) i
            """);

        var compared = Assert.Single((await _queries.Runs([run.Slug], default)).Runs);

        Assert.Equal((6, 600), (compared.EverySecond, compared.Seconds.Count));
    }

    [Fact]
    public async Task Keeping_the_same_runs_twice_gives_one_link()
    {
        Run a = Stored.Run("a/x"), b = Stored.Run("b/x");
        await database.KeepAll([a, b]);

        var kept = await _edits.Keep([a.Slug, b.Slug], default);
        var again = await _edits.Keep([a.Slug, b.Slug], default);
        var turned = await _edits.Keep([b.Slug, a.Slug], default);

        Assert.Equal(kept.Value, again.Value);
        Assert.NotEqual(kept.Value, turned.Value);
        Assert.Equal([a.Slug, b.Slug], (await _queries.Kept(kept.Value!, default))!.Runs);
        Assert.Null(await _queries.Kept(Slug.New(), default));
        Assert.Equal(["b/x", "a/x"], (await _queries.LastKept(1, default))[0].Targets);
    }

    [Fact]
    public async Task What_is_no_comparison_is_refused()
    {
        var a = await database.Keep(Stored.Run());

        Assert.NotNull((await _edits.Keep([a.Slug], default)).Error);
        Assert.Contains("itself", (await _edits.Keep([a.Slug, a.Slug], default)).Error!.Allowed, StringComparison.Ordinal);
        Assert.Equal("unknown", (await _edits.Keep([a.Slug, "unknown"], default)).Error!.Value);
    }

    [Fact]
    public async Task Runs_of_a_configuration_before_an_upgrade_are_left_out_and_those_that_never_were_planned_are_not()
    {
        var configuration = new Configuration { Name = Slug.New(), Definition = new Definition { Target = "uwsgi-http/bottle" } };
        await database.Keep(configuration);
        Run Of(double minutesAgo, string? python)
        {
            if (python is null) return Stored.Run(state: RunState.Failed, trust: null, minutesAgo: minutesAgo, configuration: configuration.Id, version: 1);
            var run = Measured("uwsgi-http/bottle", configuration.Id);
            run.Plan = run.Plan! with { Versions = new Dictionary<string, string> { ["python"] = python } };
            return run;
        }
        await database.KeepAll([Of(3, "3.11")]);
        await database.KeepAll([Of(2, "3.13")]);
        await database.KeepAll([Of(1, null)]);
        await database.KeepAll([Of(0, "3.13")]);

        var side = Assert.Single((await _queries.Runs([configuration.Id.ToString()], default)).Runs);

        Assert.Equal((1, 3), (side.Elsewhere, side.Each.Count));
    }

    [Theory]
    [InlineData(0, 0)]
    [InlineData(10, 0)]
    [InlineData(1_000, 0.99)]
    [InlineData(100_000, 0.9999)]
    public void A_curve_ends_where_ten_requests_are_slower(int requests, double last)
    {
        var curve = DistributionCurve.Of(Uniform(requests));

        Assert.Equal(last, curve.Count == 0 ? 0 : curve[^1].Quantile, 9);
        Assert.Equal(curve.OrderBy(p => p.Ms).ThenBy(p => p.Quantile), curve);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(9)]
    [InlineData(1_234)]
    [InlineData(98_765)]
    public void A_curve_of_what_is_encoded_is_that_of_the_histogram_itself(int requests)
    {
        var histogram = Uniform(requests);
        foreach (long ns in (long[])[2_000, 2_048, 1_048_575, 1_048_576, 59_999_999_999]) Histograms.Record(histogram, ns);

        Assert.Equal(DistributionCurve.Of(histogram), DistributionCurve.Of(Histograms.Encode(histogram)));
    }

    private static HdrHistogram.LongHistogram Uniform(int count)
    {
        var histogram = Histograms.Create();
        for (int i = 1; i <= count; i++) Histograms.Record(histogram, 40_000_000L * i / Math.Max(1, count));
        return histogram;
    }

    private static Run Measured(string target, Guid? configuration = null)
    {
        var run = Stored.Run(target, configuration: configuration, version: configuration is null ? null : 1);
        run.Plan = SamplePlans.For(new Definition { Target = target });
        run.Environment = SamplePlans.Environment;
        run.End = new EndFact
        {
            State = RunState.Completed,
            Totals = new LoadTotals
            {
                Seconds = 10, Sent = 10_000, Offered = 10_000, Answered = 10_000, Errors = new Dictionary<string, long>(), InFlightAtStart = 0, InFlightAtEnd = 0,
                MinNs = 1, MaxNs = 2, MeanNs = 1, Latency = Histograms.Encode(Uniform(10_000)), CpuSeconds = 1, Busy = 0.1, Engine = "epoll",
            },
        };
        return run;
    }
}
