using Wobble.Dashboard.Live;
using Wobble.Results.Facts;
using Wobble.Results.Queries;
using Wobble.Results.Statistics;
using Wobble.Results.Storage;

namespace Wobble.Dashboard.Tests.Live;

public class RunTallyTests
{
    [Theory, InlineData(700), InlineData(1_200), InlineData(3_000), InlineData(5_003)]
    public void A_long_run_read_at_once_gives_the_points_of_one_that_was_watched(int seconds)
    {
        var all = Seconds(seconds);
        var watched = new RunTally();
        foreach (var second in all) watched.Take([second]);
        var read = new RunTally();
        read.Expect(seconds);

        foreach (var piece in all.Chunk(1_000)) read.Take(piece);

        Assert.InRange(read.Points.Count, 1, RunTally.MostPoints);
        Assert.Equal((watched.Every, watched.Seconds, watched.Latency.TotalCount), (read.Every, read.Seconds, read.Latency.TotalCount));
        Assert.Equal(watched.Points.Select(p => (p.From, p.Length, p.Requests, p.P99, p.Failed)), read.Points.Select(p => (p.From, p.Length, p.Requests, p.P99, p.Failed)));
        Assert.Equal(seconds, read.Points.Sum(p => p.Heat.Sum(h => h.Count)) / 20);
        Assert.Equal(watched.Points[^1].Components[0], read.Points[^1].Components[0]);
    }

    [Fact]
    public void Seconds_that_were_read_before_change_nothing()
    {
        var all = Seconds(30);
        var tally = new RunTally();
        tally.Take(all);
        tally.Take([.. all.Take(20)]);

        Assert.Equal((30, 30d, 600L), (tally.Points.Count, tally.Seconds, tally.Latency.TotalCount));
    }

    [Fact]
    public void Reading_a_long_run_for_the_first_time_makes_a_histogram_for_each_point_and_none_for_each_second()
    {
        var all = Seconds(20_000);
        var tally = new RunTally();
        tally.Expect(all.Count);

        long before = GC.GetAllocatedBytesForCurrentThread();
        foreach (var piece in all.Chunk(1_000)) tally.Take(piece);
        long each = (GC.GetAllocatedBytesForCurrentThread() - before) / all.Count;

        Assert.Equal(32, tally.Every);
        // A decoded histogram alone takes 150 KB.
        Assert.InRange(each, 0, 40_000);
    }

    private static List<RecordedSecond> Seconds(int count)
    {
        byte[] latency = Latency();
        return [.. Enumerable.Range(0, count).Select(i => new RecordedSecond(
            new Second
            {
                RunId = Guid.Empty, Stage = 1, Number = i, Requests = 20, P99 = Percentiles.Ms(Histograms.Decode(latency), 99), Errors = new Dictionary<string, long> { ["timeout"] = 1 },
                Watched = new Watched(new GeneratorSample { Busy = .5 }, [new ComponentSample { Name = "nginx", CpuSeconds = .1, RssMb = i, RunQueueMs = 2 }], new PoolerSample(20, i % 7, 20, 0, 0), null),
            }, [latency]))];
    }

    private static byte[] Latency()
    {
        var histogram = Histograms.Create();
        for (int i = 0; i < 20; i++) Histograms.Record(histogram, (10 + i) * 1_000_000);
        return Histograms.Encode(histogram);
    }
}
