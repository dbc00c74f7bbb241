using Wobble.Runner.Load;

namespace Wobble.Runner.Tests.Load;

public sealed class CoreGuardTests
{
    private const long Look = CoreGuard.EveryNs;

    /// <summary>What it does at each look, given the share of its core that the thread had before it.</summary>
    private static IEnumerable<GuardAct> Looks(params double[] shares)
    {
        var guard = new CoreGuard();
        guard.Begin(0, 0);
        long now = 0, cpu = 0;
        foreach (double share in shares)
        {
            now += Look;
            cpu += (long)(share * Look);
            yield return guard.Look(now, cpu);
        }
    }

    [Fact]
    public void A_thread_that_fills_its_core_twice_in_a_row_is_lowered_for_one_look_and_raised_again() =>
        Assert.Equal(
            [GuardAct.Nothing, GuardAct.Lower, GuardAct.Raise, GuardAct.Nothing, GuardAct.Lower, GuardAct.Raise],
            Looks(1, 1, 1, 1, 1, 0.2));

    [Fact]
    public void One_full_look_or_a_busy_core_are_no_reason() =>
        Assert.All(Looks(1, 0.5, 1, 0.89, 0.89, 0.89, 1, 0), act => Assert.Equal(GuardAct.Nothing, act));

    [Fact]
    public void It_looks_ten_times_a_second()
    {
        var guard = new CoreGuard();
        guard.Begin(5, 0);
        Assert.False(guard.IsDue(5 + Look - 1));
        Assert.True(guard.IsDue(5 + Look));
    }

    [Fact]
    public void A_real_time_thread_that_fills_its_core_is_real_time_again_afterwards_and_says_for_how_long_it_was_not()
    {
        OnHotThread(watch =>
        {
            Assert.True(watch.IsRealTime);
            long until = Clock.Now() + 20 * 1_000_000_000L;
            bool wasLowered = false;
            while (watch.LoweredNs == 0 && Clock.Now() < until)
            {
                long now = Clock.Now();
                watch.Turn(now, now, 1);
                wasLowered |= !watch.IsRealTime && !HotThread.IsRealTime();
            }
            Assert.True(wasLowered);
            Assert.True(watch.IsRealTime && HotThread.IsRealTime());
            Assert.True(watch.LoweredNs >= Look);
        });
    }

    [Fact]
    public void Another_may_give_a_thread_its_priority_and_it_says_so()
    {
        using var named = new ManualResetEventSlim();
        using var given = new ManualResetEventSlim();
        int id = 0;
        string? before = null, after = null;
        var thread = new Thread(() =>
        {
            id = NativeThread.ThreadId();
            before = HotThread.Standing();
            named.Set();
            given.Wait();
            after = HotThread.Standing();
        });
        thread.Start();
        named.Wait();
        bool may = HotThread.RaiseOf(id);
        given.Set();
        thread.Join();
        if (!may) Assert.Skip("Real-time priority is not to be had here.");
        Assert.StartsWith("normal", before, StringComparison.Ordinal);
        Assert.StartsWith(HotThread.RealTime, after, StringComparison.Ordinal);
    }

    /// <summary>On a thread of its own with real-time priority; skips where that is not to be had.</summary>
    private static void OnHotThread(Action<SelfWatch> test)
    {
        Exception? failure = null;
        bool may = false;
        var thread = new Thread(() =>
        {
            try
            {
                may = HotThread.Restore();
                if (!may) return;
                using var watch = new SelfWatch(new Ledger(1, isOpenLoop: false));
                watch.Begin();
                test(watch);
            }
            catch (Exception e)
            {
                failure = e;
            }
        });
        thread.Start();
        thread.Join();
        if (failure is not null) throw failure;
        if (!may) Assert.Skip("Real-time priority is not to be had here.");
    }
}
