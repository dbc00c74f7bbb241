using Wobble.Results.Statistics;

namespace Wobble.Results.Tests.Statistics;

public class TrendsTests
{
    private static readonly double[] Known = [31, 30, 32, 29, 31, 30, 33, 31, 38, 37, 39, 36, 38, 40, 37];

    [Fact]
    public void The_level_changes_where_the_known_answer_says()
    {
        var trend = Trends.Of(Metric.P99, Runs(Known));

        var step = Assert.Single(trend.Steps);
        Assert.Equal((8, Difference.Differs, 0), (step.At, step.Difference, step.Changes.Count));
        Assert.Equal(1.2264, step.Ratio.Value, 4);
        Assert.Equal([(0, 7, 8), (8, 14, 7)], trend.Levels.Select(l => (l.First, l.Last, l.Runs)));
        Assert.Equal("The level changed here: p99 is 17 to 28% higher.", TrendWords.Sentence(trend, step));
    }

    [Fact]
    public void Below_ten_comparable_runs_no_level_changes()
    {
        Assert.Empty(Trends.Of(Metric.P99, Runs([31, 30, 32, 29, 45, 44, 46, 47, 45])).Steps);
        // Fifteen runs, but of two set-ups in turn: no ten of them are comparable.
        var inTurn = Trends.Of(Metric.P99, Runs(Known, i => ("kernel", i % 2 == 0 ? "6.1" : "6.2")));
        Assert.All(inTurn.Steps, s => Assert.NotEmpty(s.Changes));
    }

    [Fact]
    public void A_change_of_the_set_up_is_marked_and_judged_once()
    {
        var trend = Trends.Of(Metric.P99, Runs(Known, i => ("postgresql", i < 8 ? "15.8" : "15.9")));

        var step = Assert.Single(trend.Steps);
        Assert.Equal((8, Difference.Differs), (step.At, step.Difference));
        Assert.Equal([new SetupChange("postgresql", "15.9", "15.8")], step.Changes);
        Assert.Equal("Since PostgreSQL 15.9 (was 15.8) p99 is 17 to 28% higher.", TrendWords.Sentence(trend, step));
        var calm = Trends.Of(Metric.P99, Runs([31, 30, 32, 29, 31, 30, 33, 31, 30, 32], i => ("kernel", i < 5 ? "6.1" : "6.2")));
        Assert.NotEqual(Difference.Differs, Assert.Single(calm.Steps).Difference);
    }

    [Fact]
    public void A_change_of_the_set_up_whose_estimate_lies_inside_delta_does_not_differ()
    {
        // + 6%, sure to be above 1 and not inside ±10%.
        var trend = Trends.Of(Metric.P99, Runs([30, 31.1, 29.1, 30.8, 29.1, 31.8, 33.1, 30.9, 32.9, 30.7], i => ("kernel", i < 5 ? "6.1" : "6.2")));

        var step = Assert.Single(trend.Steps);
        Assert.InRange(step.Ratio.Value, 1.05, 1.07);
        Assert.True(step.Ratio is { Low: > 1, High: > 1.10 });
        Assert.Equal(Difference.CantTell, step.Difference);
        Assert.EndsWith("higher, which may be too small to matter.", TrendWords.Sentence(trend, step), StringComparison.Ordinal);
    }

    [Fact]
    public void The_rounds_of_an_experiment_are_one_point_for_each_set_up()
    {
        TrendRun Round(int i, double? value, string kernel = "6.1", bool counts = true) => new($"run-{i}", DateTimeOffset.UnixEpoch.AddMinutes(i), value, counts, [new("kernel", kernel)]) { Experiment = "nightly" };

        var points = TrendRun.Joined([Round(0, 900, counts: false), Round(1, 20), Round(2, 45), Round(3, null), Round(4, 33, "6.2")]).ToList();

        Assert.Equal([("run-1", 30, 2, true), ("run-4", 33, 1, true)], points.Select(p => (p.Slug, Math.Round(p.Value!.Value, 6), p.Rounds, p.Counts)));
        Assert.All(points, p => Assert.Equal("/x/nightly", p.Path));
        var fell = Assert.Single(TrendRun.Joined([Round(0, null, counts: false), Round(1, 900, counts: false)]));
        Assert.Equal((900, false, 1), (fell.Value, fell.Counts, fell.Rounds));
    }

    [Fact]
    public void Two_machines_in_turn_are_one_change_and_two_histories()
    {
        var trend = Trends.Of(Metric.P99, Runs([30, 60, 31, 61, 29, 59, 30, 62, 31, 60, 30, 61], i => ("machine", i % 2 == 0 ? "a" : "b")));

        Assert.Equal([1], trend.Steps.Select(s => s.At));
        Assert.Equal([30.2, 60.5], trend.Levels.Select(l => Math.Round(l.Level, 1)));
        Assert.Equal(5, trend.Comparable);
        Assert.False(trend.LastIsUnusual);
    }

    [Fact]
    public void The_last_run_is_held_against_five_or_more_comparable_ones()
    {
        double[] earlier = [31, 30, 32, 29, 31, 30, 33, 31, 30, 32];

        var asBefore = Trends.Of(Metric.P99, Runs([.. earlier, 33]));
        var unusual = Trends.Of(Metric.P99, Runs([.. earlier, 35]));
        var few = Trends.Of(Metric.P99, Runs([31, 30, 32, 29, 60]));

        Assert.Equal((28.1734, 33.8448), (Math.Round(asBefore.AsBefore!.Low!.Value, 4), Math.Round(asBefore.AsBefore.High!.Value, 4)));
        Assert.False(asBefore.LastIsUnusual);
        Assert.True(unusual.LastIsUnusual);
        Assert.Contains("unusual: 35.0 ms", TrendWords.Last(unusual), StringComparison.Ordinal);
        Assert.Null(few.LastIsUnusual);
        Assert.Null(TrendWords.Last(few));
    }

    [Fact]
    public void Runs_that_fell_over_or_are_invalid_enter_nothing()
    {
        var runs = Runs([30, 31, 30, 29, 31, 30]);
        runs[3] = runs[3] with { Value = 900, Counts = false };

        var trend = Trends.Of(Metric.P99, runs);

        Assert.Equal(4, trend.Comparable);
        Assert.InRange(Assert.Single(trend.Levels).Level, 29, 32);
    }

    private static List<TrendRun> Runs(double[] values, Func<int, (string, string)>? setup = null) =>
        [.. values.Select((v, i) => new TrendRun($"run-{i}", DateTimeOffset.UnixEpoch.AddDays(i), v, true, setup?.Invoke(i) is { } s ? [new(s.Item1, s.Item2)] : []))];
}
