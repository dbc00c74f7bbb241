using Wobble.Results.Domain;
using Wobble.Results.Queries;
using Wobble.Results.Statistics;
using Wobble.Results.Storage;
using Wobble.Tests.Support;

namespace Wobble.Results.Tests.Queries;

public class TrendQueriesTests(TestDatabase database) : IClassFixture<TestDatabase>
{
    [Fact]
    public async Task A_trend_is_read_with_what_tells_set_ups_apart()
    {
        var configuration = await database.Keep(new Configuration { Name = "nightly", Definition = new FactsBuilder().Definition });
        var stored = new StoredRuns(database);
        var first = await stored.RecordAsync(new FactsBuilder { Seed = 1 }, configurationId: configuration.Id);
        await stored.RecordAsync(new FactsBuilder { Seed = 2, Start = first.CreatedAt.AddDays(1), End = RunState.Failed, Reason = "It fell." }, configurationId: configuration.Id);
        await stored.RecordAsync(new FactsBuilder { Seed = 3, Start = first.CreatedAt.AddDays(2), MedianMs = 40 }, configurationId: configuration.Id);
        await database.ExecuteAsync("update runs set trust_verdict = 'sound' where state = 'completed'; update runs set environment = jsonb_set(environment, '{kernel}', '\"6.2\"') where created_at > '2026-11-25'");

        var trend = await new TrendQueries(database).Of(configuration.Id, Metric.P99, TestContext.Current.CancellationToken);

        Assert.Equal([true, false, true], trend.Runs.Select(r => r.Counts));
        Assert.Equal(first.P99, trend.Runs[0].Value);
        Assert.Contains(KeyValuePair.Create("postgresql", "15.14"), trend.Runs[0].Setup);
        Assert.Equal([new SetupChange("kernel", "6.2", "6.1.0-20-amd64")], Assert.Single(trend.Steps).Changes);
        Assert.Equal(first.Throughput, (await new TrendQueries(database).Of(configuration.Id, Metric.Throughput, TestContext.Current.CancellationToken)).Runs[0].Value);
    }

    [Fact]
    public async Task The_rounds_of_a_night_are_one_point_and_what_a_search_tried_is_none()
    {
        var configuration = await database.Keep(new Configuration { Name = "nightly of three rounds", Definition = new FactsBuilder().Definition });
        var nights = Enumerable.Range(0, TrendQueries.PointsLimit + 1).Select(n => new Experiment { Slug = Slug.New(), Kind = "repetitions", Question = "?", State = "completed", CreatedAt = Stored.Noon.AddDays(n) }).ToList();
        await database.KeepAll(nights);
        Run Round(int night, int minute, double p99, string purpose = "round", string trust = "sound") => new()
        {
            Slug = Slug.New(), Target = "uwsgi-http/bottle", Definition = new FactsBuilder().Definition, State = RunState.Completed, TrustVerdict = trust, P99 = p99, CreatedAt = Stored.Noon.AddDays(night).AddMinutes(minute), FinishedAt = Stored.Noon.AddDays(night).AddMinutes(minute + 1),
            ConfigurationId = configuration.Id, ConfigurationVersion = 1, ExperimentId = nights[night].Id, Row = 0, Round = minute, Purpose = purpose,
        };
        var last = Enumerable.Range(0, nights.Count).SelectMany(n => (Run[])[Round(n, 0, 20), Round(n, 1, 45), Round(n, 2, 900, trust: "invalid"), Round(n, 3, 500, "tune")]).ToList();
        await database.KeepAll(last);
        var single = await database.Keep(Stored.Run(minutesAgo: -1_000_000, p99: 31, configuration: configuration.Id, version: 1));

        var trend = await new TrendQueries(database).Of(configuration.Id, Metric.P99, TestContext.Current.CancellationToken);

        Assert.Equal(TrendQueries.PointsLimit, trend.Runs.Count);
        Assert.All(trend.Runs.SkipLast(1), p => Assert.Equal((30, 2, true), (Math.Round(p.Value!.Value, 6), p.Rounds, p.Counts)));
        Assert.Equal(($"/x/{nights[^1].Slug}", $"/r/{single.Slug}"), (trend.Runs[^2].Path, trend.Runs[^1].Path));
        Assert.Equal("point", trend.Unit);
    }
}
