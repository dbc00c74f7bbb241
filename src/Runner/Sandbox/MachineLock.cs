using System.Runtime.InteropServices;
using Wobble.Runner.Stacks;

namespace Wobble.Runner.Sandbox;

/// <summary>
/// One run at a time on this machine, whoever starts it: page, API or command line, root or not. The kernel frees it when its holder dies. Nothing is
/// written, so a file that another user made serves as well.
/// </summary>
internal sealed class MachineLock : IDisposable
{
    private static readonly TimeSpan Retry = TimeSpan.FromMilliseconds(50);
    private int _fd;

    private MachineLock(int fd) => _fd = fd;

    /// <summary>The machine's own: /run/lock where that is, else /tmp.</summary>
    public static string DefaultPath => Directory.Exists("/run/lock") ? "/run/lock/wobble.lock" : "/tmp/wobble.lock";

    /// <summary>Waits for it. <paramref name="onWaiting"/> is called once, when another holds it.</summary>
    public static async Task<MachineLock> AcquireAsync(string path, Func<ValueTask> onWaiting, CancellationToken cancel)
    {
        var held = new MachineLock(Open(path));
        try
        {
            for (bool told = false; !held.TryLock(path); told = true)
            {
                if (!told) await onWaiting();
                await Task.Delay(Retry, cancel);
            }
            return held;
        }
        catch
        {
            held.Dispose();
            throw;
        }
    }

    public void Dispose()
    {
        if (_fd >= 0) _ = Native.Close(_fd);
        _fd = -1;
    }

    // An existing file is opened without O_CREAT: with it the kernel (fs.protected_regular) refuses another user's file in a sticky folder, even to root.
    private static int Open(string path)
    {
        const uint all = 0b110_110_110;
        for (int attempt = 0; attempt < 3; attempt++)
        {
            int fd = Native.Open(path, Native.O_RDONLY | Native.O_CLOEXEC, 0);
            if (fd >= 0) return fd;
            fd = Native.Open(path, Native.O_RDWR | Native.O_CREAT | Native.O_EXCL | Native.O_CLOEXEC, all);
            if (fd < 0) continue;
            _ = Native.Chmod(fd, all); // past the umask, so that every user may open it
            return fd;
        }
        throw new StackException($"The machine's lock {path} can't be opened: {Native.LastError()}.");
    }

    private bool TryLock(string path)
    {
        if (Native.Flock(_fd, Native.LOCK_EX | Native.LOCK_NB) == 0) return true;
        if (Marshal.GetLastPInvokeError() is Native.EWOULDBLOCK or Native.EINTR) return false;
        throw new StackException($"The machine's lock {path} can't be taken: {Native.LastError()}.");
    }
}
