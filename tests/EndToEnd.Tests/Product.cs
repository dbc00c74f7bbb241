using System.Diagnostics;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Text.RegularExpressions;
using Microsoft.Playwright;
using Npgsql;

[assembly: AssemblyFixture(typeof(Wobble.EndToEnd.Tests.Product))]
// Runs are made one after another anyway: meanwhile other tests look at pages.
[assembly: CollectionBehavior(CollectionBehavior.CollectionPerClass)]

namespace Wobble.EndToEnd.Tests;

/// <summary>
/// All of Wobble as `./run` starts it: the published build, a data folder and ports of its own, real PostgreSQL, real stacks, and a real browser.
/// The folder WOBBLE_APP names the published build (`./test` makes it); without it the one below out/app is taken. With WOBBLE_URL, WOBBLE_TOKEN and
/// WOBBLE_DATA a Wobble that is up already is used instead: for taking pictures, not for tests.
/// </summary>
public sealed partial class Product : IAsyncLifetime
{
    private static readonly string? Elsewhere = Environment.GetEnvironmentVariable("WOBBLE_URL");

    private readonly string data = Elsewhere is null ? Directory.CreateTempSubdirectory("wobble-e2e-").FullName : Environment.GetEnvironmentVariable("WOBBLE_DATA") ?? "";
    private readonly List<string> output = [];
    private Process? up;
    private IPlaywright? playwright;
    private string? session;
    private Task<string>? shared;

    public string Url { get; } = Elsewhere?.TrimEnd('/') ?? $"http://127.0.0.1:{FreePort()}";
    public string Token { get; } = (Elsewhere is null ? null : Environment.GetEnvironmentVariable("WOBBLE_TOKEN")) ?? Guid.NewGuid().ToString("N");
    public string SignInLink { get; private set; } = "";
    public string Data => data;
    public IBrowser Browser { get; private set; } = null!;
    public HttpClient Api { get; private set; } = null!;
    public Process Up => up!;

    public static string Root { get; } = FindRoot();

    public static string App => Environment.GetEnvironmentVariable("WOBBLE_APP") is { Length: > 0 } app ? app : Path.Combine(Root, "out", "app");

    public async ValueTask InitializeAsync()
    {
        if (Elsewhere is null) await StartAsync();
        Api = new HttpClient { BaseAddress = new Uri(Url) };
        Api.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", Token);

        // A machine that has other work to do is no fault of a page.
        Assertions.SetDefaultExpectTimeout(30_000);
        playwright = await Playwright.CreateAsync();
        Browser = await playwright.Chromium.LaunchAsync(new BrowserTypeLaunchOptions
        {
            ExecutablePath = "/usr/bin/chromium",
            Args = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--disable-background-networking", "--disable-component-update", "--disable-sync", "--no-first-run"],
        });
    }

    private async Task StartAsync()
    {
        File.SetUnixFileMode(data, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute);
        var start = new ProcessStartInfo(Path.Combine(App, "Runner", "Runner"), ["up", "--data", data, "--urls", Url]) { RedirectStandardOutput = true, RedirectStandardError = true };
        start.Environment["WOBBLE_TOKEN"] = Token;
        start.Environment.Remove("ConnectionStrings__Wobble");
        up = Process.Start(start) ?? throw new InvalidOperationException("It did not start.");
        var link = new TaskCompletionSource<string>(TaskCreationOptions.RunContinuationsAsynchronously);
        void Read(object _, DataReceivedEventArgs line)
        {
            if (line.Data is null) return;
            lock (output) output.Add(line.Data);
            if (Link().Match(line.Data) is { Success: true } match) link.TrySetResult(match.Value);
        }
        up.OutputDataReceived += Read;
        up.ErrorDataReceived += Read;
        up.BeginOutputReadLine();
        up.BeginErrorReadLine();
        up.EnableRaisingEvents = true;
        up.Exited += (_, _) => link.TrySetException(new InvalidOperationException("`up` ended: " + Said));
        SignInLink = await link.Task.WaitAsync(TimeSpan.FromMinutes(2));
    }

    /// <summary>Wobble's own database.</summary>
    public string ConnectionString => $"Host={data}/database/socket;Username=wobble;Password={File.ReadAllText($"{data}/database/password").Trim()};Database=wobble;Maximum Pool Size=4";

    /// <summary>One statement in it.</summary>
    public async Task SqlAsync(string sql)
    {
        await using var connection = new NpgsqlConnection(ConnectionString);
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync();
    }

    /// <summary>Kills every process of that name that this Wobble started, directly or not. True when there was one.</summary>
    public bool KillAll(string name)
    {
        int root = up?.Id ?? ProcessTree.UpOf(data);
        var found = ProcessTree.Below(root, name);
        ProcessTree.Kill(found);
        return found.Count > 0;
    }

    public string Said
    {
        get
        {
            lock (output) return string.Join('\n', output.TakeLast(60));
        }
    }

    /// <summary>A fresh browser that is signed in, by the page on which the token is typed (the link is for one use).</summary>
    public async Task<IBrowserContext> SignedInAsync(BrowserNewContextOptions? options = null)
    {
        options ??= new BrowserNewContextOptions();
        // Signed in once: trying the sign-in again and again is what its rate limit is there to stop.
        options.StorageState = session ??= await SignInAsync();
        var signedIn = await Browser.NewContextAsync(options);
        signedIn.SetDefaultTimeout(30_000);
        return signedIn;
    }

    private async Task<string> SignInAsync()
    {
        await using var context = await Browser.NewContextAsync();
        context.SetDefaultTimeout(30_000);
        var page = await context.NewPageAsync();
        await page.GotoAsync($"{Url}/sign-in");
        await page.GetByLabel("Token").FillAsync(Token);
        await page.GetByRole(AriaRole.Button, new() { Name = "Sign in" }).ClickAsync();
        await page.WaitForURLAsync(u => !u.Contains("/sign-in", StringComparison.Ordinal));
        return await context.StorageStateAsync();
    }

    public async ValueTask DisposeAsync()
    {
        if (Browser is not null) await Browser.CloseAsync();
        playwright?.Dispose();
        Api?.Dispose();
        if (up is { HasExited: false })
        {
            using var kill = Process.Start("kill", ["-TERM", $"{up.Id}"]);
            using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(30));
            try
            {
                await up.WaitForExitAsync(limit.Token);
            }
            catch (OperationCanceledException)
            {
                up.Kill(entireProcessTree: true);
                throw new TimeoutException("`up` did not end within 30 s of SIGTERM: " + Said);
            }
        }
        up?.Dispose();
        if (Elsewhere is null) Directory.Delete(data, recursive: true);
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    private static string FindRoot()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "Dashboard.sln"))) folder = folder.Parent;
        return folder?.FullName ?? throw new InvalidOperationException("Not below a checkout.");
    }

    [GeneratedRegex(@"http://\S+/sign-in\?token=\S+")]
    private static partial Regex Link();
}
