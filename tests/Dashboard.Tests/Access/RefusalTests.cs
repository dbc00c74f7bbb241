using System.Net;
using System.Net.Http.Json;

namespace Wobble.Dashboard.Tests.Access;

public sealed class RefusalTests(DashboardHost host) : IClassFixture<DashboardHost>
{
    [Theory]
    // A page of another site, and one of another port of this machine, which SameSite takes for the same site.
    [InlineData("cross-site", "https://elsewhere.example", HttpStatusCode.Forbidden)]
    [InlineData("same-site", "http://127.0.0.1:9", HttpStatusCode.Forbidden)]
    [InlineData("same-site", null, HttpStatusCode.Forbidden)]
    // A browser without Sec-Fetch-Site, as all are over plain http to another machine.
    [InlineData(null, "http://127.0.0.1:9", HttpStatusCode.Forbidden)]
    [InlineData(null, "null", HttpStatusCode.Forbidden)]
    [InlineData(null, "own", HttpStatusCode.NotFound)]
    // Our own page, whatever its Origin; and no browser at all.
    [InlineData("same-origin", "null", HttpStatusCode.NotFound)]
    [InlineData("same-origin", "own", HttpStatusCode.NotFound)]
    [InlineData(null, null, HttpStatusCode.NotFound)]
    public async Task A_change_by_cookie_must_come_from_our_own_pages(string? site, string? origin, HttpStatusCode expected)
    {
        using var client = await host.WithCookieAsync();
        client.DefaultRequestHeaders.Remove("Sec-Fetch-Site");
        using var request = new HttpRequestMessage(HttpMethod.Post, "/api/runs/AAAAAAAAAAAAAAAAAAAAAA/cancel");
        if (site is not null) request.Headers.Add("Sec-Fetch-Site", site);
        if (origin is not null) request.Headers.Add("Origin", origin == "own" ? host.Address.GetLeftPart(UriPartial.Authority) : origin);

        using var answer = await client.SendAsync(request);

        Assert.Equal(expected, answer.StatusCode);
    }

    [Fact]
    public async Task A_change_by_token_may_come_from_anywhere()
    {
        using var client = host.WithToken();
        client.DefaultRequestHeaders.Add("Sec-Fetch-Site", "cross-site");

        Assert.Equal(HttpStatusCode.NotFound, (await client.PostAsync("/api/runs/AAAAAAAAAAAAAAAAAAAAAA/cancel", null)).StatusCode);
    }

    [Theory, InlineData("http://127.0.0.1:9", HttpStatusCode.Forbidden), InlineData(null, HttpStatusCode.OK)]
    public async Task A_circuit_is_opened_by_our_own_pages_alone(string? origin, HttpStatusCode expected)
    {
        using var client = host.SignedOut();
        if (origin is not null) client.DefaultRequestHeaders.Add("Origin", origin);

        Assert.Equal(expected, (await client.PostAsync("/_blazor/negotiate?negotiateVersion=1", null)).StatusCode);
    }

    [Theory]
    [InlineData("localhost", HttpStatusCode.OK)]
    [InlineData("localhost:1234", HttpStatusCode.OK)]
    [InlineData("[::1]", HttpStatusCode.OK)]
    [InlineData("rebound.example", HttpStatusCode.BadRequest)]
    [InlineData("127.0.0.1.rebound.example", HttpStatusCode.BadRequest)]
    [InlineData("10.0.0.7", HttpStatusCode.BadRequest)]
    public async Task Only_our_own_names_are_answered(string name, HttpStatusCode expected)
    {
        using var client = host.SignedOut();
        client.DefaultRequestHeaders.Host = name;

        using var answer = await client.GetAsync("/healthz");

        Assert.Equal(expected, answer.StatusCode);
        if (expected == HttpStatusCode.BadRequest) Assert.Contains($"'{name}' is not allowed", (await answer.Content.ReadFromJsonAsync<Problem>())!.Detail);
    }

    [Theory, InlineData("/sign-in"), InlineData("/not-found"), InlineData("/api/targets"), InlineData("/css/wobble.css"), InlineData("/hangfire")]
    public async Task Every_answer_tells_the_browser_what_to_refuse(string address)
    {
        using var client = host.SignedOut();

        using var answer = await client.GetAsync(address);

        string policy = string.Join(" ", answer.Headers.GetValues("Content-Security-Policy"));
        Assert.DoesNotContain("unsafe-eval", policy);
        Assert.DoesNotContain("script-src 'self' 'unsafe-inline'", policy);
        Assert.Contains("frame-ancestors 'none'", policy);
        Assert.Contains(address.StartsWith("/api", StringComparison.Ordinal) ? "default-src 'none'" : "script-src 'self'", policy);
        Assert.Equal("nosniff", Assert.Single(answer.Headers.GetValues("X-Content-Type-Options")));
        // Not no-referrer: forms would say Origin: null, which is refused where a browser sends no Sec-Fetch-Site.
        Assert.Equal("same-origin", Assert.Single(answer.Headers.GetValues("Referrer-Policy")));
        Assert.Equal("noindex, nofollow", Assert.Single(answer.Headers.GetValues("X-Robots-Tag")));
        Assert.Equal("same-origin", Assert.Single(answer.Headers.GetValues("Cross-Origin-Resource-Policy")));
        Assert.False(answer.Headers.Contains("Server"));
    }

    [Fact]
    public async Task A_page_has_no_inline_script()
    {
        using var client = host.SignedOut();

        foreach (string address in (string[])["/sign-in", "/not-found"])
            Assert.DoesNotMatch("<script(?![^>]*\\ssrc=)[^>]*>", await client.GetStringAsync(address));
    }
}

/// <summary>Problem details as they come.</summary>
public sealed record Problem(int Status, string Title, string Detail, Dictionary<string, string[]>? Errors);
