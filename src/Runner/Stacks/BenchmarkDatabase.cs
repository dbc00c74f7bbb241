namespace Wobble.Runner.Stacks;

/// <summary>
/// What every stack's database holds, the same for the planner's configuration files, the apps and the checks. The cluster's folder has
/// <c>data</c> (PostgreSQL's own folder, for <c>postgres -D</c>) and beside it Wobble's lock and marker.
/// </summary>
internal static class BenchmarkDatabase
{
    /// <summary>The database.</summary>
    public const string Name = "wobble";
    /// <summary>The role of the apps: may log in without a password (trust) and read the table.</summary>
    public const string AppRole = "app";
    /// <summary>Superuser; also who asks pgbouncer's console (<c>admin_users</c>).</summary>
    public const string AdminRole = "wobble";
    /// <summary>The table: <c>a int primary key, b text</c>, as in the article.</summary>
    public const string Table = "test";
    /// <summary>Rows, a = 1 … this.</summary>
    public const int Rows = 1_000_000;

    /// <summary>PostgreSQL's data folder below the cluster's.</summary>
    public static string DataFolder(string clusterFolder) => Path.Combine(clusterFolder, "data");
}
