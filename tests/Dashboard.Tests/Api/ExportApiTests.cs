using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json.Nodes;
using Wobble.Dashboard.Tests.Access;
using Wobble.Tests.Support;

namespace Wobble.Dashboard.Tests.Api;

public sealed class ExportApiTests(DashboardHost host) : IClassFixture<DashboardHost>
{
    [Fact]
    public async Task An_export_of_one_Wobble_is_imported_by_another_once()
    {
        var run = await host.Runs.RecordAsync(new FactsBuilder { PerSecond = 20 });
        using var reader = host.SignedOut();
        byte[] file = await reader.GetByteArrayAsync($"/api/runs/{run.Slug}.wobble.gz");
        await host.Database.ExecuteAsync("delete from runs");
        using var client = host.WithToken();

        using var first = await client.PostAsync("/api/imports", Body(file));
        using var second = await client.PostAsync("/api/imports", Body(file));

        Assert.Equal((HttpStatusCode.Created, HttpStatusCode.OK), (first.StatusCode, second.StatusCode));
        Assert.True((bool)(await second.Content.ReadFromJsonAsync<JsonObject>())!["was_here"]!);
        Assert.Equal(run.P99, (await host.Runs.FindAsync(run.Id)).P99);
    }

    [Fact]
    public async Task A_body_that_is_no_export_is_told_what_is_wrong()
    {
        using var client = host.WithToken();

        using var answer = await client.PostAsync("/api/imports", Body([1, 2, 3]));

        Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
        Assert.NotNull((await answer.Content.ReadFromJsonAsync<JsonObject>())!["errors"]!["file"]);
    }

    [Fact]
    public async Task A_run_that_goes_on_has_no_export()
    {
        var run = await host.Runs.RecordAsync(new FactsBuilder { End = null, PerSecond = 20 });
        using var client = host.SignedOut();

        Assert.Equal(HttpStatusCode.Conflict, (await client.GetAsync($"/api/runs/{run.Slug}.wobble.gz")).StatusCode);
    }

    private static ByteArrayContent Body(byte[] file) => new(file) { Headers = { ContentType = new MediaTypeHeaderValue("application/gzip") } };
}
