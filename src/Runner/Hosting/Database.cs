using Hangfire.PostgreSql;
using Microsoft.EntityFrameworkCore;
using Npgsql;
using Wobble.Results.Storage;

namespace Wobble.Runner.Hosting;

/// <summary>Wobble's database before the processes that use it start: reached, migrated, with Hangfire's tables.</summary>
internal static class Database
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    /// <summary>Waits a little for a server that the user named; throws and names it when it can't be reached.</summary>
    public static async Task ReachAsync(string connectionString, CancellationToken cancel)
    {
        var address = Parse(connectionString);
        long deadline = Environment.TickCount64 + (long)Patience.TotalMilliseconds;
        await using var connection = new NpgsqlConnection(new NpgsqlConnectionStringBuilder(connectionString) { Pooling = false, Timeout = 5 }.ConnectionString);
        while (true)
        {
            try
            {
                await connection.OpenAsync(cancel);
                return;
            }
            catch (PostgresException e) when (e.SqlState == PostgresErrorCodes.InvalidCatalogName)
            {
                // Migrating makes the database.
                return;
            }
            catch (NpgsqlException e)
            {
                bool mayPass = e is not PostgresException or PostgresException { SqlState: PostgresErrorCodes.CannotConnectNow or PostgresErrorCodes.TooManyConnections };
                if (mayPass && Environment.TickCount64 < deadline) await Task.Delay(500, cancel);
                else throw new HostingException($"PostgreSQL at {address} can't be reached: {e.GetBaseException().Message}. ConnectionStrings__Wobble names it; start it, correct the setting, or leave it empty for a private PostgreSQL.");
            }
        }
    }

    /// <summary>Brings the tables of Wobble and of Hangfire to what this build knows, one process at a time.</summary>
    public static async Task MigrateAsync(string connectionString, CancellationToken cancel)
    {
        try
        {
            // Hangfire's own schema: several processes that install it together get in each other's way, so it is done here, under the lock of the migration.
            await Schema.MigrateAsync(new Contexts(connectionString), connection => Task.Run(() => PostgreSqlObjectsInstaller.Install(connection), cancel), cancel);
        }
        catch (Exception e) when (e is SchemaTooNewException or DatabaseMissingException)
        {
            throw new HostingException(e.Message);
        }
        catch (NpgsqlException e)
        {
            throw new HostingException($"Wobble's database can't be prepared: {e.Message}");
        }
    }

    /// <summary>True when its tables are what this build knows; changes nothing.</summary>
    public static async Task<bool> IsCurrentAsync(string connectionString, CancellationToken cancel)
    {
        try
        {
            return await Schema.IsCurrentAsync(new Contexts(connectionString), cancel);
        }
        catch (SchemaTooNewException e)
        {
            throw new HostingException(e.Message);
        }
    }

    /// <summary>Notes which schema the data folder's own database has now, for who looks while it doesn't run.</summary>
    public static void NoteSchema(DataFolder data)
    {
        try
        {
            if (File.Exists(data.DatabaseSchema) && File.ReadAllText(data.DatabaseSchema).Trim() == Schema.Newest) return;
            File.WriteAllText(data.DatabaseSchema, Schema.Newest + "\n");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // The doctor then says less.
        }
    }

    /// <summary>Where it leads, for people; throws and names the setting when it can't be read.</summary>
    public static string Parse(string connectionString)
    {
        try
        {
            var builder = new NpgsqlConnectionStringBuilder(connectionString);
            return $"{builder.Host}:{builder.Port} (database {builder.Database ?? builder.Username}, user {builder.Username})";
        }
        catch (ArgumentException e)
        {
            throw new HostingException($"ConnectionStrings__Wobble is not a connection string: {e.Message} Such as: Host=db.example.org;Database=wobble;Username=wobble;Password=…", Commands.ExitCodes.BadInput);
        }
    }

    /// <summary>Contexts outside a container.</summary>
    internal sealed class Contexts(string connectionString) : IDbContextFactory<WobbleDb>
    {
        public WobbleDb CreateDbContext()
        {
            var builder = new DbContextOptionsBuilder<WobbleDb>();
            WobbleDb.Configure(builder, connectionString);
            return new WobbleDb(builder.Options);
        }
    }
}
