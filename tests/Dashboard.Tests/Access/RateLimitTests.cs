using System.Net;
using System.Net.Http.Json;
using System.Net.Sockets;
using System.Net.WebSockets;
using System.Text.Json.Nodes;
using Microsoft.EntityFrameworkCore;
using Wobble.Tests.Support;

namespace Wobble.Dashboard.Tests.Access;

/// <summary>A Dashboard that lets ten requests in at once and then one a second.</summary>
public sealed class RateLimitTests : IAsyncLifetime
{
    private const int Burst = 10;
    private readonly DashboardHost host = new() { Settings = { ["RequestsAtOnce"] = $"{Burst}", ["RequestsPerSecond"] = "1" } };

    public ValueTask InitializeAsync() => host.InitializeAsync();

    public ValueTask DisposeAsync() => host.DisposeAsync();

    [Fact]
    public async Task One_address_that_asks_too_often_is_told_to_wait()
    {
        using var client = host.SignedOut();

        var answers = await ManyAsync(client, "/api/targets", 5 * Burst);

        Assert.InRange(answers.Count(a => a.StatusCode == HttpStatusCode.OK), Burst, 3 * Burst);
        var refused = answers.First(a => a.StatusCode == HttpStatusCode.TooManyRequests);
        Assert.Equal("application/problem+json", refused.Content.Headers.ContentType?.MediaType);
        Assert.True(refused.Headers.RetryAfter?.Delta >= TimeSpan.FromSeconds(1));
        Assert.Contains("asked too often", await refused.Content.ReadAsStringAsync());
    }

    [Theory, InlineData("/css/wobble.css"), InlineData("/js/charts.js"), InlineData("/_content/MudBlazor/MudBlazor.min.css"), InlineData("/_framework/blazor.web.js")]
    public async Task Files_of_the_pages_do_not_count(string file)
    {
        using var client = host.SignedOut();

        var answers = await ManyAsync(client, file, 5 * Burst);

        Assert.All(answers, a => Assert.Equal(HttpStatusCode.OK, a.StatusCode));
        Assert.Equal(HttpStatusCode.OK, (await client.GetAsync("/api/targets")).StatusCode);
    }

    // Of eight an address has two; of two it has one, so that others fill them.
    [Theory, InlineData("8", "127.0.0.1", "127.0.0.1", true), InlineData("2", "127.0.0.2", "127.0.0.3", false)]
    public async Task Of_the_pages_that_live_one_too_many_is_refused_and_let_in_when_another_was_closed(string most, string one, string another, bool othersComeIn)
    {
        const string last = "127.0.0.1";
        var few = new DashboardHost { Database = host.Database, Settings = { ["PagesAtOnce"] = most } };
        await few.InitializeAsync();

        var first = await OpenAsync(few, one);
        using var second = await OpenAsync(few, another);
        var refused = await Assert.ThrowsAsync<WebSocketException>(() => OpenAsync(few, last));
        Assert.Contains("429", refused.Message);
        if (othersComeIn) (await OpenAsync(few, "127.0.0.9")).Dispose();
        using var client = few.SignedOut();
        Assert.Equal(HttpStatusCode.OK, (await client.GetAsync("/targets")).StatusCode);

        first.Abort();
        first.Dispose();
        await Poll.UntilAsync("room again", async () =>
        {
            try
            {
                (await OpenAsync(few, last)).Dispose();
                return true;
            }
            catch (WebSocketException)
            {
                return false;
            }
        }, TimeSpan.FromSeconds(30));
        await few.DisposeAsync();
    }

    [Fact]
    public async Task Of_the_downloads_that_go_on_one_too_many_of_an_address_is_told_to_wait()
    {
        var few = new DashboardHost { Database = host.Database, Settings = { ["DownloadsAtOnce"] = "4" } };
        await few.InitializeAsync();
        string run = $"/api/runs/{(await few.Runs.RecordAsync(new FactsBuilder { PerSecond = 10 })).Slug}";
        using var client = few.SignedOut();
        await using var db = few.Database.CreateDbContext();

        Task<HttpResponseMessage> first;
        await using (await db.Database.BeginTransactionAsync(TestContext.Current.CancellationToken))
        {
            // Whoever reads seconds waits.
            await db.Database.ExecuteSqlAsync($"lock table seconds in access exclusive mode", TestContext.Current.CancellationToken);
            first = client.GetAsync($"{run}.csv");
            await Poll.UntilAsync("the first to go on", async () => await db.Database.SqlQuery<int>($"""select count(*)::int as "Value" from pg_locks where not granted and relation = 'seconds'::regclass""").SingleAsync() > 0, TimeSpan.FromSeconds(30));
            string[] ofTheRun = [".csv", ".html", ".hgrm", ".hlog", ".facts.jsonl", ".wobble.gz", "/samples"];
            string[] ofMany = ["/api/experiments/AAAAAAAAAAAAAAAAAAAAAA.csv", "/api/experiments/AAAAAAAAAAAAAAAAAAAAAA.html", "/api/compare.csv?r=AAAAAAAAAAAAAAAAAAAAAA"];
            foreach (string another in (string[])[.. ofTheRun.Select(ending => run + ending), .. ofMany])
            {
                using var refused = await client.GetAsync(another);
                Assert.Equal(HttpStatusCode.TooManyRequests, refused.StatusCode);
                Assert.NotNull(refused.Headers.RetryAfter);
            }
            Assert.Equal(HttpStatusCode.OK, (await client.GetAsync(run)).StatusCode);
        }

        Assert.Equal(HttpStatusCode.OK, (await first).StatusCode);
        await Poll.UntilAsync("room again", async () => (await client.GetAsync($"{run}.csv")).StatusCode == HttpStatusCode.OK, TimeSpan.FromSeconds(10));
        await few.DisposeAsync();
    }

    [Fact]
    public async Task A_page_lives_by_WebSocket_and_by_nothing_that_no_limit_counts()
    {
        using var client = host.SignedOut();
        var negotiated = await (await client.PostAsync("/_blazor/negotiate?negotiateVersion=1", null)).Content.ReadFromJsonAsync<JsonObject>();
        string id = $"id={negotiated!["connectionToken"]}";
        using var looksLikeOne = new HttpRequestMessage(HttpMethod.Get, $"/_blazor?{id}");
        looksLikeOne.Headers.Add("Connection", "Upgrade");
        looksLikeOne.Headers.Add("Upgrade", "websocket");

        HttpResponseMessage[] answers = [await client.GetAsync($"/_blazor?{id}"), await client.GetAsync($"/_blazor/?{id}"), await client.PostAsync($"/_blazor?{id}", new StringContent("x")), await client.SendAsync(looksLikeOne)];

        foreach (var answer in answers)
        {
            Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
            Assert.Contains("by WebSocket alone", await answer.Content.ReadAsStringAsync());
        }
        using var begins = await client.GetAsync("/_blazor/initializers");
        Assert.NotEqual(HttpStatusCode.BadRequest, begins.StatusCode);
        using var socket = await OpenAsync(host, "127.0.0.1", id);
        Assert.Equal(WebSocketState.Open, socket.State);
    }

    [Fact]
    public async Task Who_asked_too_often_still_gets_the_files_of_a_page()
    {
        using var client = host.SignedOut();
        var answers = await ManyAsync(client, "/api/targets", 5 * Burst);
        Assert.Contains(answers, a => a.StatusCode == HttpStatusCode.TooManyRequests);

        Assert.Equal(HttpStatusCode.OK, (await client.GetAsync("/css/wobble.css")).StatusCode);
    }

    [Fact]
    public async Task Without_a_proxy_an_address_that_a_client_names_itself_does_not_help_it()
    {
        using var client = host.SignedOut();

        var answers = await Task.WhenAll(Enumerable.Range(0, 5 * Burst).Select(i =>
        {
            var request = new HttpRequestMessage(HttpMethod.Get, "/api/targets");
            request.Headers.Add("X-Forwarded-For", $"198.51.100.{i}");
            return client.SendAsync(request);
        }));

        Assert.Contains(answers, a => a.StatusCode == HttpStatusCode.TooManyRequests);
    }

    // A page's connection from an address of loopback.
    private static async Task<ClientWebSocket> OpenAsync(DashboardHost to, string from, string query = "")
    {
        var handler = new SocketsHttpHandler
        {
            UseProxy = false,
            ConnectCallback = async (context, cancel) =>
            {
                var connection = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
                connection.Bind(new IPEndPoint(IPAddress.Parse(from), 0));
                await connection.ConnectAsync(IPAddress.Loopback, context.DnsEndPoint.Port, cancel);
                return new NetworkStream(connection, ownsSocket: true);
            },
        };
        var socket = new ClientWebSocket();
        socket.Options.SetRequestHeader("Origin", to.Address.GetLeftPart(UriPartial.Authority));
        await socket.ConnectAsync(new UriBuilder(to.Address) { Scheme = "ws", Path = "/_blazor", Query = query }.Uri, new HttpMessageInvoker(handler), TestContext.Current.CancellationToken);
        return socket;
    }

    private static async Task<HttpResponseMessage[]> ManyAsync(HttpClient client, string address, int count) =>
        await Task.WhenAll(Enumerable.Range(0, count).Select(_ => client.GetAsync(address)));
}
