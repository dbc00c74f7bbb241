using Wobble.Runner.Sandbox;

namespace Wobble.Runner.Catalog;

/// <summary>
/// A step of an installation, which may run a package's own setup, as the stack's user and with the network. In namespaces of its own it may write only
/// what it is given and sees no other process; it is process 1 there, so the kernel has ended all that it started by the time it is gone. Where
/// namespaces aren't allowed it is a plain process.
/// </summary>
internal static class InstallCommand
{
    public static IReadOnlyList<string> Of(IReadOnlyList<string> command, params IReadOnlyList<string> writable)
    {
        if (SandboxProbe.Reason is not null) return StackUser.Command(command);
        return StackUser.Command(
        [
            "/usr/bin/bwrap", "--unshare-user", "--unshare-pid", "--unshare-ipc", "--unshare-uts", "--as-pid-1", "--die-with-parent", "--new-session",
            "--ro-bind", "/", "/", "--dev", "/dev", "--proc", "/proc", .. writable.SelectMany(folder => (string[])["--bind", folder, folder]), "--", .. command,
        ]);
    }
}
