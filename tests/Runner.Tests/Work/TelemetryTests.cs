using Wobble.Results.Domain;
using Wobble.Tests.Support;

namespace Wobble.Runner.Tests.Work;

public sealed class TelemetryTests : IAsyncLifetime
{
    private TestDatabase _database = null!;

    public async ValueTask InitializeAsync() => _database = await TestDatabase.CreateAsync();

    public ValueTask DisposeAsync() => _database.DisposeAsync();

    [Fact]
    public async Task A_run_is_a_span_and_counted_where_the_setting_says_without_its_slug()
    {
        using var collector = OtlpCollector.Start();
        string slug;
        await using (var runner = await TestRunner.StartAsync(_database, settings: TestRunner.NewSettings(_database) with { OtlpEndpoint = collector.Url }))
        {
            slug = (await runner.WaitForAsync(await runner.QueueAsync(), RunState.Completed)).Slug;
            // What was noted is sent when it stops, at the latest.
            await runner.StopAsync();
        }

        string traces = collector.Text("traces"), metrics = collector.Text("metrics");
        Assert.Contains("wobble-runner", traces, StringComparison.Ordinal);
        Assert.Contains("wobble.target", traces, StringComparison.Ordinal);
        Assert.Contains("uwsgi-http/bottle", traces, StringComparison.Ordinal);
        Assert.Contains("wobble.run.state", traces, StringComparison.Ordinal);
        Assert.Contains("wobble.runs.ended", metrics, StringComparison.Ordinal);
        Assert.Contains("wobble.facts.recorded", metrics, StringComparison.Ordinal);
        Assert.DoesNotContain(slug, traces + metrics, StringComparison.Ordinal);
    }
}
