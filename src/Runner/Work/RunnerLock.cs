using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace Wobble.Runner.Work;

/// <summary>
/// Keeps a Runner's name for one process: an advisory lock, held by a connection that lives as long as the process. After a restart of PostgreSQL it is
/// taken again; when another Runner was quicker, this one stops.
/// </summary>
internal sealed class RunnerLock(WorkSettings settings, IHostApplicationLifetime lifetime, ILogger<RunnerLock> logger) : BackgroundService
{
    // How long PostgreSQL may take to notice that the process that held the lock is dead.
    private static readonly TimeSpan TakeWithin = TimeSpan.FromSeconds(3);
    private static readonly TimeSpan TakeAgainWithin = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan Retry = TimeSpan.FromMilliseconds(500);

    private NpgsqlConnection? _connection;

    /// <summary>Takes the lock, before anything else is done in this Runner's name.</summary>
    /// <exception cref="WorkSettingException">Another process has the name.</exception>
    public async Task TakeAsync(CancellationToken cancellation)
    {
        if (!await TryTakeAsync(TakeWithin, cancellation))
            throw new WorkSettingException($"A Runner named {settings.Name} is at work on this database already. Stop it, or give this one another name (setting RunnerName).");
    }

    /// <summary>True while some process works under that name.</summary>
    public static async Task<bool> IsHeldAsync(string connectionString, string name, CancellationToken cancellation)
    {
        await using var connection = await OpenAsync(connectionString, cancellation);
        return !await LockAsync(connection, name, cancellation);
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        try
        {
            while (true)
            {
                logger.LockLost(await UntilBrokenAsync(stoppingToken));
                if (!await TryTakeAsync(TakeAgainWithin, stoppingToken)) break;
                logger.LockHeldAgain();
            }
            logger.NameTaken(settings.Name);
            lifetime.StopApplication();
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // The Runner stops.
        }
    }

    private async Task<string> UntilBrokenAsync(CancellationToken stop)
    {
        try
        {
            // Nothing is listened to: this ends only when the connection does.
            while (true) await _connection!.WaitAsync(stop);
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            return e.Message;
        }
    }

    public override void Dispose()
    {
        _connection?.Dispose();
        base.Dispose();
    }

    private async Task<bool> TryTakeAsync(TimeSpan within, CancellationToken cancellation)
    {
        if (_connection is not null) await _connection.DisposeAsync();
        _connection = null;
        long refusedSince = 0;
        while (true)
        {
            try
            {
                var connection = _connection ?? await OpenAsync(settings.ConnectionString, cancellation);
                _connection = connection;
                if (await LockAsync(connection, settings.Name, cancellation)) return true;
                if (refusedSince == 0) refusedSince = Environment.TickCount64;
                if (Environment.TickCount64 - refusedSince > within.TotalMilliseconds) return false;
            }
            catch (NpgsqlException e) when (Databases.IsAway(e))
            {
                _connection?.Dispose();
                _connection = null;
                refusedSince = 0;
            }
            await Task.Delay(Retry, cancellation);
        }
    }

    private static async Task<NpgsqlConnection> OpenAsync(string connectionString, CancellationToken cancellation)
    {
        var connection = new NpgsqlConnection(new NpgsqlConnectionStringBuilder(connectionString) { Pooling = false, KeepAlive = 15, ApplicationName = "wobble runner lock" }.ConnectionString);
        await connection.OpenAsync(cancellation);
        try
        {
            // A machine that vanishes says no goodbye, and PostgreSQL would hold its lock for the two hours of Linux's keep-alive (tcp(7)).
            await using var command = new NpgsqlCommand("set tcp_keepalives_idle = 15; set tcp_keepalives_interval = 5; set tcp_keepalives_count = 3; set tcp_user_timeout = '30s'", connection);
            await command.ExecuteNonQueryAsync(cancellation);
            return connection;
        }
        catch
        {
            await connection.DisposeAsync();
            throw;
        }
    }

    private static async Task<bool> LockAsync(NpgsqlConnection connection, string name, CancellationToken cancellation)
    {
        await using var command = new NpgsqlCommand("select pg_try_advisory_lock(hashtextextended('runner:' || @name, 0))", connection);
        command.Parameters.AddWithValue("name", name);
        return (bool)(await command.ExecuteScalarAsync(cancellation))!;
    }
}
