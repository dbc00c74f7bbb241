using Wobble.Runner.Hosting;

namespace Wobble.Runner.Tests.Hosting;

public sealed class RestartPolicyTests
{
    private readonly StoppedClock _clock = new();

    [Fact]
    public void Each_death_within_a_minute_is_followed_by_a_longer_wait_until_the_fifth_gives_up()
    {
        var policy = new RestartPolicy(_clock);

        Assert.Equal([200, 400, 800, 1600, null], Enumerable.Range(0, 5).Select(_ => policy.AfterDeath()?.TotalMilliseconds));
    }

    [Fact]
    public void Deaths_that_are_more_than_a_minute_ago_no_longer_count()
    {
        var policy = new RestartPolicy(_clock);
        for (int death = 0; death < 4; death++) policy.AfterDeath();
        _clock.Now += TimeSpan.FromSeconds(61);

        Assert.Equal(TimeSpan.FromMilliseconds(200), policy.AfterDeath());
    }

    private sealed class StoppedClock : TimeProvider
    {
        public TimeSpan Now { get; set; }
        public override long TimestampFrequency => TimeSpan.TicksPerSecond;
        public override long GetTimestamp() => Now.Ticks;
    }
}
