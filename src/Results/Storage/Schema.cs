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

    private static async Task CreateIfMissingAsync(WobbleDb db, CancellationToken cancellation)
    {
        var creator = db.Database.GetService<IRelationalDatabaseCreator>();
        if (await creator.ExistsAsync(cancellation)) return;
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
