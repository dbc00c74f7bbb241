namespace Wobble.Runner.Catalog;

/// <summary>Who runs the stack, and what is built for it: <c>wobble-run</c> when Wobble runs as root, else whoever runs Wobble.</summary>
internal static class UnprivilegedUser
{
    public const string Name = "wobble-run";

    /// <summary>True when commands must change user first.</summary>
    public static bool IsNeeded => Environment.IsPrivilegedProcess;

    /// <summary>False when it is needed and the machine has no such user.</summary>
    public static bool Exists => !IsNeeded || Has("/etc/passwd", Name);

    /// <summary>The command as that user: arguments stay a list.</summary>
    public static IReadOnlyList<string> Command(IReadOnlyList<string> command) =>
        IsNeeded ? ["/usr/bin/setpriv", $"--reuid={Name}", $"--regid={Name}", "--clear-groups", "--no-new-privs", "--", .. command] : command;

    internal static bool Has(string passwd, string user) => File.Exists(passwd) && File.ReadLines(passwd).Any(l => l.StartsWith(user + ":", StringComparison.Ordinal));
}
