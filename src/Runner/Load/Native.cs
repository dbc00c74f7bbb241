using System.Diagnostics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Wobble.Runner.Load;

/// <summary>The calls of the kernel that a connection and epoll need. Numbers are Linux's, the same on x86-64 and arm64 unless said.</summary>
internal static unsafe partial class Native
{
    public const int AF_UNIX = 1, AF_INET = 2, AF_INET6 = 10;
    public const int SOCK_STREAM = 1, SOCK_NONBLOCK = 0x800, SOCK_CLOEXEC = 0x80000;
    public const int IPPROTO_TCP = 6, TCP_NODELAY = 1, SOL_SOCKET = 1, SO_ERROR = 4;
    public const int MSG_NOSIGNAL = 0x4000;
    public const int EPOLLIN = 1, EPOLLOUT = 4, EPOLLERR = 8, EPOLLHUP = 0x10, EPOLLRDHUP = 0x2000, EPOLLET = 1 << 31;
    public const int EPOLL_CTL_ADD = 1, EPOLL_CTL_MOD = 3, EPOLL_CLOEXEC = 0x80000;
    public const int EINTR = 4, EAGAIN = 11, EMFILE = 24, EPIPE = 32, EADDRNOTAVAIL = 99, ECONNRESET = 104, ETIMEDOUT = 110, ECONNREFUSED = 111, EINPROGRESS = 115;

    private const string C = "libc";

    [LibraryImport(C, EntryPoint = "socket")]
    public static partial int Socket(int domain, int type, int protocol);

    [LibraryImport(C, EntryPoint = "connect")]
    public static partial int Connect(int fd, byte* address, int length);

    [LibraryImport(C, EntryPoint = "setsockopt")]
    private static partial int SetSocketOption(int fd, int level, int name, int* value, int length);

    [LibraryImport(C, EntryPoint = "getsockopt")]
    private static partial int GetSocketOption(int fd, int level, int name, int* value, int* length);

    [LibraryImport(C, EntryPoint = "send")]
    public static partial nint Send(int fd, byte* data, nint length, int flags);

    [LibraryImport(C, EntryPoint = "recv")]
    public static partial nint Receive(int fd, byte* data, nint length, int flags);

    [LibraryImport(C, EntryPoint = "close")]
    public static partial int Close(int fd);

    [LibraryImport(C, EntryPoint = "epoll_create1")]
    public static partial int EpollCreate(int flags);

    [LibraryImport(C, EntryPoint = "epoll_ctl")]
    public static partial int EpollControl(int epoll, int operation, int fd, byte* epollEvent);

    [LibraryImport(C, EntryPoint = "epoll_pwait2")]
    public static partial int EpollWait(int epoll, byte* events, int most, TimeSpec* timeout, void* signals);

    [StructLayout(LayoutKind.Sequential)]
    public struct TimeSpec
    {
        public long Seconds;
        public long Nanoseconds;
    }

    /// <summary>epoll_event is packed on x86-64 (12 bytes) and aligned elsewhere (16).</summary>
    public static readonly int EpollEventSize = RuntimeInformation.ProcessArchitecture == Architecture.X64 ? 12 : 16;
    public static readonly int EpollDataOffset = RuntimeInformation.ProcessArchitecture == Architecture.X64 ? 4 : 8;

    /// <summary>errno of the call that just failed; read it at once, and only then.</summary>
    public static int Errno => Marshal.GetLastSystemError();

    public static void SetNoDelay(int fd)
    {
        int on = 1;
        // Fails on a unix socket, which has no Nagle to switch off.
        _ = SetSocketOption(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(int));
    }

    /// <summary>How a connect ended: 0 or an errno.</summary>
    public static int ConnectResult(int fd)
    {
        int error = 0, length = sizeof(int);
        return GetSocketOption(fd, SOL_SOCKET, SO_ERROR, &error, &length) < 0 ? Errno : error;
    }
}

/// <summary>The monotonic clock in nanoseconds (CLOCK_MONOTONIC, the same that the kernel's timeouts follow; some 25 ns a reading).</summary>
internal static class Clock
{
    static Clock() => Trace.Assert(Stopwatch.Frequency == 1_000_000_000, "The monotonic clock doesn't count in nanoseconds here.");

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static long Now() => Stopwatch.GetTimestamp();
}
