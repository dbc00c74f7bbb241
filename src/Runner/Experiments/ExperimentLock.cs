using System.Data;
using System.Diagnostics;
using Npgsql;
using Wobble.Runner.Work;

namespace Wobble.Runner.Experiments;

/// <summary>
/// Keeps the recording of an experiment for one command: an advisory lock, held by a connection that lives as long as the command. After a restart of
/// PostgreSQL it is taken again, unless another command was quicker.
/// </summary>
internal sealed class ExperimentLock(string connectionString, Guid experiment) : IDisposable
{
    // A former holder's session, this command's own or one that was killed just now, may live on for a while: until PostgreSQL knows better it has the lock.
    private static readonly TimeSpan TakeWithin = TimeSpan.FromSeconds(3), TakeAgainWithin = TimeSpan.FromSeconds(60), Pause = TimeSpan.FromMilliseconds(500);
    private NpgsqlConnection? _connection;
    private bool _hadIt;

    /// <summary>True when this command has it, now or again; false when another has. Throws while the database is away.</summary>
    public async Task<bool> HoldAsync(CancellationToken cancel)
    {
        if (_connection is { State: ConnectionState.Open })
        {
            try
            {
                await using var alive = new NpgsqlCommand("select 1", _connection);
                await alive.ExecuteNonQueryAsync(cancel);
                return true;
            }
            catch (Exception e) when (Databases.IsAway(e))
            {
                // With the connection the lock went.
            }
        }
        Dispose();
        // A machine that vanishes says no goodbye: PostgreSQL notices within half a minute.
        var connection = new NpgsqlConnection(new NpgsqlConnectionStringBuilder(connectionString) { Pooling = false, KeepAlive = 15, ApplicationName = "wobble experiment lock" }.ConnectionString);
        try
        {
            await connection.OpenAsync(cancel);
            await using var command = new NpgsqlCommand("set tcp_keepalives_idle = 15; set tcp_keepalives_interval = 5; set tcp_keepalives_count = 3; set tcp_user_timeout = '30s'; select pg_try_advisory_lock(hashtextextended('experiment:' || @id, 0))", connection);
            command.Parameters.AddWithValue("id", experiment.ToString());
            var since = Stopwatch.StartNew();
            while (true)
            {
                if ((bool)(await command.ExecuteScalarAsync(cancel))!)
                {
                    _connection = connection;
                    return _hadIt = true;
                }
                if (since.Elapsed >= (_hadIt ? TakeAgainWithin : TakeWithin)) break;
                await Task.Delay(Pause, cancel);
            }
        }
        catch
        {
            await connection.DisposeAsync();
            throw;
        }
        await connection.DisposeAsync();
        return false;
    }

    public void Dispose()
    {
        _connection?.Dispose();
        _connection = null;
    }
}
