using System.Diagnostics;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Npgsql;
using Wobble.Results.Storage;
using Wobble.Runner.Stacks;

namespace Wobble.Runner.Hosting;

/// <summary>
/// Wobble's own PostgreSQL cluster, made from Debian's binaries below the data folder. It listens on a socket in a folder of its user only, asks for a
/// generated password, and is never the one under test. Where root starts it, the folder around it is root's: its user can't put a link in the place of
/// what root opens there.
/// </summary>
internal sealed class PrivatePostgres
{
    private const string Role = "wobble";
    // struct sockaddr_un holds 108 bytes with the final zero.
    private const int LongestSocketPath = 107;
    private const string SocketName = ".s.PGSQL.5432";
    private const uint OwnerOnly = 0b111_000_000, EnteredByGroup = 0b111_001_000;

    private static readonly TimeSpan StopWithin = TimeSpan.FromSeconds(10);
    private readonly UnprivilegedUser? _user;
    private readonly string _folder;
    private readonly HealthTiming _health;
    private readonly string _binaries;
    private readonly string _socket;
    private readonly Action<string>? _tell;
    private string _password = "";
    private bool _isRecovering;

    /// <param name="data">Where it lies.</param>
    /// <param name="user">Whose it is; null: this process's.</param>
    /// <param name="installed">Where PostgreSQL's programs are.</param>
    /// <param name="health">When it counts as hung.</param>
    /// <param name="tell">Told what takes its time.</param>
    public PrivatePostgres(DataFolder data, UnprivilegedUser? user, string installed = "/usr/lib/postgresql", HealthTiming? health = null, Action<string>? tell = null)
    {
        (_user, _folder, _health, _tell) = (user, data.Database, health ?? HealthTiming.Usual, tell);
        Cluster = Path.Combine(_folder, "data");
        _socket = SocketFolder(_folder);
        _binaries = Binaries(installed, Cluster);
    }

    /// <summary>PostgreSQL's own folder.</summary>
    public string Cluster { get; }

    /// <summary>The connection string of Wobble's database; known after <see cref="PrepareAsync"/>.</summary>
    public string ConnectionString => ConnectionTo(Role);

    /// <summary>The connection string of the one that runs below that data folder; null where none does, or it can't be reached by who asks.</summary>
    public static string? RunningIn(DataFolder data)
    {
        string password = Path.Combine(data.Database, "password");
        string socket = SocketFolder(data.Database);
        if (!File.Exists(Path.Combine(socket, SocketName))) return null;
        try
        {
            return ConnectionTo(Role, socket, File.ReadAllText(password).Trim());
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    /// <summary>PostgreSQL's programs that fit the cluster.</summary>
    public string Programs => _binaries;

    /// <summary>How it is started and stopped.</summary>
    public ChildSpec Spec => new()
    {
        Name = "PostgreSQL",
        Command = [Path.Combine(_binaries, "postgres"), "-D", Cluster, "-k", _socket, .. Settings.SelectMany(setting => (string[])["-c", setting])],
        User = _user,
        Stop = [new(Native.SIGINT, StopWithin), new(Native.SIGQUIT, TimeSpan.FromSeconds(3))],
        Prepare = EndFormerAsync,
        IsImportant = ImportantLines.OfPostgres,
        Health = new HealthCheck(AnswersAsync, _health),
    };

    // Whoever waits for room among its connections, or recovers what a crash left, isn't hung; one that is asked to stop smartly, and waits for its clients for ever, is.
    private async Task<bool> AnswersAsync(CancellationToken cancel)
    {
        await using var connection = new NpgsqlConnection(ConnectionTo("postgres") + ";Pooling=false");
        try
        {
            await connection.OpenAsync(cancel);
            _isRecovering = false;
            await using var ask = new NpgsqlCommand("select 1", connection);
            return await ask.ExecuteScalarAsync(cancel) is 1;
        }
        // The code is that of a stop, too. Wobble makes the cluster with English messages.
        catch (PostgresException e) when (e.SqlState == PostgresErrorCodes.CannotConnectNow && !e.MessageText.Contains("shutting down", StringComparison.Ordinal))
        {
            if (!_isRecovering) _tell?.Invoke("PostgreSQL is there and lets nobody in yet: after a crash it may take minutes to recover; waiting for it");
            _isRecovering = true;
            return true;
        }
        catch (PostgresException e) when (e.SqlState is PostgresErrorCodes.TooManyConnections or PostgresErrorCodes.DiskFull)
        {
            return true;
        }
    }

    private static readonly string[] Settings =
    [
        "listen_addresses=", "port=5432", "unix_socket_permissions=0700", "cluster_name=wobble", "max_connections=120", "shared_buffers=64MB", "wal_level=minimal", "max_wal_senders=0",
        // A page's query is small; parallel workers would only take cores from a measurement.
        "max_parallel_workers_per_gather=0", "jit=off", "checkpoint_timeout=15min", "logging_collector=off", "log_destination=stderr", "log_line_prefix=%m ", "log_timezone=UTC", "log_checkpoints=off",
    ];

    /// <summary>For a command beside a Wobble that runs: reads the password, changes nothing.</summary>
    public void Join()
    {
        string passwordFile = Path.Combine(_folder, "password");
        try
        {
            _password = File.ReadAllText(passwordFile).Trim();
        }
        catch (Exception e) when (e is UnauthorizedAccessException or FileNotFoundException or DirectoryNotFoundException)
        {
            throw new HostingException($"The password of Wobble's database can't be read ({passwordFile}): run this as the user who started Wobble.");
        }
    }

    /// <summary>Makes the cluster where there is none, and its password; ends a server that a killed start left.</summary>
    public async Task PrepareAsync()
    {
        if (_user is null) MakeFolder(_folder, null, OwnerOnly);
        else MakeFolder(_folder, _user with { Name = "root", Uid = 0 }, EnteredByGroup);
        MakeFolder(_socket, _user, OwnerOnly);
        string passwordFile = Path.Combine(_folder, "password");
        (_password, bool isNew) = Secrets.Keep(passwordFile, _user);
        await EndFormerAsync();
        if (!Directory.Exists(Cluster)) await InitialiseAsync(passwordFile);
        else if (isNew) await SetPasswordAsync();
    }

    /// <summary>Waits until it answers, and makes Wobble's database where there is none.</summary>
    public async Task WaitUntilReadyAsync(CancellationToken cancel)
    {
        await using var connection = new NpgsqlConnection(ConnectionTo("postgres") + ";Pooling=false");
        while (true)
        {
            try
            {
                await connection.OpenAsync(cancel);
                break;
            }
            catch (NpgsqlException e) when (e is not PostgresException or PostgresException { SqlState: PostgresErrorCodes.CannotConnectNow })
            {
                await Task.Delay(25, cancel);
            }
        }
        await using var exists = new NpgsqlCommand($"select 1 from pg_database where datname = '{Role}'", connection);
        if (await exists.ExecuteScalarAsync(cancel) is not null) return;
        if (await Schema.FindFormerAsync(connection, Role, cancel) is { } former)
            throw new HostingException($"Wobble's database is missing in {Cluster}, but '{former}' is there: a restore was ended after it had renamed it. Nothing is made anew, so that nothing is lost. To give it its name back: {Renaming(former)}");
        await using var create = new NpgsqlCommand($"create database {Role}", connection);
        await create.ExecuteNonQueryAsync(cancel);
    }

    /// <summary>The folder of the socket: beside the cluster, or a short path when that one is too long for a socket.</summary>
    internal static string SocketFolder(string folder)
    {
        string beside = Path.Combine(folder, "socket");
        if (Encoding.UTF8.GetByteCount(Path.Combine(beside, SocketName)) <= LongestSocketPath) return beside;
        string name = "wobble-" + Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(folder)))[..12];
        return Path.Combine(Environment.IsPrivilegedProcess ? "/run" : Environment.GetEnvironmentVariable("XDG_RUNTIME_DIR") is { Length: > 0 } own && Directory.Exists(own) ? own : Path.GetTempPath(), name);
    }

    /// <summary>The binaries that fit the cluster, or the newest ones for a new cluster.</summary>
    internal static string Binaries(string installed, string cluster)
    {
        var versions = Directory.Exists(installed)
            ? Directory.GetDirectories(installed).Where(folder => File.Exists(Path.Combine(folder, "bin", "initdb"))).Select(folder => Path.GetFileName(folder)!).ToList()
            : [];
        string? made = File.Exists(Path.Combine(cluster, "PG_VERSION")) ? File.ReadAllText(Path.Combine(cluster, "PG_VERSION")).Trim() : null;
        string? version = made is null ? versions.MaxBy(v => double.TryParse(v, CultureInfo.InvariantCulture, out double number) ? number : 0) : versions.Find(v => v == made);
        if (version is not null) return Path.Combine(installed, version, "bin");
        throw new HostingException(made is null
            ? "PostgreSQL is not installed (Debian package postgresql). ./run installs it; or name a server of your own in ConnectionStrings__Wobble."
            : $"Wobble's own database in {cluster} was made by PostgreSQL {made}, and this machine has {(versions.Count == 0 ? "none" : string.Join(", ", versions))}. Install the Debian package postgresql-{made}, or move that folder away to begin anew (its runs are lost then).");
    }

    // By a server for one user, as this one has ended by the time somebody reads it; in a folder that any user may enter.
    private string Renaming(string former) =>
        $"cd / && echo 'alter database {former} rename to {Role}' | {(_user is null ? "" : $"setpriv --reuid={_user.Uid} --regid={_user.Gid} --clear-groups -- ")}{Path.Combine(_binaries, "postgres")} --single -D '{Cluster}' postgres";

    private string ConnectionTo(string database) => ConnectionTo(database, _socket, _password);

    private static string ConnectionTo(string database, string socket, string password) => new NpgsqlConnectionStringBuilder
    {
        Host = socket,
        Username = Role,
        Password = password,
        Database = database,
        MaxPoolSize = 40,
        Timeout = 10,
    }.ConnectionString;

    private async Task InitialiseAsync(string passwordFile)
    {
        // Made under another name first: a start that was killed halfway leaves nothing that looks like a cluster.
        string draft = Cluster + ".new";
        // By rm, which no link that its user puts there meanwhile leads elsewhere.
        await RunAsync(["/usr/bin/rm", "--recursive", "--force", "--", draft], "", null);
        MakeFolder(draft, _user, OwnerOnly);
        await RunAsync([Path.Combine(_binaries, "initdb"), "-D", draft, "-U", Role, $"--pwfile={passwordFile}", "--auth=scram-sha-256", "-E", "UTF8", "--locale=C.UTF-8", "--data-checksums", "--no-instructions"], "", _user);
        Directory.Move(draft, Cluster);
    }

    /// <summary>The file of the password was lost: a server for one user, without a network, sets the new one.</summary>
    private Task SetPasswordAsync() =>
        RunAsync([Path.Combine(_binaries, "postgres"), "--single", "-D", Cluster, "postgres"], $"alter role {Role} password '{_password}'\n", _user);

    private async Task RunAsync(IReadOnlyList<string> command, string input, UnprivilegedUser? user)
    {
        List<string> line = user is null ? [.. command] : ["/usr/bin/setpriv", $"--reuid={user.Uid}", $"--regid={user.Gid}", "--clear-groups", "--", .. command];
        var info = new ProcessStartInfo(line[0], line.Skip(1)) { RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true, WorkingDirectory = "/" };
        using var process = await Launcher.StartAsync(info);
        await process.StandardInput.WriteAsync(input);
        process.StandardInput.Close();
        var output = process.StandardOutput.ReadToEndAsync();
        string error = await process.StandardError.ReadToEndAsync();
        await process.WaitForExitAsync();
        if (process.ExitCode != 0)
            throw new HostingException($"Wobble's own PostgreSQL can't be made in {_folder}: {Path.GetFileName(command[0])} ended with code {process.ExitCode}:\n  {(error.Length > 0 ? error : await output).Trim().ReplaceLineEndings("\n  ")}{FreeSpace.Hint(_folder)}");
    }

    /// <summary>
    /// Ends what still runs on this cluster, be it a server of a killed start or the children of a killed server, which hold its shared memory: all have
    /// the cluster as their working directory. A file of a server that is gone is removed, as its number may be another process's by now.
    /// </summary>
    private async Task EndFormerAsync()
    {
        var former = ClusterProcesses.Of(Cluster);
        await Task.WhenAll(former.Select(process => process.EndAsync(Native.SIGINT, StopWithin)));
        if (ClusterProcesses.Of(Cluster) is [var left, ..]) throw new HostingException($"Wobble's own PostgreSQL of a former start (process {left.Pid}) doesn't end, not even when killed.");
        if (Directory.Exists(Cluster)) File.Delete(Path.Combine(Cluster, "postmaster.pid"));
    }

    private static void MakeFolder(string path, UnprivilegedUser? owner, uint mode)
    {
        Directory.CreateDirectory(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        int fd = Native.Open(path, Native.O_RDONLY | Native.O_DIRECTORY | Native.O_NOFOLLOW | Native.O_CLOEXEC, 0);
        if (fd < 0) throw new HostingException($"{path} is no folder of Wobble's own ({Native.LastError()}). A link is not followed: give the folder it leads to as a bind mount, or name another data folder (--data). Anything else that is there has to go before Wobble can start.");
        try
        {
            owner?.OwnOpen(fd, path);
            // Fails when it is another user's: a folder that someone else made in /tmp is not to be trusted.
            if (Native.Chmod(fd, mode) != 0) throw new IOException($"{path} is another user's, and can't be closed to others: {Native.LastError()}.");
        }
        finally
        {
            _ = Native.Close(fd);
        }
    }
}
