using Microsoft.Extensions.Logging.Abstractions;
using Wobble.Dashboard.Live;
using Wobble.Tests.Support;

namespace Wobble.Dashboard.Tests.Live;

/// <summary>Signals of one listener: few calls, none lost, none at once.</summary>
public sealed class SubscriptionTests
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(20);
    private readonly ManualClock clock = new(new(2026, 11, 24, 12, 0, 0, TimeSpan.Zero));
    private readonly SemaphoreSlim called = new(0);

    [Fact]
    public async Task A_burst_becomes_one_call_and_what_came_meanwhile_one_more()
    {
        using var subscription = Listen(() => Task.CompletedTask);

        subscription.Signal();
        await CalledAsync();
        for (int i = 0; i < 50; i++) subscription.Signal();
        await PausesAsync();
        Assert.Equal(0, called.CurrentCount);
        clock.Advance(Subscription.LeastInterval);
        await CalledAsync();
        await PausesAsync();
        clock.Advance(Subscription.LeastInterval);

        // Nothing is left to tell: the next call needs the next signal.
        Assert.Equal(0, called.CurrentCount);
        subscription.Signal();
        await CalledAsync();
    }

    [Fact]
    public async Task A_signal_during_a_call_leads_to_another_one_after_it()
    {
        var gate = new TaskCompletionSource();
        int inside = 0, most = 0;
        using var subscription = Listen(async () =>
        {
            most = Math.Max(most, Interlocked.Increment(ref inside));
            await gate.Task;
            Interlocked.Decrement(ref inside);
        });

        subscription.Signal();
        await CalledAsync();
        subscription.Signal();
        gate.SetResult();
        await PausesAsync();
        clock.Advance(Subscription.LeastInterval);

        await CalledAsync();
        Assert.Equal(1, most);
    }

    [Fact]
    public async Task A_callback_that_throws_is_called_again_at_the_next_signal()
    {
        using var subscription = Listen(() => throw new InvalidOperationException("the page broke"));

        subscription.Signal();
        await CalledAsync();
        await PausesAsync();
        clock.Advance(Subscription.LeastInterval);
        subscription.Signal();

        await CalledAsync();
    }

    [Fact]
    public async Task Nothing_is_called_after_it_was_disposed()
    {
        bool forgotten = false;
        var subscription = new Subscription(Guid.NewGuid(), Called(() => Task.CompletedTask), _ => forgotten = true, () => Subscription.LeastInterval, clock, NullLogger.Instance);

        subscription.Dispose();
        subscription.Signal();
        await subscription.Pump.WaitAsync(Limit);

        Assert.True(forgotten);
        Assert.Equal(0, called.CurrentCount);
    }

    private Subscription Listen(Func<Task> then) => new(Guid.NewGuid(), Called(then), _ => { }, () => Subscription.LeastInterval, clock, NullLogger.Instance);

    private Func<Task> Called(Func<Task> then) => () =>
    {
        called.Release();
        return then();
    };

    private async Task CalledAsync() => Assert.True(await called.WaitAsync(Limit), "It was not called.");

    // Until the pump waits for its interval to end.
    private async Task PausesAsync()
    {
        var until = TimeProvider.System.GetTimestamp();
        while (clock.Waiting == 0)
        {
            Assert.True(TimeProvider.System.GetElapsedTime(until) < Limit, "It does not pause.");
            await Task.Yield();
        }
    }
}
