using System.Net;
using System.Net.Http.Headers;
using System.Security.Cryptography;
using Hangfire;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Mvc.Testing;
using Microsoft.AspNetCore.TestHost;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Wobble.Results.Domain;
using Wobble.Results.Storage;
using Wobble.Tests.Support;

[assembly: AssemblyFixture(typeof(Wobble.Tests.Support.SharedCluster))]

namespace Wobble.Dashboard.Tests.Access;

/// <summary>
/// The Dashboard as it is started, on a free port of loopback, with a database, a data folder and tokens of its own; only Hangfire's client is a list.
/// One for each test class.
/// </summary>
public sealed class DashboardHost : IAsyncLifetime
{
    public const string Token = "a-token-of-the-tests-0123456789";

    private readonly string _folder = Directory.CreateTempSubdirectory("wobble-dashboard-").FullName;
    private Factory? _factory;
    private TestDatabase? _database;
    private bool _isOwner;

    /// <summary>One of its own, unless one was given.</summary>
    public TestDatabase Database { get => _database ?? throw new InvalidOperationException("Not started."); init => _database = value; }
    public StoredRuns Runs => new(Database);
    public FakeJobs Jobs { get; } = new();
    public string SignIn { get; } = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(16));
    public string DataFolder => _folder;
    public Uri Address { get; private set; } = default!;
    public IServiceProvider Services => _factory!.Services;

    /// <summary>Settings beside those of the host; set before it starts.</summary>
    public Dictionary<string, string> Settings { get; } = [];

    public async ValueTask InitializeAsync()
    {
        _isOwner = _database is null;
        _database ??= await TestDatabase.CreateAsync();
        Start();
    }

    /// <summary>Starts the Dashboard again on the same data folder and database.</summary>
    public async Task RestartAsync()
    {
        await _factory!.DisposeAsync();
        Start();
    }

    private void Start()
    {
        _factory = new Factory(this);
        _factory.UseKestrel(0);
        _factory.StartServer();
        Address = _factory.ClientOptions.BaseAddress;
    }

    /// <summary>A client that follows no redirects and keeps no cookies.</summary>
    public HttpClient SignedOut() => Client(new HttpClientHandler { AllowAutoRedirect = false, UseCookies = false });

    public HttpClient WithToken(string token = Token)
    {
        var client = SignedOut();
        client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", token);
        return client;
    }

    /// <summary>A client with its own cookies, signed in by the token on the page.</summary>
    public async Task<HttpClient> WithCookieAsync()
    {
        var client = Browser();
        var answer = await SignInByFormAsync(client, Token);
        Assert.Equal(HttpStatusCode.SeeOther, answer.StatusCode);
        return client;
    }

    /// <summary>A client with a cookie jar, as browsers are.</summary>
    public HttpClient Browser()
    {
        var client = Client(new HttpClientHandler { AllowAutoRedirect = false, CookieContainer = new CookieContainer() });
        client.DefaultRequestHeaders.Add("Sec-Fetch-Site", "same-origin");
        return client;
    }

    public static async Task<HttpResponseMessage> SignInByFormAsync(HttpClient client, string token, string to = "/")
    {
        string page = await client.GetStringAsync("/sign-in");
        string form = System.Text.RegularExpressions.Regex.Match(page, "name=\"__RequestVerificationToken\" value=\"([^\"]+)\"").Groups[1].Value;
        return await client.PostAsync("/sign-in", new FormUrlEncodedContent([new("__RequestVerificationToken", form), new("token", token), new("to", to)]));
    }

    /// <summary>A Runner that has just spoken.</summary>
    public async Task AddRunnerAsync(string name = "bench-1", Catalogue? catalogue = null)
    {
        await using var db = Database.CreateDbContext();
        await db.Runners.Where(r => r.Name == name).ExecuteDeleteAsync();
        db.Add(new RunnerRow { Name = name, Host = name, Catalogue = catalogue ?? SamplePlans.Catalogue, Environment = SamplePlans.Environment, SeenAt = DateTimeOffset.UtcNow.AddDays(1) });
        await db.SaveChangesAsync();
    }

    public async ValueTask DisposeAsync()
    {
        if (_factory is not null) await _factory.DisposeAsync();
        if (_isOwner) await Database.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    private HttpClient Client(HttpClientHandler handler) => new(handler) { BaseAddress = Address };

    private sealed class Factory(DashboardHost host) : WebApplicationFactory<Program>
    {
        protected override void ConfigureWebHost(IWebHostBuilder builder)
        {
            builder.UseEnvironment("Production");
            builder.UseSetting("ConnectionStrings:Wobble", host.Database.ConnectionString);
            builder.UseSetting("DataFolder", host._folder);
            builder.UseSetting("WOBBLE_TOKEN", Token);
            builder.UseSetting("WOBBLE_SIGN_IN", host.SignIn);
            builder.UseSetting("Logging:LogLevel:Default", "Error");
            builder.UseSetting("Logging:LogLevel:Microsoft.Hosting.Lifetime", "Error");
            builder.UseSetting("WrongTokensPerMinute", "1000");
            builder.UseSetting("Urls", "http://127.0.0.1:0");
            foreach (var (key, value) in host.Settings) builder.UseSetting(key, value);
            builder.ConfigureTestServices(services => services.AddSingleton<IBackgroundJobClient>(host.Jobs));
        }
    }
}
