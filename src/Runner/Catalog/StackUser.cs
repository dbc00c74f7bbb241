using Wobble.Runner.Hosting;

namespace Wobble.Runner.Catalog;

/// <summary>What is run or read as the stack's user: <c>wobble-run</c> when Wobble runs as root, else whoever runs Wobble.</summary>
internal static class StackUser
{
    public const string Name = UnprivilegedUser.OfStacks;

    /// <summary>As a sentence calls it.</summary>
    public static string Called => $"the user {(IsNeeded ? Name : Environment.UserName)}";

    /// <summary>True when commands must change user first.</summary>
    public static bool IsNeeded => Environment.IsPrivilegedProcess;

    /// <summary>False when it is needed and was not made yet.</summary>
    public static bool Exists => !IsNeeded || UnprivilegedUser.Find(Name) is not null;

    /// <summary>The command as that user: arguments stay a list.</summary>
    public static IReadOnlyList<string> Command(IReadOnlyList<string> command) =>
        IsNeeded ? ["/usr/bin/setpriv", $"--reuid={Name}", $"--regid={Name}", "--clear-groups", "--no-new-privs", "--", .. command] : command;
}
