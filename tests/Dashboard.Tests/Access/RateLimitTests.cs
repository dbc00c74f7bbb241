using System.Net;

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

    [Fact]
    public async Task Of_the_pages_that_live_one_too_many_is_refused_and_let_in_when_another_was_closed()
    {
        var few = new DashboardHost { Database = host.Database, Settings = { ["PagesAtOnce"] = "2" } };
        await few.InitializeAsync();
        async Task<System.Net.WebSockets.ClientWebSocket> OpenAsync()
        {
            var socket = new System.Net.WebSockets.ClientWebSocket();
            socket.Options.SetRequestHeader("Origin", few.Address.GetLeftPart(UriPartial.Authority));
            await socket.ConnectAsync(new UriBuilder(few.Address) { Scheme = "ws", Path = "/_blazor" }.Uri, TestContext.Current.CancellationToken);
            return socket;
        }

        var first = await OpenAsync();
        using var second = await OpenAsync();
        var refused = await Assert.ThrowsAsync<System.Net.WebSockets.WebSocketException>(OpenAsync);
        Assert.Contains("429", refused.Message);
        using var client = few.SignedOut();
        Assert.Equal(HttpStatusCode.OK, (await client.GetAsync("/targets")).StatusCode);

        first.Abort();
        first.Dispose();
        await Wobble.Tests.Support.Poll.UntilAsync("room again", async () =>
        {
            try
            {
                (await OpenAsync()).Dispose();
                return true;
            }
            catch (System.Net.WebSockets.WebSocketException)
            {
                return false;
            }
        }, TimeSpan.FromSeconds(30));
        await few.DisposeAsync();
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

    private static async Task<HttpResponseMessage[]> ManyAsync(HttpClient client, string address, int count) =>
        await Task.WhenAll(Enumerable.Range(0, count).Select(_ => client.GetAsync(address)));
}
