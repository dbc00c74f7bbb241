using System.Globalization;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Configuration;
using Npgsql;
using Wobble.Results.Storage;
using Wobble.Runner.Hosting;

namespace Wobble.Runner.Catalog;

/// <summary>What the doctor says about Wobble's own hosting: the port, the limits of a container, the database. Nothing is started, made or changed.</summary>
internal static class HostingFindings
{
    private const long EnoughMemoryMb = 1500;
    private const string Upgrade = "./wobble backup FILE of the Wobble that made it, as this one's brings it up to date first; then ./run";

    public static async Task<IReadOnlyList<Finding>> ExamineAsync(DataFolder data, IConfiguration configuration, CancellationToken cancel) =>
        [.. Listening(data, configuration), Limits("/sys/fs/cgroup", File.Exists("/proc/self/cgroup") ? File.ReadAllText("/proc/self/cgroup") : ""), await DatabaseAsync(data, configuration, cancel)];

    /// <summary>The setting Urls, unless a Wobble of this data folder has it.</summary>
    private static IReadOnlyList<Finding> Listening(DataFolder data, IConfiguration configuration)
    {
        try
        {
            var addresses = ListenAddress.Parse(configuration["Urls"] is { Length: > 0 } urls ? urls : "http://127.0.0.1:5080", UpSettings.HasCertificate(configuration));
            return [.. addresses.Select(address => Port(data, address)), .. addresses.Select(address => Reach(address, configuration["PublicUrl"])).OfType<Finding>()];
        }
        catch (HostingException e)
        {
            return [new Finding("port", Grade.Error, e.Message)];
        }
    }

    /// <summary>Who on the network reaches an address; null for one of loopback, which is nobody's but this machine's.</summary>
    internal static Finding? Reach(ListenAddress address, string? publicUrl)
    {
        if (address.IsLoopback) return null;
        string text = $"{address.Url} is reached from the network";
        if (address.Scheme == "https") return new Finding("network", Grade.Ok, text);
        bool isBehindProxy = publicUrl?.StartsWith("https://", StringComparison.OrdinalIgnoreCase) == true;
        return isBehindProxy
            ? new Finding("network", Grade.Ok, $"{text}; people come by {publicUrl}, so let only the proxy of that reach it")
            : new Finding("network", Grade.Warning, $"{text} by plain http: who is on the way reads the token and the session", $"listen on http://127.0.0.1:{address.Port.ToString(CultureInfo.InvariantCulture)}, behind a proxy that ends TLS (docs/behind-a-proxy.md)");
    }

    internal static Finding Port(DataFolder data, ListenAddress address)
    {
        if (IsUp(data)) return new Finding("port", Grade.Ok, $"{address.Url}; Wobble runs on this data folder");
        try
        {
            address.Check();
            return new Finding("port", Grade.Ok, $"{address.Url} is free");
        }
        catch (HostingException e)
        {
            return new Finding("port", Grade.Error, e.Message.Split(". ")[0], "./run --urls http://127.0.0.1:0 takes a free one");
        }
    }

    /// <summary>What a container or a service may use at most, by the nearest group of cgroup v2 that says so.</summary>
    internal static Finding Limits(string root, string groups)
    {
        string own = groups.Split('\n').FirstOrDefault(l => l.StartsWith("0::", StringComparison.Ordinal))?["0::".Length..].Trim('/') ?? "";
        double cores = double.PositiveInfinity;
        long memory = long.MaxValue;
        for (string? path = own; path is not null; path = path.Length == 0 ? null : Path.GetDirectoryName(path) ?? "")
        {
            string folder = Path.Combine(root, path);
            if (Read(Path.Combine(folder, "cpu.max"))?.Split(' ') is [var quota, var period] && double.TryParse(quota, CultureInfo.InvariantCulture, out double given) && double.TryParse(period, CultureInfo.InvariantCulture, out double of)) cores = Math.Min(cores, given / of);
            if (long.TryParse(Read(Path.Combine(folder, "memory.max")), NumberStyles.None, CultureInfo.InvariantCulture, out long bytes)) memory = Math.Min(memory, bytes / (1024 * 1024));
        }
        if (double.IsPositiveInfinity(cores) && memory == long.MaxValue) return new Finding("limits", Grade.Ok, "no group limits CPU or memory");
        string text = string.Join(", ", ((string[])[double.IsPositiveInfinity(cores) ? "" : string.Create(CultureInfo.InvariantCulture, $"{cores:0.##} cores of CPU time"), memory == long.MaxValue ? "" : string.Create(CultureInfo.InvariantCulture, $"{memory} MB of memory")]).Where(t => t.Length > 0));
        if (memory < EnoughMemoryMb) return new Finding("limits", Grade.Error, $"{text} at most: the stack and the generator need some {EnoughMemoryMb} MB, and the kernel would end one of them", $"raise memory.max of the group {(own.Length == 0 ? "/" : own)}");
        // A quota stops all threads at once when it is used up: every such pause is in the latencies.
        return !double.IsPositiveInfinity(cores)
            ? new Finding("limits", Grade.Warning, $"{text} at most: a quota of CPU time stops everything when it is used up, and that shows as latency", "give whole cores (cpuset.cpus) instead of a quota (cpu.max)")
            : new Finding("limits", Grade.Ok, $"{text} at most");
    }

    private static async Task<Finding> DatabaseAsync(DataFolder data, IConfiguration configuration, CancellationToken cancel)
    {
        string? named = configuration.GetConnectionString("Wobble");
        try
        {
            if (string.IsNullOrWhiteSpace(named))
            {
                if (!Directory.Exists(Path.Combine(data.Database, "data"))) return new Finding("database", Grade.Ok, "not made yet; ./run makes it");
                var postgres = new PrivatePostgres(data, null);
                if (!IsUp(data)) return Down(data);
                postgres.Join();
                named = postgres.ConnectionString;
            }
            return await SchemaAsync(named, cancel);
        }
        catch (HostingException e)
        {
            return new Finding("database", Grade.Error, e.Message);
        }
    }

    /// <summary>By what the last start noted: a database that doesn't run can't be asked.</summary>
    internal static Finding Down(DataFolder data)
    {
        string where = $"in {data.Database}, not running";
        if (Read(data.DatabaseSchema) is not { Length: > 0 } newest) return new Finding("database", Grade.Ok, $"{where}; ./run starts it");
        using var db = new Database.Contexts("Host=none").CreateDbContext();
        var known = db.Database.GetMigrations().ToList();
        if (!known.Contains(newest, StringComparer.Ordinal))
            return new Finding("database", Grade.Error, $"{where}; it was made by a newer Wobble (it has '{newest}', which this one doesn't know)", "update this Wobble, or name another data folder with --data DIR");
        int pending = known.Count(m => StringComparer.Ordinal.Compare(m, newest) > 0);
        return pending == 0
            ? new Finding("database", Grade.Ok, $"{where}, of this Wobble's schema; ./run starts it")
            : new Finding("database", Grade.Warning, $"{where}; its schema is older than this Wobble by {Changes(pending)}", Upgrade);
    }

    private static string Changes(int pending) => $"{pending} change{(pending == 1 ? "" : "s")}";

    internal static async Task<Finding> SchemaAsync(string connectionString, CancellationToken cancel)
    {
        try
        {
            await using var db = new Database.Contexts(new NpgsqlConnectionStringBuilder(connectionString) { Timeout = 3, CommandTimeout = 5, Pooling = false }.ConnectionString).CreateDbContext();
            if (!(await db.Database.GetAppliedMigrationsAsync(cancel)).Any()) return NotMade();
            var pending = (await db.Database.GetPendingMigrationsAsync(cancel)).Count();
            return await Schema.IsCurrentAsync(new Database.Contexts(connectionString), cancel)
                ? new Finding("database", Grade.Ok, "reached, and of this Wobble's schema")
                : new Finding("database", Grade.Warning, $"its schema is older than this Wobble by {Changes(pending)}", Upgrade);
        }
        catch (SchemaTooNewException e)
        {
            return new Finding("database", Grade.Error, e.Message);
        }
        catch (PostgresException e) when (e.SqlState == PostgresErrorCodes.InvalidCatalogName)
        {
            return NotMade();
        }
        catch (Exception e) when (e is NpgsqlException or ArgumentException or TimeoutException or System.Net.Sockets.SocketException)
        {
            return new Finding("database", Grade.Error, $"it can't be reached: {e.GetBaseException().Message}", "start it, or correct ConnectionStrings__Wobble");
        }
    }

    private static Finding NotMade() => new("database", Grade.Ok, "reached, and not made yet; ./run makes its tables");

    private static bool IsUp(DataFolder data)
    {
        if (!File.Exists(data.Lock)) return false;
        try
        {
            using var file = new FileStream(data.Lock, FileMode.Open, FileAccess.ReadWrite, FileShare.None);
            return false;
        }
        catch (IOException)
        {
            return true;
        }
        catch (UnauthorizedAccessException)
        {
            // Another user's Wobble; whether it runs can't be told.
            return true;
        }
    }

    private static string? Read(string path)
    {
        try
        {
            return File.Exists(path) ? File.ReadAllText(path).Trim() : null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }
}
