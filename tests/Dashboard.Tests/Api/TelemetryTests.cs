using System.Net;
using Microsoft.Extensions.DependencyInjection;
using OpenTelemetry.Metrics;
using OpenTelemetry.Trace;
using Wobble.Dashboard.Tests.Access;
using Wobble.Results;
using Wobble.Tests.Support;

namespace Wobble.Dashboard.Tests.Api;

public sealed class TelemetryTests
{
    [Fact]
    public async Task Traces_and_metrics_go_where_the_setting_says_and_tell_no_slug()
    {
        using var collector = OtlpCollector.Start();
        await using var host = new DashboardHost { Settings = { ["OtlpEndpoint"] = collector.Url } };
        await host.InitializeAsync();
        var run = await host.Runs.RecordAsync(new FactsBuilder { PerSecond = 10 });
        using var client = host.SignedOut();

        Assert.Equal(HttpStatusCode.OK, (await client.GetAsync($"/api/runs/{run.Slug}")).StatusCode);
        // A request's span ends a moment after its answer was read.
        await Poll.UntilAsync("the span of the request", () =>
        {
            host.Services.GetRequiredService<TracerProvider>().ForceFlush(5_000);
            return collector.Text("traces").Contains("/api/runs/{slug}", StringComparison.Ordinal);
        }, TimeSpan.FromSeconds(20));
        host.Services.GetRequiredService<MeterProvider>().ForceFlush(5_000);

        string traces = collector.Text("traces"), metrics = collector.Text("metrics");
        Assert.Contains("wobble-dashboard", traces);
        Assert.DoesNotContain(run.Slug, traces);
        Assert.Contains("http.server.request.duration", metrics);
    }

    [Fact]
    public async Task Without_the_setting_nothing_is_made()
    {
        await using var host = new DashboardHost();
        await host.InitializeAsync();

        Assert.Null(host.Services.GetService<TracerProvider>());
    }

    [Theory]
    [InlineData("4318"), InlineData("ftp://127.0.0.1:4318"), InlineData("localhost:4318")]
    public void An_address_that_is_none_is_named(string endpoint) => Assert.Contains($"OtlpEndpoint: '{endpoint}'", Telemetry.Refuse(endpoint));
}
