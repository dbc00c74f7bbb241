namespace Wobble.Runner.Load;

/// <summary>What a real-time thread is to do about its priority.</summary>
internal enum GuardAct : byte { Nothing, Lower, Raise }

/// <summary>
/// Keeps a real-time thread from being cut off: the kernel takes it off its core for 50 ms of each second in which it leaves nothing to others
/// (sched_rt_runtime_us 950,000, or its fair server). A thread that had over 90% of its core for 0.2 s is at normal priority for 0.1 s, in which others
/// get their turn; then real-time again.
/// </summary>
internal sealed class CoreGuard
{
    /// <summary>Between two looks, ns; also how long it stays lowered.</summary>
    public const long EveryNs = 100_000_000;
    private const double Filled = 0.9;
    private const int LooksToLower = 2;

    private long lastAt, lastCpu;
    private int filled;
    private bool isLowered;

    public void Begin(long now, long cpu)
    {
        (lastAt, lastCpu) = (now, cpu);
        filled = 0;
        isLowered = false;
    }

    public bool IsDue(long now) => now - lastAt >= EveryNs;

    /// <summary>Once each <see cref="EveryNs"/>: the time, and the CPU time of the thread.</summary>
    public GuardAct Look(long now, long cpu)
    {
        bool isFull = cpu - lastCpu > Filled * (now - lastAt);
        (lastAt, lastCpu) = (now, cpu);
        if (isLowered)
        {
            isLowered = false;
            filled = 0;
            return GuardAct.Raise;
        }
        filled = isFull ? filled + 1 : 0;
        if (filled < LooksToLower) return GuardAct.Nothing;
        isLowered = true;
        return GuardAct.Lower;
    }
}
