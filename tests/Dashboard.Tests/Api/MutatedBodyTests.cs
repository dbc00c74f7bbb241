using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.Json.Nodes;
using Wobble.Dashboard.Tests.Access;
using Wobble.Tests.Support;

namespace Wobble.Dashboard.Tests.Api;

/// <summary>Bodies that nobody meant, to every endpoint that takes JSON: never a 500, and a 400 names the field.</summary>
public sealed class MutatedBodyTests(DashboardHost host) : IClassFixture<DashboardHost>
{
    [Fact]
    public async Task Mutated_bodies()
    {
        await host.AddRunnerAsync();
        var run = await host.Runs.RecordAsync(new FactsBuilder { PerSecond = 10 });
        var other = await host.Runs.RecordAsync(new FactsBuilder { PerSecond = 10 });
        const string definition = """{"target":"uwsgi-http/bottle","workers":2,"connections":10,"keep_alive":false,"warmup":"0s","for":"2s","workload":"row","proxy":"nginx","pooler":"session:20","options":{"pool":"4"},"repetitions":1}""";
        using var owner = host.WithToken();
        using var saved = await owner.PostAsync("/api/configurations", BadInputTests.Json($"{{\"name\":\"changed\",\"definition\":{definition}}}"));
        string id = JsonNode.Parse(await saved.Content.ReadAsStringAsync())!["id"]!.GetValue<string>();
        var experiment = await new StoredExperiments(host.Database).PlayAsync(Results.Experiments.Making.Compare(["uwsgi-http/bottle"], new Results.Domain.Definition { Target = "" }, SamplePlans.Catalogue, 2, 1), _ => (30, 4_000));
        (HttpMethod Method, string Address, string Body)[] good =
        [
            (HttpMethod.Put, $"/api/configurations/{id}", $"{{\"name\":\"changed\",\"version\":1,\"definition\":{definition}}}"),
            (HttpMethod.Post, "/api/experiments", """{"kind":"compare","question":"Which?","targets":["uwsgi-http/bottle","uwsgi-http/flask"],"repetitions":3,"seed":7,"headline":"p99","delta":0.1,"for":"2s","workers":2,"tags":["a"]}"""),
            (HttpMethod.Post, "/api/experiments", """{"rows":[{"name":"a","target":"uwsgi-http/bottle","workers":2},{"name":"b","target":"uwsgi-http/bottle","options":{"pool":"2"}}],"repetitions":3,"most_workers":8}"""),
            (HttpMethod.Post, "/api/experiments", """{"kind":"capacity","targets":["uwsgi-http/bottle"],"objective":"50ms","for":"2s"}"""),
            (HttpMethod.Post, "/api/experiments", """{"claim":"A","repetitions":3,"for":"2s"}"""),
            (HttpMethod.Post, $"/api/experiments/{experiment.Slug}/rounds", """{"rounds":2}"""),
            (HttpMethod.Post, "/api/recurrences", $"{{\"configuration\":\"{id}\",\"time\":\"02:30\",\"days\":[\"mon\"],\"zone\":\"UTC\",\"webhook\":\"https://hooks.example.com/\",\"secret\":\"s\"}}"),
            (HttpMethod.Post, "/api/runs", definition[..^1] + ",\"tags\":[\"a\"],\"notes\":\"n\",\"runner\":\"bench-1\"}"),
            (HttpMethod.Post, "/api/configurations", $"{{\"name\":\"mine\",\"definition\":{definition}}}"),
            (HttpMethod.Post, "/api/comparisons", $"{{\"runs\":[\"{run.Slug}\",\"{other.Slug}\"]}}"),
            (HttpMethod.Patch, $"/api/runs/{run.Slug}", """{"notes":"n","tags":["a","b"],"pinned":true}"""),
        ];
        var mutator = new Mutator(4);
        var wrong = new StringBuilder();
        int refused = 0, count = Mutator.Count(1_500);
        HttpClient? client = null;

        for (int i = 0; i < count; i++)
        {
            // Each client address has its own limit of requests.
            if (i % 400 == 0) client = From(new IPAddress([127, 1, (byte)(i / 400 / 250), (byte)(1 + i / 400 % 250)]));
            var (method, address, body) = good[i % good.Length];
            string mutated = mutator.Next(body);
            using var request = new HttpRequestMessage(method, address) { Content = new StringContent(mutated, Encoding.UTF8, "application/json") };
            using var answer = await client!.SendAsync(request);
            int status = (int)answer.StatusCode;
            if (status >= 500 || status == 429) wrong.AppendLine($"{method} {address} {status}: {mutated}");
            if (status == 400)
            {
                refused++;
                if (JsonNode.Parse(await answer.Content.ReadAsStringAsync())?["errors"] is not JsonObject { Count: > 0 }) wrong.AppendLine($"{method} {address} names no field: {mutated}");
            }
            if (wrong.Length > 5_000) break;
        }

        TestContext.Current.TestOutputHelper?.WriteLine($"API bodies: {count} fed, {refused} refused with a field's name, no 500");
        Assert.Equal("", wrong.ToString());
        Assert.InRange(refused, count / 3, count);
    }

    private HttpClient From(IPAddress source)
    {
        var client = new HttpClient(new SocketsHttpHandler
        {
            ConnectCallback = async (context, cancel) =>
            {
                var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
                socket.Bind(new IPEndPoint(source, 0));
                await socket.ConnectAsync(context.DnsEndPoint.Host, context.DnsEndPoint.Port, cancel);
                return new NetworkStream(socket, ownsSocket: true);
            },
        })
        { BaseAddress = host.Address };
        client.DefaultRequestHeaders.Authorization = new("Bearer", DashboardHost.Token);
        return client;
    }
}
