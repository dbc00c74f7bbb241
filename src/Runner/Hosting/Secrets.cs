using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using Microsoft.Win32.SafeHandles;
using Wobble.Runner.Stacks;

namespace Wobble.Runner.Hosting;

/// <summary>Random words, and the files that keep them: mode 0600, owned by who reads them.</summary>
internal static class Secrets
{
    private const int Longest = 4096;

    /// <summary>256 random bits, safe in a URL, an environment variable and a connection string.</summary>
    public static string New() => Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(32));

    /// <summary>What the file holds, or a new secret kept in it. True when it is new. Of a link nothing is read: its place is taken by a new secret.</summary>
    public static (string Secret, bool IsNew) Keep(string path, UnprivilegedUser? owner)
    {
        int fd = SharedFile.OpenToRead(path);
        if (fd >= 0)
        {
            string kept = Encoding.UTF8.GetString(SharedFile.ReadSmall(fd, Longest) ?? []).Trim();
            Give(fd, path, owner);
            if (kept.Length > 0) return (kept, false);
        }
        string secret = New(), draft = path + ".new";
        File.Delete(draft);
        fd = SharedFile.OpenOrMake(draft, inherited: false);
        using (var stream = new FileStream(new SafeFileHandle(fd, ownsHandle: false), FileAccess.Write))
        using (var writer = new StreamWriter(stream)) writer.Write(secret + "\n");
        Give(fd, draft, owner);
        File.Move(draft, path, overwrite: true);
        return (secret, true);
    }

    // By what is open: its name may be another file's by now.
    private static void Give(int fd, string path, UnprivilegedUser? owner)
    {
        try
        {
            if (Native.Chmod(fd, 0b110_000_000) != 0) throw new IOException($"{path} can't be closed to others: {Native.LastError()}.");
            owner?.OwnOpen(fd, path);
        }
        finally
        {
            _ = Native.Close(fd);
        }
    }
}
