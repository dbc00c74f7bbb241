using System.Diagnostics;
using System.Globalization;
using Npgsql;

namespace Wobble.Tests.Support;

/// <summary>
/// A private PostgreSQL for tests, from Debian's binaries, reached over a socket in a folder of its own: no port, no password, no fsync.
/// <see cref="SharedAsync"/> is one for the whole test process, started by whoever asks first. It ends with the process, also when that is killed
/// (the kernel sends it SIGINT), and its folder is removed by the process or by the next one.
/// </summary>
public sealed class PostgresCluster : IAsyncDisposable
{
    private const string Prefix = "wobble-test-postgres-";
    private static readonly Lazy<Task<PostgresCluster>> Shared = new(StartAsync);
    private static int _count;

    private readonly string _folder;
    private readonly string _binaries = Directory.GetDirectories("/usr/lib/postgresql").OrderByDescending(d => d, StringComparer.Ordinal).First() + "/bin";
    private readonly string? _address;
    private Process? _server;

    private PostgresCluster(string folder, string? address) => (_folder, _address) = (folder, address);

    /// <summary>The folder of its socket, which is also the host of a connection string.</summary>
    public string Socket => _folder;

    /// <summary>The cluster of this test process.</summary>
    public static Task<PostgresCluster> SharedAsync() => Shared.Value;

    /// <summary>Ends the cluster of this process, if there is one. The fixture <see cref="SharedCluster"/> does it when the last test has ended.</summary>
    internal static async ValueTask EndSharedAsync()
    {
        if (Shared.IsValueCreated) await (await Shared.Value).DisposeAsync();
    }

    /// <summary>A cluster of one's own, for tests that stop and start it. Dispose it.</summary>
    public static Task<PostgresCluster> StartAsync() => StartAsync(null);

    /// <summary>One that another machine reaches, too: it listens on an address of a network of the test's own.</summary>
    public static async Task<PostgresCluster> StartAsync(string? address)
    {
        RemoveLeftovers();
        string name = string.Create(CultureInfo.InvariantCulture, $"{Prefix}{Environment.ProcessId}-{Interlocked.Increment(ref _count)}");
        var cluster = new PostgresCluster(Path.Combine(Path.GetTempPath(), name), address);
        AppDomain.CurrentDomain.ProcessExit += (_, _) => cluster.Remove();
        await Task.Run(cluster.Initialise);
        await cluster.ResumeAsync();
        return cluster;
    }

    /// <summary>The connection string of one of its databases.</summary>
    public string ConnectionString(string database) => $"Host={_folder};Username=wobble;Database={database};Timeout=10;Command Timeout=30;Maximum Pool Size=20";

    /// <summary>Runs one statement in the database <c>postgres</c>.</summary>
    public async Task ExecuteAsync(string sql)
    {
        await using var connection = new NpgsqlConnection(ConnectionString("postgres") + ";Pooling=false");
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync();
    }

    /// <summary>Stops the server at once, as a crash does; its data stay.</summary>
    public async Task StopAsync()
    {
        if (_server is not { } server) return;
        _server = null;
        Signal(server, "QUIT");
        await server.WaitForExitAsync();
        server.Dispose();
    }

    /// <summary>Starts the server again after <see cref="StopAsync"/>.</summary>
    public async Task ResumeAsync()
    {
        await StopAsync();
        File.Delete(Path.Combine(_folder, "data", "postmaster.pid"));
        _server = StartServer();
        await Poll.UntilAsync("PostgreSQL to answer", async () =>
        {
            try
            {
                await ExecuteAsync("select 1");
                return true;
            }
            catch (NpgsqlException) when (!_server.HasExited)
            {
                return false;
            }
        }, TimeSpan.FromSeconds(30));
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync()
    {
        Remove();
        return ValueTask.CompletedTask;
    }

    private void Initialise()
    {
        Directory.CreateDirectory(_folder);
        if (Environment.IsPrivilegedProcess) Run("/usr/bin/chown", "postgres:postgres", _folder);
        var unprivileged = AsUser($"{_binaries}/initdb", "-D", $"{_folder}/data", "-U", "wobble", "--auth=trust", "-E", "UTF8", "--locale=C.UTF-8", "--no-sync", "--no-instructions");
        Run(unprivileged[0], unprivileged[1..]);
        if (_address is not null) File.AppendAllText(Path.Combine(_folder, "data", "pg_hba.conf"), $"host all all {_address}/24 trust\n");
    }

    private Process StartServer()
    {
        string[] command = AsUser($"{_binaries}/postgres", "-D", $"{_folder}/data", "-k", _folder,
            "-c", $"listen_addresses={_address}", "-c", "fsync=off", "-c", "full_page_writes=off", "-c", "max_connections=200", "-c", "shared_buffers=64MB", "-c", "logging_collector=off");
        var started = new TaskCompletionSource<Process>();
        // The parent-death signal follows the thread that started the child, so this one lives as long as the server.
        var thread = new Thread(() =>
        {
            var info = new ProcessStartInfo(command[0], command[1..]) { RedirectStandardError = true, WorkingDirectory = "/" };
            try
            {
                var server = Process.Start(info)!;
                server.ErrorDataReceived += (_, _) => { };
                server.BeginErrorReadLine();
                started.SetResult(server);
                server.WaitForExit();
            }
            catch (Exception e) when (e is System.ComponentModel.Win32Exception or InvalidOperationException)
            {
                started.TrySetException(e);
            }
        })
        { IsBackground = true, Name = "test postgres" };
        thread.Start();
        return started.Task.GetAwaiter().GetResult();
    }

    private static string[] AsUser(params string[] command) => Environment.IsPrivilegedProcess
        ? ["/usr/bin/setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups", "--pdeathsig", "INT", .. command]
        : ["/usr/bin/setpriv", "--pdeathsig", "INT", .. command];

    private void Remove()
    {
        if (_server is { } server)
        {
            _server = null;
            Signal(server, "QUIT");
            if (!server.WaitForExit(5_000)) server.Kill(entireProcessTree: true);
        }
        if (Directory.Exists(_folder)) Directory.Delete(_folder, recursive: true);
    }

    private static void Signal(Process process, string signal)
    {
        if (!process.HasExited) Run("/bin/kill", "-s", signal, process.Id.ToString(CultureInfo.InvariantCulture));
    }

    private static void Run(string program, params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true, WorkingDirectory = "/" })!;
        var error = process.StandardError.ReadToEndAsync();
        process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        if (process.ExitCode != 0 && program != "/bin/kill") throw new InvalidOperationException($"{program} {string.Join(' ', arguments)} ended with {process.ExitCode}: {error.Result}");
    }

    // Folders of test processes that were killed: their server is gone or going.
    private static void RemoveLeftovers()
    {
        foreach (string folder in Directory.EnumerateDirectories(Path.GetTempPath(), Prefix + "*"))
        {
            string owner = Path.GetFileName(folder)[Prefix.Length..].Split('-')[0];
            if (Directory.Exists($"/proc/{owner}")) continue;
            try
            {
                Directory.Delete(folder, recursive: true);
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                // Another test process removes it at this moment, or it belongs to another user.
            }
        }
    }
}

/// <summary>An assembly's fixture: ends the shared cluster after the last test. (At the process's exit, when xunit's patience runs, it would be late.)</summary>
public sealed class SharedCluster : IAsyncDisposable
{
    /// <inheritdoc/>
    public ValueTask DisposeAsync() => PostgresCluster.EndSharedAsync();
}
