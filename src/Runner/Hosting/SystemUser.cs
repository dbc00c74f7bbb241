using System.Globalization;

namespace Wobble.Runner.Hosting;

/// <summary>A user of this machine that a process is started as.</summary>
internal sealed record SystemUser(string Name, uint Uid, uint Gid)
{
    /// <summary>Who runs Wobble's own database and the Dashboard when root starts Wobble.</summary>
    public const string Wobble = "wobble";

    /// <summary>The user of that name in a passwd file, or null.</summary>
    public static SystemUser? Find(string name, string passwd = "/etc/passwd")
    {
        foreach (string line in File.ReadLines(passwd))
        {
            string[] fields = line.Split(':');
            if (fields.Length > 3 && fields[0] == name)
                return new SystemUser(name, uint.Parse(fields[2], CultureInfo.InvariantCulture), uint.Parse(fields[3], CultureInfo.InvariantCulture));
        }
        return null;
    }

    /// <summary>The user `wobble` when root runs this, null when an ordinary user does: everything is theirs then.</summary>
    public static SystemUser? OfServices() => !Environment.IsPrivilegedProcess
        ? null
        : Find(Wobble) ?? throw new HostingException($"The system user {Wobble} is missing. ./run creates it; by hand: useradd --system --user-group --no-create-home --shell /usr/sbin/nologin {Wobble}");
}
