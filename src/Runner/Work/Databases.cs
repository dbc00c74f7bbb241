using Npgsql;

namespace Wobble.Runner.Work;

/// <summary>Tells a PostgreSQL that is away from one that refuses what it was given.</summary>
internal static class Databases
{
    /// <summary>
    /// True when the same may work later: no connection, starting up, shutting down, out of connections, memory or disk, or a conflict. False when
    /// PostgreSQL understood and refused: wrong data, no such table, a wrong password.
    /// </summary>
    public static bool IsAway(Exception exception) => exception switch
    {
        PostgresException e => e.SqlState[..2] is "08" or "40" or "53" or "55" or "57" or "58",
        NpgsqlException or TimeoutException or IOException or System.Net.Sockets.SocketException => true,
        // EF wraps what happens in SaveChanges, Npgsql what happens in a broken connection.
        Microsoft.EntityFrameworkCore.DbUpdateException { InnerException: { } inner } => IsAway(inner),
        InvalidOperationException { InnerException: { } inner } => IsAway(inner),
        _ => false,
    };

    /// <summary>True when PostgreSQL refuses the connection itself: the password, the role, the database.</summary>
    public static bool IsRefused(Exception exception) => exception is PostgresException e && (e.SqlState.StartsWith("28", StringComparison.Ordinal) || e.SqlState is PostgresErrorCodes.InvalidCatalogName or PostgresErrorCodes.InsufficientPrivilege);
}
