using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Net.Sockets;
using System.Text.Json;
using Npgsql;
using Wobble.Tests.Support;

[assembly: CollectionBehavior(CollectionBehavior.CollectionPerAssembly)]

namespace Wobble.Faults.Tests;

/// <summary>
/// All of Wobble as `./run` starts it: the published build that WOBBLE_APP names (`./test` makes it), a data folder and a port of its own. It can be
/// killed and started again.
/// </summary>
internal sealed class Product : IAsyncDisposable
{
    public static readonly TimeSpan Patience = TimeSpan.FromMinutes(4);

    private readonly ConcurrentQueue<string> _said = new();
    private readonly string? _connectionString;
    private readonly bool _ownsData;
    private readonly string _token = Guid.NewGuid().ToString("N");
    private Process? _up;

    private Product(string? data, string? connectionString)
    {
        (Data, _ownsData, _connectionString) = (data ?? TestFolders.New("faults"), data is null, connectionString);
        Api = new HttpClient { BaseAddress = new Uri(Url), Timeout = TimeSpan.FromSeconds(20) };
        Api.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", _token);
    }

    public static string App => Environment.GetEnvironmentVariable("WOBBLE_APP") is { Length: > 0 } app ? app : throw new InvalidOperationException("WOBBLE_APP names no published build; ./test does.");
    public static string Runner => Path.Combine(App, "Runner", "Runner");

    public string Data { get; }
    public string Url { get; } = $"http://127.0.0.1:{FreePort()}";
    public HttpClient Api { get; }
    public int Pid => _up!.Id;
    public bool IsUp => _up is { HasExited: false };
    public string Said => string.Join('\n', _said.TakeLast(80));

    /// <summary>Wobble's own database, as its superuser.</summary>
    public string ConnectionString => (_connectionString ?? $"Host={Data}/database/socket;Username=wobble;Password={File.ReadAllText($"{Data}/database/password").Trim()};Database=wobble") + ";Maximum Pool Size=4;Timeout=5;Command Timeout=5";

    /// <summary>Starts it on a folder of its own, or on one that is given, and waits until its benchmark's database is there.</summary>
    public static async Task<Product> StartAsync(string? data = null, string? connectionString = null)
    {
        var product = new Product(data, connectionString);
        await product.StartUpAsync();
        await product.UntilAsync("the benchmark's database to be there", () => Task.FromResult(File.Exists(Path.Combine(product.Data, "benchmark", "seeded.json"))));
        return product;
    }

    /// <summary>Starts `up` (again), and waits until it prints its link.</summary>
    public async Task StartUpAsync()
    {
        var start = new ProcessStartInfo(Runner, ["up", "--data", Data, "--urls", Url]) { RedirectStandardOutput = true, RedirectStandardError = true };
        start.Environment["WOBBLE_TOKEN"] = _token;
        start.Environment["ConnectionStrings__Wobble"] = _connectionString ?? "";
        var up = _up = Process.Start(start)!;
        var ready = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        void Read(object _, DataReceivedEventArgs line)
        {
            if (line.Data is null) return;
            _said.Enqueue(line.Data);
            if (line.Data.Contains("Ctrl-C ends it.", StringComparison.Ordinal)) ready.TrySetResult();
        }
        up.OutputDataReceived += Read;
        up.ErrorDataReceived += Read;
        up.BeginOutputReadLine();
        up.BeginErrorReadLine();
        up.EnableRaisingEvents = true;
        up.Exited += (_, _) => ready.TrySetException(new InvalidOperationException($"`up` ended: {Said}"));
        await ready.Task.WaitAsync(Patience);
    }

    /// <summary>Waits for the end of `up`; its exit code.</summary>
    public async Task<int> EndOfUpAsync(TimeSpan within)
    {
        await _up!.WaitForExitAsync().WaitAsync(within);
        return _up.ExitCode;
    }

    /// <summary>Queues a run; its slug.</summary>
    public async Task<string> QueueAsync(object definition)
    {
        using var answer = await Api.PostAsJsonAsync("/api/runs", definition);
        string text = await answer.Content.ReadAsStringAsync();
        Assert.True(answer.StatusCode == HttpStatusCode.Created, text);
        return JsonDocument.Parse(text).RootElement.GetProperty("slug").GetString()!;
    }

    /// <summary>How often a run was asked for without an answer that says what became of it: its row may be there all the same.</summary>
    public int Unanswered { get; private set; }

    /// <summary>Queues a run as soon as that can be, when something was away just now.</summary>
    public async Task<string> QueueWhenItCanAsync(object definition)
    {
        string slug = "";
        await UntilAsync("a run to be queued", async () =>
        {
            try
            {
                slug = await QueueAsync(definition);
                return true;
            }
            catch (Exception e) when (e is HttpRequestException or TaskCanceledException or Xunit.Sdk.XunitException)
            {
                // Who isn't there can't have made one.
                if (e is not HttpRequestException { HttpRequestError: HttpRequestError.ConnectionError }) Unanswered++;
                return false;
            }
        }, TimeSpan.FromSeconds(60));
        return slug;
    }

    /// <summary>What the database has of a run; null while it can't be asked.</summary>
    public async Task<Row?> RowAsync(string slug)
    {
        try
        {
            await using var connection = new NpgsqlConnection(ConnectionString);
            await connection.OpenAsync();
            await using var command = new NpgsqlCommand("select state, failure, requests, (select count(*) from samples s where s.run_id = r.id), runner_name from runs r where slug = @slug", connection);
            command.Parameters.AddWithValue("slug", slug);
            await using var row = await command.ExecuteReaderAsync();
            return await row.ReadAsync()
                ? new Row(row.GetString(0), row.IsDBNull(1) ? "" : row.GetString(1), row.IsDBNull(2) ? 0 : Convert.ToInt64(row.GetValue(2), System.Globalization.CultureInfo.InvariantCulture), row.GetInt64(3), row.IsDBNull(4) ? null : row.GetString(4))
                : null;
        }
        catch (Exception e) when (e is NpgsqlException or SocketException or TimeoutException or IOException)
        {
            return null;
        }
    }

    /// <summary>Waits until the run is in one of the states.</summary>
    public async Task<Row> UntilAsync(string slug, Func<Row, bool> wanted, TimeSpan? within = null)
    {
        Row? row = null;
        await UntilAsync($"run {slug} to get there", async () => (row = await RowAsync(slug) ?? row) is not null && wanted(row), within, () => $"it is {row}");
        return row!;
    }

    public Task<Row> EndAsync(string slug, TimeSpan? within = null) => UntilAsync(slug, row => row.IsFinal, within);

    /// <summary>Waits, and says what was said meanwhile when it was in vain.</summary>
    public Task UntilAsync(string what, Func<Task<bool>> condition, TimeSpan? within = null, Func<string>? state = null) =>
        Poll.UntilAsync(what, condition, within ?? Patience, () => $"{state?.Invoke()}\n{Said}");

    public async Task<bool> IsHealthyAsync()
    {
        try
        {
            using var answer = await Api.GetAsync(new Uri("/healthz", UriKind.Relative));
            return answer.StatusCode == HttpStatusCode.OK && (await answer.Content.ReadAsStringAsync()).Contains("\"up\"", StringComparison.Ordinal);
        }
        catch (Exception e) when (e is HttpRequestException or TaskCanceledException)
        {
            return false;
        }
    }

    /// <summary>The processes of this Wobble: `up` and all below it.</summary>
    public List<Seen> Tree(Dictionary<int, Seen>? all = null) => Processes.Tree(Pid, all ?? Processes.All());

    public async ValueTask DisposeAsync()
    {
        Api.Dispose();
        if (_up is { HasExited: false }) await StopAsync();
        if (_ownsData) TestFolders.Remove(Data);
    }

    private async Task StopAsync()
    {
        Processes.Signal(Pid, Processes.SIGTERM);
        try
        {
            await EndOfUpAsync(TimeSpan.FromSeconds(40));
        }
        catch (TimeoutException)
        {
            _up!.Kill(entireProcessTree: true);
            throw new TimeoutException($"`up` did not end within 40 s of SIGTERM: {Said}");
        }
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}

/// <summary>What the database has of a run.</summary>
internal sealed record Row(string State, string Reason, long Requests, long Samples, string? Runner)
{
    public bool IsFinal => State is "completed" or "failed" or "cancelled" or "interrupted";
}
