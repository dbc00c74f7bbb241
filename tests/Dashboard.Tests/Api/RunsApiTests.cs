using System.Net;
using System.Text.Json.Nodes;
using Microsoft.EntityFrameworkCore;
using Wobble.Dashboard.Tests.Access;
using Wobble.Results.Domain;
using Wobble.Tests.Support;

namespace Wobble.Dashboard.Tests.Api;

public sealed class RunsApiTests : IAsyncLifetime
{
    private readonly DashboardHost _host = new();

    public ValueTask InitializeAsync() => _host.InitializeAsync();

    public ValueTask DisposeAsync() => _host.DisposeAsync();

    [Fact]
    public async Task A_run_is_queued_and_answers_its_address()
    {
        await _host.AddRunnerAsync();
        using var client = _host.WithToken();

        using var answer = await client.PostAsync("/api/runs", BadInputTests.Json("""{"target":"uwsgi-http/bottle","workers":8,"for":"5s","warmup":"0s","tags":["Nightly"],"notes":"with the new kernel"}"""));

        Assert.Equal(HttpStatusCode.Created, answer.StatusCode);
        var queued = await ReadAsync(answer);
        string slug = (string)queued["slug"]!;
        Assert.Equal($"/api/runs/{slug}", answer.Headers.Location?.OriginalString);
        Assert.Equal($"{_host.Address.ToString().TrimEnd('/')}/r/{slug}", (string)queued["url"]!);
        Assert.Equal("queued", (string)queued["state"]!);
        Assert.Equal(slug, (string)Assert.Single(queued["runs"]!.AsArray())!["slug"]!);
        await using var db = _host.Database.CreateDbContext();
        var run = await db.Runs.SingleAsync(r => r.Slug == slug);
        Assert.Equal(TimeSpan.FromSeconds(5), run.Definition.For);
        Assert.Equal(TimeSpan.Zero, run.Definition.Warmup);
        Assert.Equal(["nightly"], run.Tags);
        Assert.Equal(run.Id, Assert.Single(_host.Jobs.Queued).RunId);

        var read = await GetAsync(_host.SignedOut(), $"/api/runs/{slug}");
        Assert.Equal("queued", (string)read["state"]!);
        Assert.Equal(8, (int)read["workers"]!);
        Assert.Null(read["requests"]);
    }

    [Fact]
    public async Task A_configuration_is_checked_by_what_any_Runner_can_run_and_by_the_limits_before_there_is_one()
    {
        using var client = _host.WithToken();
        async Task<HttpStatusCode> SaveAsync(string name, string target, int workers)
        {
            using var answer = await client.PostAsync("/api/configurations", BadInputTests.Json($$$"""{"name":"{{{name}}}","definition":{"target":"{{{target}}}","workers":{{{workers}}}}}"""));
            return answer.StatusCode;
        }

        Assert.Equal(HttpStatusCode.BadRequest, await SaveAsync("nonsense", "uwsgi-http/bottle", -5));
        Assert.Equal(HttpStatusCode.Created, await SaveAsync("before any Runner", "uwsgi-http/bottle", 5));

        await _host.AddRunnerAsync("lab-2");
        await _host.AddRunnerAsync(catalogue: SamplePlans.Catalogue with { Targets = [SamplePlans.Catalogue.Targets[0]] });
        Assert.Equal(HttpStatusCode.Created, await SaveAsync("only lab-2 has it", "uvicorn/starlette", 2));
        Assert.Equal(HttpStatusCode.Created, await SaveAsync("both have it", "uwsgi-http/bottle", 2));
        Assert.Equal(HttpStatusCode.Created, await SaveAsync("lab-2 knows it and lacks a module", "gunicorn-meinheld/bottle", 2));
        Assert.Equal(HttpStatusCode.BadRequest, await SaveAsync("nobody has it", "uvicorn/nothing", 2));
    }

    [Fact]
    public async Task Repetitions_make_an_experiment_and_answer_its_slug()
    {
        await _host.AddRunnerAsync();
        using var client = _host.WithToken();

        using var answer = await client.PostAsync("/api/runs", BadInputTests.Json("""{"target":"uwsgi-http/bottle","repetitions":3,"tags":["x"]}"""));

        var queued = await ReadAsync(answer);
        string slug = (string)queued["slug"]!;
        Assert.Equal($"/api/experiments/{slug}", answer.Headers.Location?.OriginalString);
        Assert.Equal((slug, "running"), ((string)queued["experiment"]!, (string)queued["state"]!));
        Assert.EndsWith($"/x/{slug}", (string)queued["url"]!, StringComparison.Ordinal);
        string first = (string)Assert.Single(queued["runs"]!.AsArray())!["slug"]!;
        Assert.Equal(slug, (string)(await GetAsync(client, $"/api/runs/{first}"))["experiment"]!);
        Assert.Equal(3, (int)(await GetAsync(_host.SignedOut(), $"/api/experiments/{slug}"))["repetitions"]!);
    }

    [Theory]
    [InlineData("0", "repetitions: 0 is not allowed; 1 to 100")]
    [InlineData("10000", "repetitions: 10000 is not allowed; 1 to 100; it would take 44 h 26 min")]
    public async Task A_number_of_repetitions_beyond_the_limit_says_how_long_it_would_take(string repetitions, string detail)
    {
        await _host.AddRunnerAsync();
        using var client = _host.WithToken();

        using var answer = await client.PostAsync("/api/runs", BadInputTests.Json($$"""{"target":"uwsgi-http/bottle","repetitions":{{repetitions}}}"""));

        Assert.Equal(detail, (await BadInputTests.ProblemOf(answer, HttpStatusCode.BadRequest)).Detail);
    }

    [Fact]
    public async Task Without_a_runner_nothing_is_queued_and_the_answer_says_to_ask_again()
    {
        using var client = _host.WithToken();

        using var answer = await client.PostAsync("/api/runs", BadInputTests.Json("""{"target":"uwsgi-http/bottle"}"""));

        var problem = await BadInputTests.ProblemOf(answer, HttpStatusCode.ServiceUnavailable);
        Assert.Contains("no Runner has joined yet", problem.Detail);
        Assert.NotNull(answer.Headers.RetryAfter);
    }

    [Fact]
    public async Task A_completed_run_has_the_names_of_the_command_line()
    {
        var run = await _host.Runs.RecordAsync();

        var read = await GetAsync(_host.SignedOut(), $"/api/runs/{run.Slug}");

        string[] names = ["target", "workers", "connections", "rate", "keep_alive", "requests", "throughput", "latency_ms", "errors", "trust", "generator", "components", "environment", "plan", "slug", "url", "state", "progress", "failure", "tags", "notes"];
        Assert.All(names, name => Assert.True(read.ContainsKey(name), name));
        Assert.Equal("completed", (string)read["state"]!);
        Assert.Equal(10_000, (long)read["requests"]!);
        Assert.Equal("{}", read["errors"]!.ToJsonString());
        Assert.Equal(["min", "p50", "p75", "p90", "p95", "p99", "p99_9", "max", "mean"], read["latency_ms"]!.AsObject().Select(p => p.Key));
        Assert.Contains((string)read["trust"]!["verdict"]!, (string[])["sound", "doubtful", "invalid"]);
        Assert.NotNull(read["plan"]!["components"]![0]!["command"]);
        Assert.Equal("bench-1", (string)read["environment"]!["host"]!);
    }

    [Fact]
    public async Task The_samples_of_a_run_add_up_to_it()
    {
        var run = await _host.Runs.RecordAsync(new FactsBuilder { ErrorsPerSecond = new Dictionary<string, long> { ["timeout"] = 2 } });
        using var client = _host.SignedOut();

        var measured = (await GetAsync(client, $"/api/runs/{run.Slug}/samples"))["samples"]!.AsArray();
        var all = (await GetAsync(client, $"/api/runs/{run.Slug}/samples?warmup=true"))["samples"]!.AsArray();
        var rest = (await GetAsync(client, $"/api/runs/{run.Slug}/samples?after=2"))["samples"]!.AsArray();

        Assert.Equal(run.Requests, measured.Sum(s => (long)s!["requests"]!));
        Assert.Equal(run.Errors, measured.Sum(s => (long?)s!["errors"]!["timeout"] ?? 0));
        Assert.Equal([0, 1, 2, 3, 4], measured.Select(s => (int)s!["second"]!));
        Assert.Equal([0, 1, 1, 1, 1, 1], all.Select(s => (int)s!["stage"]!));
        Assert.Equal([3, 4], rest.Select(s => (int)s!["second"]!));
        string[] names = ["second", "stage", "requests", "errors", "throughput", "p50", "p90", "p99", "p99_9", "max", "components", "pooler", "generator"];
        Assert.All(names, name => Assert.True(measured[0]!.AsObject().ContainsKey(name), name));
        Assert.Equal("nginx", (string)measured[0]!["components"]!.AsArray()[^1]!["name"]!);
    }

    [Fact]
    public async Task The_list_is_filtered_and_paged()
    {
        for (int i = 0; i < 5; i++) await _host.Runs.RecordAsync(new FactsBuilder { Start = new DateTimeOffset(2026, 11, 20 + i, 9, 0, 0, TimeSpan.Zero), Seed = i }, tags: i % 2 == 0 ? ["even"] : []);
        using var client = _host.WithToken();

        var first = await GetAsync(client, "/api/runs?size=2");
        var second = await GetAsync(client, $"/api/runs?size=2&after={first["next"]}");
        var even = await GetAsync(client, "/api/runs?tag=even&state=completed,failed&target=uwsgi-http/bottle");
        var some = await GetAsync(client, "/api/runs?since=2026-11-21&until=2026-11-23T00:00:00Z&q=bottle");

        Assert.Equal(5, (int)first["total"]!);
        Assert.Equal(["2026-11-24", "2026-11-23"], Days(first));
        Assert.Equal(["2026-11-22", "2026-11-21"], Days(second));
        Assert.Null(first["previous"]);
        Assert.NotNull((string?)second["previous"]);
        Assert.Equal(3, (int)even["total"]!);
        Assert.Equal(["2026-11-22", "2026-11-21"], Days(some));
        Assert.NotNull((double?)even["runs"]![0]!["latency_ms"]!["p99"]);
        Assert.NotNull((string?)even["runs"]![0]!["trust"]!["verdict"]);
    }

    [Fact]
    public async Task A_queued_run_is_cancelled_at_once_and_a_going_one_is_asked_to_end()
    {
        var queued = await _host.Runs.QueuedAsync();
        var going = await _host.Runs.RecordAsync(new FactsBuilder { End = null });
        using var client = _host.WithToken();

        using var now = await client.PostAsync($"/api/runs/{queued.Slug}/cancel", null);
        using var soon = await client.PostAsync($"/api/runs/{going.Slug}/cancel", null);
        using var late = await client.PostAsync($"/api/runs/{queued.Slug}/cancel", null);

        Assert.Equal(HttpStatusCode.OK, now.StatusCode);
        Assert.Equal("cancelled", (string)(await ReadAsync(now))["state"]!);
        Assert.Equal(HttpStatusCode.Accepted, soon.StatusCode);
        Assert.Equal("measuring", (string)(await ReadAsync(soon))["state"]!);
        Assert.Contains("it is cancelled", (await BadInputTests.ProblemOf(late, HttpStatusCode.Conflict)).Detail);
        Assert.NotNull((string?)(await GetAsync(client, $"/api/runs/{going.Slug}"))["cancel_requested_at"]);
    }

    [Fact]
    public async Task Notes_and_tags_are_set_together_or_not_at_all()
    {
        var run = await _host.Runs.RecordAsync(tags: ["old"], notes: "old");
        using var client = _host.WithToken();

        using var wrong = await client.PatchAsync($"/api/runs/{run.Slug}", BadInputTests.Json("""{"notes":"new","tags":["a,b"]}"""));
        Assert.Equal("old", (string)(await GetAsync(client, $"/api/runs/{run.Slug}"))["notes"]!);
        using var right = await client.PatchAsync($"/api/runs/{run.Slug}", BadInputTests.Json("""{"notes":null,"tags":["New"]}"""));

        Assert.Equal(HttpStatusCode.BadRequest, wrong.StatusCode);
        var read = await ReadAsync(right);
        Assert.Null(read["notes"]);
        Assert.Equal("""["new"]""", read["tags"]!.ToJsonString());
    }

    [Fact]
    public async Task A_deleted_run_is_gone_for_everyone_until_it_is_restored()
    {
        var run = await _host.Runs.RecordAsync();
        using var client = _host.WithToken();

        Assert.Equal(HttpStatusCode.NoContent, (await client.DeleteAsync($"/api/runs/{run.Slug}")).StatusCode);
        foreach (string address in (string[])[$"/api/runs/{run.Slug}", $"/api/runs/{run.Slug}.csv", $"/api/runs/{run.Slug}/samples"])
            Assert.Equal(HttpStatusCode.NotFound, (await client.GetAsync(address)).StatusCode);
        Assert.Equal(0, (int)(await GetAsync(client, "/api/runs"))["total"]!);
        Assert.Equal(HttpStatusCode.OK, (await client.PostAsync($"/api/runs/{run.Slug}/restore", null)).StatusCode);

        Assert.Equal(1, (int)(await GetAsync(client, "/api/runs"))["total"]!);
    }

    [Fact]
    public async Task A_configuration_is_created_saved_as_a_new_version_and_run()
    {
        await _host.AddRunnerAsync();
        using var client = _host.WithToken();
        using var created = await client.PostAsync("/api/configurations", BadInputTests.Json("""{"name":"Nightly","definition":{"target":"uwsgi-http/bottle","workers":4}}"""));
        string id = (string)(await ReadAsync(created))["id"]!;

        var runs = await ReadAsync(await client.PostAsync($"/api/configurations/{id}/runs", null));
        var changed = await ReadAsync(await client.PutAsync($"/api/configurations/{id}", BadInputTests.Json("""{"name":"Nightly","version":1,"definition":{"target":"uwsgi-http/bottle","workers":8}}""")));
        using var stale = await client.PutAsync($"/api/configurations/{id}", BadInputTests.Json("""{"name":"Nightly","version":1,"definition":{"target":"uwsgi-http/bottle","workers":16}}"""));
        using var taken = await client.PostAsync("/api/configurations", BadInputTests.Json("""{"name":"Nightly","definition":{"target":"uwsgi-http/bottle"}}"""));

        Assert.Equal(HttpStatusCode.Created, created.StatusCode);
        Assert.Equal($"/api/configurations/{id}", created.Headers.Location?.OriginalString);
        Assert.Equal(2, (int)changed["version"]!);
        Assert.Equal(4, (int)(await GetAsync(client, $"/api/runs/{runs["slug"]}"))["definition"]!["workers"]!);
        Assert.Equal(1, (int)(await GetAsync(client, $"/api/runs/{runs["slug"]}"))["configuration_version"]!);
        await BadInputTests.ProblemOf(stale, HttpStatusCode.Conflict);
        Assert.Equal(["name"], (await BadInputTests.ProblemOf(taken, HttpStatusCode.BadRequest)).Errors!.Keys);
    }

    [Fact]
    public async Task A_comparison_has_ratios_to_its_first_run_and_one_link()
    {
        // Long enough for a p99 of each, and sound.
        var calm = await _host.Runs.RecordAsync(new FactsBuilder { MedianMs = 20 });
        var slow = await _host.Runs.RecordAsync(new FactsBuilder { MedianMs = 40, Seed = 2 });
        using var client = _host.WithToken();
        var body = BadInputTests.Json($$"""{"runs":["{{calm.Slug}}","{{slow.Slug}}"]}""");

        var kept = await ReadAsync(await client.PostAsync("/api/comparisons", body));
        var again = await ReadAsync(await client.PostAsync("/api/comparisons", BadInputTests.Json($$"""{"runs":["{{calm.Slug}}","{{slow.Slug}}"]}""")));
        var read = await GetAsync(_host.SignedOut(), $"/api/comparisons/{kept["slug"]}");

        Assert.Equal((string)kept["slug"]!, (string)again["slug"]!);
        Assert.EndsWith($"/c/{kept["slug"]}", (string)kept["url"]!);
        Assert.Equal([calm.Slug, slow.Slug], read["runs"]!.AsArray().Select(r => (string)r!["slug"]!));
        if (calm.TrustVerdict != "invalid" && slow.TrustVerdict != "invalid") Assert.InRange((double)read["runs"]![1]!["ratios"]!["p50"]!, 1.9, 2.1);
    }

    [Fact]
    public async Task Signed_out_the_targets_name_no_machine_and_no_folder()
    {
        var catalogue = SamplePlans.Catalogue with
        {
            Targets =
            [
                .. SamplePlans.Catalogue.Targets.Select(t => t with
                {
                    AddedFrom = "/home/someone/targets",
                    Unavailable = t.Server == "daphne" ? "not readable, because wobble-run, who runs the stack, can't read /home/someone/my targets/apps/mine" : t.Unavailable,
                }),
            ],
            Broken =
            [
                .. SamplePlans.Catalogue.Broken,
                new BrokenManifest("/home/someone/targets/servers/uvicorn.json", "name", "'uvicorn' is taken by /opt/mine/TargetApps/servers/uvicorn.json"),
                new BrokenManifest("/home/someone/targets/apps/mine/app.json", "", "can't be read: Access to the path '/home/someone/targets/apps/mine/app.json' is denied. See https://example.org/wobble/wsgi."),
            ],
        };
        await _host.AddRunnerAsync("secret-host", catalogue);
        string[] hidden = ["secret-host", "/home/someone", "/srv/targets", "/opt/mine", "targets/apps"];

        string open = await _host.SignedOut().GetStringAsync("/api/targets");

        foreach (string answer in (string[])[open, await _host.SignedOut().GetStringAsync("/targets")])
        {
            Assert.All(hidden, name => Assert.DoesNotContain(name, answer, StringComparison.Ordinal));
            Assert.Contains("uvicorn.json", answer, StringComparison.Ordinal);
        }
        foreach (string address in (string[])["/api/targets", "/targets"])
        {
            string own = await _host.WithToken().GetStringAsync(address);
            Assert.All(hidden, name => Assert.Contains(name, own, StringComparison.Ordinal));
        }
        var targets = JsonNode.Parse(open)!["targets"]!.AsArray();
        Assert.Equal("not readable, because wobble-run, who runs the stack, can't read …", (string)targets.First(t => (string)t!["server"]! == "daphne")!["unavailable"]!);
        Assert.Equal(["'wsgo' is not allowed; wsgi, asgi or aiohttp", "'uvicorn' is taken by …", "can't be read: Access to the path '…' is denied. See https://example.org/wobble/wsgi."], JsonNode.Parse(open)!["broken"]!.AsArray().Select(b => (string)b!["reason"]!));
        var target = targets.First(t => (string)t!["name"]! == "uwsgi-http/bottle")!;
        Assert.Equal(8, (int)target["default_workers"]!);
        Assert.Equal("sync", (string)target["class"]!);
    }

    [Fact]
    public async Task PublicUrl_begins_every_link()
    {
        _host.Settings["PublicUrl"] = "https://wobble.example.org/bench/";
        await _host.RestartAsync();
        var run = await _host.Runs.RecordAsync();

        Assert.Equal($"https://wobble.example.org/bench/r/{run.Slug}", (string)(await GetAsync(_host.SignedOut(), $"/api/runs/{run.Slug}"))["url"]!);
    }

    internal static async Task<JsonObject> GetAsync(HttpClient client, string address)
    {
        using var answer = await client.GetAsync(address);
        Assert.True(answer.IsSuccessStatusCode, $"{address}: {(int)answer.StatusCode} {await answer.Content.ReadAsStringAsync()}");
        return await ReadAsync(answer);
    }

    internal static async Task<JsonObject> ReadAsync(HttpResponseMessage answer)
    {
        string text = await answer.Content.ReadAsStringAsync();
        Assert.True(answer.IsSuccessStatusCode, $"{(int)answer.StatusCode} {text}");
        return JsonNode.Parse(text)!.AsObject();
    }

    private static IEnumerable<string> Days(JsonObject list) => list["runs"]!.AsArray().Select(r => ((string)r!["created_at"]!)[..10]);
}
