using Npgsql;
using Wobble.Results.Storage;

namespace Wobble.Runner.Work;

/// <summary>Tells a PostgreSQL that is away from one that refuses what it was given.</summary>
internal static class Databases
{
    /// <summary>
    /// True when the same may work later: no connection, starting up, shutting down, out of connections, memory or disk, not migrated yet, or a conflict.
    /// False when PostgreSQL understood and refused.
    /// </summary>
    public static bool IsAway(Exception exception) => DatabaseFaults.IsAway(exception) || exception.GetBaseException() switch
    {
        PostgresException e => e.SqlState[..2] is "40" or "55" or "57",
        TimeoutException => true,
        _ => false,
    };

    /// <summary>What went wrong, without what EF and Npgsql say around it.</summary>
    public static string Reason(Exception exception) => exception.GetBaseException().Message;

    /// <summary>True when PostgreSQL refuses the connection itself: the password, the role, the database.</summary>
    public static bool IsRefused(Exception exception) => exception is PostgresException e && (e.SqlState.StartsWith("28", StringComparison.Ordinal) || e.SqlState is PostgresErrorCodes.InvalidCatalogName or PostgresErrorCodes.InsufficientPrivilege);
}
