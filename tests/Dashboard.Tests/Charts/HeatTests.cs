using CsCheck;
using Wobble.Dashboard.Components.Charts;
using Wobble.Dashboard.Live;
using Wobble.Dashboard.Tests.Live;

namespace Wobble.Dashboard.Tests.Charts;

public sealed class HeatTests
{
    [Fact]
    public void Every_latency_lies_in_the_bin_whose_edges_are_around_it() => Gen.Double[-1, 4].Select(power => Math.Pow(10, power)).Sample(ms =>
    {
        int bin = HeatBins.Of(ms * 1e6);

        Assert.True(HeatBins.EdgeMs(bin) <= ms * 1.000001 && ms <= HeatBins.EdgeMs(bin + 1) * 1.000001, $"{ms} ms is not in bin {bin}");
    });

    [Fact]
    public void What_is_outside_goes_to_the_first_or_last_bin()
    {
        Assert.Equal(0, HeatBins.Of(1));
        Assert.Equal(HeatBins.Count - 1, HeatBins.Of(1e15));
    }

    [Fact]
    public void No_request_is_lost_between_histogram_and_cells()
    {
        var point = Points.Of(0, requests: 777);

        Assert.Equal(777, point.Heat.Sum(c => c.Count));
        Assert.Equal(point.Heat.OrderBy(c => c.Bin), point.Heat);
        Assert.Equal(2 * 777, HeatBins.Add(point.Heat, point.Heat).Sum(c => c.Count));
    }

    [Fact]
    public void A_column_counts_requests_a_second_whatever_its_length()
    {
        var (whole, columns) = HeatModel.Of([Points.Of(0, requests: 400), Points.Of(1, length: .5, requests: 200)], 2, "--sync", null);

        double[] sums = [.. columns.Select(c => c.Cells.Where((_, i) => i % 2 == 1).Sum())];
        Assert.Equal([400, 400], sums.Select(s => Math.Round(s)));
        Assert.All(columns.SelectMany(c => c.Cells.Where((_, i) => i % 2 == 0)), row => Assert.InRange(row, 0, whole.Rows - 1));
        Assert.Equal(columns.SelectMany(c => c.Cells.Where((_, i) => i % 2 == 1)).Max(), whole.Most);
    }

    [Fact]
    public void A_long_run_has_columns_of_several_seconds()
    {
        var second = Points.Of(0, requests: 10);
        var (_, columns) = HeatModel.Of([.. Enumerable.Range(0, 1_000).Select(i => second with { From = i })], 1_000, "--sync", null);

        Assert.InRange(columns.Count, HeatModel.MostColumns / 2, HeatModel.MostColumns);
        Assert.Equal(1_000, columns.Sum(c => c.Length));
    }

    [Fact]
    public void Columns_stay_while_axis_and_hue_do()
    {
        var (before, _) = HeatModel.Of([Points.Of(0)], 10, "--sync", 1);
        var (same, _) = HeatModel.Of([Points.Of(0), Points.Of(1)], 10, "--sync", 2);
        var (slower, _) = HeatModel.Of([Points.Of(0), Points.Of(1, medianMs: 400)], 10, "--sync", 2);

        Assert.True(same.KeepsColumnsOf(before));
        Assert.False(slower.KeepsColumnsOf(before));
        Assert.False((same with { Hue = "--async" }).KeepsColumnsOf(before));
    }

    [Fact]
    public void Without_a_single_answer_there_is_still_an_axis()
    {
        var (model, columns) = HeatModel.Of([Points.Failing(0)], 10, "--sync", null);

        Assert.True(model.Rows > 0 && model.Greatest > model.Least);
        Assert.Empty(Assert.Single(columns).Cells);
    }
}
