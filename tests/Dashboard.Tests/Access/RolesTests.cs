using System.Net;
using System.Net.Http.Json;
using System.Text.Json.Nodes;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Wobble.Dashboard.Access;
using Wobble.Tests.Support;

namespace Wobble.Dashboard.Tests.Access;

/// <summary>A viewer reads everything and changes nothing; who did what is written down.</summary>
public sealed class RolesTests(ViewedHost viewed) : IClassFixture<ViewedHost>
{
    private readonly DashboardHost host = viewed.Host;

    [Theory]
    [InlineData("GET", "/api/runs", 200), InlineData("GET", "/api/configurations", 200), InlineData("GET", "/api/runners", 200), InlineData("GET", "/api/housekeeping", 200)]
    [InlineData("GET", "/api/recurrences", 200), InlineData("GET", "/api/recurrences/019af3c4-7d4e-7000-8000-000000000000", 404), InlineData("POST", "/api/recurrences", 403)]
    [InlineData("GET", "/api/audit", 403), InlineData("POST", "/api/runs", 403), InlineData("POST", "/api/comparisons", 403), InlineData("POST", "/api/configurations", 403), InlineData("POST", "/api/imports", 403)]
    [InlineData("DELETE", "/api/experiments/AAAAAAAAAAAAAAAAAAAAAA", 403), InlineData("POST", "/api/experiments/AAAAAAAAAAAAAAAAAAAAAA/restore", 403), InlineData("DELETE", "/api/comparisons/AAAAAAAAAAAAAAAAAAAAAA", 403), InlineData("POST", "/api/comparisons/AAAAAAAAAAAAAAAAAAAAAA/restore", 403)]
    [InlineData("GET", "/runs", 200), InlineData("GET", "/runners", 200), InlineData("GET", "/housekeeping", 200), InlineData("GET", "/new", 403), InlineData("GET", "/audit", 403), InlineData("GET", "/hangfire", 403)]
    public async Task A_viewer_reads_and_changes_nothing(string method, string address, int expected)
    {
        using var client = host.WithToken(ViewedHost.ViewerToken);
        client.DefaultRequestHeaders.Add("Accept", address.StartsWith("/api", StringComparison.Ordinal) ? "application/json" : "text/html");

        using var answer = await client.SendAsync(new HttpRequestMessage(new HttpMethod(method), address));

        Assert.Equal(expected, (int)answer.StatusCode);
    }

    [Fact]
    public async Task A_viewer_signs_in_on_the_page_and_every_change_of_theirs_is_refused()
    {
        var run = await host.Runs.RecordAsync(new FactsBuilder { PerSecond = 10 });
        using var client = host.Browser();
        Assert.Equal(HttpStatusCode.SeeOther, (await DashboardHost.SignInByFormAsync(client, ViewedHost.ViewerToken)).StatusCode);

        Assert.Equal(HttpStatusCode.OK, (await client.GetAsync("/api/runs")).StatusCode);
        Assert.Equal(HttpStatusCode.Forbidden, (await client.DeleteAsync($"/api/runs/{run.Slug}")).StatusCode);
        Assert.Equal(HttpStatusCode.Forbidden, (await client.PostAsync($"/api/runs/{run.Slug}/link", null)).StatusCode);

        await using var scope = host.Services.CreateAsyncScope();
        scope.ServiceProvider.GetRequiredService<Operator>().ActFor(host.Services.GetRequiredService<Sessions>().Begin("test", Roles.Viewer));
        var refusal = await Assert.ThrowsAsync<NotSignedInException>(() => scope.ServiceProvider.GetRequiredService<Changes>().DeleteRunsAsync([run.Id], default));
        Assert.Contains("viewer", refusal.Message);
        Assert.Null((await host.Runs.FindAsync(run.Id)).DeletedAt);
    }

    [Theory, InlineData("/api/targets"), InlineData("/targets")]
    public async Task A_viewer_is_told_where_targets_run(string address)
    {
        await host.AddRunnerAsync();
        using var viewer = host.WithToken(ViewedHost.ViewerToken);

        string shown = await viewer.GetStringAsync(address);

        Assert.Contains("bench-1", shown, StringComparison.Ordinal);
        Assert.Contains("/srv/targets/mine.json", shown, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_runs_link_does_not_name_its_experiment_to_who_is_signed_out()
    {
        var experiment = await new StoredExperiments(host.Database).PlayAsync(Wobble.Results.Experiments.Making.Compare(["a/x", "b/x"], new Results.Domain.Definition { Target = "" }, new Results.Domain.Catalogue(), 1, 1), _ => (30, 4_000));
        await using var db = host.Database.CreateDbContext();
        string run = await db.Runs.Where(r => r.ExperimentId == experiment.Id).Select(r => r.Slug).FirstAsync();
        using var signedOut = host.SignedOut();
        using var viewer = host.WithToken(ViewedHost.ViewerToken);

        Assert.Null((await signedOut.GetFromJsonAsync<JsonObject>($"/api/runs/{run}"))!["experiment"]?.GetValue<string>());
        Assert.DoesNotContain("round 1", await PageOfAsync(signedOut, run), StringComparison.Ordinal);
        Assert.Contains("round 1", await PageOfAsync(viewer, run), StringComparison.Ordinal);
        Assert.Equal(experiment.Slug, (await viewer.GetFromJsonAsync<JsonObject>($"/api/runs/{run}"))!["experiment"]!.GetValue<string>());
        Assert.Equal(HttpStatusCode.Unauthorized, (await signedOut.PostAsync($"/api/experiments/{experiment.Slug}/link", null)).StatusCode);
    }

    [Fact]
    public async Task A_runs_link_does_not_name_its_configuration_to_who_is_signed_out()
    {
        await host.AddRunnerAsync();
        using var owner = host.WithToken();
        using var created = await owner.PostAsJsonAsync("/api/configurations", new { name = "For who is signed in", definition = new { target = "uwsgi-http/bottle" } });
        string id = (string)(await created.Content.ReadFromJsonAsync<JsonObject>())!["id"]!;
        var queued = await (await owner.PostAsync($"/api/configurations/{id}/runs", null)).Content.ReadFromJsonAsync<JsonObject>();
        string address = $"/api/runs/{queued!["slug"]}";
        using var signedOut = host.SignedOut();
        using var viewer = host.WithToken(ViewedHost.ViewerToken);

        var hidden = (await signedOut.GetFromJsonAsync<JsonObject>(address))!;
        var shown = (await viewer.GetFromJsonAsync<JsonObject>(address))!;

        Assert.Null(hidden["configuration"]);
        Assert.Null(hidden["configuration_version"]);
        Assert.DoesNotContain("For who is signed in", await PageOfAsync(signedOut, (string)queued["slug"]!), StringComparison.Ordinal);
        Assert.Contains("For who is signed in", await PageOfAsync(viewer, (string)queued["slug"]!), StringComparison.Ordinal);
        Assert.Equal((id, 1), (shown["configuration"]!.GetValue<string>(), shown["configuration_version"]!.GetValue<int>()));
    }

    [Fact]
    public async Task Answers_of_a_provider_that_nobody_asked_for_stand_in_the_audit_log_once()
    {
        var open = new DashboardHost { Database = host.Database, Settings = { ["OidcAuthority"] = "https://login.example.org", ["OidcClientId"] = "wobble", ["OidcOperators"] = "ada@example.org" } };
        await open.InitializeAsync();
        using var client = open.SignedOut();

        for (int i = 0; i < 20; i++) Assert.Equal(HttpStatusCode.Unauthorized, (await client.GetAsync("/sign-in/provider/back?code=guessed&state=guessed")).StatusCode);

        using var owner = host.WithToken();
        Assert.Single((await owner.GetFromJsonAsync<JsonObject>("/api/audit?q=sign in by the provider"))!["entries"]!.AsArray());
        await open.DisposeAsync();
    }

    [Fact]
    public async Task A_provider_that_is_away_is_told_as_one_and_the_token_signs_in()
    {
        // Nobody listens there.
        var away = new DashboardHost { Database = host.Database, Settings = { ["OidcAuthority"] = "http://127.0.0.1:9", ["OidcClientId"] = "wobble", ["OidcOperators"] = "ada@example.org" } };
        await away.InitializeAsync();
        using var client = away.Browser();
        client.DefaultRequestHeaders.Accept.ParseAdd("text/html");

        using var answer = await client.GetAsync("/sign-in/provider?to=/runs");

        string page = await answer.Content.ReadAsStringAsync();
        Assert.Equal(HttpStatusCode.ServiceUnavailable, answer.StatusCode);
        Assert.Contains("be reached: sign in with the token, or try again.", page);
        Assert.Contains("name=\"to\" value=\"/runs\"", page);
        Assert.Equal(HttpStatusCode.SeeOther, (await DashboardHost.SignInByFormAsync(client, DashboardHost.Token)).StatusCode);
        await away.DisposeAsync();
    }

    [Fact]
    public async Task Who_did_what_and_how_it_ended_is_in_the_audit_log()
    {
        await host.AddRunnerAsync();
        var run = await host.Runs.RecordAsync(new FactsBuilder { PerSecond = 10 });
        using var client = await host.WithCookieAsync();
        await client.DeleteAsync($"/api/runs/{run.Slug}");
        await client.PostAsync($"/api/runs/{run.Slug}/restore", null);
        await client.PatchAsJsonAsync($"/api/runs/{run.Slug}", new { pinned = true });
        var queued = await (await client.PostAsJsonAsync("/api/runs", new { target = "uwsgi-http/bottle" })).Content.ReadFromJsonAsync<JsonObject>();
        await client.PostAsync($"/api/runs/{queued!["slug"]}/cancel", null);
        await client.PostAsJsonAsync("/api/runs", new { target = "uwsgi-http/bottle", workers = 100_000 });

        var log = (await client.GetFromJsonAsync<JsonObject>("/api/audit"))!["entries"]!.AsArray().Select(e => $"{e!["who"]} {e["what"]}: {e["outcome"]}").ToList();

        Assert.Contains($"operator delete {run.Slug}: done: 1", log);
        Assert.Contains($"operator restore {run.Slug}: done: 1", log);
        Assert.Contains($"operator pin {run.Slug}: done", log);
        Assert.Contains($"operator queue uwsgi-http/bottle: done: {queued["slug"]}", log);
        Assert.Contains(log, l => l.StartsWith($"operator cancel {queued["slug"]}: done", StringComparison.Ordinal));
        Assert.Contains(log, l => l.StartsWith("operator queue uwsgi-http/bottle: refused: workers", StringComparison.Ordinal));
        Assert.Contains("operator sign in with the token: done", log);
    }

    [Fact]
    public async Task Whoever_guesses_is_held_off_and_who_has_the_token_at_the_same_address_is_not()
    {
        const int most = 10;
        var guessing = new DashboardHost { Database = host.Database, Settings = { ["WrongTokensPerMinute"] = $"{most}", ["WOBBLE_VIEWER_TOKEN"] = ViewedHost.ViewerToken } };
        await guessing.InitializeAsync();
        using var client = guessing.SignedOut();
        async Task<int> With(string token, string address = "/api/runs")
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, address);
            request.Headers.Authorization = new("Bearer", token);
            return (int)(await client.SendAsync(request)).StatusCode;
        }

        var first = new List<int>();
        for (int i = 0; i < most - 1; i++) first.Add(await With($"a-guess-of-a-token-{i}"));

        Assert.All(first, status => Assert.Equal(401, status));
        Assert.Equal(429, await With("a-guess-of-a-token"));
        Assert.Equal((200, 200, 403), (await With(DashboardHost.Token), await With(ViewedHost.ViewerToken), await With(ViewedHost.ViewerToken, "/api/audit")));
        Assert.Equal(303, (int)(await DashboardHost.SignInByFormAsync(guessing.Browser(), DashboardHost.Token)).StatusCode);
        Assert.Equal(429, await With("another-guess-of-a-token"));
        using var owner = host.WithToken();
        var entries = (await owner.GetFromJsonAsync<JsonObject>("/api/audit?q=wrong bearer"))!["entries"]!.AsArray();
        Assert.Single(entries);
        await guessing.DisposeAsync();
    }

    [Fact]
    public async Task A_new_token_ends_the_sessions_of_its_role_alone()
    {
        string keptOwner = await SessionOfAsync(DashboardHost.Token), keptViewer = await SessionOfAsync(ViewedHost.ViewerToken);
        Assert.Equal(HttpStatusCode.OK, await StatusAsync(keptViewer));
        host.Settings["WOBBLE_VIEWER_TOKEN"] = "another-token-of-the-viewers";

        await host.RestartAsync();
        host.Settings["WOBBLE_VIEWER_TOKEN"] = ViewedHost.ViewerToken;

        Assert.Equal(HttpStatusCode.OK, await StatusAsync(keptOwner));
        Assert.Equal(HttpStatusCode.Unauthorized, await StatusAsync(keptViewer));
        await host.RestartAsync();
    }

    [Fact]
    public async Task A_link_that_was_renewed_opens_no_more()
    {
        var run = await host.Runs.RecordAsync(new FactsBuilder { PerSecond = 10 });
        using var client = host.WithToken();

        string renewed = (string)(await (await client.PostAsync($"/api/runs/{run.Slug}/link", null)).Content.ReadFromJsonAsync<JsonObject>())!["slug"]!;

        using var reader = host.SignedOut();
        Assert.Equal(HttpStatusCode.NotFound, (await reader.GetAsync($"/api/runs/{run.Slug}")).StatusCode);
        using var answer = await reader.GetAsync($"/r/{renewed}");
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        Assert.Contains("noindex", answer.Headers.GetValues("X-Robots-Tag").Single());
    }

    private static async Task<string> PageOfAsync(HttpClient client, string run)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, $"/r/{run}");
        request.Headers.Add("Accept", "text/html");
        using var answer = await client.SendAsync(request);
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        return await answer.Content.ReadAsStringAsync();
    }

    private async Task<string> SessionOfAsync(string token)
    {
        using var client = host.Browser();
        using var answer = await DashboardHost.SignInByFormAsync(client, token);
        return string.Join("; ", answer.Headers.GetValues("Set-Cookie").Select(c => c.Split(';')[0]));
    }

    private async Task<HttpStatusCode> StatusAsync(string cookies)
    {
        using var client = host.SignedOut();
        using var request = new HttpRequestMessage(HttpMethod.Get, "/api/runs");
        request.Headers.Add("Cookie", cookies);
        return (await client.SendAsync(request)).StatusCode;
    }
}

/// <summary>A Dashboard with viewers.</summary>
public sealed class ViewedHost : IAsyncLifetime
{
    public const string ViewerToken = "a-token-of-the-viewers-0123";

    public DashboardHost Host { get; } = new() { Settings = { ["WOBBLE_VIEWER_TOKEN"] = ViewerToken } };

    public ValueTask InitializeAsync() => Host.InitializeAsync();

    public ValueTask DisposeAsync() => Host.DisposeAsync();
}
