namespace Wobble.Runner.Hosting;

/// <summary>
/// Where Wobble keeps things. The default is /var/lib/wobble for root and $XDG_DATA_HOME/wobble (~/.local/share/wobble) for others; --data or the
/// setting DataFolder names another. Everything an unprivileged user of the stack must reach lies below it, so it may be entered by all (0711).
/// </summary>
internal sealed class DataFolder(string root)
{
    /// <summary>The folder itself, absolute.</summary>
    public string Root { get; } = Path.GetFullPath(root);
    /// <summary>The published build: Runner and Dashboard.</summary>
    public string App => Path.Combine(Root, "app");
    /// <summary>Wobble's own PostgreSQL cluster, its socket folder beside it.</summary>
    public string Database => Path.Combine(Root, "database");
    /// <summary>The last migration of Wobble's own database, a line, for who looks while it doesn't run.</summary>
    public string DatabaseSchema => Path.Combine(Root, "database-schema");
    /// <summary>The benchmark's PostgreSQL cluster (1,000,000 rows), owned by the stack's user.</summary>
    public string Cluster => Path.Combine(Root, "benchmark");
    /// <summary>One folder a run while it goes on, owned by the stack's user.</summary>
    public string Runs => Path.Combine(Root, "runs");
    /// <summary>Journals: RUNID.jsonl, one a run.</summary>
    public string Journals => Path.Combine(Root, "journals");
    /// <summary>DataProtection keys of the Dashboard, 0700.</summary>
    public string Keys => Path.Combine(Root, "keys");
    /// <summary>The API's token, 0600.</summary>
    public string Token => Path.Combine(Root, "token");
    /// <summary>Virtual environments of targets from requirements.txt.</summary>
    public string Environments => Path.Combine(Root, "environments");
    /// <summary>Logs of the processes that `up` watches.</summary>
    public string Logs => Path.Combine(Root, "logs");
    /// <summary>Held by one `up` at a time.</summary>
    public string Lock => Path.Combine(Root, "up.lock");

    // The first says whose the folder is; the others are of builds that made no such file.
    private static readonly string[] Marks = ["wobble-data", "up.lock", "database-schema", "database/password", "benchmark/lock"];

    /// <summary>
    /// A name in it, where it holds something and nothing that Wobble made: such a folder is somebody else's, and none for Wobble to close to others and to tidy up.
    /// scripts/common.sh looks at the same.
    /// </summary>
    public string? Strange
    {
        get
        {
            if (!Directory.Exists(Root) || Marks.Any(mark => Path.Exists(Path.Combine(Root, mark)))) return null;
            if (Directory.Exists(App) && Directory.EnumerateDirectories(App).Any(build => IsStamp(Path.GetFileName(build)))) return null;
            // A file system of its own has that.
            return Directory.EnumerateFileSystemEntries(Root).Select(path => Path.GetFileName(path)).FirstOrDefault(name => name != "lost+found");
        }
    }

    /// <summary>Makes it where it isn't there, and marks it as Wobble's; throws where it is somebody else's.</summary>
    public void Make()
    {
        if (Strange is { } strange)
            throw new HostingException($"The data folder {Root} is not Wobble's: it holds '{strange}', and nothing that Wobble made. Name an empty or a new folder: --data DIR (or the setting DataFolder).");
        Directory.CreateDirectory(Root);
        string marker = Path.Combine(Root, Marks[0]);
        if (!File.Exists(marker)) File.WriteAllText(marker, "");
    }

    /// <summary>Whether it is the name of a build or of a run's folder: 16 hexadecimal digits.</summary>
    public static bool IsStamp(string name) => name.Length == 16 && name.All(char.IsAsciiHexDigitLower);

    /// <summary>The folder that applies when none was named.</summary>
    public static string Default
    {
        get
        {
            if (Environment.GetEnvironmentVariable("DataFolder") is { Length: > 0 } named) return named;
            if (Environment.IsPrivilegedProcess) return "/var/lib/wobble";
            string home = Environment.GetFolderPath(Environment.SpecialFolder.UserProfile);
            return Path.Combine(Environment.GetEnvironmentVariable("XDG_DATA_HOME") is { Length: > 0 } data ? data : Path.Combine(home, ".local", "share"), "wobble");
        }
    }
}
