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
}
