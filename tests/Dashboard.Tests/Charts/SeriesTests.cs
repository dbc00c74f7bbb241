using Wobble.Dashboard.Components.Charts;
using Wobble.Dashboard.Live;
using Wobble.Dashboard.Tests.Live;
using Wobble.Results.Domain;

namespace Wobble.Dashboard.Tests.Charts;

/// <summary>From points to what a chart draws: counts, gaps, order, axes.</summary>
public sealed class SeriesTests
{
    private static readonly RunPoint[] Calm = [Points.Of(0), Points.Of(1), Points.Of(2)];

    [Fact]
    public void Every_second_is_one_point_of_each_percentile_in_order()
    {
        var model = LatencySeries.Of(Calm, TargetClass.Sync, 10);

        Assert.Equal(["p50", "p90", "p99", "p99.9"], model.Series.Select(s => s.Name));
        Assert.All(model.Series, s => Assert.Equal([.5, 1.5, 2.5], s.Data.Select(d => d[0])));
        Assert.Equal(Math.Round(Math.Log10(Calm[1].P99!.Value), 4), model.Series[2].Data[1][1]);
    }

    [Fact]
    public void A_second_without_answers_is_a_gap()
    {
        var model = LatencySeries.Of([Points.Of(0), Points.Failing(1), Points.Of(2)], TargetClass.Sync, 3);

        Assert.All(model.Series, s => Assert.Null(s.Data[1][1]));
        Assert.All(model.Series, s => Assert.NotNull(s.Data[2][1]));
        Assert.StartsWith("Percentiles of each second: p50 from", model.Label, StringComparison.Ordinal);
        Assert.Equal("Percentiles of each second: nothing answered yet", LatencySeries.Of([Points.Failing(0)], TargetClass.Sync, 3).Label);
    }

    [Fact]
    public void The_last_second_of_a_run_may_be_a_part_of_one() =>
        Assert.Equal(2.25, LatencySeries.Of([.. Calm.Take(2), Points.Of(2, length: .5)], TargetClass.Sync, 3).Series[0].Data[2][0]);

    [Fact]
    public void Throughput_begins_at_zero_and_shows_failures_only_where_there_were_any()
    {
        var good = ThroughputSeries.Of(Calm, 3);
        var bad = ThroughputSeries.Of([Points.Of(0), Points.Failing(1, failed: 700)], 3);

        Assert.Equal(0, good.Options.Yaxis[0].Min);
        Assert.True(good.Options.Yaxis[0].Max >= 500);
        Assert.Equal("500", Assert.Single(good.Series).Label);
        Assert.Equal(["answers", "errors"], bad.Series.Select(s => s.Name));
        Assert.Equal([0, 700], bad.Series[1].Data.Select(d => d[1]!.Value));
        Assert.Equal("Answers of each second, from 0 to 500; 700 failed", bad.Label);
    }

    [Fact]
    public void Waiting_in_the_pooler_says_when_nobody_waited()
    {
        Assert.Equal("Clients that wait in the pooler: none in any second", WaitingSeries.Of([Points.Of(0) with { Waiting = 0 }], 3).Label);
        Assert.Equal("Clients that wait in the pooler, 41 at most", WaitingSeries.Of([Points.Of(0) with { Waiting = 41 }, Points.Of(1) with { Waiting = null }], 3).Label);
    }

    [Theory]
    [InlineData(0, 2, 2)]
    [InlineData(3, 4, 4)]
    [InlineData(4_446, 5_000, 5)]
    [InlineData(999, 2_000, 4)]
    [InlineData(55, 60, 3)]
    public void The_axis_from_zero_ends_at_a_round_number_with_whole_ticks(double greatest, double max, int ticks)
    {
        var axis = ChartParts.FromZero(greatest);

        Assert.Equal((max, ticks), (axis.Max, axis.TickAmount));
        Assert.Equal(0, axis.Max / axis.TickAmount % 1 ?? 1, 9);
    }

    [Theory]
    [InlineData(10, 10, 5)]
    [InlineData(3, 3, 3)]
    [InlineData(.4, 1, 1)]
    [InlineData(64, 70, 7)]
    [InlineData(3_600, 3_600, 6)]
    public void The_axis_of_seconds_has_few_labels(double total, double max, int ticks) =>
        Assert.Equal((max, ticks), (ChartParts.Seconds(total).Max, ChartParts.Seconds(total).TickAmount));

    [Fact]
    public void Further_points_cross_over_alone()
    {
        var sent = LatencySeries.Of([.. Calm.Take(2)], TargetClass.Sync, 10).Series;
        var now = LatencySeries.Of(Calm, TargetClass.Sync, 10).Series;

        var more = ChartDelta.Of(sent, now);

        Assert.NotNull(more);
        Assert.All(more, m => Assert.Equal(2.5, Assert.Single(m)[0]));
        Assert.All(ChartDelta.Of(now, now)!, Assert.Empty);
    }

    [Fact]
    public void Points_that_changed_or_other_series_are_sent_whole()
    {
        var sent = LatencySeries.Of(Calm, TargetClass.Sync, 10).Series;

        Assert.Null(ChartDelta.Of(sent, LatencySeries.Of([Calm[0].With(Calm[1]), Calm[2]], TargetClass.Sync, 10).Series));
        Assert.Null(ChartDelta.Of(sent, [.. sent.Take(3)]));
        Assert.Null(ChartDelta.Of(sent, [sent[0] with { Label = "other" }, .. sent.Skip(1)]));
        Assert.Null(ChartDelta.Of(sent, LatencySeries.Of([Calm[0]], TargetClass.Sync, 10).Series));
    }
}
