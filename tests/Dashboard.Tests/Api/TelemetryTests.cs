using System.Collections.Concurrent;
using System.Net;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
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
        var received = new ConcurrentDictionary<string, ConcurrentBag<byte[]>>();
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        await using var collector = builder.Build();
        collector.MapPost("/v1/{signal}", async (string signal, HttpRequest request) =>
        {
            using var body = new MemoryStream();
            await request.Body.CopyToAsync(body);
            received.GetOrAdd(signal, _ => []).Add(body.ToArray());
        });
        await collector.StartAsync();
        await using var host = new DashboardHost { Settings = { ["OtlpEndpoint"] = collector.Urls.Single() } };
        await host.InitializeAsync();
        var run = await host.Runs.RecordAsync(new FactsBuilder { PerSecond = 10 });
        using var client = host.SignedOut();

        Assert.Equal(HttpStatusCode.OK, (await client.GetAsync($"/api/runs/{run.Slug}")).StatusCode);
        // A request's span ends a moment after its answer was read.
        await Poll.UntilAsync("the span of the request", () =>
        {
            host.Services.GetRequiredService<TracerProvider>().ForceFlush(5_000);
            return Text(received.GetValueOrDefault("traces", [])).Contains("/api/runs/{slug}", StringComparison.Ordinal);
        }, TimeSpan.FromSeconds(20));
        host.Services.GetRequiredService<MeterProvider>().ForceFlush(5_000);

        string traces = Text(received["traces"]), metrics = Text(received["metrics"]);
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

    private static string Text(IEnumerable<byte[]> bodies) => string.Concat(bodies.Select(b => Encoding.Latin1.GetString(b)));
}
