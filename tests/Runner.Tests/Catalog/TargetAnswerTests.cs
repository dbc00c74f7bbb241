using System.Collections.Concurrent;
using System.Diagnostics;
using System.Text.Json;
using Wobble.Results.Domain;

namespace Wobble.Runner.Tests.Catalog;

/// <summary>Starts targets for real, with the database below them, and looks at what they answer.</summary>
public sealed class TargetAnswerTests(TestStack stack) : IClassFixture<TestStack>
{
    [Fact]
    public async Task Every_target_that_is_here_answers_with_its_row_and_the_nonce_of_its_run()
    {
        var failures = new ConcurrentBag<string>();
        var targets = stack.Catalogue.Catalogue.Targets.Where(t => t is { Unavailable: null, Note: null, AddedFrom: null });
        await Parallel.ForEachAsync(targets, new ParallelOptions { MaxDegreeOfParallelism = 4 }, async (target, _) =>
        {
            var definition = new Definition { Target = target.Name, Workers = 1, Pooler = "none", Proxy = target.NeedsProxy ? "nginx" : "none" };
            if (await FailureOfAsync(definition) is { } failure) failures.Add($"{target.Name}: {failure}");
        });

        Assert.Empty(failures);
    }

    [Theory]
    [InlineData("uwsgi-http/bottle", "driver=psycopg,proxy_keepalive=on")]
    [InlineData("gunicorn-gthread/flask", "threads=8,pool=2,proxy_keepalive=on")]
    [InlineData("waitress/falcon", "driver=psycopg,threads=8,pool=2")]
    [InlineData("gunicorn-gevent/flask", "wait_callback=on,pool=2")]
    [InlineData("gunicorn-gevent/falcon", "driver=psycopg,pool=2")]
    [InlineData("uvicorn/starlette", "driver=asyncpg,pool=2,proxy_keepalive=on")]
    [InlineData("uvicorn/fastapi", "driver=psycopg,loop=asyncio,http=h11,pool=2")]
    [InlineData("hypercorn/starlette", "driver=asyncpg,loop=uvloop,proxy_keepalive=off")]
    [InlineData("daphne/starlette", "driver=psycopg,proxy_keepalive=on")]
    [InlineData("aiohttp/aiohttp", "driver=asyncpg,loop=uvloop,http_parser=python,proxy_keepalive=on")]
    public async Task Options_work_through_nginx_and_transaction_pooling(string target, string options)
    {
        var definition = new Definition
        {
            Target = target,
            Workers = 2,
            Pooler = "transaction:3",
            Options = options.Split(',').Select(o => o.Split('=')).ToDictionary(o => o[0], o => o[1]),
        };

        string? failure = await FailureOfAsync(definition, concurrent: 40);

        Assert.True(failure is null, failure);
    }

    [Theory]
    [InlineData("off", 1)]
    [InlineData("on", 3)]
    public async Task The_wait_callback_decides_whether_queries_block_green_threads(string waitCallback, int together)
    {
        var plan = stack.Plan(new Definition { Target = "gunicorn-gevent/bottle", Workers = 1, Pooler = "none", Proxy = "none", Options = new Dictionary<string, string> { ["wait_callback"] = waitCallback, ["pool"] = "3" } });
        await using var running = await stack.StartAsync(plan);
        using var client = new HttpClient { BaseAddress = running.Front };

        var answers = Task.WhenAll(Enumerable.Range(0, 6).Select(_ => client.GetStringAsync(new Uri("/slow?ms=500", UriKind.Relative))));
        int most = 0;
        while (!answers.IsCompleted) most = Math.Max(most, await stack.QueriesAsync("pg_sleep"));

        Assert.Equal(6, (await answers).Length);
        Assert.Equal(together, most);
    }

    [Theory]
    [InlineData("wsgiref/hello", "threading=on")]
    [InlineData("wsgiref/flask", "")]
    [InlineData("uwsgi-http/hello", "")]
    public async Task The_guides_example_of_a_server_and_an_app_of_ones_own_works(string target, string options)
    {
        var definition = new Definition { Target = target, Workers = 2, Pooler = "session", Options = options.Split(',', StringSplitOptions.RemoveEmptyEntries).Select(o => o.Split('=')).ToDictionary(o => o[0], o => o[1]) };

        string? failure = await FailureOfAsync(definition, concurrent: 10);

        Assert.True(failure is null, failure);
    }

    private async Task<string?> FailureOfAsync(Definition definition, int concurrent = 1)
    {
        var plan = stack.Plan(definition);
        await using var running = await stack.StartAsync(plan);
        using var client = new HttpClient { BaseAddress = running.Front };
        var answers = await Task.WhenAll(Enumerable.Range(1, concurrent).Select(key => AskAsync(client, plan, $"/row?key={key}")));
        foreach (var (key, (answer, wrong)) in answers.Index())
        {
            if (wrong is not null) return $"{wrong}\n{running.Output()}";
            if (answer.GetProperty("a").GetInt32() != key + 1 || answer.GetProperty("b").GetString() != $"row {key + 1}") return $"asked for row {key + 1}, got {answer}";
        }
        foreach (string path in (string[])["/cpu?ms=20", "/slow?ms=20"])
        {
            var since = Stopwatch.StartNew();
            if (await AskAsync(client, plan, path) is { Wrong: { } wrong }) return wrong;
            if (since.ElapsedMilliseconds < 20) return $"{path} took {since.ElapsedMilliseconds} ms";
        }
        return null;
    }

    private static async Task<(JsonElement Answer, string? Wrong)> AskAsync(HttpClient client, Plan plan, string path)
    {
        using var answer = await client.GetAsync(new Uri(path, UriKind.Relative));
        string body = await answer.Content.ReadAsStringAsync();
        if (!answer.IsSuccessStatusCode) return (default, $"{path} answers {(int)answer.StatusCode}: {body}");
        if (!answer.Headers.TryGetValues(Plan.NonceHeader, out var nonce) || nonce.Single() != plan.Nonce) return (default, $"{path} answers without the nonce");
        return (JsonDocument.Parse(body).RootElement.Clone(), null);
    }
}
