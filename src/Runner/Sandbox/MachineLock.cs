using System.Globalization;
using System.Runtime.InteropServices;
using Wobble.Runner.Stacks;

namespace Wobble.Runner.Sandbox;

/// <summary>
/// One run at a time on this machine, whoever starts it: page, API or command line, root or not. The kernel frees it when its holder dies. Nothing is
/// written, so a file that another user made serves as well; what is no plain file is refused. Any user of the machine may hold it: who waits is told who does.
/// </summary>
internal sealed class MachineLock : IDisposable
{
    private static readonly TimeSpan Retry = TimeSpan.FromMilliseconds(50);
    private int _fd;

    private MachineLock(int fd) => _fd = fd;

    /// <summary>The machine's own: /run/lock where that is, else /tmp.</summary>
    public static string DefaultPath => Directory.Exists("/run/lock") ? "/run/lock/wobble.lock" : "/tmp/wobble.lock";

    /// <summary>Waits for it. <paramref name="onWaiting"/> is called once, when another holds it: with <c> (Runner, process 12)</c>, or nothing where that can't be seen.</summary>
    public static async Task<MachineLock> AcquireAsync(string path, Func<string, ValueTask> onWaiting, CancellationToken cancel)
    {
        var held = new MachineLock(Open(path));
        try
        {
            for (bool told = false; !held.TryLock(path); told = true)
            {
                if (!told) await onWaiting(held.Holder());
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

    /// <summary>The lock when it is free now, else null.</summary>
    public static MachineLock? TryAcquire(string path)
    {
        MachineLock? held = null;
        try
        {
            held = new MachineLock(Open(path));
            if (held.TryLock(path)) return held;
        }
        catch (StackException)
        {
            // A run says so.
        }
        held?.Dispose();
        return null;
    }

    /// <summary>Whether somebody holds it now, without taking it: a run that begins at this moment need not wait. Null where that can't be seen.</summary>
    public static bool? IsHeld(string path)
    {
        int fd = Native.Open(path, Native.O_RDONLY | Native.O_NOFOLLOW | Native.O_NONBLOCK | Native.O_CLOEXEC, 0);
        // Nobody ever held what isn't there.
        if (fd < 0) return Marshal.GetLastPInvokeError() == Native.ENOENT ? false : null;
        try
        {
            return SharedFile.IsPlain(fd) ? HolderOf(fd) is not null : null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
        finally
        {
            _ = Native.Close(fd);
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
            // Without O_NONBLOCK a pipe that somebody put there would be waited for.
            int fd = Native.Open(path, Native.O_RDONLY | Native.O_NOFOLLOW | Native.O_NONBLOCK | Native.O_CLOEXEC, 0);
            if (fd >= 0 && SharedFile.IsPlain(fd)) return fd;
            if (fd >= 0) _ = Native.Close(fd);
            if (fd >= 0 || Marshal.GetLastPInvokeError() == Native.ELOOP) throw new StackException($"The machine's lock {path} is no plain file, so no run can begin: remove what is there, then start the run again.");
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

    // "1: FLOCK  ADVISORY  WRITE 12 00:19:34 0 EOF": process, then device (hexadecimal) and inode of the file.
    private static string? HolderOf(int fd)
    {
        string file = SharedFile.Identity(fd);
        return File.ReadLines("/proc/locks").Select(line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries))
            .FirstOrDefault(fields => fields.Length > 5 && fields[1] == "FLOCK" && fields[5] == file)?[4];
    }

    private string Holder()
    {
        try
        {
            string? pid = HolderOf(_fd);
            return int.TryParse(pid, NumberStyles.None, CultureInfo.InvariantCulture, out _) ? $" ({File.ReadAllText($"/proc/{pid}/comm").Trim()}, process {pid})" : "";
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // Gone, or in another namespace.
            return "";
        }
    }
}
