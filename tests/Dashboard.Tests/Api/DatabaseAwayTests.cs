using System.Net;
using System.Text.Json.Nodes;
using Wobble.Dashboard.Tests.Access;
using Wobble.Tests.Support;

namespace Wobble.Dashboard.Tests.Api;

/// <summary>A PostgreSQL that is away is no fault of the request: 503, said plainly, and it comes back by itself.</summary>
public sealed class DatabaseAwayTests : IAsyncLifetime
{
    private readonly DashboardHost _host = new();
    private PostgresCluster _cluster = default!;

    public async ValueTask InitializeAsync()
    {
        _cluster = await PostgresCluster.StartAsync();
        _host.Settings["ConnectionStrings:Wobble"] = _cluster.ConnectionString("postgres");
        await _host.InitializeAsync();
    }

    public async ValueTask DisposeAsync()
    {
        await _host.DisposeAsync();
        await _cluster.DisposeAsync();
    }

    [Fact]
    public async Task It_is_503_while_away_and_while_its_tables_are_missing()
    {
        using var client = _host.WithToken();
        Assert.Contains("isn't ready yet", (await BadInputTests.ProblemOf(await client.GetAsync("/api/runs"), HttpStatusCode.ServiceUnavailable)).Detail);
        Assert.Equal("not ready", await DatabaseStateAsync(client));

        await _cluster.StopAsync();
        foreach (string address in (string[])["/api/runs", "/api/runs/AAAAAAAAAAAAAAAAAAAAAA", "/api/targets", "/api/runners", "/api/configurations", "/api/comparisons/AAAAAAAAAAAAAAAAAAAAAA"])
        {
            using var answer = await client.GetAsync(address);
            Assert.Contains("can't be reached", (await BadInputTests.ProblemOf(answer, HttpStatusCode.ServiceUnavailable)).Detail);
            Assert.NotNull(answer.Headers.RetryAfter);
        }
        using var asked = await client.PostAsync("/api/runs", BadInputTests.Json("""{"target":"uwsgi-http/bottle"}"""));
        await BadInputTests.ProblemOf(asked, HttpStatusCode.ServiceUnavailable);
        await AwaitStateAsync(client, "away");
        Assert.Equal(HttpStatusCode.OK, (await client.GetAsync("/healthz")).StatusCode);
        await BadInputTests.ProblemOf(await client.GetAsync("/readyz"), HttpStatusCode.ServiceUnavailable);

        await _cluster.ResumeAsync();
        await AwaitStateAsync(client, "not ready");

        await _cluster.ExecuteAsync("""create table "__EFMigrationsHistory" (migration_id text primary key); insert into "__EFMigrationsHistory" values ('29990101000000_FlyingCars')""");
        await AwaitStateAsync(client, "newer");
        using var newer = await client.GetAsync("/readyz");
        Assert.StartsWith("Wobble's database was last changed by a newer Wobble", (await BadInputTests.ProblemOf(newer, HttpStatusCode.ServiceUnavailable)).Detail);
        using var runs = await client.GetAsync("/api/runs");
        Assert.StartsWith("Wobble's database was last changed by a newer Wobble", (await BadInputTests.ProblemOf(runs, HttpStatusCode.ServiceUnavailable)).Detail);
    }

    private static async Task<string> DatabaseStateAsync(HttpClient client) => (string)JsonNode.Parse(await client.GetStringAsync("/healthz"))!["database"]!;

    // The state is asked for at most once a second.
    private static Task AwaitStateAsync(HttpClient client, string state) => Poll.UntilAsync($"the database to be {state}", async () => await DatabaseStateAsync(client) == state, TimeSpan.FromSeconds(20));
}
