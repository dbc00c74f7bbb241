using System.Net.Sockets;
using Npgsql;

namespace Wobble.Results.Storage;

/// <summary>Tells a database that can't be used now from a mistake of ours.</summary>
public static class DatabaseFaults
{
    /// <summary>What to tell people.</summary>
    public const string Sentence = "Wobble's database can't be reached. Runs go on, and nothing measured is lost: this comes back by itself.";
    /// <summary>What to tell people while the tables aren't there yet.</summary>
    public const string NotReadySentence = "Wobble's database isn't ready yet: its tables are being made. This comes by itself.";

    /// <summary>What to tell people whose Wobble is older than its database.</summary>
    public const string NewerSentence = "Wobble's database was last changed by a newer Wobble than this one. Update this Wobble, or name another database in ConnectionStrings__Wobble.";

    /// <summary>True when the database is away, restarting, out of connections or not set up yet; asking again later may do.</summary>
    public static bool IsAway(Exception? fault)
    {
        for (; fault is not null; fault = fault.InnerException)
        {
            if (fault is PostgresException postgres) return IsAway(postgres.SqlState);
            // A host name that isn't resolved in time is told without Npgsql around it.
            if (fault is NpgsqlException or SocketException or TimeoutException) return true;
        }
        return false;
    }

    /// <summary>True when a table is missing: nobody has migrated yet.</summary>
    public static bool IsNotReady(Exception? fault)
    {
        for (; fault is not null; fault = fault.InnerException)
            if (fault is PostgresException postgres) return postgres.SqlState is PostgresErrorCodes.UndefinedTable or PostgresErrorCodes.InvalidCatalogName or PostgresErrorCodes.UndefinedColumn;
        return false;
    }

    // Classes: 08 connection, 53 resources (full disk, too many connections), 57P shutting down or starting up, 58 the system beneath.
    private static bool IsAway(string state) =>
        state.StartsWith("08", StringComparison.Ordinal) || state.StartsWith("53", StringComparison.Ordinal) || state.StartsWith("57P", StringComparison.Ordinal) || state.StartsWith("58", StringComparison.Ordinal)
        || state is PostgresErrorCodes.UndefinedTable or PostgresErrorCodes.InvalidCatalogName or PostgresErrorCodes.UndefinedColumn;
}
