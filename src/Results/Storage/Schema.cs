using System.Reflection;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Migrations;
using Microsoft.EntityFrameworkCore.Storage;
using Npgsql;

namespace Wobble.Results.Storage;

/// <summary>The database was made by a newer Wobble than this one.</summary>
public sealed class SchemaTooNewException(string migration)
    : Exception($"Wobble's database was last changed by a newer Wobble (it has '{migration}', which this one doesn't know). Update this Wobble, or name another database in ConnectionStrings__Wobble.")
{
    /// <summary>The first migration that is not known here.</summary>
    public string Migration { get; } = migration;
}

/// <summary>The database is missing, and one is there that had its name until a restore was killed halfway: making a new one would hide it.</summary>
public sealed class DatabaseMissingException(string name, string former)
    : Exception($"Wobble's database '{name}' is missing, but '{former}' is there: a restore was ended after it had renamed it. Nothing is made anew, so that nothing is lost. Give it its name back, in psql on the database postgres: alter database \"{former}\" rename to \"{name}\";")
{
    /// <summary>The one that is there.</summary>
    public string Former { get; } = former;
}

/// <summary>
/// Brings the database to the schema this code knows, and makes it first when the server doesn't have it. Guarantees: one process at a time, whoever starts together; a database of a newer Wobble is left
/// untouched.
/// </summary>
public static class Schema
{
    // Any fixed number, the same in every process.
    private const long LockKey = 0x776f62626c65;

    /// <summary>The last migration that this code knows.</summary>
    public static string Newest { get; } = typeof(Schema).Assembly.GetTypes().Select(t => t.GetCustomAttribute<MigrationAttribute>()?.Id).OfType<string>().Max(StringComparer.Ordinal)!;

    /// <summary>Migrates, and then lets <paramref name="alsoPrepare"/> make what else is needed (Hangfire's tables) before another process goes on.</summary>
    /// <exception cref="SchemaTooNewException">The database is newer than this code.</exception>
    /// <exception cref="DatabaseMissingException">It is not there, but under the name that a restore gave it.</exception>
    public static async Task MigrateAsync(IDbContextFactory<WobbleDb> contexts, Func<NpgsqlConnection, Task>? alsoPrepare = null, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(contexts);
        await using var db = await contexts.CreateDbContextAsync(cancellation);
        await CreateIfMissingAsync(db, cancellation);
        // Held by the session, so the connection stays open to the end.
        await db.Database.OpenConnectionAsync(cancellation);
        await db.Database.ExecuteSqlAsync($"select pg_advisory_lock({LockKey})", cancellation);
        try
        {
            if (await NewerAsync(db, cancellation) is { } migration) throw new SchemaTooNewException(migration);
            await db.Database.MigrateAsync(cancellation);
            if (alsoPrepare is not null) await alsoPrepare((NpgsqlConnection)db.Database.GetDbConnection());
        }
        finally
        {
            await db.Database.ExecuteSqlAsync($"select pg_advisory_unlock({LockKey})", CancellationToken.None);
        }
    }

    /// <summary>True when the database has the schema this code knows. For processes that wait for another one to migrate.</summary>
    /// <exception cref="SchemaTooNewException">The database is newer than this code.</exception>
    public static async Task<bool> IsCurrentAsync(IDbContextFactory<WobbleDb> contexts, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(contexts);
        await using var db = await contexts.CreateDbContextAsync(cancellation);
        if (await NewerAsync(db, cancellation) is { } migration) throw new SchemaTooNewException(migration);
        return !(await db.Database.GetPendingMigrationsAsync(cancellation)).Any();
    }

    /// <summary>What was the database of that name until a restore renamed it; null when there is none.</summary>
    /// <param name="server">An open connection to another database of its server.</param>
    /// <param name="name">Its name.</param>
    /// <param name="cancellation">Ends the asking.</param>
    public static async Task<string?> FindFormerAsync(NpgsqlConnection server, string name, CancellationToken cancellation = default) =>
        await FindStampedAsync(server, $"{name}_former_", cancellation) is [.., var newest] ? newest : null;

    /// <summary>The databases that a restore named: what is given and its time, fourteen digits; the oldest first.</summary>
    /// <param name="server">An open connection to any database of the server.</param>
    /// <param name="prefix">What comes before the time.</param>
    /// <param name="cancellation">Ends the asking.</param>
    public static async Task<IReadOnlyList<string>> FindStampedAsync(NpgsqlConnection server, string prefix, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(prefix);
        var found = new List<string>();
        await using var command = new NpgsqlCommand("select datname::text from pg_database order by 1", server);
        await using var rows = await command.ExecuteReaderAsync(cancellation);
        while (await rows.ReadAsync(cancellation))
        {
            string name = rows.GetString(0);
            if (name.Length == prefix.Length + 14 && name.StartsWith(prefix, StringComparison.Ordinal) && name[prefix.Length..].All(char.IsAsciiDigit)) found.Add(name);
        }
        return found;
    }

    private static async Task RefuseToHideFormerAsync(WobbleDb db, CancellationToken cancellation)
    {
        var named = new NpgsqlConnectionStringBuilder(db.Database.GetConnectionString());
        if ((named.Database ?? named.Username) is not { } name) return;
        await using var server = new NpgsqlConnection(new NpgsqlConnectionStringBuilder(named.ConnectionString) { Database = "postgres", Pooling = false }.ConnectionString);
        string? former;
        try
        {
            await server.OpenAsync(cancellation);
            former = await FindFormerAsync(server, name, cancellation);
        }
        catch (PostgresException)
        {
            // Who may not look there can't make a database either, and is told so then.
            return;
        }
        if (former is not null) throw new DatabaseMissingException(name, former);
    }

    private static async Task CreateIfMissingAsync(WobbleDb db, CancellationToken cancellation)
    {
        var creator = db.Database.GetService<IRelationalDatabaseCreator>();
        if (await creator.ExistsAsync(cancellation)) return;
        await RefuseToHideFormerAsync(db, cancellation);
        try
        {
            await creator.CreateAsync(cancellation);
        }
        catch (PostgresException e) when (e.SqlState is PostgresErrorCodes.DuplicateDatabase or PostgresErrorCodes.UniqueViolation)
        {
            // Another process made it at this moment.
        }
    }

    private static async Task<string?> NewerAsync(WobbleDb db, CancellationToken cancellation) =>
        (await db.Database.GetAppliedMigrationsAsync(cancellation)).Except(db.Database.GetMigrations(), StringComparer.Ordinal).FirstOrDefault();
}
