using System.Diagnostics;
using System.Globalization;
using Wobble.Runner.Stacks;

namespace Wobble.Runner.Hosting;

/// <summary>A user that a part of Wobble runs as. Root never runs a stack: PostgreSQL refuses it, and a benchmark's server should be able to harm nothing.</summary>
/// <param name="Name">Login name.</param>
/// <param name="Uid">User id.</param>
/// <param name="Gid">Its group.</param>
internal sealed record UnprivilegedUser(string Name, uint Uid, uint Gid)
{
    /// <summary>Who runs stacks where Wobble runs as root.</summary>
    public const string OfStacks = "wobble-run";

    /// <summary>Who runs Wobble's own database and the Dashboard where Wobble runs as root.</summary>
    public const string ForServices = "wobble";

    /// <summary>As root the user of Wobble's own services, made when it is missing; null for others: then all is one user's.</summary>
    public static UnprivilegedUser? OfServices() => Environment.IsPrivilegedProcess ? EnsureUser(ForServices) : null;

    /// <summary>As root the system user of that name, made when it is missing; else whoever runs Wobble.</summary>
    public static UnprivilegedUser EnsureUser(string name = OfStacks)
    {
        if (!Environment.IsPrivilegedProcess) return new UnprivilegedUser(Environment.UserName, Native.UserId(), Native.GroupId());
        return Find(name) ?? Create(name);
    }

    /// <summary>The user of that name; null when there is none.</summary>
    public static UnprivilegedUser? Find(string name)
    {
        foreach (string line in File.ReadLines("/etc/passwd"))
        {
            string[] fields = line.Split(':');
            if (fields.Length > 3 && fields[0] == name) return new UnprivilegedUser(name, uint.Parse(fields[2], CultureInfo.InvariantCulture), uint.Parse(fields[3], CultureInfo.InvariantCulture));
        }
        return null;
    }

    /// <summary>Gives a file or folder to this user; only root can, for others it is theirs already.</summary>
    public void Own(string path)
    {
        if (Environment.IsPrivilegedProcess && Native.Chown(path, Uid, Gid) != 0) throw new IOException($"{path} can't be given to {Name}: {Native.LastError()}.");
    }

    /// <summary>The same for one that is open: what has its name meanwhile doesn't matter.</summary>
    public void OwnOpen(int fd, string path)
    {
        if (Environment.IsPrivilegedProcess && Native.ChownOpen(fd, Uid, Gid) != 0) throw new IOException($"{path} can't be given to {Name}: {Native.LastError()}.");
    }

    private static UnprivilegedUser Create(string name)
    {
        var start = new ProcessStartInfo("/usr/sbin/useradd") { RedirectStandardError = true, RedirectStandardOutput = true };
        foreach (string argument in (string[])["--system", "--user-group", "--no-create-home", "--home-dir", "/nonexistent", "--shell", "/usr/sbin/nologin", name])
            start.ArgumentList.Add(argument);
        using var process = Process.Start(start)!;
        string error = process.StandardError.ReadToEnd();
        process.WaitForExit();
        // Another Wobble may have made it in the same moment: what counts is that it is there.
        return Find(name) ?? throw new IOException($"The system user {name} could not be made: useradd said: {error.Trim()}");
    }
}
