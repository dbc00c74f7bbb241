using System.Collections.Immutable;
using System.IO.Enumeration;
using System.Runtime.InteropServices;
using Wobble.Results.Domain;
using Wobble.Runner.Hosting;
using Wobble.Runner.Stacks;

namespace Wobble.Runner.Work;

/// <summary>
/// Adds up what lies in a data folder. Folders in it are the database's and the app's own users', who may put there what they like: each folder is opened by its name in the one
/// above and no link is followed, so that nothing outside is looked at; what can't be read, lies too deep or is too much is told and not thrown.
/// </summary>
/// <param name="data">The data folder.</param>
/// <param name="mayGoOn">Asked before the first and after each <see cref="AtOnce"/> names: false ends the look.</param>
internal sealed class DataFolderLook(DataFolder data, Func<bool> mayGoOn)
{
    /// <summary>Names that are looked at between two questions whether it may go on: a few milliseconds.</summary>
    public const int AtOnce = 500;
    // A folder of so many names, or so deep, is nobody's of Wobble.
    private const int MostNames = 1_000_000, Deepest = 60;

    private static readonly EnumerationOptions All = new() { AttributesToSkip = 0, IgnoreInaccessible = false, ReturnSpecialDirectories = false };

    private int _names;

    /// <summary>The look; null when it might not go on.</summary>
    public DataFolderUse? Look(DateTimeOffset now)
    {
        if (!mayGoOn()) return null;
        // Where the data folder itself is a link, the operator made it.
        int root = Native.Open(data.Root, Native.O_RDONLY | Native.O_DIRECTORY | Native.O_CLOEXEC, 0);
        if (root < 0) return new DataFolderUse(now, data.Root, [new DataFolderPart(DataFolderPart.Rest, 0, $"{data.Root} can't be read: {Native.LastError()}")]);
        try
        {
            string[] named = [data.App, data.Cluster, data.Database, data.Environments, data.Journals, data.Logs, data.Runs];
            var names = named.Select(n => Path.GetFileName(n)!).ToImmutableHashSet(StringComparer.Ordinal);
            var parts = named.Where(Directory.Exists).Select(folder => Part(Path.GetFileName(folder), $"/proc/self/fd/{root}/{Path.GetFileName(folder)}", folder, [])).ToList();
            parts.Add(Part(DataFolderPart.Rest, $"/proc/self/fd/{root}/.", data.Root, names));
            return new DataFolderUse(now, data.Root, parts);
        }
        catch (MayNotGoOnException)
        {
            return null;
        }
        finally
        {
            _ = Native.Close(root);
        }
    }

    private DataFolderPart Part(string name, string folder, string shown, ImmutableHashSet<string> without)
    {
        var sum = new Sum(without);
        Add(sum, folder, shown, 0);
        return new DataFolderPart(name, sum.Bytes, sum.Problem);
    }

    /// <param name="sum">Added to.</param>
    /// <param name="folder">Its name below the folder that is held open.</param>
    /// <param name="shown">Its path for people.</param>
    /// <param name="depth">Folders above it.</param>
    private void Add(Sum sum, string folder, string shown, int depth)
    {
        int fd = Native.Open(folder, Native.O_RDONLY | Native.O_DIRECTORY | Native.O_NOFOLLOW | Native.O_CLOEXEC, 0);
        if (fd < 0)
        {
            // Below, what is gone or a link by now was named a moment ago.
            int error = Marshal.GetLastPInvokeError();
            if (error is Native.ELOOP or Native.ENOTDIR)
            {
                if (depth == 0) sum.Say($"{shown} is a link, which isn't followed");
            }
            else if (error != Native.ENOENT) sum.Say($"{shown} can't be read: {Marshal.GetPInvokeErrorMessage(error)}");
            return;
        }
        string open = $"/proc/self/fd/{fd}";
        try
        {
            foreach (var (name, bytes) in new FileSystemEnumerable<(string? Folder, long Bytes)>(open, Entry, All))
            {
                if (++_names % AtOnce == 0 && !mayGoOn()) throw new MayNotGoOnException();
                if (++sum.Names > MostNames)
                {
                    sum.Say($"it has more than {MostNames:N0} names: the rest isn't counted");
                    return;
                }
                sum.Bytes += bytes;
                if (name is null || (depth == 0 && sum.Without.Contains(name))) continue;
                if (depth == Deepest) sum.Say($"{shown} is {Deepest} folders deep: what is below isn't counted");
                else Add(sum, $"{open}/{name}", Path.Combine(shown, name), depth + 1);
                if (sum.Names > MostNames) return;
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            sum.Say($"{shown} can't be read: {e.Message.Replace(open, shown, StringComparison.Ordinal)}");
        }
        finally
        {
            _ = Native.Close(fd);
        }
    }

    private static (string? Folder, long Bytes) Entry(ref FileSystemEntry entry) =>
        (entry.Attributes & FileAttributes.ReparsePoint) != 0 ? (null, 0) : entry.IsDirectory ? (entry.FileName.ToString(), 0) : (null, entry.Length);

    private sealed class Sum(ImmutableHashSet<string> without)
    {
        /// <summary>Names in the first folder that belong elsewhere.</summary>
        public ImmutableHashSet<string> Without { get; } = without;
        public long Bytes { get; set; }
        public int Names { get; set; }
        public string? Problem { get; private set; }

        /// <summary>The first is told: the others are mostly of its kind.</summary>
        public void Say(string problem) => Problem ??= problem;
    }

    private sealed class MayNotGoOnException : Exception;
}
