using System.Globalization;
using System.Numerics;

namespace Wobble.Runner.Load;

/// <summary>
/// Gives the calling thread, and no other, its place: the highest priority it may have, a core, an exact timer. Threads made from it later get neither
/// the priority (SCHED_RESET_ON_FORK) nor a say in the matter.
/// </summary>
internal static unsafe class HotThread
{
    /// <summary>What the place of a real-time thread begins with.</summary>
    public const string RealTime = "fifo";
    /// <summary>What the names of hot threads begin with, for who gives them priority from outside.</summary>
    public const string NamePrefix = "load ";
    private const int RealTimePriority = 1;
    private const int HighestNice = -20;
    private const ulong TimerSlackNs = 1;

    /// <summary>Cores that the process may use, in order.</summary>
    public static IReadOnlyList<int> AllowedCores()
    {
        byte* mask = stackalloc byte[NativeThread.MaskLength];
        new Span<byte>(mask, NativeThread.MaskLength).Clear();
        if (NativeThread.GetAffinity(0, NativeThread.MaskLength, mask) < 0) return [0];
        var cores = new List<int>();
        for (int core = 0; core < NativeThread.MaskLength * 8; core++)
        {
            if ((mask[core / 8] & (1 << (core % 8))) != 0) cores.Add(core);
        }
        return cores;
    }

    /// <summary>The core of each hot thread: the last ones, or null (not pinned) where there is only one, or fewer than threads.</summary>
    public static int? CoreOf(int thread, int threads, IReadOnlyList<int> allowed) =>
        allowed.Count < 2 || threads > allowed.Count ? null : allowed[allowed.Count - threads + thread];

    /// <summary>Places the calling thread: a timer without slack, its core, the highest priority that it may take itself.</summary>
    public static void Place(int? core, bool highest)
    {
        _ = NativeThread.ProcessControl(NativeThread.PR_SET_TIMERSLACK, (nuint)TimerSlackNs, 0, 0, 0);
        if (core is { } c) Pin(c);
        if (highest && !Restore()) RaiseNice();
    }

    /// <summary>What the calling thread has, by its own doing or another's: <c>fifo 1, core 1</c>, <c>nice -10, core 1</c>, <c>normal</c> …</summary>
    public static string Standing()
    {
        var cores = AllowedCores();
        string place = cores.Count == 1 && Environment.ProcessorCount > 1 ? string.Create(CultureInfo.InvariantCulture, $", core {cores[0]}") : "";
        if (IsRealTime()) return $"{RealTime} {RealTimePriority}{place}";
        int nice = NativeThread.GetPriority(NativeThread.PRIO_PROCESS, NativeThread.ThreadId());
        return (nice < 0 ? string.Create(CultureInfo.InvariantCulture, $"nice {nice}") : "normal") + place;
    }

    /// <summary>True while the calling thread has real-time priority.</summary>
    public static bool IsRealTime() => (NativeThread.GetScheduler(0) & ~NativeThread.SCHED_RESET_ON_FORK) == NativeThread.SCHED_FIFO;

    /// <summary>Real-time priority for the calling thread; false where it may not.</summary>
    public static bool Restore() => RaiseOf(0);

    /// <summary>Real-time priority for a thread of any process; false where this process may not give it, or the thread is gone.</summary>
    public static bool RaiseOf(int thread)
    {
        int priority = RealTimePriority;
        return NativeThread.SetScheduler(thread, NativeThread.SCHED_FIFO | NativeThread.SCHED_RESET_ON_FORK, &priority) == 0;
    }

    /// <summary>Back to normal, before a real-time thread that fills its core is cut off by the kernel.</summary>
    public static void Lower()
    {
        int zero = 0;
        _ = NativeThread.SetScheduler(0, NativeThread.SCHED_OTHER | NativeThread.SCHED_RESET_ON_FORK, &zero);
    }

    private static void Pin(int core)
    {
        byte* mask = stackalloc byte[NativeThread.MaskLength];
        new Span<byte>(mask, NativeThread.MaskLength).Clear();
        mask[core / 8] = (byte)(1 << (core % 8));
        _ = NativeThread.SetAffinity(0, NativeThread.MaskLength, mask);
    }

    private static void RaiseNice()
    {
        // RLIMIT_NICE counts from 1 (nice 19) to 40 (nice −20).
        NativeThread.Limit limit = default;
        _ = NativeThread.GetLimit(NativeThread.RLIMIT_NICE, &limit);
        int nice = Environment.IsPrivilegedProcess ? HighestNice : 20 - (int)Math.Min(limit.Soft, 40);
        if (nice < 0) _ = NativeThread.SetPriority(NativeThread.PRIO_PROCESS, NativeThread.ThreadId(), nice);
    }
}

/// <summary>The limit of open files, raised as far as it may be.</summary>
internal static unsafe class FileLimit
{
    // Standard streams, epoll or ring, schedstat, the runtime's own.
    public const int Reserve = 64;

    /// <summary>Raises the soft limit to the hard one; returns it.</summary>
    public static int Raise()
    {
        NativeThread.Limit limit = default;
        if (NativeThread.GetLimit(NativeThread.RLIMIT_NOFILE, &limit) < 0) return 1024;
        if (limit.Soft < limit.Hard)
        {
            var raised = limit with { Soft = limit.Hard };
            if (NativeThread.SetLimit(NativeThread.RLIMIT_NOFILE, &raised) == 0) limit = raised;
        }
        return (int)Math.Min(limit.Soft, (ulong)BitOperations.RoundUpToPowerOf2(1_000_000u));
    }
}
