using System.Runtime.InteropServices;

namespace Wobble.Runner.Stacks;

/// <summary>The C library's process, file-lock and poll calls that .NET has no equal for. Linux, 64 bit.</summary>
internal static unsafe partial class Native
{
    public const int SIGHUP = 1, SIGINT = 2, SIGQUIT = 3, SIGKILL = 9, SIGTERM = 15, SIGCHLD = 17, SIGCONT = 18, SIGSTOP = 19;
    public const int ENOENT = 2, ESRCH = 3, EINTR = 4, ENXIO = 6, EAGAIN = 11, EACCES = 13, EEXIST = 17, ENOTDIR = 20, EISDIR = 21, ELOOP = 40, EWOULDBLOCK = EAGAIN;
    public const int O_RDONLY = 0, O_RDWR = 2, O_CREAT = 0x40, O_EXCL = 0x80, O_NONBLOCK = 0x800, O_CLOEXEC = 0x80000;
    // Of those that are used here these alone have other values on arm64.
    public static readonly int O_DIRECTORY = IsArm ? 0x4000 : 0x10000, O_NOFOLLOW = IsArm ? 0x8000 : 0x20000;
    public const int AT_EMPTY_PATH = 0x1000, AT_SYMLINK_NOFOLLOW = 0x100, AT_NO_AUTOMOUNT = 0x800;
    public const uint STATX_TYPE = 1, STATX_MODE = 2, STATX_NLINK = 4, STATX_INO = 0x100, STATX_SIZE = 0x200;
    public const int F_SETFD = 2, F_GETFL = 3, F_SETFL = 4;
    public const int LOCK_EX = 2, LOCK_NB = 4;
    public const short POLLIN = 1, POLLERR = 8, POLLHUP = 16;
    public const int WNOHANG = 1;
    public const int PR_SET_CHILD_SUBREAPER = 36, PR_SET_DUMPABLE = 4;
    public const short POSIX_SPAWN_SETSIGDEF = 4, POSIX_SPAWN_SETSIGMASK = 8, POSIX_SPAWN_SETSID = 0x80;
    public const int SC_CLK_TCK = 2, SC_PAGESIZE = 30;

    // glibc's posix_spawnattr_t is 336 bytes, posix_spawn_file_actions_t 80, sigset_t 128.
    public const int SpawnStructSize = 1024, SignalSetSize = 128;

    private static bool IsArm => RuntimeInformation.ProcessArchitecture == Architecture.Arm64;

    [StructLayout(LayoutKind.Sequential)]
    public struct PollFd
    {
        public int Fd;
        public short Events;
        public short Returned;
    }

    [LibraryImport("libc", EntryPoint = "posix_spawn")]
    public static partial int Spawn(out int pid, byte* path, void* fileActions, void* attributes, byte** arguments, byte** environment);
    [LibraryImport("libc", EntryPoint = "posix_spawn_file_actions_init")]
    public static partial int FileActionsInit(void* actions);
    [LibraryImport("libc", EntryPoint = "posix_spawn_file_actions_destroy")]
    public static partial int FileActionsDestroy(void* actions);
    [LibraryImport("libc", EntryPoint = "posix_spawn_file_actions_adddup2")]
    public static partial int FileActionsDup2(void* actions, int from, int to);
    [LibraryImport("libc", EntryPoint = "posix_spawn_file_actions_addopen")]
    public static partial int FileActionsOpen(void* actions, int fd, byte* path, int flags, uint mode);
    [LibraryImport("libc", EntryPoint = "posix_spawn_file_actions_addchdir_np")]
    public static partial int FileActionsChangeDirectory(void* actions, byte* path);
    [LibraryImport("libc", EntryPoint = "posix_spawnattr_init")]
    public static partial int SpawnAttributesInit(void* attributes);
    [LibraryImport("libc", EntryPoint = "posix_spawnattr_destroy")]
    public static partial int SpawnAttributesDestroy(void* attributes);
    [LibraryImport("libc", EntryPoint = "posix_spawnattr_setflags")]
    public static partial int SpawnAttributesFlags(void* attributes, short flags);
    [LibraryImport("libc", EntryPoint = "posix_spawnattr_setsigdefault")]
    public static partial int SpawnAttributesDefaultSignals(void* attributes, void* set);
    [LibraryImport("libc", EntryPoint = "posix_spawnattr_setsigmask")]
    public static partial int SpawnAttributesSignalMask(void* attributes, void* set);
    [LibraryImport("libc", EntryPoint = "sigfillset")]
    public static partial int FillSignals(void* set);
    [LibraryImport("libc", EntryPoint = "sigemptyset")]
    public static partial int NoSignals(void* set);

    [LibraryImport("libc", EntryPoint = "waitpid", SetLastError = true)]
    public static partial int WaitPid(int pid, out int status, int options);
    [LibraryImport("libc", EntryPoint = "kill", SetLastError = true)]
    public static partial int Kill(int pid, int signal);
    [LibraryImport("libc", EntryPoint = "prctl", SetLastError = true)]
    public static partial int Prctl(int option, nuint a, nuint b, nuint c, nuint d);
    [LibraryImport("libc", EntryPoint = "sysconf")]
    public static partial long SysConf(int name);
    [LibraryImport("libc", EntryPoint = "sched_getaffinity", SetLastError = true)]
    public static partial int GetAffinity(int tid, nuint size, ulong* mask);
    [LibraryImport("libc", EntryPoint = "sched_setaffinity", SetLastError = true)]
    public static partial int SetAffinity(int tid, nuint size, ulong* mask);

    [LibraryImport("libc", EntryPoint = "pipe2", SetLastError = true)]
    public static partial int Pipe(int* fds, int flags);
    [LibraryImport("libc", EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int Open(string path, int flags, uint mode);
    [LibraryImport("libc", EntryPoint = "close")]
    public static partial int Close(int fd);
    [LibraryImport("libc", EntryPoint = "read", SetLastError = true)]
    public static partial nint Read(int fd, byte* buffer, nuint count);
    [LibraryImport("libc", EntryPoint = "write", SetLastError = true)]
    public static partial nint Write(int fd, byte* buffer, nuint count);
    [LibraryImport("libc", EntryPoint = "poll", SetLastError = true)]
    public static partial int Poll(PollFd* fds, nuint count, int timeoutMs);
    [LibraryImport("libc", EntryPoint = "fsync", SetLastError = true)]
    public static partial int Fsync(int fd);
    [LibraryImport("libc", EntryPoint = "fcntl", SetLastError = true)]
    public static partial int Fcntl(int fd, int command, int argument);
    [LibraryImport("libc", EntryPoint = "flock", SetLastError = true)]
    public static partial int Flock(int fd, int operation);
    [LibraryImport("libc", EntryPoint = "fchmod", SetLastError = true)]
    public static partial int Chmod(int fd, uint mode);
    [LibraryImport("libc", EntryPoint = "chown", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int Chown(string path, uint user, uint group);
    [LibraryImport("libc", EntryPoint = "fchown", SetLastError = true)]
    public static partial int ChownOpen(int fd, uint user, uint group);
    [LibraryImport("libc", EntryPoint = "statx", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int Statx(int folder, string path, int flags, uint wanted, byte* facts);
    [LibraryImport("libc", EntryPoint = "statx", SetLastError = true)]
    public static partial int StatxIn(int folder, byte* name, int flags, uint wanted, byte* facts);
    [LibraryImport("libc", EntryPoint = "openat", SetLastError = true)]
    public static partial int OpenIn(int folder, byte* name, int flags, uint mode);
    [LibraryImport("libc", EntryPoint = "getdents64", SetLastError = true)]
    public static partial nint ReadEntries(int folder, byte* entries, nuint size);
    [LibraryImport("libc", EntryPoint = "getuid")]
    public static partial uint UserId();
    [LibraryImport("libc", EntryPoint = "getgid")]
    public static partial uint GroupId();

    /// <summary>Puts the names in a folder on the disk: a file's own fsync does not keep its name (fsync(2)). A file system that can't do so for folders is left alone.</summary>
    public static void FlushFolder(string path)
    {
        int fd = Open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0);
        if (fd < 0) return;
        _ = Fsync(fd);
        _ = Close(fd);
    }

    /// <summary>
    /// From here on no other process of this user can trace this one, or open its memory and its pipes below /proc: the app under test runs as the same
    /// user, and would else write results of its own.
    /// </summary>
    public static void HideFromOwnUser() => _ = Prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);

    /// <summary>What the last failed call was told, in words.</summary>
    public static string LastError() => Marshal.GetPInvokeErrorMessage(Marshal.GetLastPInvokeError());
}
