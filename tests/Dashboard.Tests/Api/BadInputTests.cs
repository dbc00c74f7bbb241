using System.Net;
using System.Net.Http.Json;
using System.Text;
using Wobble.Dashboard.Tests.Access;

namespace Wobble.Dashboard.Tests.Api;

/// <summary>What bad input gets: the field, the value, what is allowed; and nothing is queued.</summary>
public sealed class BadInputTests(DashboardHost host) : IClassFixture<DashboardHost>
{
    public static TheoryData<string, string, string> Bodies => new()
    {
        { """{"target":"uwsgi-http/bottle","workers":-1}""", "workers", "-1 is not allowed; 1 to 256" },
        { """{"target":"uwsgi-http/bottle","workers":4.5}""", "workers", "4.5 is not allowed; a whole number, 1 to 256" },
        { """{"target":"uwsgi-http/bottle","workers":"8"}""", "workers", "\"8\" is not allowed; a whole number, 1 to 256" },
        { """{"target":"uwsgi-http/bottle","workers":99999999999}""", "workers", "99999999999 is not allowed; a whole number, 1 to 256" },
        { """{"target":"uwsgi-http/bottle","connections":20001}""", "connections", "20001 is not allowed; 1 to 20000" },
        { """{"target":"uwsgi-http/bottle","rate":0}""", "rate", "0 is not allowed; more than 0, at most 1000000 requests a second; leave it out for a closed loop" },
        { """{"target":"uwsgi-http/bottle","rate":1e999}""", "rate", "* is not allowed; more than 0, at most 1000000 requests a second; leave it out for a closed loop" },
        { """{"target":"uwsgi-http/bottle","keep_alive":"yes"}""", "keep_alive", "\"yes\" is not allowed; true or false" },
        { """{"target":"uwsgi-http/bottle","for":10}""", "for", "10 is not allowed; a text, a number with ms, s, m or h, such as 500ms, 10s or 2m" },
        { """{"target":"uwsgi-http/bottle","for":"10 seconds"}""", "for", "\"10 seconds\" is not allowed; a text, a number with ms, s, m or h, such as 500ms, 10s or 2m" },
        { """{"target":"uwsgi-http/bottle","for":"25h"}""", "for", "25h is not allowed; 1s to 24h" },
        { """{"target":"uwsgi-http/bottle","for":"10s","requests":100}""", "for", "10s is not allowed; either for or requests, not both (requests is 100)" },
        { """{"target":"uwsgi-http/bottle","warmup":"-1s"}""", "warmup", "\"-1s\" is not allowed; a text, a number with ms, s, m or h, such as 500ms, 10s or 2m; 0s for none" },
        { """{"target":"uwsgi-http/bottle","warmup":null}""", "warmup", "null is not allowed; a text, a number with ms, s, m or h, such as 500ms, 10s or 2m; 0s for none" },
        { """{"target":"uwsgi-http/bottle","workload":"rows"}""", "workload", "rows is not allowed; row, mixed, slow:MS (0–60000), slow-tail or cpu:MS (0–60000)" },
        { """{"target":"uwsgi-http/bottle","proxy":null}""", "proxy", "null is not allowed; a text, nginx or none" },
        { """{"target":"uwsgi-http/bottle","pooler":"session:0"}""", "pooler", "session:0 is not allowed; none, session[:N] or transaction[:N], N from 1 to 1000" },
        { """{"target":"uwsgi-http/bottle","options":{"driver":"asyncpg"}}""", "options.driver", "asyncpg is not allowed; psycopg2" },
        { """{"target":"uwsgi-http/bottle","options":{"pool":4}}""", "options.pool", "4 is not allowed; a text, in quotes" },
        { """{"target":"uwsgi-http/bottle","options":{"pool":null}}""", "options.pool", "nothing is not allowed; a whole number from 1 to 100" },
        { """{"target":"uwsgi-http/bottle","options":[]}""", "options", "[] is not allowed; an object of names and texts, such as {\"driver\": \"asyncpg\"}" },
        { """{"target":"uwsgi-http/bottle","options":null}""", "options", "null is not allowed; an object of names and texts, such as {\"driver\": \"asyncpg\"}" },
        { """{"target":"uwsgi-http/bottle","repetitions":101}""", "repetitions", "101 is not allowed; 1 to 100; it would take 27 minutes" },
        { """{"target":"uwsgi-http/bottle","stages":"10s@x"}""", "stages", "10s@x is not allowed; '10s@x' has no amount that is allowed; stages such as 10s@500/s,10s@1000/s (rates) or 10s@50,10s@100 (connections), one kind only, whole seconds, at most 100 of them and 24h in all" },
        { """{"target":"uwsgi-http/bottle","stages":"10s@NaN/s"}""", "stages", "10s@NaN/s is not allowed; '10s@NaN/s' has no amount that is allowed; stages such as *" },
        { """{"target":"uwsgi-http/bottle","stages":"24h@1/s,1s@1/s"}""", "stages", "24h@1/s,1s@1/s is not allowed; they take 86401s; stages such as *, at most 100 of them and 24h in all" },
        { """{"target":"uwsgi-http/bottle","wrkers":8}""", "wrkers", "8 is not allowed; there is no such field; there are target, workers, connections, rate, keep_alive, warmup, for, requests, stages, workload, proxy, pooler, options, provoke, repetitions, runner, tags, notes" },
        { """{"target":"uwsgi-http/bottle","Workers":8}""", "Workers", "8 is not allowed; there is no such field; *" },
        { """{"target":"uwsgi-http/bottle","workers":1,"workers":2}""", "workers", "2 is not allowed; given once: it is there twice" },
        { """{"target":"nginx/bottle"}""", "target", "nginx/bottle is not allowed; no such target; near it: uwsgi-http/bottle, uwsgi-uwsgi/bottle, gunicorn-meinheld/bottle" },
        { """{"target":"gunicorn-meinheld/bottle"}""", "target", "gunicorn-meinheld/bottle is not allowed; not installed, because Debian has no meinheld: *" },
        { """{"target":"daphne/starlette","workers":2,"proxy":"none"}""", "workers", "2 is not allowed; 1 without a proxy: daphne is one process a worker, and more than one needs nginx to share the requests out" },
        { """{"target":"uwsgi-uwsgi/bottle","proxy":"none"}""", "proxy", "none is not allowed; uwsgi-uwsgi speaks the uwsgi protocol, which only nginx translates: use nginx" },
        { """{"target":5}""", "target", "5 is not allowed; a text, a server and an app such as uwsgi-http/bottle" },
        { """{"target":"a\u0000b"}""", "target", "\"a\\u0000b\" is not allowed; text without NUL and without halves of surrogate pairs" },
        { """{"target":"uwsgi-http/bottle","notes":"\ud800"}""", "notes", "\"\\ud800\" is not allowed; text without NUL and without halves of surrogate pairs" },
        { "{}", "target", "nothing is not allowed; a text, a server and an app such as uwsgi-http/bottle" },
        { "", "body", "nothing is not allowed; a JSON object, from line 1, byte 1 on" },
        { "[]", "body", "[] is not allowed; a JSON object" },
        { """{"target":"uwsgi-http/bottle",}""", "body", "this text is not allowed; a JSON object, from line 1, byte 31 on" },
        { """{"target":"uwsgi-http/bottle","runner":"nobody"}""", "runner", "nobody is not allowed; one of bench-1" },
        { """{"target":"uwsgi-http/bottle","runner":""}""", "runner", "\"\" is not allowed; a Runner's name; leave it out for any" },
        { """{"target":"uwsgi-http/bottle","runner":7}""", "runner", "7 is not allowed; a text" },
        { """{"target":"uwsgi-http/bottle","tags":"a"}""", "tags", "\"a\" is not allowed; a list of texts" },
        { """{"target":"uwsgi-http/bottle","tags":[null]}""", "tags", "null is not allowed; texts" },
        { """{"target":"uwsgi-http/bottle","tags":["a,b"]}""", "tags", "a,b is not allowed; *" },
    };

    [Theory, MemberData(nameof(Bodies))]
    public async Task A_run_that_is_not_allowed_is_refused_by_field(string body, string field, string sentence)
    {
        await host.AddRunnerAsync();
        using var client = host.WithToken();

        using var answer = await client.PostAsync("/api/runs", Json(body));

        var problem = await ProblemOf(answer, HttpStatusCode.BadRequest);
        Assert.Equal([field], problem.Errors!.Keys);
        Assert.Matches("^" + System.Text.RegularExpressions.Regex.Escape(sentence).Replace("\\*", ".+", StringComparison.Ordinal) + "$", Assert.Single(problem.Errors[field]));
        Assert.StartsWith($"{field}: ", problem.Detail);
        Assert.Empty(host.Jobs.Queued);
    }

    // Where it is written down it is cut: in one of the two between the halves of a pair.
    [Theory, InlineData(""), InlineData("x")]
    public async Task A_target_of_pairs_is_refused_as_any_other(string begin)
    {
        await host.AddRunnerAsync();
        using var client = host.WithToken();

        using var answer = await client.PostAsync("/api/runs", Json($$"""{"target":"{{begin}}{{string.Concat(Enumerable.Repeat("😀", 600))}}"}"""));

        Assert.Equal(["target"], (await ProblemOf(answer, HttpStatusCode.BadRequest)).Errors!.Keys);
    }

    [Fact]
    public async Task Everything_that_is_wrong_is_named_at_once()
    {
        await host.AddRunnerAsync();
        using var client = host.WithToken();

        using var answer = await client.PostAsync("/api/runs", Json("""{"target":"uwsgi-http/bottle","workers":"x","connections":0,"keep_alive":1,"speed":9,"repetitions":0,"options":{"pool":"1000"},"tags":3}"""));

        var problem = await ProblemOf(answer, HttpStatusCode.BadRequest);
        Assert.Equal(["connections", "keep_alive", "options.pool", "repetitions", "speed", "tags", "workers"], problem.Errors!.Keys.Order(StringComparer.Ordinal));
    }

    [Theory]
    [InlineData("page=2", "page")]
    [InlineData("state=running", "state")]
    [InlineData("state=4", "state")]
    [InlineData("state=-1", "state")]
    [InlineData("class=%2B1", "class")]
    [InlineData("sort=-3", "sort")]
    [InlineData("after=AAAAAAAAAAAAAAAAAAAAAA", "after")]
    [InlineData("before=AAAAAAAAAAAAAAAAAAAAAA", "before")]
    [InlineData("trust=good", "trust")]
    [InlineData("since=yesterday", "since")]
    [InlineData("since=24", "since")]
    [InlineData("size=0", "size")]
    [InlineData("size=201", "size")]
    [InlineData("size=ten", "size")]
    [InlineData("after=short", "after")]
    [InlineData("sort=colour", "sort")]
    [InlineData("configuration=5", "configuration")]
    [InlineData("reverse=yes", "reverse")]
    [InlineData("q=%00", "q")]
    [InlineData("tag=a%00", "tag")]
    public async Task A_filter_that_is_not_allowed_is_refused_by_name(string query, string field)
    {
        using var client = host.WithToken();

        using var answer = await client.GetAsync($"/api/runs?{query}");

        Assert.Equal([field], (await ProblemOf(answer, HttpStatusCode.BadRequest)).Errors!.Keys);
    }

    [Theory, InlineData("application/x-www-form-urlencoded"), InlineData("text/plain"), InlineData("multipart/form-data; boundary=x")]
    public async Task Only_JSON_is_read(string type)
    {
        using var client = host.WithToken();
        var content = new StringContent("{}");
        content.Headers.Remove("Content-Type");
        content.Headers.TryAddWithoutValidation("Content-Type", type);

        using var answer = await client.PostAsync("/api/runs", content);

        Assert.Contains("application/json", (await ProblemOf(answer, HttpStatusCode.UnsupportedMediaType)).Detail);
    }

    [Theory, InlineData("notes"), InlineData("target"), InlineData("workers")]
    public async Task A_body_that_is_not_UTF_8_is_refused(string field)
    {
        using var client = host.WithToken();
        using var content = new ByteArrayContent([.. Encoding.UTF8.GetBytes($"{{\"{field}\":\"a"), 0xFF, .. Encoding.UTF8.GetBytes("\"}")]);
        content.Headers.ContentType = new("application/json");

        using var answer = await client.PostAsync("/api/runs", content);

        var problem = await ProblemOf(answer, HttpStatusCode.BadRequest);
        Assert.Equal("this text is not allowed; a JSON object in UTF-8", Assert.Single(problem.Errors!["body"]));
    }

    [Theory]
    [InlineData("/audit?before=x"), InlineData("/audit?before=99999999999999999999"), InlineData("/audit?q=%00"), InlineData("/configurations?archived=x")]
    [InlineData("/runs?q=%00"), InlineData("/runs?tag=a%00"), InlineData("/runs?target=%00a"), InlineData("/runs?after=%00"), InlineData("/new?again=%00"), InlineData("/new?target=a%00")]
    public async Task A_page_opens_whatever_its_address_asks_for(string address)
    {
        using var client = host.WithToken();
        client.DefaultRequestHeaders.Accept.ParseAdd("text/html");

        using var answer = await client.GetAsync(address);

        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        Assert.DoesNotContain("lost its database", await answer.Content.ReadAsStringAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_body_that_is_too_large_is_refused()
    {
        using var client = host.WithToken();

        using var large = await client.PostAsync("/api/runs", Json("{\"notes\":\"" + new string('x', 300_000) + "\"}"));

        await ProblemOf(large, HttpStatusCode.RequestEntityTooLarge);
    }

    [Theory]
    [InlineData("POST", "/api/configurations", """{"name":"","definition":{"target":"uwsgi-http/bottle"}}""", "name")]
    [InlineData("POST", "/api/configurations", """{"name":"a"}""", "definition")]
    [InlineData("POST", "/api/configurations", """{"name":"a","definition":5}""", "definition")]
    [InlineData("POST", "/api/configurations", """{"name":"a","definition":{"target":"uwsgi-http/bottle","workers":"x","speed":1}}""", "definition.speed definition.workers")]
    [InlineData("POST", "/api/configurations", """{"name":"a","definition":{"target":"uwsgi-http/bottle","workers":0},"owner":1}""", "owner")]
    [InlineData("POST", "/api/configurations", """{"name":"a","definition":{"target":"uwsgi-http/bottle","workers":0}}""", "definition.workers")]
    [InlineData("POST", "/api/configurations", """{"name":["a"],"definition":{}}""", "definition.target name")]
    [InlineData("PUT", "/api/configurations/019af3c4-7d4e-7000-8000-000000000000", """{"name":"a","definition":{"target":"uwsgi-http/bottle"}}""", "version")]
    [InlineData("POST", "/api/experiments", """{"targets":["uwsgi-http/bottle"],"runner":""}""", "runner")]
    [InlineData("POST", "/api/comparisons", "{}", "runs")]
    [InlineData("POST", "/api/comparisons", """{"runs":"x"}""", "runs")]
    [InlineData("POST", "/api/comparisons", """{"runs":[]}""", "runs")]
    [InlineData("POST", "/api/comparisons", """{"runs":[1,2]}""", "runs")]
    [InlineData("POST", "/api/comparisons", """{"runs":[null,"AAAAAAAAAAAAAAAAAAAAAA"]}""", "runs")]
    [InlineData("POST", "/api/comparisons", """{"runs":["short","AAAAAAAAAAAAAAAAAAAAAA"]}""", "runs")]
    [InlineData("POST", "/api/comparisons", """{"runs":["AAAAAAAAAAAAAAAAAAAAAA","BAAAAAAAAAAAAAAAAAAAAA"]}""", "runs")]
    [InlineData("PATCH", "/api/runs/AAAAAAAAAAAAAAAAAAAAAA", "{}", "body")]
    [InlineData("PATCH", "/api/runs/AAAAAAAAAAAAAAAAAAAAAA", """{"state":"completed"}""", "state")]
    [InlineData("PATCH", "/api/runs/AAAAAAAAAAAAAAAAAAAAAA", """{"notes":5}""", "notes")]
    public async Task Other_bodies_are_refused_by_field(string method, string address, string body, string fields)
    {
        await host.AddRunnerAsync();
        using var client = host.WithToken();

        using var answer = await client.SendAsync(new HttpRequestMessage(new HttpMethod(method), address) { Content = Json(body) });

        Assert.Equal(fields.Split(' '), (await ProblemOf(answer, HttpStatusCode.BadRequest)).Errors!.Keys.Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task An_id_that_is_none_is_told_from_an_object()
    {
        using var client = host.WithToken();

        using var answer = await client.PostAsync("/api/recurrences", Json("""{"configuration":5,"time":"02:30"}"""));

        Assert.Equal("configuration: 5 is not allowed; an id, such as 019af3c4-7d4e-7000-8000-000000000000", (await ProblemOf(answer, HttpStatusCode.BadRequest)).Detail);
    }

    [Theory, InlineData("AAAAAAAAAAAAAAAAAAAAAA"), InlineData("..%2f..%2fetc"), InlineData("'%20or%201=1"), InlineData("AAAAAAAAAAAAAAAAAAAAAAA")]
    public async Task What_no_slug_names_is_404(string slug)
    {
        using var client = host.SignedOut();

        foreach (string address in (string[])[$"/api/runs/{slug}", $"/api/runs/{slug}/samples", $"/api/runs/{slug}.csv", $"/api/runs/{slug}.html", $"/api/comparisons/{slug}"])
        {
            using var answer = await client.GetAsync(address);
            Assert.True(answer.StatusCode is HttpStatusCode.NotFound, $"{address}: {answer.StatusCode}");
        }
    }

    internal static StringContent Json(string text) => new(text, Encoding.UTF8, "application/json");

    internal static async Task<Problem> ProblemOf(HttpResponseMessage answer, HttpStatusCode status)
    {
        Assert.True(answer.StatusCode == status, $"{(int)answer.StatusCode}: {await answer.Content.ReadAsStringAsync()}");
        Assert.Equal("application/problem+json", answer.Content.Headers.ContentType?.MediaType);
        var problem = (await answer.Content.ReadFromJsonAsync<Problem>())!;
        Assert.Equal((int)status, problem.Status);
        Assert.NotEmpty(problem.Title);
        return problem;
    }
}
