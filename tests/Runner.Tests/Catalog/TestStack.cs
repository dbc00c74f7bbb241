using System.Diagnostics;
using System.Globalization;
using System.Net.Sockets;
using System.Text.RegularExpressions;
using Npgsql;
using Wobble.Results.Domain;
using Wobble.Runner.Catalog;
using Wobble.Runner.Hosting;
using Wobble.Runner.Sandbox;
using Wobble.Runner.Stacks;
using Wobble.Tests.Support;

namespace Wobble.Runner.Tests.Catalog;

/// <summary>
/// A PostgreSQL with a small table, started by the planner's own command, and stacks on top of it, without a sandbox: enough to see that what is
/// planned starts and answers. Copies Wobble's targets to where an unprivileged user can read them.
/// </summary>
public sealed partial class TestStack : IAsyncLifetime
{
    public const int Rows = 100;
    private const int Workers = 4;
    private readonly HashSet<int> given = [];
    private readonly DirectoryInfo folder = Directory.CreateTempSubdirectory("wobble-stack-");
    private Process? database;
    private LoadedCatalogue? catalogue;
    private StackLayout? layout;

    internal LoadedCatalogue Catalogue => catalogue!;
    internal DataFolder Data => new(folder.FullName);

    public async ValueTask InitializeAsync()
    {
        string targets = Path.Combine(folder.FullName, "targets");
        Run("/usr/bin/cp", "-r", Path.Combine(AppContext.BaseDirectory, "TargetApps"), targets);
        string guides = WriteExample(Path.Combine(folder.FullName, "guide"));
        Run("/usr/bin/chmod", "-R", "a+rX", folder.FullName);
        catalogue = await new CatalogueReader(Data, [guides], wobbles: targets).ReadAsync();
        Assert.Empty(catalogue.Catalogue.Broken);
        layout = FreeLayout();
        await StartDatabaseAsync();
    }

    /// <summary>A plan whose stack can be started here, on ports that no other plan of this fixture has.</summary>
    internal Plan Plan(Definition definition)
    {
        var free = FreeLayout();
        var ports = new Dictionary<string, int>(free.Ports) { ["database"] = layout!.Ports["database"] };
        return Planner.Plan(definition, Catalogue, free with { ClusterFolder = layout.ClusterFolder, Ports = ports }, seed: 1);
    }

    private StackLayout FreeLayout()
    {
        lock (given)
        {
            while (true)
            {
                var free = StackLayouts.Unsandboxed(Data, Workers);
                int[] ports = [.. Enumerable.Range(free.Ports["target"], Workers), free.Ports["proxy"], free.Ports["pooler"], free.Ports["database"]];
                if (given.Overlaps(ports)) continue;
                given.UnionWith(ports);
                return free;
            }
        }
    }

    /// <summary>Starts everything but the database, each when the one before is ready.</summary>
    internal async Task<RunningStack> StartAsync(Plan plan)
    {
        Directory.CreateDirectory(plan.Layout.RunFolder);
        var stack = new RunningStack(plan);
        foreach (var component in plan.Components.Where(c => c.Kind != ComponentKind.Database))
        {
            foreach (var (path, content) in component.Files) File.WriteAllText(Path.Combine(plan.Layout.RunFolder, path), content);
            Give(plan.Layout.RunFolder);
            await stack.StartAsync(component);
        }
        return stack;
    }

    /// <summary>How many queries with that text the database works on at this moment.</summary>
    internal async Task<int> QueriesAsync(string text)
    {
        await using var connection = new NpgsqlConnection(ConnectionString(BenchmarkDatabase.Name));
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand($"select count(*)::int from pg_stat_activity where state = 'active' and pid <> pg_backend_pid() and query like '%{text}%'", connection);
        return (int)(await command.ExecuteScalarAsync())!;
    }

    private string ConnectionString(string of) => string.Create(CultureInfo.InvariantCulture, $"Host=127.0.0.1;Port={layout!.Ports["database"]};Username={BenchmarkDatabase.AdminRole};Database={of}");

    public async ValueTask DisposeAsync()
    {
        if (database is not null) await RunningStack.StopAsync(database, "INT");
        folder.Delete(recursive: true);
    }

    /// <summary>Writes the files of the example in docs/guide/your-own.md: each code block belongs to the path that was named last.</summary>
    private static string WriteExample(string to)
    {
        string guide = File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "your-own.md"));
        foreach (Match block in CodeBlock.Matches(guide))
        {
            string path = Path.Combine(to, ExamplePath.Matches(guide[..block.Index])[^1].Groups[1].Value);
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            File.WriteAllText(path, block.Groups[1].Value);
        }
        return to;
    }

    [GeneratedRegex(@"^```(?:json|python)\n(.*?)^```$", RegexOptions.Multiline | RegexOptions.Singleline)]
    private static partial Regex CodeBlock { get; }
    [GeneratedRegex("`((?:apps|servers)/[^`]+)`")]
    private static partial Regex ExamplePath { get; }

    private async Task StartDatabaseAsync()
    {
        string data = BenchmarkDatabase.DataFolder(layout!.ClusterFolder);
        Directory.CreateDirectory(layout.ClusterFolder);
        Directory.CreateDirectory(layout.RunFolder);
        Give(layout.ClusterFolder);
        Give(layout.RunFolder);
        string[] initialise = [.. RunningStack.Unprivileged([$"{StackPrograms.PostgresqlFolder}/initdb", "-D", data, "-U", BenchmarkDatabase.AdminRole, "--auth=trust", "-E", "UTF8", "--no-sync"])];
        Run(initialise[0], initialise[1..]);

        var component = Plan(new Definition { Target = "uwsgi-http/bottle", Pooler = "none", Workers = 4, Options = new Dictionary<string, string> { ["pool"] = "40" } }).Components[0];
        database = RunningStack.Launch(component with { Command = component.Command.Select(c => c.StartsWith("unix_socket_directories=", StringComparison.Ordinal) ? "unix_socket_directories=" : c).ToList() }, layout.RunFolder);
        await RunningStack.WaitAsync(database, "postgresql", async () =>
        {
            await using var connection = new NpgsqlConnection(ConnectionString("postgres") + ";Pooling=false");
            await connection.OpenAsync();
            await using var command = new NpgsqlCommand($"create role {BenchmarkDatabase.AppRole} login", connection);
            await command.ExecuteNonQueryAsync();
            command.CommandText = $"create database {BenchmarkDatabase.Name}";
            await command.ExecuteNonQueryAsync();
            await connection.ChangeDatabaseAsync(BenchmarkDatabase.Name);
            command.CommandText = $"create table {BenchmarkDatabase.Table} as select a, 'row ' || a as b from generate_series(1, {Rows}) a; alter table {BenchmarkDatabase.Table} add primary key (a); grant select on {BenchmarkDatabase.Table} to {BenchmarkDatabase.AppRole}";
            await command.ExecuteNonQueryAsync();
        });
    }

    private static void Give(string path)
    {
        if (Environment.IsPrivilegedProcess) Run("/usr/bin/chown", "-R", "postgres:postgres", path);
    }

    private static void Run(string program, params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, WorkingDirectory = "/" })!;
        process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        Assert.True(process.ExitCode == 0, $"{program} {string.Join(' ', arguments)} ended with {process.ExitCode}");
    }
}

/// <summary>The processes of a plan while they run.</summary>
internal sealed class RunningStack(Plan plan) : IAsyncDisposable
{
    private static readonly TimeSpan ReadyLimit = TimeSpan.FromSeconds(60);
    private readonly Stack<(Process Process, string Signal)> running = new();

    /// <summary>Where the load would go.</summary>
    public Uri Front { get; } = new(string.Create(CultureInfo.InvariantCulture, $"http://{plan.Load.Host}:{plan.Load.Port}"));

    public async Task StartAsync(ComponentPlan component)
    {
        var process = Launch(component, plan.Layout.RunFolder);
        running.Push((process, component.StopSignal));
        await WaitAsync(process, component.Name, async () =>
        {
            if (component.Ready.Kind == "http")
            {
                using var client = new HttpClient { BaseAddress = new Uri(string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{component.Ready.Port}")) };
                using var answer = await client.GetAsync(new Uri(component.Ready.Path!, UriKind.Relative));
                answer.EnsureSuccessStatusCode();
            }
            else
            {
                using var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
                await socket.ConnectAsync("127.0.0.1", component.Ready.Port);
            }
        });
    }

    /// <summary>What all of them wrote.</summary>
    public string Output() => string.Join('\n', running.SelectMany(r => Outputs.GetOrCreateValue(r.Process)));

    public async ValueTask DisposeAsync()
    {
        while (running.TryPop(out var component)) await StopAsync(component.Process, component.Signal);
    }

    public static IReadOnlyList<string> Unprivileged(IReadOnlyList<string> command) =>
        Environment.IsPrivilegedProcess ? ["/usr/bin/setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups", "--", .. command] : command;

    public static Process Launch(ComponentPlan component, string runFolder)
    {
        var command = Unprivileged(component.Command);
        var start = new ProcessStartInfo(command[0], command.Skip(1)) { WorkingDirectory = component.WorkingDirectory ?? runFolder, RedirectStandardError = true, RedirectStandardOutput = true };
        start.Environment.Clear();
        foreach (var (name, value) in component.Environment) start.Environment[name] = value;
        var process = Process.Start(start)!;
        process.OutputDataReceived += (_, line) => Keep(process, line.Data);
        process.ErrorDataReceived += (_, line) => Keep(process, line.Data);
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        return process;
    }

    private static readonly System.Runtime.CompilerServices.ConditionalWeakTable<Process, System.Collections.Concurrent.ConcurrentQueue<string>> Outputs = [];

    private static void Keep(Process process, string? line)
    {
        if (line is not null) Outputs.GetOrCreateValue(process).Enqueue(line);
    }

    public static async Task WaitAsync(Process process, string name, Func<Task> probe)
    {
        string? last = null;
        string Output() => string.Join('\n', Outputs.GetOrCreateValue(process));
        await Poll.UntilAsync($"{name} to be ready", async () =>
        {
            try
            {
                await probe();
                return true;
            }
            catch (Exception e) when (e is HttpRequestException or SocketException or NpgsqlException)
            {
                last = e.Message;
                Assert.False(process.HasExited, $"{name} ended: {Output()}");
                return false;
            }
        }, ReadyLimit, () => $"{last}: {Output()}");
    }

    public static async Task StopAsync(Process process, string signal)
    {
        if (!process.HasExited)
        {
            using var kill = Process.Start("/bin/kill", ["-s", signal, process.Id.ToString(CultureInfo.InvariantCulture)]);
            await kill.WaitForExitAsync();
            using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(10));
            try
            {
                await process.WaitForExitAsync(limit.Token);
            }
            catch (OperationCanceledException)
            {
                process.Kill(entireProcessTree: true);
            }
        }
        process.Dispose();
    }
}
