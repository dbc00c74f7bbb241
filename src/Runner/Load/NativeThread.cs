using System.Runtime.InteropServices;

namespace Wobble.Runner.Load;

/// <summary>The calls of the kernel that place a thread and measure it. A pid of 0 is the calling thread.</summary>
internal static unsafe partial class NativeThread
{
    public const int SCHED_FIFO = 1, SCHED_RESET_ON_FORK = 0x40000000, SCHED_OTHER = 0;
    public const int PRIO_PROCESS = 0, RLIMIT_NOFILE = 7, RLIMIT_NICE = 13;
    public const int PR_SET_TIMERSLACK = 29;
    public const int CLOCK_PROCESS_CPUTIME_ID = 2, CLOCK_THREAD_CPUTIME_ID = 3;
    /// <summary>Bytes of an affinity mask: 1,024 cores.</summary>
    public const int MaskLength = 128;

    private const string C = "libc";

    [LibraryImport(C, EntryPoint = "sched_setscheduler")]
    public static partial int SetScheduler(int pid, int policy, int* priority);

    [LibraryImport(C, EntryPoint = "sched_getscheduler")]
    public static partial int GetScheduler(int pid);

    [LibraryImport(C, EntryPoint = "getpriority")]
    public static partial int GetPriority(int which, int who);

    [LibraryImport(C, EntryPoint = "sched_setaffinity")]
    public static partial int SetAffinity(int pid, nint length, byte* mask);

    [LibraryImport(C, EntryPoint = "sched_getaffinity")]
    public static partial int GetAffinity(int pid, nint length, byte* mask);

    [LibraryImport(C, EntryPoint = "setpriority")]
    public static partial int SetPriority(int which, int who, int nice);

    [LibraryImport(C, EntryPoint = "gettid")]
    public static partial int ThreadId();

    [LibraryImport(C, EntryPoint = "prctl")]
    public static partial int ProcessControl(int option, nuint a, nuint b, nuint c, nuint d);

    [LibraryImport(C, EntryPoint = "getrlimit")]
    public static partial int GetLimit(int resource, Limit* limit);

    [LibraryImport(C, EntryPoint = "setrlimit")]
    public static partial int SetLimit(int resource, Limit* limit);

    [LibraryImport(C, EntryPoint = "clock_gettime")]
    public static partial int GetTime(int clock, Native.TimeSpec* time);

    [LibraryImport(C, EntryPoint = "open")]
    public static partial int OpenFile(byte* path, int flags, int mode);

    [LibraryImport(C, EntryPoint = "pread")]
    public static partial nint ReadAt(int fd, byte* buffer, nint length, long offset);

    [StructLayout(LayoutKind.Sequential)]
    public struct Limit
    {
        public ulong Soft;
        public ulong Hard;
    }
}

/// <summary>How much CPU a thread had, and how long it waited for a core. Made on the thread that it measures; reads without allocating.</summary>
internal sealed unsafe class ThreadClock : IDisposable
{
    private const int ReadOnlyAndCloseOnExec = 0x80000;
    private readonly int schedstat;

    public ThreadClock()
    {
        fixed (byte* path = "/proc/thread-self/schedstat\0"u8) schedstat = NativeThread.OpenFile(path, ReadOnlyAndCloseOnExec, 0);
    }

    public static long CpuNs() => Read(NativeThread.CLOCK_THREAD_CPUTIME_ID);

    public static long ProcessCpuNs() => Read(NativeThread.CLOCK_PROCESS_CPUTIME_ID);

    /// <summary>Time spent runnable and not running since the thread began, ns; 0 where the kernel keeps no such book.</summary>
    public long RunQueueNs()
    {
        byte* text = stackalloc byte[64];
        nint length = schedstat < 0 ? 0 : NativeThread.ReadAt(schedstat, text, 64, 0);
        // "ran waited slices": the second number.
        long value = 0;
        int field = 0;
        for (int i = 0; i < length && field < 2; i++)
        {
            if (text[i] == (byte)' ') field++;
            else if (field == 1) value = (value * 10) + (text[i] - '0');
        }
        return value;
    }

    public void Dispose()
    {
        if (schedstat >= 0) _ = Native.Close(schedstat);
    }

    private static long Read(int clock)
    {
        Native.TimeSpec time = default;
        _ = NativeThread.GetTime(clock, &time);
        return (time.Seconds * 1_000_000_000) + time.Nanoseconds;
    }
}
