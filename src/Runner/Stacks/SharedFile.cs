using System.Globalization;
using System.Runtime.InteropServices;

namespace Wobble.Runner.Stacks;

/// <summary>
/// Files in a folder where the app under test may put what it likes: a link to elsewhere, a pipe that nobody writes to, a file of a terabyte. Root opens
/// them, too. Guarantees: only a plain file of a single name is opened, nothing outside the folder is made or touched, and nothing waits.
/// </summary>
internal static unsafe class SharedFile
{
    private const int Attempts = 5;
    // struct statx, the same on every architecture.
    private const int StatxSize = 256, LinksAt = 16, ModeAt = 28, InodeAt = 32, SizeAt = 40, MajorAt = 136, MinorAt = 140;
    private const ushort KindOfFile = 0xF000, Plain = 0x8000;

    /// <summary>Opens it for reading and writing. Anything but a plain file is removed and made anew, 0600. Throws <see cref="IOException"/> when that can't be.</summary>
    public static int OpenOrMake(string path, bool inherited)
    {
        int flags = Native.O_RDWR | Native.O_NOFOLLOW | Native.O_NONBLOCK | (inherited ? 0 : Native.O_CLOEXEC);
        for (int attempt = 0; attempt < Attempts; attempt++)
        {
            int fd = Native.Open(path, flags, 0);
            int error = fd < 0 ? Marshal.GetLastPInvokeError() : 0;
            if (fd >= 0 && Size(fd) >= 0) return fd;
            if (fd >= 0) _ = Native.Close(fd);
            // Only what is known to be no plain file, or to be closed to its own user: others may hold a lock on the one that is there.
            if (fd >= 0 || error is Native.ELOOP or Native.ENXIO or Native.EISDIR or Native.EACCES) Remove(path);
            else if (error is not (Native.ENOENT or Native.EINTR)) throw Refused(path, error);
            fd = Native.Open(path, flags | Native.O_CREAT | Native.O_EXCL, 0b110_000_000);
            if (fd >= 0) return fd;
            // Whoever was quicker is looked at in the next round.
            error = Marshal.GetLastPInvokeError();
            if (error is not (Native.EEXIST or Native.EINTR)) throw Refused(path, error);
        }
        throw Refused(path, Native.EEXIST);
    }

    /// <summary>What it holds; null when it isn't there, is no plain file, or holds more than <paramref name="most"/> bytes.</summary>
    public static byte[]? ReadSmall(string path, int most)
    {
        int fd = OpenToRead(path);
        if (fd < 0) return null;
        try
        {
            return ReadSmall(fd, most);
        }
        finally
        {
            _ = Native.Close(fd);
        }
    }

    /// <summary>Of one that is open: from where it is read, what it holds; null when that is more than <paramref name="most"/> bytes.</summary>
    public static byte[]? ReadSmall(int fd, int most)
    {
        if (Size(fd) > most) return null;
        // One more than allowed: it may have grown meanwhile.
        byte[] content = new byte[most + 1];
        int length = 0;
        fixed (byte* buffer = content)
        {
            nint got;
            while (length < content.Length && (got = Native.Read(fd, buffer + length, (nuint)(content.Length - length))) > 0) length += (int)got;
        }
        return length > most ? null : content[..length];
    }

    /// <summary>Opens it for reading; negative when it isn't there, or is no plain file of a single name.</summary>
    public static int OpenToRead(string path)
    {
        int fd = Native.Open(path, Native.O_RDONLY | Native.O_NOFOLLOW | Native.O_NONBLOCK | Native.O_CLOEXEC, 0);
        if (fd < 0 || Size(fd) >= 0) return fd;
        _ = Native.Close(fd);
        return -1;
    }

    /// <summary>Removes what has that name, whatever it is; of a link the link.</summary>
    public static void Remove(string path)
    {
        var folder = new DirectoryInfo(path);
        if (folder.Exists && folder.LinkTarget is null) folder.Delete(recursive: true);
        else File.Delete(path);
    }

    /// <summary>
    /// Removes all of these, also a folder that an app closed to its own user, or made too deep for a path; of a link the link. By the tools that follow none
    /// in there; waits for them. What is there still could not be removed.
    /// </summary>
    public static void RemoveAll(IReadOnlyList<string> paths)
    {
        string[] folders = [.. paths.Where(path => new DirectoryInfo(path) is { Exists: true, LinkTarget: null })];
        // Nothing is closed to root.
        if (folders.Length > 0 && !Environment.IsPrivilegedProcess) Run("/usr/bin/chmod", ["--recursive", "u+rwX", "--", .. folders]);
        if (paths.Count > 0) Run("/usr/bin/rm", ["--recursive", "--force", "--", .. paths]);
    }

    /// <summary>True for a plain file, whatever names it has.</summary>
    public static bool IsPlain(int fd)
    {
        byte* facts = stackalloc byte[StatxSize];
        return Native.Statx(fd, "", Native.AT_EMPTY_PATH, Native.STATX_TYPE, facts) == 0 && (*(ushort*)(facts + ModeAt) & KindOfFile) == Plain;
    }

    /// <summary>Device and inode as the kernel writes them in /proc/locks: <c>00:19:34</c>.</summary>
    public static string Identity(int fd)
    {
        byte* facts = stackalloc byte[StatxSize];
        return Native.Statx(fd, "", Native.AT_EMPTY_PATH, Native.STATX_INO, facts) == 0
            ? string.Create(CultureInfo.InvariantCulture, $"{*(uint*)(facts + MajorAt):x2}:{*(uint*)(facts + MinorAt):x2}:{*(ulong*)(facts + InodeAt)}") : "";
    }

    private static void Run(string program, string[] arguments)
    {
        var process = ChildProcess.Start(new ChildStart { Command = [program, .. arguments], Environment = new Dictionary<string, string>() });
        process.Output.Dispose();
        process.Wait();
    }

    private static IOException Refused(string path, int error) => new($"{path} can't be made: {Marshal.GetPInvokeErrorMessage(error)}.");

    // Bytes of a plain file of one name; -1 for anything else: a second name could be that of a file elsewhere.
    private static long Size(int fd)
    {
        byte* facts = stackalloc byte[StatxSize];
        if (Native.Statx(fd, "", Native.AT_EMPTY_PATH, Native.STATX_TYPE | Native.STATX_MODE | Native.STATX_NLINK | Native.STATX_SIZE, facts) != 0) return -1;
        bool isPlain = (*(ushort*)(facts + ModeAt) & KindOfFile) == Plain && *(uint*)(facts + LinksAt) == 1;
        return isPlain ? *(long*)(facts + SizeAt) : -1;
    }
}
