using CsCheck;
using Wobble.Runner.Load;

namespace Wobble.Runner.Tests.Load;

public sealed class ScheduleTests
{
    private const long SecondNs = 1_000_000_000;

    private static List<long> Until(Schedule schedule, long end)
    {
        var times = new List<long>();
        for (; schedule.Next < end; schedule.Advance()) times.Add(schedule.Next);
        return times;
    }

    [Fact]
    public void A_constant_rate_is_exact_to_the_nanosecond_however_long()
    {
        var schedule = new Schedule(isPoisson: false, seed: 1, thread: 0, threads: 1);
        schedule.Begin(5, rate: 3);

        var times = Until(schedule, 5 + (1_000 * SecondNs));

        Assert.Equal(3_000, times.Count);
        Assert.All(times.Index(), t => Assert.InRange(t.Item - 5 - (t.Index * SecondNs / 3), 0, 1));
    }

    [Fact]
    public void Threads_share_a_constant_schedule_without_gap_or_double() =>
        Gen.Select(Gen.Int[1, 7], Gen.Double[0.5, 5_000]).Sample((threads, rate) =>
        {
            var one = new Schedule(false, 1, 0, 1);
            one.Begin(0, rate);
            var shared = Enumerable.Range(0, threads).SelectMany(t =>
            {
                var part = new Schedule(false, 1, t, threads);
                part.Begin(0, rate);
                return Until(part, SecondNs);
            });

            Assert.Equal(Until(one, SecondNs), shared.Order());
        }, iter: 100);

    [Fact]
    public void Poisson_gaps_are_exponential_seeded_and_of_the_right_mean()
    {
        List<long> Times(long seed)
        {
            var schedule = new Schedule(true, seed, 0, 1);
            schedule.Begin(0, rate: 10_000);
            return Until(schedule, 10 * SecondNs);
        }

        var times = Times(42);
        var gaps = times.Zip(times.Skip(1), (a, b) => (b - a) / 1e5).ToList();

        Assert.Equal(times, Times(42));
        Assert.NotEqual(times, Times(43));
        Assert.InRange(times.Count, 99_000, 101_000);
        // An exponential distribution has its mean for its deviation, and 1/e of it above the mean.
        Assert.InRange(Math.Sqrt(gaps.Average(g => (g - 1) * (g - 1))), 0.98, 1.02);
        Assert.InRange(gaps.Count(g => g > 1) / (double)gaps.Count, 0.36, 0.376);
    }

    [Fact]
    public void The_line_of_waiting_requests_keeps_their_order() =>
        Gen.Int[0, 20].Array[0, 50].Sample(steps =>
        {
            var line = new WaitingLine(100);
            var model = new Queue<long>();
            long next = 0;
            foreach (int step in steps)
            {
                for (int i = 0; i < step && line.Count < line.Capacity; i++, next++)
                {
                    line.Add(next, (int)(next % 200));
                    model.Enqueue(next);
                }
                for (int i = 0; i < 10 && line.Count > 0; i++)
                {
                    long at = line.Take(out int kind);
                    Assert.Equal((model.Dequeue(), at % 200), (at, kind));
                }
                Assert.Equal(model.Count, line.Count);
            }
        }, iter: 200);
}
