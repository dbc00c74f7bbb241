using System.Text.RegularExpressions;
using Microsoft.Extensions.Logging;
using Wobble.Runner.Catalog;
using Wobble.Runner.Hosting;
using Wobble.Runner.Sandbox;

namespace Wobble.Runner.Work;

/// <summary>
/// Removes from the data folder what processes left that were killed: drafts that never took their place, journals of runs that no database knows, once
/// they are a month old, folders of runs, and halves of installations. Processes and sockets are swept by who makes them.
/// </summary>
internal static partial class Leftovers
{
    /// <summary>A journal of an unknown run may be of a database that comes back.</summary>
    public static readonly TimeSpan JournalsKept = TimeSpan.FromDays(30);
    private static readonly TimeSpan DraftsKept = TimeSpan.FromHours(1);
    private static readonly string[] DraftEndings = [".part", ".new", ".tmp"];

    /// <summary>One sweep; says what it removed.</summary>
    public static IReadOnlyList<string> Sweep(DataFolder data, ILogger? logger = null)
    {
        var removed = new List<string>();
        bool IsDraft(string path) => DraftEndings.Any(e => path.EndsWith(e, StringComparison.Ordinal));
        RemoveOld(data.Root, path => DraftInRoot.IsMatch(Path.GetFileName(path)), DraftsKept, removed);
        // No folder of these, as none is made there: in that of the keys, the Dashboard's user could lead root's removal elsewhere.
        foreach (string folder in (string[])[data.Keys, data.Journals, data.Logs])
            RemoveOld(folder, path => IsDraft(path) && !Directory.Exists(path), DraftsKept, removed);
        RemoveOld(Path.Combine(data.Journals, "unknown"), path => path.EndsWith(".jsonl", StringComparison.Ordinal), JournalsKept, removed);
        if (removed.Count > 0) logger?.SweptLeftovers(string.Join(", ", removed));
        return removed;
    }

    /// <summary>
    /// What killed runs and installations left, which may be what filled the disk: nothing where one goes on. Before PostgreSQL, which a full disk keeps
    /// from starting. Says what it removed.
    /// </summary>
    public static async Task<IReadOnlyList<string>> SweepIdleAsync(DataFolder data, string machineLock)
    {
        using var machine = MachineLock.TryAcquire(machineLock);
        if (machine is null) return [];
        try
        {
            // Without a sandbox what killed runs left may still write there.
            if (SandboxProbe.Reason is not null && Directory.Exists(data.Runs)) await new StraySweep(data, UnprivilegedUser.EnsureUser().Uid).RunAsync();
            return [.. RunFolders.RemoveLeft(data), .. await PythonEnvironments.RemoveLeftAsync(data)];
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // Another user's: in nobody's way but theirs.
            return [];
        }
    }

    // Of `up`, the token, a restore, and the copy of a runtime that scripts/common.sh makes: what else ends like a draft there is somebody's own.
    [GeneratedRegex(@"^(up\.json\.new|token\.new|token\.[0-9]+\.part|restore\.part|dotnet-10\.[0-9A-Za-z.-]+\.new)$")]
    private static partial Regex DraftInRoot { get; }

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
