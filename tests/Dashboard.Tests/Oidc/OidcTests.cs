using System.Diagnostics;
using System.Net;
using System.Net.Http.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Wobble.Dashboard.Access;
using Wobble.Dashboard.Hosting;
using Wobble.Dashboard.Tests.Access;

namespace Wobble.Dashboard.Tests.Oidc;

/// <summary>Signing in at a provider that no one here wrote (npm's oidc-provider), by all of its pages.</summary>
public sealed partial class OidcTests(ProviderHost fixture) : IClassFixture<ProviderHost>
{
    [Theory]
    [InlineData("ada@example.org", "operator", HttpStatusCode.OK, HttpStatusCode.OK)]
    [InlineData("bob@example.org", "viewer", HttpStatusCode.OK, HttpStatusCode.Forbidden)]
    public async Task A_person_the_settings_name_signs_in_with_their_role(string name, string role, HttpStatusCode reads, HttpStatusCode audits)
    {
        var host = fixture.HostOrSkip();
        using var client = Browser(host);

        using var answer = await SignInAsync(client, name);

        Assert.Equal(new Uri(host.Address, "/runs"), answer.RequestMessage!.RequestUri);
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        Assert.Equal(reads, (await client.GetAsync("/api/runs")).StatusCode);
        Assert.Equal(audits, (await client.GetAsync("/api/audit")).StatusCode);
        Assert.Contains($"{name} sign in by the provider: done", await AuditAsync(host));
        Assert.NotEmpty(role);
    }

    [Theory]
    [InlineData("eve@example.org"), InlineData("unproved-ada@example.org")]
    public async Task A_person_nobody_named_or_whose_address_is_not_proved_is_refused(string name)
    {
        var host = fixture.HostOrSkip();
        using var client = Browser(host);

        using var answer = await SignInAsync(client, name);

        Assert.Equal(HttpStatusCode.Forbidden, answer.StatusCode);
        Assert.Equal(HttpStatusCode.Unauthorized, (await client.GetAsync("/api/runs")).StatusCode);
        using var again = Browser(host);
        await SignInAsync(again, name);
        Assert.Single(await AuditAsync(host), entry => entry == $"{name} sign in by the provider: refused: no access");
    }

    [Fact]
    public async Task An_answer_that_nobody_asked_for_signs_nobody_in()
    {
        var host = fixture.HostOrSkip();
        using var client = Browser(host);

        using var answer = await client.GetAsync("/sign-in/provider/back?code=guessed&state=guessed");

        Assert.Equal(HttpStatusCode.Unauthorized, answer.StatusCode);
        Assert.Equal(HttpStatusCode.Unauthorized, (await client.GetAsync("/api/runs")).StatusCode);
    }

    [Fact]
    public async Task Another_list_of_names_ends_the_sessions_that_began_under_this_one()
    {
        var host = fixture.HostOrSkip();
        var jar = new CookieContainer();
        using var client = Browser(host, jar);
        await SignInAsync(client, "ada@example.org");
        string cookies = jar.GetCookieHeader(host.Address);
        host.Settings["OidcOperators"] = "nobody@example.org";
        await host.RestartAsync();
        using var again = host.SignedOut();
        using var request = new HttpRequestMessage(HttpMethod.Get, "/api/runs");
        request.Headers.Add("Cookie", cookies);

        Assert.Equal(HttpStatusCode.Unauthorized, (await again.SendAsync(request)).StatusCode);
        host.Settings["OidcOperators"] = ProviderHost.Operators;
        await host.RestartAsync();
    }

    [Theory]
    [InlineData("OidcAuthority", "http://login.example.org", "OidcAuthority"), InlineData("OidcAuthority", "login", "OidcAuthority"), InlineData("OidcClientId", null, "OidcClientId"), InlineData("OidcOperators", null, "OidcOperators")]
    public void A_setting_that_would_let_nobody_or_anybody_in_ends_the_start(string name, string? value, string named)
    {
        var settings = new Dictionary<string, string?> { ["OidcAuthority"] = "https://login.example.org", ["OidcClientId"] = "wobble", ["OidcOperators"] = "ada@example.org", [name] = value };

        Assert.StartsWith(named, Assert.Throws<SettingException>(() => OidcSettings.Read(key => settings.GetValueOrDefault(key))).Message);
    }

    private static HttpClient Browser(DashboardHost host, CookieContainer? jar = null) => new(new HttpClientHandler { CookieContainer = jar ?? new CookieContainer() }) { BaseAddress = host.Address };

    // The provider's pages: who, and may they. Each is one form.
    private static async Task<HttpResponseMessage> SignInAsync(HttpClient client, string name)
    {
        var answer = await client.GetAsync("/sign-in/provider?to=/runs");
        for (int i = 0; i < 4 && answer.RequestMessage!.RequestUri!.AbsolutePath.StartsWith("/interaction/", StringComparison.Ordinal); i++)
        {
            string page = await answer.Content.ReadAsStringAsync();
            string prompt = Prompt().Match(page).Groups[1].Value;
            Assert.NotEmpty(prompt);
            answer = await client.PostAsync(new Uri(answer.RequestMessage.RequestUri, Form().Match(page).Groups[1].Value), new FormUrlEncodedContent([new("prompt", prompt), new("login", name), new("password", "any")]));
        }
        return answer;
    }

    private static async Task<List<string>> AuditAsync(DashboardHost host)
    {
        using var owner = host.WithToken();
        return [.. (await owner.GetFromJsonAsync<JsonObject>("/api/audit"))!["entries"]!.AsArray().Select(e => $"{e!["who"]} {e["what"]}: {e["outcome"]}")];
    }

    [GeneratedRegex("<form[^>]* action=\"([^\"]+)\"")]
    private static partial Regex Form();
    [GeneratedRegex("name=\"prompt\" value=\"([^\"]+)\"")]
    private static partial Regex Prompt();
}

/// <summary>The provider, installed with npm's client into a folder of its own, and a Dashboard that trusts it.</summary>
public sealed class ProviderHost : IAsyncLifetime
{
    public const string Operators = "ada@example.org;unproved-ada@example.org";
    private readonly string _folder = Directory.CreateTempSubdirectory("wobble-oidc-").FullName;
    private Process? _provider;
    private DashboardHost? _host;
    private string? _missing;

    public DashboardHost HostOrSkip()
    {
        Assert.SkipWhen(_missing is not null, _missing ?? "");
        return _host!;
    }

    public async ValueTask InitializeAsync()
    {
        string from = Path.Combine(AppContext.BaseDirectory, "Oidc");
        foreach (string file in (string[])["package.json", "package-lock.json", "provider.mjs"]) File.Copy(Path.Combine(from, file), Path.Combine(_folder, file));
        if (await InstallAsync() is { } why)
        {
            _missing = $"oidc-provider can't be installed: {why}";
            return;
        }
        _provider = Process.Start(new ProcessStartInfo("/usr/bin/node", ["provider.mjs"]) { WorkingDirectory = _folder, RedirectStandardInput = true, RedirectStandardOutput = true })!;
        string address = "";
        while (await _provider.StandardOutput.ReadLineAsync() is { } line)
        {
            if (!line.StartsWith("listening ", StringComparison.Ordinal)) continue;
            address = line["listening ".Length..];
            break;
        }
        _host = new DashboardHost { Settings = { ["OidcAuthority"] = address, ["OidcClientId"] = "wobble", ["OidcClientSecret"] = "a-secret-of-the-tests", ["OidcOperators"] = Operators, ["OidcViewers"] = "bob@example.org" } };
        await _host.InitializeAsync();
    }

    public async ValueTask DisposeAsync()
    {
        if (_host is not null) await _host.DisposeAsync();
        _provider?.Kill();
        _provider?.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    private async Task<string?> InstallAsync()
    {
        if (!File.Exists("/usr/bin/node") || !File.Exists("/usr/bin/npm")) return "node or npm is not here";
        using var install = Process.Start(new ProcessStartInfo("/usr/bin/npm", ["ci", "--no-audit", "--no-fund", "--ignore-scripts"]) { WorkingDirectory = _folder, RedirectStandardError = true, RedirectStandardOutput = true })!;
        var output = install.StandardOutput.ReadToEndAsync();
        string error = await install.StandardError.ReadToEndAsync();
        await install.WaitForExitAsync();
        return install.ExitCode == 0 ? null : error + await output;
    }
}
