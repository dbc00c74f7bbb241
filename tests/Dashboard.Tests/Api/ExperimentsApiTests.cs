using System.Net;
using System.Text.Json.Nodes;
using Microsoft.EntityFrameworkCore;
using Wobble.Dashboard.Tests.Access;
using Wobble.Results.Domain;
using Wobble.Results.Experiments;
using Wobble.Results.Storage;
using Wobble.Tests.Support;

namespace Wobble.Dashboard.Tests.Api;

public sealed class ExperimentsApiTests : IAsyncLifetime
{
    private readonly DashboardHost _host = new();

    public async ValueTask InitializeAsync()
    {
        await _host.InitializeAsync();
        await _host.AddRunnerAsync();
    }

    public ValueTask DisposeAsync() => _host.DisposeAsync();

    [Fact]
    public async Task One_is_made_read_signed_out_paused_resumed_and_cancelled()
    {
        using var client = _host.WithToken();

        using var answer = await client.PostAsync("/api/experiments", BadInputTests.Json("""{"targets":["uwsgi-http/bottle","uvicorn/starlette"],"repetitions":3,"for":"10s","seed":7,"headline":"throughput"}"""));

        Assert.Equal(HttpStatusCode.Created, answer.StatusCode);
        var made = await ReadAsync(answer);
        string slug = (string)made["slug"]!;
        Assert.Equal($"/api/experiments/{slug}", answer.Headers.Location?.OriginalString);
        Assert.Equal(("compare", "running", 6, "2 minutes", 96), ((string)made["kind"]!, (string)made["state"]!, (int)made["runs_expected"]!, (string)made["takes"]!, (double)made["takes_s"]!));

        var read = await GetAsync(_host.SignedOut(), $"/api/experiments/{slug}");
        Assert.Equal(("running", 7, "throughput", 0, 6), ((string)read["state"]!, (long)read["seed"]!, (string)read["headline"]!, (int)read["progress"]!["ended"]!, (int)read["progress"]!["expected"]!));
        Assert.Equal(["uwsgi-http/bottle", "uvicorn/starlette"], read["rows"]!.AsArray().Select(r => (string)r!["name"]!));
        Assert.NotNull((string?)read["progress"]!["current_run"]);

        Assert.Equal("paused", (string)(await PostAsync(client, $"/api/experiments/{slug}/pause"))["state"]!);
        Assert.Contains("is paused", (await BadInputTests.ProblemOf(await client.PostAsync($"/api/experiments/{slug}/pause", null), HttpStatusCode.Conflict)).Detail, StringComparison.Ordinal);
        Assert.Equal("running", (string)(await PostAsync(client, $"/api/experiments/{slug}/resume"))["state"]!);
        Assert.Equal("cancelled", (string)(await PostAsync(client, $"/api/experiments/{slug}/cancel"))["state"]!);
        Assert.Equal(HttpStatusCode.Conflict, (await client.PostAsync($"/api/experiments/{slug}/cancel", null)).StatusCode);
        Assert.Equal(slug, (string)(await GetAsync(client, "/api/experiments"))["experiments"]![0]!["slug"]!);
    }

    [Fact]
    public async Task One_that_is_over_is_deleted_with_its_runs_and_restored_and_who_did_it_is_written_down()
    {
        string slug = await TwoAsync();
        using var client = _host.WithToken();
        using var reader = _host.SignedOut();
        string run = (string)(await GetAsync(client, $"/api/experiments/{slug}"))["all_runs"]![0]!["slug"]!, alone = (string)(await GetAsync(client, $"/api/experiments/{slug}"))["all_runs"]![1]!["slug"]!;
        Assert.Equal(HttpStatusCode.NoContent, (await client.DeleteAsync($"/api/runs/{alone}")).StatusCode);

        Assert.Equal(HttpStatusCode.NoContent, (await client.DeleteAsync($"/api/experiments/{slug}")).StatusCode);

        foreach (string address in (string[])[$"/api/experiments/{slug}", $"/api/experiments/{slug}.csv", $"/api/experiments/{slug}.html", $"/x/{slug}", $"/api/runs/{run}", $"/r/{run}"])
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, address);
            request.Headers.Add("Accept", address.StartsWith("/api", StringComparison.Ordinal) ? "application/json" : "text/html");
            using var answer = await reader.SendAsync(request);
            Assert.Equal((address, HttpStatusCode.NotFound), (address, answer.StatusCode));
        }
        Assert.Empty((await GetAsync(client, "/api/experiments"))["experiments"]!.AsArray());
        Assert.Empty((await GetAsync(client, "/api/runs"))["runs"]!.AsArray());
        Assert.Equal((10, 1, 0), ((int)(await GetAsync(client, "/api/housekeeping"))["disk"]!["deleted"]!, (int)(await GetAsync(client, "/api/housekeeping"))["disk"]!["deleted_experiments"]!, (int)(await GetAsync(client, "/api/housekeeping"))["disk"]!["deleted_comparisons"]!));
        Assert.Equal(HttpStatusCode.NotFound, (await client.DeleteAsync($"/api/experiments/{slug}")).StatusCode);
        foreach (var (refused, why) in ((string, string)[])[(run, "It was deleted with its experiment: bring that back, and it comes with it."), (alone, "Its experiment was deleted, too: bring that back first, then this run.")])
            Assert.Equal($"{why} POST /api/experiments/{slug}/restore brings the experiment back. Nothing was changed.", (await BadInputTests.ProblemOf(await client.PostAsync($"/api/runs/{refused}/restore", null), HttpStatusCode.Conflict)).Detail);

        var restored = await PostAsync(client, $"/api/experiments/{slug}/restore");
        Assert.Equal((slug, "completed", 9), ((string)restored["slug"]!, (string)restored["state"]!, (int)restored["runs"]!));
        Assert.Equal(HttpStatusCode.OK, (await client.PostAsync($"/api/runs/{alone}/restore", null)).StatusCode);
        Assert.Equal(10, (await GetAsync(reader, $"/api/experiments/{slug}"))["all_runs"]!.AsArray().Count);
        Assert.Equal(0, (int)(await PostAsync(client, $"/api/experiments/{slug}/restore"))["runs"]!);
        var log = (await GetAsync(client, "/api/audit"))["entries"]!.AsArray().Select(e => $"{e!["what"]}: {e["outcome"]}").ToList();
        Assert.Contains($"delete experiment {slug} with its runs: done: 9", log);
        Assert.Contains($"restore experiment {slug} with its runs: done: 9", log);
        Assert.Contains($"restore experiment {slug} with its runs: nothing to do", log);
        Assert.Contains($"restore {run}: refused: It was deleted with its experiment: bring that back, and it comes with it.", log);
    }

    [Fact]
    public async Task One_that_goes_on_or_recurs_is_not_deleted_and_says_why()
    {
        using var client = _host.WithToken();
        string slug = (string)(await ReadAsync(await client.PostAsync("/api/experiments", BadInputTests.Json("""{"targets":["uwsgi-http/bottle","uvicorn/starlette"],"repetitions":3,"for":"10s"}"""))))["slug"]!;

        var going = await BadInputTests.ProblemOf(await client.DeleteAsync($"/api/experiments/{slug}"), HttpStatusCode.Conflict);
        Assert.Equal("It is running: cancel it first. Nothing was changed.", going.Detail);
        await PostAsync(client, $"/api/experiments/{slug}/cancel");
        string recurrence = (string)(await ReadAsync(await client.PostAsync("/api/recurrences", BadInputTests.Json($$"""{"experiment":"{{slug}}","time":"02:30"}"""))))["id"]!;
        var recurs = await BadInputTests.ProblemOf(await client.DeleteAsync($"/api/experiments/{slug}"), HttpStatusCode.Conflict);
        Assert.Equal("It recurs, and would be made anew from what is gone: delete what recurs first. Nothing was changed.", recurs.Detail);
        await client.DeleteAsync($"/api/recurrences/{recurrence}");

        Assert.Equal(HttpStatusCode.NoContent, (await client.DeleteAsync($"/api/experiments/{slug}")).StatusCode);
        Assert.Equal(HttpStatusCode.NotFound, (await client.PostAsync("/api/experiments/AAAAAAAAAAAAAAAAAAAAAA/restore", null)).StatusCode);
    }

    [Fact]
    public async Task A_comparison_is_deleted_alone_and_restored()
    {
        string slug = await TwoAsync();
        using var client = _host.WithToken();
        string kept = (string)(await ReadAsync(await client.PostAsync("/api/comparisons", BadInputTests.Json($$"""{"runs":["{{slug}}"]}"""))))["slug"]!;

        Assert.Equal(HttpStatusCode.NoContent, (await client.DeleteAsync($"/api/comparisons/{kept}")).StatusCode);

        Assert.Equal(HttpStatusCode.NotFound, (await _host.SignedOut().GetAsync(new Uri($"/api/comparisons/{kept}", UriKind.Relative))).StatusCode);
        Assert.Equal(HttpStatusCode.NotFound, (await _host.SignedOut().GetAsync(new Uri($"/c/{kept}", UriKind.Relative))).StatusCode);
        Assert.Equal(HttpStatusCode.NotFound, (await client.DeleteAsync($"/api/comparisons/{kept}")).StatusCode);
        Assert.Equal(10, (await GetAsync(client, $"/api/experiments/{slug}"))["all_runs"]!.AsArray().Count);
        Assert.Equal(kept, (string)(await PostAsync(client, $"/api/comparisons/{kept}/restore"))["slug"]!);
        Assert.Equal(HttpStatusCode.OK, (await _host.SignedOut().GetAsync(new Uri($"/c/{kept}", UriKind.Relative))).StatusCode);
        Assert.Equal(2, (await GetAsync(_host.SignedOut(), $"/api/comparisons/{kept}"))["runs"]!.AsArray().Count);
        Assert.Equal(HttpStatusCode.NotFound, (await client.PostAsync("/api/comparisons/AAAAAAAAAAAAAAAAAAAAAA/restore", null)).StatusCode);
        Assert.Equal(HttpStatusCode.NotFound, (await client.PostAsync("/api/comparisons/x/restore", null)).StatusCode);
    }

    [Fact]
    public async Task Housekeeping_has_what_each_runner_told_of_its_data_folder()
    {
        var told = new DataFolderUse(new DateTimeOffset(2026, 11, 27, 12, 0, 0, TimeSpan.Zero), "/var/lib/wobble", [new DataFolderPart("journals", 120, null), new DataFolderPart(DataFolderPart.Rest, 0, "it can't be read")]);
        await using (var db = _host.Database.CreateDbContext())
        {
            await db.Runners.ExecuteUpdateAsync(r => r.SetProperty(x => x.DataFolder, told));
            db.Add(new RunnerRow { Name = "zzz", Host = "second" });
            await db.SaveChangesAsync();
        }
        using var client = _host.WithToken();

        var folders = (await GetAsync(client, "/api/housekeeping"))["folders"]!.AsArray();

        Assert.Equal(2, folders.Count);
        Assert.Equal(("/var/lib/wobble", "journals", 120), ((string)folders[0]!["told"]!["folder"]!, (string)folders[0]!["told"]!["parts"]![0]!["name"]!, (long)folders[0]!["told"]!["parts"]![0]!["bytes"]!));
        Assert.Equal("it can't be read", (string)folders[0]!["told"]!["parts"]![1]!["problem"]!);
        Assert.Equal(("zzz", "second", null), ((string)folders[1]!["runner"]!, (string)folders[1]!["host"]!, folders[1]!["told"]));
    }

    [Fact]
    public async Task Its_answer_has_the_names_of_the_command_line()
    {
        var experiment = await TwoAsync();

        var read = await GetAsync(_host.SignedOut(), $"/api/experiments/{experiment}");

        var row = read["rows"]![0]!.AsObject();
        string[] names = ["name", "target", "class", "workers", "runs", "reason", "p50", "p90", "p99", "p99_9", "throughput", "wobble", "rank_low", "rank_high", "letters"];
        Assert.All(names, name => Assert.True(row.ContainsKey(name), name));
        Assert.Equal(["value", "low", "high", "each"], row["p99"]!.AsObject().Select(m => m.Key));
        Assert.Equal(5, (int)row["runs"]!);
        var ratio = read["ratios"]!.AsArray().Single(r => (string)r!["metric"]! == "p99")!.AsObject();
        Assert.Equal(["a", "b", "metric", "value", "low", "high", "p", "verdict", "sentence", "method"], ratio.Select(m => m.Key));
        Assert.Equal(("row", "10s", 100, .1), ((string)row["definition"]!["workload"]!, (string)row["definition"]!["for"]!, (int)row["definition"]!["connections"]!, (double)read["delta"]!));
        Assert.Equal(("uvicorn/starlette", "uwsgi-http/bottle", "differs"), ((string)ratio["a"]!, (string)ratio["b"]!, (string)ratio["verdict"]!));
        Assert.Equal(10, read["all_runs"]!.AsArray().Count);
        Assert.Equal(0, (double)read["progress"]!["to_go_s"]!);
    }

    [Fact]
    public async Task It_is_taken_as_tables_and_as_one_file_that_loads_nothing()
    {
        var experiment = await TwoAsync();
        using var client = _host.SignedOut();

        string[] rows = (await client.GetStringAsync($"/api/experiments/{experiment}.csv")).Split("\r\n", StringSplitOptions.RemoveEmptyEntries);
        string ratios = await client.GetStringAsync($"/api/experiments/{experiment}.csv?table=ratios");
        string runs = await client.GetStringAsync($"/api/experiments/{experiment}.csv?table=runs");
        using var answer = await client.GetAsync(new Uri($"/api/experiments/{experiment}.html", UriKind.Relative));
        string html = await answer.Content.ReadAsStringAsync();

        Assert.Equal(3, rows.Length);
        Assert.StartsWith("name,target,class,workers,runs,discarded,reason,rank_low,rank_high,letters,p50_ms,p50_ms_low", rows[0], StringComparison.Ordinal);
        Assert.EndsWith(",workload,proxy,pooler,connections,rate,stages,keep_alive,warmup,for,requests,options,confidence", rows[0], StringComparison.Ordinal);
        Assert.Contains(",row,nginx,session,100,,,false,2s,10s,,,0.95", rows[1], StringComparison.Ordinal);
        Assert.All(rows, row => Assert.Equal(rows[0].Count(c => c == ','), row.Count(c => c == ',')));
        Assert.Contains("p99,uvicorn/starlette,uwsgi-http/bottle,", ratios, StringComparison.Ordinal);
        Assert.Equal(11, runs.Split("\r\n", StringSplitOptions.RemoveEmptyEntries).Length);
        Assert.Contains("attachment", answer.Content.Headers.ContentDisposition!.ToString(), StringComparison.Ordinal);
        Assert.Contains("uvicorn/starlette&#x27;s p99 is", html, StringComparison.Ordinal);
        Assert.Contains($"/x/{experiment}", html, StringComparison.Ordinal);
        Assert.DoesNotContain("<script", html, StringComparison.OrdinalIgnoreCase);
        Assert.DoesNotMatch("src=\"|<link|@import|url\\(", html);
        Assert.Equal("table: tables is not allowed; rows, ratios, runs, searches", (await BadInputTests.ProblemOf(await client.GetAsync(new Uri($"/api/experiments/{experiment}.csv?table=tables", UriKind.Relative)), HttpStatusCode.BadRequest)).Detail);
    }

    [Fact]
    public async Task Rounds_are_added_within_the_limit_and_make_intervals_wider()
    {
        var experiment = await TwoAsync();
        using var client = _host.WithToken();

        var tooMany = await client.PostAsync($"/api/experiments/{experiment}/rounds", BadInputTests.Json("""{"rounds":96}"""));
        using var added = await client.PostAsync($"/api/experiments/{experiment}/rounds", BadInputTests.Json("{}"));

        Assert.Equal("rounds: 96 is not allowed; 1 to 95: it has 5, and 100 is the most", (await BadInputTests.ProblemOf(tooMany, HttpStatusCode.BadRequest)).Detail);
        Assert.Equal("running", (string)(await ReadAsync(added))["state"]!);
        var read = await GetAsync(client, $"/api/experiments/{experiment}");
        Assert.Equal((10, .978), ((int)read["repetitions"]!, (double)read["confidence"]!));
    }

    [Fact]
    public async Task No_rounds_are_added_where_runs_are_gone_and_the_answer_says_why()
    {
        var experiment = await TwoAsync();
        using var client = _host.WithToken();
        await _host.Database.ExecuteAsync("delete from runs where round = 1");

        using var refused = await client.PostAsync($"/api/experiments/{experiment}/rounds", BadInputTests.Json("{}"));

        Assert.Equal("Runs of its earlier rounds are gone: make a new experiment. Nothing was changed.", (await BadInputTests.ProblemOf(refused, HttpStatusCode.Conflict)).Detail);
        Assert.Equal("completed", (string)(await GetAsync(client, $"/api/experiments/{experiment}"))["state"]!);
    }

    [Fact]
    public async Task The_article_keeps_what_can_not_run_with_its_reason()
    {
        using var client = _host.WithToken();
        var catalogue = SamplePlans.Catalogue with { Article = [.. SamplePlans.Catalogue.Article, new ArticleRow("gunicorn-meinheld/bottle", 16, 17, 32, 5_780)] };
        await _host.AddRunnerAsync("bench-1", catalogue);

        var made = await PostAsync(client, "/api/experiments", """{"kind":"article","workers":"published","repetitions":2}""");

        var read = await GetAsync(client, $"/api/experiments/{made["slug"]}");
        var missing = read["rows"]!.AsArray().Single(r => (string)r!["name"]! == "gunicorn-meinheld/bottle")!;
        Assert.Equal(0, (int)missing["runs"]!);
        Assert.StartsWith("not installed, because", (string)missing["reason"]!, StringComparison.Ordinal);
        Assert.Equal(32, (double)missing["published"]!["p99_ms"]!);
        Assert.Equal(16, (int)read["rows"]!.AsArray().Single(r => (string)r!["name"]! == "uwsgi-http/bottle")!["workers"]!);
        Assert.Equal(4, (int)made["runs_expected"]!);
    }

    [Fact]
    public async Task A_search_for_workers_and_one_for_a_rate_answer_their_curves()
    {
        var experiments = new StoredExperiments(_host.Database);
        var tune = await experiments.PlayAsync(Making.Tune("uwsgi-http/bottle", new Definition { Target = "" }, SamplePlans.Catalogue, 1), next => (20, 1_000 * Math.Min(4, next.Definition.Workers!.Value) - next.Definition.Workers.Value));
        var capacity = await experiments.PlayAsync(Making.CapacityOf(["uwsgi-http/bottle"], new Definition { Target = "" }, SamplePlans.Catalogue, 50, 1), next => next.Definition.Rate is { } rate ? (50 * Math.Pow(rate / 900, 3), rate) : (40, 1_000));

        var tuned = (await GetAsync(_host.SignedOut(), $"/api/experiments/{tune.Slug}"))["searches"]![0]!;
        var found = (await GetAsync(_host.SignedOut(), $"/api/experiments/{capacity.Slug}"))["searches"]![0]!;

        Assert.Equal(("tune", 4), ((string)tuned["kind"]!, (int)tuned["workers"]!));
        Assert.InRange((double)found["rate"]!["value"]!, 890, 910);
        Assert.True((double)found["assured"]! <= (double)found["rate"]!["value"]!);
        Assert.Equal(12, found["steps"]!.AsArray().Count);
        Assert.True(found.AsObject().ContainsKey("knee"));
        Assert.Equal(50, (double)(await GetAsync(_host.SignedOut(), $"/api/experiments/{capacity.Slug}"))["objective_ms"]!);
        string[] table = (await _host.SignedOut().GetStringAsync($"/api/experiments/{capacity.Slug}.csv?table=searches")).Split("\r\n", StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal((2, true, true), (table.Length, table[0].StartsWith("name,kind,steps,workers,", StringComparison.Ordinal), table[1].StartsWith("uwsgi-http/bottle,capacity,12,", StringComparison.Ordinal)));
    }

    [Theory]
    [InlineData("""{}""", "kind: nothing is not allowed; article, compare, tune, capacity, claim")]
    [InlineData("""{"kind":"compare"}""", "targets: nothing is not allowed; at least one target, the reference first; one alone, or twice, is an A/A")]
    [InlineData("""{"targets":[]}""", "targets: [] is not allowed; at least one")]
    [InlineData("""{"targets":["uwsgi-http/bottle"],"repetitions":0}""", "repetitions: 0 is not allowed; 1 to 100")]
    [InlineData("""{"targets":["uwsgi-http/bottle"],"repetitions":10000}""", "repetitions: 10000 is not allowed; 1 to 100; it would take 88 h 53 min")]
    [InlineData("""{"targets":["uwsgi-http/bottle"],"question":"two\nlines"}""", "question: two\nlines is not allowed; at most 300 characters on one line; this has 9")]
    [InlineData("""{"rows":[{"name":"a\tb","target":"uwsgi-http/bottle"}],"question":"Why?"}""", "rows.name: a\tb is not allowed; at most 120 characters on one line; this has 3")]
    [InlineData("""{"rows":[{"name":"a","target":"uwsgi-http/bottle"},{"name":"a","target":"uwsgi-http/flask"}]}""", "rows.name: a is not allowed; a name of its own for each configuration (an A/A is told apart by #1 and #2)")]
    [InlineData("""{"rows":[{"name":"a","target":"uwsgi-http/bottle","workers":"many"}]}""", "rows[0].workers: \"many\" is not allowed; a whole number, 1 to 256")]
    [InlineData("""{"rows":[{"name":"","target":"uwsgi-http/bottle"}]}""", "rows[0].name: \"\" is not allowed; a text of its own")]
    [InlineData("""{"rows":["uwsgi-http/bottle"]}""", "rows[0]: \"uwsgi-http/bottle\" is not allowed; an object: name, target and what else differs")]
    [InlineData("""{"kind":"tune","targets":["uwsgi-http/bottle","uwsgi-http/flask"]}""", "targets: uwsgi-http/bottle, uwsgi-http/flask is not allowed; one target")]
    [InlineData("""{"kind":"capacity","targets":["uwsgi-http/bottle"],"objective":"fast"}""", "objective: fast is not allowed; a duration above 0, such as 50ms")]
    [InlineData("""{"kind":"article","targets":["uwsgi-http/bottle"]}""", "targets: uwsgi-http/bottle is not allowed; none: the article has its own")]
    [InlineData("""{"kind":"claim","claim":"10"}""", "claim: 10 is not allowed; one of 1, 2, 3, 4, 5, 6, 7, 8, 9, A, B, C, D, E, F, G, H, I")]
    [InlineData("""{"targets":["uwsgi-http/bottle"],"headline":"p98"}""", "headline: p98 is not allowed; p50, p90, p99, p99_9, throughput, wobble")]
    [InlineData("""{"targets":["nginx/php"]}""", "nginx/php #1: target: nginx/php is not allowed; a server and an app")]
    [InlineData("""{"targets":["uwsgi-http/bottle"],"options":{"drvier":"x"}}""", "uwsgi-http/bottle #1: options.drvier: x is not allowed; uwsgi-http/bottle has driver, pool")]
    [InlineData("""{"targets":["uwsgi-http/bottle"],"runner":"nobody"}""", "runner: nobody is not allowed; one of bench-1")]
    [InlineData("""{"targets":["uwsgi-http/bottle"],"target_s":1}""", "target_s: 1 is not allowed; there is no such field")]
    public async Task What_is_wrong_is_named_by_field_value_and_what_is_allowed(string body, string detail)
    {
        using var client = _host.WithToken();

        using var answer = await client.PostAsync("/api/experiments", BadInputTests.Json(body));

        Assert.StartsWith(detail, (await BadInputTests.ProblemOf(answer, HttpStatusCode.BadRequest)).Detail, StringComparison.Ordinal);
        Assert.Empty(_host.Jobs.Queued);
    }

    [Fact]
    public async Task One_target_alone_is_compared_with_itself_and_a_number_of_requests_has_no_length()
    {
        using var client = _host.WithToken();

        var made = await PostAsync(client, "/api/experiments", """{"targets":["uwsgi-http/bottle"],"requests":5000,"repetitions":3}""");
        var read = await GetAsync(client, $"/api/experiments/{made["slug"]}");

        Assert.Equal(("Does uwsgi-http/bottle differ from itself?", 6), ((string)made["question"]!, (int)made["runs_expected"]!));
        Assert.Equal(["uwsgi-http/bottle #1", "uwsgi-http/bottle #2"], read["rows"]!.AsArray().Select(r => (string)r!["name"]!));
        Assert.StartsWith("how long can't be told", (string)made["takes"]!, StringComparison.Ordinal);
        Assert.Null(made["takes_s"]);
        Assert.Null(read["progress"]!["to_go_s"]);
    }

    [Fact]
    public async Task Configurations_of_one_target_are_told_apart_by_their_names_and_share_the_rest()
    {
        using var client = _host.WithToken();

        var made = await PostAsync(client, "/api/experiments", """{"rows":[{"name":"as it is","target":"uvicorn/starlette"},{"name":"asyncpg","target":"uvicorn/starlette","options":{"driver":"asyncpg"}}],"workload":"mixed","for":"5s","repetitions":2}""");

        await using var db = _host.Database.CreateDbContext();
        var definition = Results.Jobs.ExperimentQueue.Read(db.Experiments.Single(e => e.Slug == (string)made["slug"]!))!;
        Assert.Equal([("as it is", "mixed", 0), ("asyncpg", "mixed", 1)], definition.Rows.Select(r => (r.Name, r.Definition.Workload, r.Definition.Options.Count)));
        Assert.Equal("How do as it is, asyncpg differ?", definition.Question);
    }

    [Fact]
    public async Task A_claim_is_run_by_its_number_and_has_its_verdict_when_its_runs_have_ended()
    {
        using var client = _host.WithToken();
        var before = (await GetAsync(client, "/api/claims"))["claims"]!.AsArray();
        Assert.Equal(18, before.Count);
        Assert.All(before, c => Assert.Null(c!["verdict"]));

        var made = await PostAsync(client, "/api/experiments", """{"claim":"5","repetitions":2,"for":"3s"}""");
        Assert.Equal("claim", (string)made["kind"]!);
        await _host.Database.ExecuteAsync("update experiments set state = 'cancelled'");

        // flask's throughput is a third lower, its p99 the same.
        double[] noise = [1, 1.01, .99, 1.005, .995];
        var definition = Results.Experiments.Claims.ClaimList.Find("5")!.Make(SamplePlans.Catalogue, 5, TimeSpan.FromSeconds(10), 1);
        var played = await new StoredExperiments(_host.Database).PlayAsync(definition, next => (30 * noise[next.Round - 1], (next.Definition.Target.EndsWith("flask", StringComparison.Ordinal) ? 3_300 : 5_000) * noise[(next.Round + next.Row) % 5]));
        var line = (await GetAsync(client, "/api/claims"))["claims"]!.AsArray().Single(c => (string)c!["id"]! == "5")!;

        Assert.Equal(("completed", "holds"), ((string)line["state"]!, (string)line["verdict"]!["answer"]!));
        var own = Assert.Single((await GetAsync(_host.SignedOut(), $"/api/experiments/{played.Slug}"))["claims"]!.AsArray())!.AsObject();
        Assert.Equal(["id", "words", "rule", "answer", "sentence", "beside", "findings"], own.Select(m => m.Key));
        Assert.Equal(("5", "holds"), ((string)own["id"]!, (string)own["answer"]!));
    }

    [Fact]
    public async Task Rows_of_an_experiment_are_compared_by_round_and_taken_as_a_table()
    {
        string experiment = await TwoAsync();
        using var client = _host.SignedOut();

        var whole = await GetAsync(client, $"/api/compare?r={experiment}");
        var turned = await GetAsync(client, $"/api/compare?r={experiment}.2&r={experiment}.1");
        string[] csv = (await client.GetStringAsync($"/api/compare.csv?r={experiment}")).Split("\r\n", StringSplitOptions.RemoveEmptyEntries);

        var report = await GetAsync(client, $"/api/experiments/{experiment}");
        JsonNode P99(JsonObject answer) => answer["ratios"]!.AsArray().Single(r => (string)r!["metric"]! == "p99")!;
        Assert.Equal((double)P99(report)["low"]!, (double)P99(whole)["low"]!, 9);
        Assert.Equal(1 / (double)P99(whole)["value"]!, (double)P99(turned)["value"]!, 9);
        Assert.Equal(13, csv.Length);
        Assert.Equal(["uwsgi-http/bottle", "uvicorn/starlette"], whole["differs"]!.AsArray().Single(d => (string)d!["name"]! == "Target")!["values"]!.AsArray().Select(v => (string)v!));
        Assert.Equal("paired", (string)P99(whole)["method"]!);
        Assert.Equal([5, 5], whole["runs"]!.AsArray().Select(r => (int)r!["valid_runs"]!));
        foreach (var (query, problem) in ((string, string)[])[("", "r: nothing is not allowed; 2 to 5 sides"), ($"r={experiment}.1", "r: *; 2 to 5 sides"), ($"r={experiment}.1&r={experiment}.1", "r: *; different sides: a run compared with itself"), ("r=x", "r: x is not allowed; a side"), ($"r={experiment}.9&r={experiment}.1", "r: *; runs, experiments or configurations with runs that are there")])
        {
            string detail = (await BadInputTests.ProblemOf(await client.GetAsync(new Uri($"/api/compare?{query}", UriKind.Relative)), HttpStatusCode.BadRequest)).Detail!;
            Assert.Contains(problem.Replace("r: *", "", StringComparison.Ordinal), detail, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task A_kept_comparison_says_which_side_is_gone_and_who_is_the_reference_now()
    {
        using var client = _host.WithToken();
        string[] slugs = [.. (await Task.WhenAll(Enumerable.Range(0, 3).Select(i => _host.Runs.RecordAsync(new FactsBuilder { PerSecond = 10, Seed = i })))).Select(r => r.Slug)];
        string kept = (string)(await PostAsync(client, "/api/comparisons", $$"""{"runs":["{{string.Join("\",\"", slugs)}}"]}"""))["slug"]!;
        (await client.DeleteAsync(new Uri($"/api/runs/{slugs[0]}", UriKind.Relative))).EnsureSuccessStatusCode();

        var read = await GetAsync(_host.SignedOut(), $"/api/comparisons/{kept}");

        Assert.Equal(2, read["runs"]!.AsArray().Count);
        string[] notes = [.. read["notes"]!.AsArray().Select(n => (string)n!)];
        Assert.Contains($"{slugs[0]} is not here any more", notes);
        Assert.Contains(notes, n => n.StartsWith("it was the reference: ", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Who_is_signed_out_reads_nothing_by_the_id_of_a_configuration()
    {
        var configuration = new Configuration { Name = "nightly", Definition = new Definition { Target = "uwsgi-http/bottle" } };
        await using (var db = _host.Database.CreateDbContext())
        {
            db.Add(configuration);
            await db.SaveChangesAsync();
        }
        var mine = await _host.Runs.RecordAsync(new FactsBuilder { PerSecond = 10 }, configurationId: configuration.Id);
        var other = await _host.Runs.RecordAsync(new FactsBuilder { PerSecond = 10, Seed = 2 });
        string query = $"r={configuration.Id}&r={other.Slug}";

        var refused = await BadInputTests.ProblemOf(await _host.SignedOut().GetAsync(new Uri($"/api/compare?{query}", UriKind.Relative)), HttpStatusCode.BadRequest);
        Assert.Contains("slugs of runs and experiments", refused.Detail, StringComparison.Ordinal);
        string page = await _host.SignedOut().GetStringAsync(new Uri($"/compare?{query}", UriKind.Relative));
        Assert.DoesNotContain(mine.Slug, page, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""{"kind":"capacity","targets":["uwsgi-http/bottle"],"repetitions":10000}""", "repetitions")]
    [InlineData("""{"kind":"capacity","targets":["uwsgi-http/bottle"],"connections":5}""", "connections")]
    [InlineData("""{"kind":"capacity","targets":["uwsgi-http/bottle"],"stages":"1s@5/s","for":null}""", "stages")]
    [InlineData("""{"kind":"capacity","targets":["uwsgi-http/bottle"],"rate":5}""", "rate")]
    [InlineData("""{"kind":"capacity","targets":["uwsgi-http/bottle"],"headline":"p50"}""", "headline: p50 is not allowed; p99, or nothing")]
    [InlineData("""{"kind":"capacity","targets":["uwsgi-http/bottle"],"delta":0.1}""", "delta: 0.1 is not allowed; none: a capacity is a rate")]
    [InlineData("""{"kind":"tune","targets":["uwsgi-http/bottle"],"workers":8}""", "workers: 8 is not allowed; none: the search finds them")]
    [InlineData("""{"kind":"tune","targets":["uwsgi-http/bottle"],"workers":"published"}""", "workers: published is not allowed; none: the search finds them")]
    [InlineData("""{"targets":["uwsgi-http/bottle","uvicorn/starlette"],"repetitions":2147483647,"for":"1h"}""", "repetitions")]
    public async Task What_a_kind_does_not_use_is_refused_and_not_ignored(string body, string field)
    {
        using var client = _host.WithToken();

        using var answer = await client.PostAsync("/api/experiments", BadInputTests.Json(body));

        Assert.Contains(field, (await BadInputTests.ProblemOf(answer, HttpStatusCode.BadRequest)).Detail, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_description_has_experiments_and_a_run_still_needs_its_target()
    {
        var paths = (await GetAsync(_host.SignedOut(), "/openapi/v1.json"))["paths"]!.AsObject();

        foreach (string path in (string[])["/api/experiments", "/api/experiments/{slug}", "/api/experiments/{slug}.csv", "/api/experiments/{slug}.html", "/api/experiments/{slug}/pause", "/api/experiments/{slug}/rounds", "/api/claims", "/api/compare", "/api/compare.csv"])
            Assert.True(paths.ContainsKey(path), path);
        JsonArray BodyOf(string path) => paths[path]!["post"]!["requestBody"]!["content"]!["application/json"]!["schema"]!["allOf"]!.AsArray();
        Assert.Contains("target", BodyOf("/api/runs")[0]!["required"]!.AsArray().Select(r => (string)r!));
        Assert.DoesNotContain("target", BodyOf("/api/experiments")[0]!["required"]?.AsArray().Select(r => (string)r!) ?? []);
        Assert.All((string[])["kind", "targets", "rows", "objective", "claim"], name => Assert.True(BodyOf("/api/experiments")[1]!["properties"]!.AsObject().ContainsKey(name), name));
    }

    private async Task<string> TwoAsync()
    {
        double[] noise = [1, 1.05, .96, 1.02, .99];
        var definition = Making.Compare(["uwsgi-http/bottle", "uvicorn/starlette"], new Definition { Target = "" }, SamplePlans.Catalogue, 5, 1);
        return (await new StoredExperiments(_host.Database).PlayAsync(definition, next => ((next.Row == 0 ? 26 : 75) * noise[(next.Round + next.Row) % 5], 5_000 * noise[next.Round - 1]))).Slug;
    }

    private static async Task<JsonObject> PostAsync(HttpClient client, string path, string? body = null)
    {
        using var answer = await client.PostAsync(path, body is null ? null : BadInputTests.Json(body));
        Assert.True(answer.IsSuccessStatusCode, await answer.Content.ReadAsStringAsync());
        return await ReadAsync(answer);
    }

    private static async Task<JsonObject> GetAsync(HttpClient client, string path) => JsonNode.Parse(await client.GetStringAsync(path))!.AsObject();

    private static async Task<JsonObject> ReadAsync(HttpResponseMessage answer) => JsonNode.Parse(await answer.Content.ReadAsStringAsync())!.AsObject();
}
