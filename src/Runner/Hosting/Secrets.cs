using System.Buffers.Text;
using System.Security.Cryptography;

namespace Wobble.Runner.Hosting;

/// <summary>Random words, and the files that keep them: mode 0600, owned by who reads them.</summary>
internal static class Secrets
{
    /// <summary>256 random bits, safe in a URL, an environment variable and a connection string.</summary>
    public static string New() => Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(32));

    /// <summary>What the file holds, or a new secret kept in it. True when it is new.</summary>
    public static (string Secret, bool IsNew) Keep(string path, UnprivilegedUser? owner)
    {
        if (File.Exists(path) && File.ReadAllText(path).Trim() is { Length: > 0 } kept)
        {
            File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite);
            owner?.Own(path);
            return (kept, false);
        }
        string secret = New(), draft = path + ".new";
        File.Delete(draft);
        using (var stream = new FileStream(draft, new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write, UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite }))
        using (var writer = new StreamWriter(stream)) writer.Write(secret + "\n");
        owner?.Own(draft);
        File.Move(draft, path, overwrite: true);
        return (secret, true);
    }
}
