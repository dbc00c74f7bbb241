using System.Net;

namespace Wobble.Dashboard.Tests.Access;

/// <summary>Behind a proxy of this machine that ends TLS, as docs/behind-a-proxy.md sets it up.</summary>
public sealed class ForwardingTests : IAsyncLifetime
{
    private const int Burst = 10;
    private readonly DashboardHost host = new() { Settings = { ["PublicUrl"] = "https://wobble.example.org", ["RequestsAtOnce"] = $"{Burst}", ["RequestsPerSecond"] = "1" } };

    public ValueTask InitializeAsync() => host.InitializeAsync();

    public ValueTask DisposeAsync() => host.DisposeAsync();

    [Fact]
    public async Task The_cookie_is_for_https_alone()
    {
        using var client = Behind("203.0.113.1");

        using var answer = await client.GetAsync($"/sign-in?token={host.SignIn}");

        Assert.Contains("; secure", Assert.Single(answer.Headers.GetValues("Set-Cookie")), StringComparison.OrdinalIgnoreCase);
    }

    [Fact]
    public async Task One_client_that_asks_too_often_does_not_shut_out_the_others()
    {
        using var greedy = Behind("203.0.113.2");
        using var other = Behind("203.0.113.3");

        var answers = await Task.WhenAll(Enumerable.Range(0, 5 * Burst).Select(_ => greedy.GetAsync("/api/targets")));

        Assert.Contains(answers, a => a.StatusCode == HttpStatusCode.TooManyRequests);
        Assert.Equal(HttpStatusCode.OK, (await other.GetAsync("/api/targets")).StatusCode);
    }

    [Fact]
    public async Task What_a_client_says_itself_is_not_believed()
    {
        using var client = Behind("203.0.113.4");

        // nginx appends the address that it saw: only the last one counts.
        var answers = await Task.WhenAll(Enumerable.Range(0, 5 * Burst).Select(i => SendAsync(client, $"198.51.100.{i}, 203.0.113.4")));

        Assert.Contains(answers, a => a.StatusCode == HttpStatusCode.TooManyRequests);
    }

    private static Task<HttpResponseMessage> SendAsync(HttpClient client, string forwardedFor)
    {
        var request = new HttpRequestMessage(HttpMethod.Get, "/api/targets");
        request.Headers.Add("X-Forwarded-For", forwardedFor);
        return client.SendAsync(request);
    }

    private HttpClient Behind(string address)
    {
        var client = host.SignedOut();
        client.DefaultRequestHeaders.Host = "wobble.example.org";
        client.DefaultRequestHeaders.Add("X-Forwarded-For", address);
        client.DefaultRequestHeaders.Add("X-Forwarded-Proto", "https");
        return client;
    }
}
