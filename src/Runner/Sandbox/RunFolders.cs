using System.Globalization;
using System.Security.Cryptography;
using Wobble.Results.Domain;
using Wobble.Runner.Hosting;
using Wobble.Runner.Stacks;

namespace Wobble.Runner.Sandbox;

/// <summary>The folders of one run on the machine: the stack's own (its user's, 0700) and the few files of /etc that the sandbox shows in place of the machine's.</summary>
internal sealed class RunFolders : IDisposable
{
    private const UnixFileMode Enterable = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute;
    private const UnixFileMode OwnersOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;
    private const UnixFileMode Readable = Enterable | UnixFileMode.GroupRead | UnixFileMode.OtherRead;

    private readonly string _outer;

    private RunFolders(string outer, string stack, string etc)
    {
        _outer = outer;
        Stack = stack;
        Etc = etc;
    }

    /// <summary>What the stack may write.</summary>
    public string Stack { get; }
    /// <summary>Shown as /etc/passwd and the like.</summary>
    public string Etc { get; }

    /// <summary>Makes them, and the cluster's, after removing what killed runs left. Only with the machine's lock.</summary>
    public static RunFolders Create(Plan plan, DataFolder data, UnprivilegedUser user)
    {
        Directory.CreateDirectory(data.Root);
        Make(data.Runs, Enterable);
        RemoveLeft(data);

        string outer = plan.Layout.Sandboxed ? Path.Combine(data.Runs, Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(8))) : plan.Layout.RunFolder;
        string stack = plan.Layout.Sandboxed ? Path.Combine(outer, "run") : outer;
        string etc = Path.Combine(outer, "etc");
        if (plan.Layout.Sandboxed) Make(outer, Enterable);
        foreach (string own in (string[])[stack, data.Cluster])
        {
            Make(own, OwnersOnly);
            user.Own(own);
        }
        MakeLock(new BenchmarkCluster(data.Cluster).LockFile, user);
        Make(etc, Readable);
        WriteEtc(etc, user);
        return new RunFolders(outer, stack, etc);
    }

    /// <summary>Removes what killed runs left, and says what. Only with the machine's lock.</summary>
    public static IReadOnlyList<string> RemoveLeft(DataFolder data)
    {
        if (!Directory.Exists(data.Runs)) return [];
        string[] left = [.. Directory.EnumerateDirectories(data.Runs).Where(folder => DataFolder.IsStamp(Path.GetFileName(folder)))];
        foreach (string folder in left) Remove(folder);
        return left;
    }

    public void Dispose() => Remove(_outer);

    // The umask must not decide who may enter.
    private static void Make(string folder, UnixFileMode mode)
    {
        Directory.CreateDirectory(folder);
        File.SetUnixFileMode(folder, mode);
    }

    // Not by File.Open: .NET takes a lock of its own on what it opens, which a process of an earlier stack that is just going would refuse.
    private static void MakeLock(string file, UnprivilegedUser user)
    {
        int fd = SharedFile.OpenOrMake(file, inherited: false);
        try
        {
            // An app may have closed it to its own user.
            _ = Native.Chmod(fd, 0b110_000_000);
            user.OwnOpen(fd, file);
        }
        finally
        {
            _ = Native.Close(fd);
        }
    }

    private static void WriteEtc(string etc, UnprivilegedUser user)
    {
        var files = new Dictionary<string, string>
        {
            ["passwd"] = string.Create(CultureInfo.InvariantCulture, $"root:x:0:0:root:/:/usr/sbin/nologin\n{user.Name}:x:{user.Uid}:{user.Gid}::/tmp:/usr/sbin/nologin\nnobody:x:65534:65534::/:/usr/sbin/nologin\n"),
            ["group"] = string.Create(CultureInfo.InvariantCulture, $"root:x:0:\n{user.Name}:x:{user.Gid}:\nnogroup:x:65534:\n"),
            ["hosts"] = "127.0.0.1 localhost\n::1 localhost\n",
            ["nsswitch.conf"] = "passwd: files\ngroup: files\nhosts: files\n",
        };
        foreach (var (name, content) in files)
        {
            string file = Path.Combine(etc, name);
            File.WriteAllText(file, content);
            File.SetUnixFileMode(file, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead | UnixFileMode.OtherRead);
        }
    }

    // A component that is being killed may still write while its folder goes: once more then, and never a run's failure.
    private static void Remove(string folder)
    {
        for (int attempt = 0; attempt < 3; attempt++)
        {
            try
            {
                Directory.Delete(folder, recursive: true);
                return;
            }
            catch (DirectoryNotFoundException)
            {
                return;
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
            }
        }
        SharedFile.RemoveAll([folder]);
    }
}
