using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Text.Json;
using Wobble.Results;
using Wobble.Results.Domain;

namespace Wobble.Runner.Stacks;

/// <summary>
/// The benchmark's PostgreSQL cluster: 1,000,000 rows, made once and kept. Guarantees: never opened by two at a time (a lock whose descriptor every
/// process of the stack inherits, so that it is free only when the last of them is gone); either whole or made anew (the marker is written last).
/// </summary>
internal sealed class BenchmarkCluster(string folder) : IDisposable
{
    private const int MarkerFormat = 1;
    private const int LongestMarker = 4096;
    private const int Batch = 50_000;
    private static readonly TimeSpan ServerStart = TimeSpan.FromSeconds(60);
    /// <summary>How long seeding may take on a slow machine.</summary>
    public static readonly TimeSpan SeedLimit = TimeSpan.FromMinutes(15);

    private int _lock = -1;

    private sealed record Marker(int Format, int Rows, string PostgreSql);

    private string Data => BenchmarkDatabase.DataFolder(folder);
    private string Unfinished => Path.Combine(folder, "unfinished");
    private string MarkerFile => Path.Combine(folder, "seeded.json");

    /// <summary>The file that is locked. The stack's user must be able to open it, whoever made it.</summary>
    public string LockFile => Path.Combine(folder, "lock");

    /// <summary>
    /// Takes the lock, waiting for the last processes of an earlier stack to go. False when they don't within <paramref name="limit"/>.
    /// <paramref name="inherited"/>: every process started from now on holds it too.
    /// </summary>
    public async Task<bool> LockAsync(TimeSpan limit, bool inherited, CancellationToken cancel)
    {
        string path = LockFile;
        try
        {
            _lock = SharedFile.OpenOrMake(path, inherited);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new StackException($"The benchmark's cluster can't be locked: {e.Message}");
        }
        var waited = Stopwatch.StartNew();
        while (Native.Flock(_lock, Native.LOCK_EX | Native.LOCK_NB) != 0)
        {
            if (Marshal.GetLastPInvokeError() is not (Native.EWOULDBLOCK or Native.EINTR)) throw new StackException($"The benchmark's cluster can't be locked: {path}: {Native.LastError()}.");
            if (waited.Elapsed > limit) return false;
            await Task.Delay(10, cancel);
        }
        return true;
    }

    public void Dispose()
    {
        if (_lock >= 0) _ = Native.Close(_lock);
        _lock = -1;
    }

    /// <summary>True when the rows are there.</summary>
    public bool IsSeeded
    {
        get
        {
            try
            {
                return File.Exists(Path.Combine(Data, "PG_VERSION")) && SharedFile.ReadSmall(MarkerFile, LongestMarker) is { } marker
                    && JsonSerializer.Deserialize<Marker>(marker, WobbleJson.Options) is { Format: MarkerFormat, Rows: BenchmarkDatabase.Rows };
            }
            catch (Exception e) when (e is IOException or JsonException)
            {
                return false;
            }
        }
    }

    /// <summary>Removes what an app put beside the cluster. Only with the lock, and only as the stack's own user.</summary>
    public void RemoveStrange() =>
        SharedFile.RemoveAll([.. Directory.EnumerateFileSystemEntries(folder).Where(path => path != LockFile && path != MarkerFile && path != Data)]);

    /// <summary>Removes the cluster with all that an app put into it, to be made anew by the next run. Only with the lock, and only as the stack's own user.</summary>
    public void Discard()
    {
        File.SetUnixFileMode(folder, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        File.Delete(MarkerFile);
        SharedFile.RemoveAll([.. Directory.EnumerateFileSystemEntries(folder).Where(path => path != LockFile)]);
    }

    /// <summary>Removes what a killed server left. Only with the lock: PIDs come again in a new namespace, so the file would name a stranger.</summary>
    public void RemoveStalePid() => File.Delete(Path.Combine(Data, "postmaster.pid"));

    /// <summary>Makes the cluster with PostgreSQL's programs beside <paramref name="database"/>'s, on its port. Cancelled or killed half-way it starts over next time.</summary>
    public async Task SeedAsync(ComponentPlan database, StackLayout layout, LogPump pump, Func<long, ValueTask> progress, CancellationToken cancel)
    {
        string programs = Path.GetDirectoryName(database.Command[0]) ?? "/usr/lib/postgresql/15/bin";
        string temporary = MarkerFile + ".new";
        foreach (string old in (string[])[MarkerFile, temporary, Unfinished, Data]) SharedFile.Remove(old);

        await InitialiseAsync(Path.Combine(programs, "initdb"), database, pump, cancel);
        var server = new Component(ServerPlan(Path.Combine(programs, "postgres"), database, layout), layout, pump, cores: null);
        try
        {
            server.Start();
            await server.WaitUntilReadyAsync(cancel);
            await FillAsync(database.Ready.Port, progress, cancel);
        }
        finally
        {
            await server.StopAsync();
        }
        Directory.Move(Unfinished, Data);
        await File.WriteAllTextAsync(temporary, JsonSerializer.Serialize(new Marker(MarkerFormat, BenchmarkDatabase.Rows, File.ReadAllText(Path.Combine(Data, "PG_VERSION")).Trim()), WobbleJson.Options), cancel);
        File.Move(temporary, MarkerFile, overwrite: true);
    }

    private async Task InitialiseAsync(string initdb, ComponentPlan database, LogPump pump, CancellationToken cancel)
    {
        var output = new LogBuffer();
        ChildProcess process;
        try
        {
            process = ChildProcess.Start(new ChildStart
            {
                Command = [initdb, "-D", Unfinished, "-U", BenchmarkDatabase.AdminRole, "--auth=trust", "-E", "UTF8", "--locale=C.UTF-8", "--no-sync", "--no-instructions"],
                Environment = database.Environment,
            });
        }
        catch (IOException e)
        {
            throw new StackException($"The benchmark's database could not be made: {e.Message}");
        }
        var drained = pump.Add(process.Output, output);
        var exit = ChildReaper.Watch(process.Pid);
        try
        {
            await exit.WaitAsync(cancel);
        }
        finally
        {
            process.SignalGroup(Native.SIGKILL);
        }
        await LogPump.DrainAsync(drained, TimeSpan.FromSeconds(1));
        if ((await exit).Code != 0) throw new StackException($"The benchmark's database could not be made: initdb {await exit}. It said: {output.LastLines(6)}");
    }

    // Nothing is synced while it fills: until the marker stands, a crash means starting over.
    private ComponentPlan ServerPlan(string postgres, ComponentPlan database, StackLayout layout) => new()
    {
        Name = "postgresql",
        Kind = ComponentKind.Database,
        Command =
        [
            postgres, "-D", Unfinished, "-c", "listen_addresses=127.0.0.1", "-c", $"port={database.Ready.Port.ToString(CultureInfo.InvariantCulture)}", "-c", $"unix_socket_directories={layout.RunFolder}",
            "-c", "fsync=off", "-c", "wal_level=minimal", "-c", "max_wal_senders=0", "-c", "autovacuum=off", "-c", "maintenance_work_mem=128MB", "-c", "max_wal_size=2GB",
        ],
        Environment = database.Environment,
        Ready = new ReadyProbe("postgresql", database.Ready.Port, null, ServerStart),
        StopSignal = "INT",
        StopWithin = TimeSpan.FromSeconds(30),
    };

    private static async Task FillAsync(int port, Func<long, ValueTask> progress, CancellationToken cancel)
    {
        await using (var first = await PostgresSession.ConnectAsync(port, BenchmarkDatabase.AdminRole, "postgres", cancel))
        {
            await first.QueryAsync($"create database {BenchmarkDatabase.Name}", cancel);
            await first.QueryAsync($"create role {BenchmarkDatabase.AppRole} login", cancel);
        }
        await using var session = await PostgresSession.ConnectAsync(port, BenchmarkDatabase.AdminRole, BenchmarkDatabase.Name, cancel);
        await session.QueryAsync("begin", cancel);
        await session.QueryAsync($"create table {BenchmarkDatabase.Table} (a int, b text)", cancel);
        for (int from = 1; from <= BenchmarkDatabase.Rows; from += Batch)
        {
            await progress(from - 1);
            int to = Math.Min(from + Batch - 1, BenchmarkDatabase.Rows);
            await session.QueryAsync(string.Create(CultureInfo.InvariantCulture, $"insert into {BenchmarkDatabase.Table} select a, md5(a::text) from generate_series({from}, {to}) a"), cancel);
        }
        await session.QueryAsync($"alter table {BenchmarkDatabase.Table} add primary key (a)", cancel);
        await session.QueryAsync($"grant select on {BenchmarkDatabase.Table} to {BenchmarkDatabase.AppRole}", cancel);
        await session.QueryAsync("commit", cancel);
        // Frozen and analysed, so that no run pays for hint bits or a first autovacuum.
        await session.QueryAsync($"vacuum (freeze, analyze) {BenchmarkDatabase.Table}", cancel);
        await session.QueryAsync("checkpoint", cancel);
        await progress(BenchmarkDatabase.Rows);
    }
}
