using System.Net;
using Wobble.Tests.Support;

namespace Wobble.Dashboard.Tests.Access;

public sealed class SignInTests(TestDatabase database) : IClassFixture<TestDatabase>, IAsyncLifetime
{
    private readonly DashboardHost _host = new() { Database = database };

    public ValueTask InitializeAsync() => _host.InitializeAsync();

    public ValueTask DisposeAsync() => _host.DisposeAsync();

    [Fact]
    public async Task The_link_signs_in_once()
    {
        using var first = _host.Browser();
        using var second = _host.Browser();

        var used = await first.GetAsync($"/sign-in?token={_host.SignIn}&to=/runners");
        var again = await second.GetAsync($"/sign-in?token={_host.SignIn}");

        Assert.Equal(HttpStatusCode.SeeOther, used.StatusCode);
        Assert.Equal("/runners", used.Headers.Location?.OriginalString);
        Assert.Equal(HttpStatusCode.OK, (await first.GetAsync("/api/runs")).StatusCode);
        Assert.Equal(HttpStatusCode.Unauthorized, again.StatusCode);
        Assert.Contains("signs in once", await again.Content.ReadAsStringAsync());
        Assert.Equal(HttpStatusCode.Unauthorized, (await second.GetAsync("/api/runs")).StatusCode);
    }

    [Fact]
    public async Task A_used_link_stays_used_and_a_cookie_stays_good_when_the_dashboard_is_started_again()
    {
        var cookies = new CookieContainer();
        using var before = new HttpClient(new HttpClientHandler { AllowAutoRedirect = false, CookieContainer = cookies }) { BaseAddress = _host.Address };
        await before.GetAsync($"/sign-in?token={_host.SignIn}");
        string cookie = cookies.GetCookieHeader(_host.Address);

        await _host.RestartAsync();

        using var after = _host.SignedOut();
        Assert.Equal(HttpStatusCode.Unauthorized, (await after.GetAsync($"/sign-in?token={_host.SignIn}")).StatusCode);
        after.DefaultRequestHeaders.Add("Cookie", cookie);
        Assert.Equal(HttpStatusCode.OK, (await after.GetAsync("/api/runs")).StatusCode);
    }

    [Fact]
    public async Task The_cookie_is_HttpOnly_Lax_and_lasts()
    {
        using var client = _host.SignedOut();

        var answer = await client.GetAsync($"/sign-in?token={_host.SignIn}");

        string cookie = Assert.Single(answer.Headers.GetValues("Set-Cookie"));
        Assert.Contains("; httponly", cookie);
        Assert.Contains("; samesite=lax", cookie);
        Assert.Contains("expires=", cookie);
        Assert.DoesNotContain(_host.SignIn, cookie);
    }

    [Theory, InlineData("//elsewhere.example"), InlineData("/\\elsewhere.example"), InlineData("https://elsewhere.example"), InlineData("javascript:alert(1)"), InlineData("/sign-in?token=x"), InlineData("")]
    public async Task After_the_sign_in_one_stays_with_Wobble(string to)
    {
        using var client = _host.Browser();

        var answer = await client.GetAsync($"/sign-in?token={_host.SignIn}&to={Uri.EscapeDataString(to)}");

        Assert.Equal("/", answer.Headers.Location?.OriginalString);
    }

    [Theory, InlineData("/runs?q=ü", "/runs?q=%C3%BC"), InlineData("/runs?q=a b\U0001F600", "/runs?q=a%20b%F0%9F%98%80"), InlineData("/runs?q=%C3%BC&tag=a", "/runs?q=%C3%BC&tag=a")]
    public async Task After_the_sign_in_one_comes_to_what_was_asked_for_in_any_letters(string to, string expected)
    {
        using var byLink = _host.Browser();
        using var byToken = _host.Browser();

        var link = await byLink.GetAsync($"/sign-in?token={_host.SignIn}&to={Uri.EscapeDataString(to)}");
        var again = await byLink.GetAsync($"/sign-in?token={_host.SignIn}&to={Uri.EscapeDataString(to)}");
        var token = await DashboardHost.SignInByFormAsync(byToken, DashboardHost.Token, to);

        Assert.Equal((HttpStatusCode.SeeOther, HttpStatusCode.Redirect, HttpStatusCode.SeeOther), (link.StatusCode, again.StatusCode, token.StatusCode));
        Assert.All((HttpResponseMessage[])[link, again, token], answer => Assert.Equal(expected, answer.Headers.Location?.OriginalString));
    }

    [Fact]
    public async Task The_token_signs_in_on_the_page_and_a_wrong_one_does_not()
    {
        using var client = _host.Browser();

        var wrong = await DashboardHost.SignInByFormAsync(client, "wrong");
        var right = await DashboardHost.SignInByFormAsync(client, DashboardHost.Token, "/runs?tag=a");

        Assert.Equal(HttpStatusCode.Unauthorized, wrong.StatusCode);
        Assert.Contains("This is not the token", await wrong.Content.ReadAsStringAsync());
        Assert.Equal(HttpStatusCode.SeeOther, right.StatusCode);
        Assert.Equal("/runs?tag=a", right.Headers.Location?.OriginalString);
    }

    [Fact]
    public async Task A_form_that_another_site_made_signs_nobody_in()
    {
        using var client = _host.Browser();

        var answer = await client.PostAsync("/sign-in", new FormUrlEncodedContent([new("token", DashboardHost.Token)]));

        Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
        Assert.Equal(HttpStatusCode.Unauthorized, (await client.GetAsync("/api/runs")).StatusCode);
    }

    [Fact]
    public async Task A_form_that_can_not_be_read_gets_the_page_again()
    {
        using var client = _host.Browser();
        (string Type, string Body)[] forms =
        [
            ("application/x-www-form-urlencoded", new string('x', 10_000) + "=1"),
            ("multipart/form-data", ""),
            ("multipart/form-data; boundary=x", "--x\r\nContent-Disposition: form-data; name=\"token\"\r\n\r\nends here"),
        ];

        foreach (var (type, body) in forms)
            foreach (bool isProved in (bool[])[false, true])
            {
                using var request = new HttpRequestMessage(HttpMethod.Post, "/sign-in") { Content = new StringContent(body) };
                request.Content.Headers.Remove("Content-Type");
                request.Content.Headers.TryAddWithoutValidation("Content-Type", type);
                // Who sends it beside the form keeps the check from reading the form.
                if (isProved) request.Headers.Add("RequestVerificationToken", "any");
                using var answer = await client.SendAsync(request);
                Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
                Assert.Contains("<h1>Sign in</h1>", await answer.Content.ReadAsStringAsync());
            }
    }

    [Fact]
    public async Task A_form_that_is_too_large_is_told_as_one()
    {
        using var client = _host.Browser();
        using var request = new HttpRequestMessage(HttpMethod.Post, "/sign-in") { Content = new FormUrlEncodedContent([new("token", new string('x', 2_000_000))]) };
        request.Headers.ExpectContinue = true;

        using var answer = await client.SendAsync(request);

        Assert.Equal(HttpStatusCode.RequestEntityTooLarge, answer.StatusCode);
    }

    [Fact]
    public async Task Guessing_is_limited_and_says_when_to_try_again()
    {
        _host.Settings["WrongTokensPerMinute"] = "10";
        await _host.RestartAsync();
        using var client = _host.Browser();
        var answers = new List<HttpResponseMessage>();

        for (int i = 0; i < 15; i++) answers.Add(await client.GetAsync($"/sign-in?token=guess-{i}"));

        Assert.Equal(10, answers.Count(a => a.StatusCode == HttpStatusCode.Unauthorized));
        var refused = answers.Last();
        Assert.Equal(HttpStatusCode.TooManyRequests, refused.StatusCode);
        Assert.NotNull(refused.Headers.RetryAfter);
        Assert.Equal("application/problem+json", refused.Content.Headers.ContentType?.MediaType);
        Assert.Equal(HttpStatusCode.OK, (await client.GetAsync("/sign-in")).StatusCode);
        Assert.Equal(HttpStatusCode.TooManyRequests, (await DashboardHost.SignInByFormAsync(client, "a-guess-of-a-token")).StatusCode);
        Assert.Equal(HttpStatusCode.SeeOther, (await DashboardHost.SignInByFormAsync(client, DashboardHost.Token)).StatusCode);
        Assert.Equal(HttpStatusCode.SeeOther, (await _host.Browser().GetAsync($"/sign-in?token={_host.SignIn}")).StatusCode);
    }

    [Fact]
    public async Task Signing_out_ends_the_session_also_for_a_copy_of_its_cookie()
    {
        var cookies = new CookieContainer();
        using var client = new HttpClient(new HttpClientHandler { AllowAutoRedirect = false, CookieContainer = cookies }) { BaseAddress = _host.Address };
        await client.GetAsync($"/sign-in?token={_host.SignIn}");
        string copy = cookies.GetCookieHeader(_host.Address);

        var answer = await client.PostAsync("/sign-out", null);

        Assert.Equal(HttpStatusCode.SeeOther, answer.StatusCode);
        using var thief = _host.SignedOut();
        thief.DefaultRequestHeaders.Add("Cookie", copy);
        Assert.Equal(HttpStatusCode.Unauthorized, (await thief.GetAsync("/api/runs")).StatusCode);

        await _host.RestartAsync();
        using var later = _host.SignedOut();
        later.DefaultRequestHeaders.Add("Cookie", copy);
        Assert.Equal(HttpStatusCode.Unauthorized, (await later.GetAsync("/api/runs")).StatusCode);
    }

    [Fact]
    public async Task Another_token_ends_all_sessions()
    {
        var cookies = new CookieContainer();
        using var client = new HttpClient(new HttpClientHandler { AllowAutoRedirect = false, CookieContainer = cookies }) { BaseAddress = _host.Address };
        await client.GetAsync($"/sign-in?token={_host.SignIn}");
        string cookie = cookies.GetCookieHeader(_host.Address);
        _host.Settings["WOBBLE_TOKEN"] = "another-token-of-the-tests-0123";

        await _host.RestartAsync();

        using var later = _host.SignedOut();
        later.DefaultRequestHeaders.Add("Cookie", cookie);
        Assert.Equal(HttpStatusCode.Unauthorized, (await later.GetAsync("/api/runs")).StatusCode);
    }

    [Fact]
    public async Task Keys_and_tokens_can_be_read_by_their_owner_alone()
    {
        using var client = _host.Browser();
        await client.GetAsync($"/sign-in?token={_host.SignIn}");

        string keys = Path.Combine(_host.DataFolder, "keys");

        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute, File.GetUnixFileMode(keys));
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(Path.Combine(keys, "used-sign-in")));
        Assert.DoesNotContain(_host.SignIn, await File.ReadAllTextAsync(Path.Combine(keys, "used-sign-in")));
    }

    [Fact]
    public async Task A_browser_that_is_signed_out_gets_the_sign_in_page_at_the_address_it_asked_for()
    {
        using var client = _host.SignedOut();
        client.DefaultRequestHeaders.Accept.ParseAdd("text/html");

        var answer = await client.GetAsync("/hangfire/jobs/enqueued?from=%22%3E%3Cscript%3E");

        string page = await answer.Content.ReadAsStringAsync();
        Assert.Equal(HttpStatusCode.Unauthorized, answer.StatusCode);
        Assert.Contains("<h1>Sign in</h1>", page);
        Assert.Contains("name=\"to\" value=\"/hangfire/jobs/enqueued?from=%22%3E%3Cscript%3E\"", page);
    }
}
