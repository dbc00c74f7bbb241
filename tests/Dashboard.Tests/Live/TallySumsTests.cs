using Wobble.Dashboard.Live;
using Wobble.Results.Statistics;

namespace Wobble.Dashboard.Tests.Live;

public sealed class TallySumsTests
{
    [Fact]
    public void Every_measured_second_is_a_point_and_warm_up_is_kept_apart()
    {
        var tally = Tally([Points.Recorded(0, stage: 0), Points.Recorded(0), Points.Recorded(1)]);

        Assert.Equal([0, 1], tally.Points.Select(p => p.From));
        Assert.Single(tally.Warmup);
        Assert.Equal(1_000, tally.Latency.TotalCount);
        Assert.Equal((2, 1, 0, 1), (tally.Seconds, tally.LastMeasured, tally.LastWarmup, tally.Every));
    }

    [Fact]
    public void A_second_that_comes_again_changes_nothing()
    {
        var tally = Tally([Points.Recorded(0), Points.Recorded(1), Points.Recorded(1), Points.Recorded(0)]);

        Assert.Equal(2, tally.Points.Count);
        Assert.Equal(1_000, tally.Latency.TotalCount);
    }

    [Fact]
    public void Only_the_last_warm_up_seconds_are_kept()
    {
        var tally = Tally(Enumerable.Range(0, RunTally.MostWarmup + 30).Select(i => Points.Recorded(i, stage: 0, requests: 1)));

        Assert.Equal(RunTally.MostWarmup, tally.Warmup.Count);
        Assert.Equal(30, tally.Warmup.First().From);
    }

    [Fact]
    public void A_run_of_hours_has_no_more_points_than_one_of_twenty_minutes_and_loses_no_request()
    {
        const int seconds = 3 * RunTally.MostPoints;
        var tally = Tally(Enumerable.Range(0, seconds).Select(i => Points.Recorded(i, requests: 2)));

        Assert.Equal(4, tally.Every);
        Assert.InRange(tally.Points.Count, RunTally.MostPoints / 2, RunTally.MostPoints);
        Assert.Equal(seconds, tally.Points.Sum(p => p.Length));
        Assert.Equal(2 * seconds, tally.Points.Sum(p => p.Requests));
        Assert.Equal(2 * seconds, tally.Latency.TotalCount);
        Assert.Equal(tally.Points.Select(p => p.From).Order(), tally.Points.Select(p => p.From));
    }

    [Fact]
    public void Merged_seconds_have_percentiles_of_their_merged_histogram_and_the_worst_of_what_is_a_maximum()
    {
        var fast = Points.Of(0, medianMs: 10);
        var slow = Points.Of(1, medianMs: 100);

        var both = fast.With(slow);

        // Half of the answers are ten times slower: an average of medians would say 55 ms.
        Assert.InRange(both.P50!.Value, fast.P50!.Value, 15);
        Assert.InRange(both.P99!.Value, 100, 125);
        Assert.Equal(fast.Requests + slow.Requests, both.Requests);
        Assert.Equal((0, 2, 500), (both.From, both.Length, both.Throughput));
        Assert.Equal(Math.Max(fast.Waiting!.Value, slow.Waiting!.Value), both.Waiting);
        Assert.Equal(1.6, both.Components[0].CpuSeconds, 9);
        Assert.Equal(41, both.Components[0].RssMb);
        Assert.Equal(24, both.Components[0].RunQueueMs);
        Assert.Equal(Histograms.Decode(both.Latency).TotalCount, both.Requests);
    }

    [Fact]
    public void Errors_are_summed_by_kind()
    {
        var both = Points.Failing(0, 30).With(Points.Failing(1, 12));

        Assert.Equal(42, both.Failed);
        Assert.Equal("timeout", Assert.Single(both.Errors).Key);
        Assert.Null(both.P99);
    }

    [Fact]
    public void The_work_of_each_process_is_summed()
    {
        var tally = Tally([Points.Recorded(0), Points.Recorded(1), Points.Recorded(2)]);

        Assert.Equal([1, 2, 3], tally.Workers.Select(w => w.Pid).Order());
        var busiest = tally.Workers.Single(w => w.Pid == 2);
        Assert.Equal((1.5, 24, 6), (Math.Round(busiest.CpuSeconds, 9), busiest.RunQueueMs, busiest.InvoluntarySwitches));
        Assert.Equal("worker", busiest.Role);
    }

    [Fact]
    public void Four_sections_cover_the_measurement_in_order()
    {
        var tally = Tally(Enumerable.Range(0, 10).Select(i => Points.Recorded(i, medianMs: 10 + i)));

        var sections = tally.Sections();

        Assert.Equal(4, sections.Count);
        Assert.Equal(10, sections.Sum(s => s.Seconds));
        Assert.Equal(tally.Latency.TotalCount, sections.Sum(s => s.Latency.TotalCount));
        var medians = sections.Select(s => Percentiles.Ms(s.Latency, 50)).ToList();
        Assert.Equal(medians.Order(), medians);
    }

    private static RunTally Tally(IEnumerable<Wobble.Results.Queries.RecordedSecond> seconds)
    {
        var tally = new RunTally();
        foreach (var second in seconds) tally.Take([second]);
        return tally;
    }
}
