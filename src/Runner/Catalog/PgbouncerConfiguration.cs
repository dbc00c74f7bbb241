using System.Globalization;
using Wobble.Results.Domain;
using Wobble.Runner.Stacks;

namespace Wobble.Runner.Catalog;

/// <summary>pgbouncer's files. As it comes, but for the pool's mode and size, room for every client, and a role that may ask its console.</summary>
internal static class PgbouncerConfiguration
{
    public const string File = "pgbouncer.ini";
    private const string Users = "userlist.txt";

    public static IReadOnlyDictionary<string, string> Files(PoolerSetting pooler, string runFolder, int port, int databasePort, int maxClients) => new Dictionary<string, string>
    {
        [Users] = $"\"{BenchmarkDatabase.AppRole}\" \"\"\n\"{BenchmarkDatabase.AdminRole}\" \"\"\n",
        [File] = string.Create(CultureInfo.InvariantCulture, $"""
            [databases]
            {BenchmarkDatabase.Name} = host=127.0.0.1 port={databasePort} dbname={BenchmarkDatabase.Name}

            [pgbouncer]
            listen_addr = 127.0.0.1
            listen_port = {port}
            unix_socket_dir =
            auth_type = trust
            auth_file = {runFolder}/{Users}
            admin_users = {BenchmarkDatabase.AdminRole}
            pool_mode = {pooler.Mode}
            default_pool_size = {pooler.Size}
            max_client_conn = {maxClients}
            log_connections = 0
            log_disconnections = 0
            log_stats = 0

            """),
    };
}
