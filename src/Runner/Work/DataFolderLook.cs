using System.Collections.Immutable;
using System.Runtime.InteropServices;
using System.Text;
using Wobble.Results.Domain;
using Wobble.Runner.Hosting;
using Wobble.Runner.Stacks;

namespace Wobble.Runner.Work;

/// <summary>
/// Adds up what lies in a data folder. Folders in it are the database's and the app's own users', who may put there what they like: each folder is opened by its name in the one
/// above, and nothing is asked of what a link leads to, so that nothing outside is looked at or waited for; what can't be read, lies too deep or is too much is told and not thrown.
/// </summary>
/// <param name="data">The data folder.</param>
/// <param name="time">Tells when it is looked at, and how long ago <paramref name="mayGoOn"/> was asked.</param>
/// <param name="mayGoOn">Asked before the first name, after each <see cref="AtOnce"/> names, and with the next name once <see cref="Patience"/> has passed: false ends the look.</param>
internal sealed unsafe class DataFolderLook(DataFolder data, TimeProvider time, Func<bool> mayGoOn)
{
    /// <summary>The most names that are looked at between two questions whether it may go on.</summary>
    public const int AtOnce = 500;
    /// <summary>The longest time between two of these questions, but for a single name that the disk takes longer for.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromMilliseconds(5);
    // A folder of so many names, or so deep, is nobody's of Wobble.
    private const int MostNames = 1_000_000, Deepest = 60;
    // struct linux_dirent64: inode, offset (8 bytes each), length of the entry (2), kind (1), name and NUL.
    private const int LengthAt = 16, KindAt = 18, NameAt = 19, EntriesSize = 16_384;

    private readonly byte[]?[] _entries = new byte[Deepest + 1][];
    private int _names;
    private long _asked;

    /// <summary>The look; null when it might not go on.</summary>
    public DataFolderUse? Look()
    {
        var now = time.GetUtcNow();
        if (!mayGoOn()) return null;
        _asked = time.GetTimestamp();
        // Where the data folder itself is a link, the operator made it.
        int root = Native.Open(data.Root, Native.O_RDONLY | Native.O_DIRECTORY | Native.O_CLOEXEC, 0);
        if (root < 0) return new DataFolderUse(now, data.Root, [new DataFolderPart(DataFolderPart.Rest, 0, $"{data.Root} can't be read: {Native.LastError()}")]);
        try
        {
            string[] named = [data.App, data.Cluster, data.Database, data.Environments, data.Journals, data.Logs, data.Runs];
            var names = named.Select(n => Path.GetFileName(n)!).ToImmutableHashSet(StringComparer.Ordinal);
            var parts = named.Select(folder => Part(root, Path.GetFileName(folder), folder)).OfType<DataFolderPart>().ToList();
            var rest = new Sum(names);
            Add(rest, root, ".\0"u8, data.Root, 0);
            parts.Add(new DataFolderPart(DataFolderPart.Rest, rest.Bytes, rest.Problem));
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

    // Null: it isn't there.
    private DataFolderPart? Part(int root, string name, string shown)
    {
        var sum = new Sum([]);
        byte[] bytes = [.. Encoding.UTF8.GetBytes(name), 0];
        switch (FileFacts.Of(root, bytes, out _))
        {
            case FileFacts.None: return null;
            case FileFacts.Link: sum.Say($"{shown} is a link, which isn't followed"); break;
            default: Add(sum, root, bytes, shown, 0); break;
        }
        return new DataFolderPart(name, sum.Bytes, sum.Problem);
    }

    /// <param name="sum">Added to.</param>
    /// <param name="above">The folder that it is in, open.</param>
    /// <param name="name">Its name there, as bytes: file systems know no characters. Ends with NUL.</param>
    /// <param name="shown">Its path for people.</param>
    /// <param name="depth">Folders above it.</param>
    private void Add(Sum sum, int above, ReadOnlySpan<byte> name, string shown, int depth)
    {
        int fd;
        fixed (byte* path = name) fd = Native.OpenIn(above, path, Native.O_RDONLY | Native.O_DIRECTORY | Native.O_NOFOLLOW | Native.O_CLOEXEC, 0);
        if (fd < 0)
        {
            // Below, what is gone or a link by now was named a moment ago.
            int error = Marshal.GetLastPInvokeError();
            if (depth == 0 || error is not (Native.ENOENT or Native.ELOOP or Native.ENOTDIR)) sum.Say($"{shown} can't be read: {Marshal.GetPInvokeErrorMessage(error)}");
            return;
        }
        try
        {
            AddEntries(sum, fd, shown, depth);
        }
        finally
        {
            _ = Native.Close(fd);
        }
    }

    private void AddEntries(Sum sum, int fd, string shown, int depth)
    {
        byte[] entries = _entries[depth] ??= new byte[EntriesSize];
        while (true)
        {
            nint length;
            fixed (byte* buffer = entries) length = Native.ReadEntries(fd, buffer, EntriesSize);
            if (length < 0) sum.Say($"{shown} can't be read: {Native.LastError()}");
            if (length <= 0) return;
            for (int at = 0; at < length;)
            {
                var entry = entries.AsSpan(at, BitConverter.ToUInt16(entries, at + LengthAt));
                at += entry.Length;
                var name = entry[NameAt..];
                name = name[..(name.IndexOf((byte)0) + 1)];
                if (name is [(byte)'.', 0] or [(byte)'.', (byte)'.', 0]) continue;
                AskNowAndThen();
                if (++sum.Names > MostNames)
                {
                    sum.Say($"it has more than {MostNames:N0} names: the rest isn't counted");
                    return;
                }
                AddEntry(sum, fd, name, entry[KindAt], shown, depth);
                if (sum.Names > MostNames) return;
            }
        }
    }

    private void AddEntry(Sum sum, int folder, ReadOnlySpan<byte> name, byte told, string shown, int depth)
    {
        // Some file systems don't tell.
        int kind = told == FileFacts.None ? FileFacts.Of(folder, name, out _) : told;
        if (kind == FileFacts.Plain && FileFacts.Of(folder, name, out long bytes) == FileFacts.Plain) sum.Bytes += bytes;
        if (kind != FileFacts.Folder) return;
        string text = Encoding.UTF8.GetString(name[..^1]);
        if (depth == 0 && sum.Without.Contains(text)) return;
        if (depth == Deepest) sum.Say($"{shown} is {Deepest} folders deep: what is below isn't counted");
        else Add(sum, folder, name, Path.Combine(shown, text), depth + 1);
    }

    private void AskNowAndThen()
    {
        if (++_names % AtOnce != 0 && time.GetElapsedTime(_asked) < Patience) return;
        if (!mayGoOn()) throw new MayNotGoOnException();
        _asked = time.GetTimestamp();
    }

    /// <summary>What the kernel tells of a name in a folder, never of what it links to.</summary>
    private static class FileFacts
    {
        /// <summary>Kinds as a folder's entries (d_type) and, shifted, the mode (S_IFMT) have them; none: not known, or not there.</summary>
        public const int None = 0, Folder = 4, Plain = 8, Link = 10;
        // struct statx, the same on every architecture.
        private const int Size = 256, ModeAt = 28, SizeAt = 40, KindShift = 12;

        public static int Of(int folder, ReadOnlySpan<byte> name, out long bytes)
        {
            byte* facts = stackalloc byte[Size];
            int result;
            fixed (byte* path = name) result = Native.StatxIn(folder, path, Native.AT_SYMLINK_NOFOLLOW | Native.AT_NO_AUTOMOUNT, Native.STATX_TYPE | Native.STATX_SIZE, facts);
            bytes = result == 0 ? *(long*)(facts + SizeAt) : 0;
            return result == 0 ? *(ushort*)(facts + ModeAt) >> KindShift : None;
        }
    }

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
