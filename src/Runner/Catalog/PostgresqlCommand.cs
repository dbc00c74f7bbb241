using System.Globalization;

namespace Wobble.Runner.Catalog;

/// <summary>
/// How the benchmark's PostgreSQL is started. As it comes, but for where it listens and two things: autovacuum is off, since nothing is written and its
/// launcher would only wake now and then; and max_connections follows the stack.
/// </summary>
internal static class PostgresqlCommand
{
    public static IReadOnlyList<string> Of(string dataFolder, string socketFolder, int port, int maxConnections)
    {
        (string Name, string Value)[] settings =
        [
            ("listen_addresses", "127.0.0.1"),
            ("port", port.ToString(CultureInfo.InvariantCulture)),
            ("unix_socket_directories", socketFolder),
            ("max_connections", maxConnections.ToString(CultureInfo.InvariantCulture)),
            ("autovacuum", "off"),
            ("logging_collector", "off"),
            ("log_destination", "stderr"),
        ];
        return [StackPrograms.Postgres, "-D", dataFolder, .. settings.SelectMany(s => (string[])["-c", $"{s.Name}={s.Value}"])];
    }
}
