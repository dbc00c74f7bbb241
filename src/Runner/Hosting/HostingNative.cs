using System.ComponentModel;
using System.Runtime.InteropServices;

namespace Wobble.Runner.Hosting;

/// <summary>The few calls of libc that .NET doesn't offer and hosting needs.</summary>
internal static partial class HostingNative
{
    public const int SigInt = 2;
    public const int SigQuit = 3;
    public const int SigKill = 9;
    public const int SigTerm = 15;

    /// <summary>Sends a signal; false when the process is gone.</summary>
    public static bool Signal(int pid, int signal) => Kill(pid, signal) == 0;

    /// <summary>Gives a file or folder to a user; nothing for null.</summary>
    public static void GiveTo(SystemUser? user, string path)
    {
        if (user is not null && Chown(path, user.Uid, user.Gid) != 0)
            throw new HostingException($"{path} can't be given to the user {user.Name}: {new Win32Exception(Marshal.GetLastPInvokeError()).Message}.");
    }

    [LibraryImport("libc", EntryPoint = "kill", SetLastError = true)]
    private static partial int Kill(int pid, int signal);

    [LibraryImport("libc", EntryPoint = "chown", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Chown(string path, uint uid, uint gid);
}
