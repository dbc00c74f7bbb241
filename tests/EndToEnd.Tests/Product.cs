using System.Diagnostics;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Net.Sockets;
using System.Text.Json;
using System.Text.RegularExpressions;
using Microsoft.Playwright;

[assembly: AssemblyFixture(typeof(Wobble.EndToEnd.Tests.Product))]
[assembly: CollectionBehavior(CollectionBehavior.CollectionPerAssembly)]

namespace Wobble.EndToEnd.Tests;

/// <summary>
/// All of Wobble as `./run` starts it: the published build, a data folder and ports of its own, real PostgreSQL, real stacks, and a real browser.
/// The folder WOBBLE_APP names the published build (`./test` makes it); without it the one below out/app is taken.
/// </summary>
public sealed partial class Product : IAsyncLifetime
{
    private readonly string data = Directory.CreateTempSubdirectory("wobble-e2e-").FullName;
    private readonly List<string> output = [];
    private Process? up;
    private IPlaywright? playwright;
    private string? session;

    public string Url { get; } = $"http://127.0.0.1:{FreePort()}";
    public string Token { get; } = Guid.NewGuid().ToString("N");
    public string SignInLink { get; private set; } = "";
    public string Data => data;
    public IBrowser Browser { get; private set; } = null!;
    public HttpClient Api { get; private set; } = null!;
    public Process Up => up!;

    public static string Root { get; } = FindRoot();

    public static string App => Environment.GetEnvironmentVariable("WOBBLE_APP") is { Length: > 0 } app ? app : Path.Combine(Root, "out", "app");

    public async ValueTask InitializeAsync()
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
        Api = new HttpClient { BaseAddress = new Uri(Url) };
        Api.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", Token);

        playwright = await Playwright.CreateAsync();
        Browser = await playwright.Chromium.LaunchAsync(new BrowserTypeLaunchOptions
        {
            ExecutablePath = "/usr/bin/chromium",
            Args = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--disable-background-networking", "--disable-component-update", "--disable-sync", "--no-first-run"],
        });
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

    /// <summary>Queues a run by the API and waits for its end.</summary>
    public async Task<JsonElement> RunAsync(object definition)
    {
        string slug = await QueueAsync(definition);
        return await EndOfAsync(slug);
    }

    public async Task<string> QueueAsync(object definition)
    {
        using var answer = await Api.PostAsJsonAsync("/api/runs", definition);
        string text = await answer.Content.ReadAsStringAsync();
        Assert.True(answer.StatusCode == HttpStatusCode.Created, text);
        return JsonDocument.Parse(text).RootElement.GetProperty("slug").GetString()!;
    }

    public async Task<JsonElement> EndOfAsync(string slug) => await UntilAsync(slug, state => state is "completed" or "failed" or "cancelled" or "interrupted");

    /// <summary>Asks for a run until it is in a wanted state; its whole answer.</summary>
    public async Task<JsonElement> UntilAsync(string slug, Func<string, bool> wanted)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromMinutes(3));
        using var tick = new PeriodicTimer(TimeSpan.FromMilliseconds(200));
        string text = "";
        try
        {
            do
            {
                text = await Api.GetStringAsync($"/api/runs/{slug}", limit.Token);
                var run = JsonDocument.Parse(text).RootElement;
                if (wanted(run.GetProperty("state").GetString()!)) return run;
            }
            while (await tick.WaitForNextTickAsync(limit.Token));
        }
        catch (OperationCanceledException)
        {
        }
        throw new TimeoutException($"{slug} did not get there; last: {text}\n{Said}");
    }

    /// <summary>Waits for the end of an experiment; its whole answer.</summary>
    public async Task<JsonElement> ExperimentAsync(string slug)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromMinutes(4));
        using var tick = new PeriodicTimer(TimeSpan.FromMilliseconds(300));
        string text = "";
        try
        {
            do
            {
                text = await Api.GetStringAsync($"/api/experiments/{slug}", limit.Token);
                var experiment = JsonDocument.Parse(text).RootElement;
                if (experiment.GetProperty("state").GetString() is "completed" or "cancelled") return experiment;
            }
            while (await tick.WaitForNextTickAsync(limit.Token));
        }
        catch (OperationCanceledException)
        {
        }
        throw new TimeoutException($"{slug} did not end; last: {text}\n{Said}");
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
        Directory.Delete(data, recursive: true);
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
