using Microsoft.Extensions.Logging;
using Wobble.Runner.Hosting;

namespace Wobble.Runner.Work;

/// <summary>
/// Removes from the data folder what processes left that were killed: drafts that never took their place, and journals of runs that no database knows, once
/// they are a month old. Processes, sockets and folders of runs are swept by who makes them.
/// </summary>
internal static class Leftovers
{
    /// <summary>A journal of an unknown run may be of a database that comes back.</summary>
    public static readonly TimeSpan JournalsKept = TimeSpan.FromDays(30);
    private static readonly TimeSpan DraftsKept = TimeSpan.FromHours(1);
    private static readonly string[] DraftEndings = [".part", ".new", ".tmp"];

    /// <summary>One sweep; says what it removed.</summary>
    public static IReadOnlyList<string> Sweep(DataFolder data, ILogger? logger = null)
    {
        var removed = new List<string>();
        foreach (string folder in (string[])[data.Root, data.Keys, data.Journals, data.Logs])
            RemoveOld(folder, path => DraftEndings.Any(e => path.EndsWith(e, StringComparison.Ordinal)), DraftsKept, removed);
        RemoveOld(Path.Combine(data.Journals, "unknown"), path => path.EndsWith(".jsonl", StringComparison.Ordinal), JournalsKept, removed);
        if (removed.Count > 0) logger?.SweptLeftovers(string.Join(", ", removed));
        return removed;
    }

    private static void RemoveOld(string folder, Func<string, bool> isMeant, TimeSpan kept, List<string> removed)
    {
        try
        {
            if (!Directory.Exists(folder)) return;
            foreach (string path in Directory.EnumerateFileSystemEntries(folder).Where(isMeant).ToList())
            {
                if (DateTime.UtcNow - File.GetLastWriteTimeUtc(path) < kept) continue;
                // A draft of the database's cluster is that of PostgreSQL's own user.
                if (Directory.Exists(path)) Directory.Delete(path, recursive: true);
                else File.Delete(path);
                removed.Add(path);
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // What can't be removed is in nobody's way.
        }
    }
}
