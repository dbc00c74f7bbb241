using Wobble.Results.Domain;

namespace Wobble.Runner.Catalog;

/// <summary>The programs that every stack is made of, where Debian 12 puts them. Wobble calls them by full path, so that nothing on a PATH can stand before them.</summary>
internal static class StackPrograms
{
    public const string Nginx = "/usr/sbin/nginx";
    public const string Pgbouncer = "/usr/sbin/pgbouncer";
    public const string Bubblewrap = "/usr/bin/bwrap";
    public const string Prlimit = "/usr/bin/prlimit";
    public const string Python = "/usr/bin/python3";
    public const string PostgresqlMajor = "15";
    public const string PostgresqlFolder = $"/usr/lib/postgresql/{PostgresqlMajor}/bin";
    public const string Postgres = $"{PostgresqlFolder}/postgres";

    private static readonly (string Part, string Package, string Program)[] All =
    [
        ("nginx", "nginx", Nginx),
        ("pgbouncer", "pgbouncer", Pgbouncer),
        ("postgresql", $"postgresql-{PostgresqlMajor}", Postgres),
        ("bubblewrap", "bubblewrap", Bubblewrap),
        ("python", "python3", Python),
    ];

    /// <summary>Debian packages of these programs.</summary>
    public static IEnumerable<string> Packages => All.Select(p => p.Package);

    /// <summary>What the list of packages in <paramref name="targetApps"/>, which ./run installs from, names for stacks.</summary>
    public static IReadOnlyList<string> Listed(string targetApps)
    {
        string list = Path.Combine(targetApps, "packages");
        if (!File.Exists(list)) return [];
        return File.ReadLines(list).Select(l => l.Split(' ', StringSplitOptions.RemoveEmptyEntries)).Where(w => w is ["stack", _, ..]).Select(w => w[1]).ToList();
    }

    /// <summary>What is there of it.</summary>
    public static IReadOnlyList<Part> Parts(InstalledPackages installed) => All.Select(p =>
        installed.VersionOf(p.Package) is { } version && File.Exists(p.Program)
            ? new Part(p.Part, version, null)
            : new Part(p.Part, null, $"{p.Part} is not installed: apt-get install {p.Package}")).ToList();
}
