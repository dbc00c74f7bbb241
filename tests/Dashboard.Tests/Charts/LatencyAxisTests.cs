using CsCheck;
using Wobble.Dashboard.Components.Charts;
using Wobble.Dashboard.Components.Pages.Words;

namespace Wobble.Dashboard.Tests.Charts;

public sealed class LatencyAxisTests
{
    private static readonly double UsualWidth = LatencyAxis.Usual.To / LatencyAxis.Usual.From;
    private static readonly Gen<double[]> Latencies = Gen.Double[-2, 4].Select(power => Math.Pow(10, power)).Array[1, 30];

    [Fact]
    public void Values_within_the_usual_axis_leave_it_alone()
    {
        Assert.Equal(LatencyAxis.Usual, LatencyAxis.Around([19, 26, 300]));
        Assert.Equal(LatencyAxis.Usual, LatencyAxis.Around([]));
        Assert.Equal(LatencyAxis.Usual, LatencyAxis.Around([0, double.NaN, double.PositiveInfinity]));
    }

    [Fact]
    public void Fast_values_move_the_axis_instead_of_widening_it()
    {
        var axis = LatencyAxis.Around([1.15, 4]);

        Assert.Equal(1, axis.From, 6);
        Assert.Equal(UsualWidth, axis.To, 6);
    }

    [Fact]
    public void Slow_values_move_it_the_other_way()
    {
        var axis = LatencyAxis.Around([200, 1_000]);

        Assert.Equal(1_100, axis.To, 6);
        Assert.Equal(1_100 / UsualWidth, axis.From, 6);
    }

    [Fact]
    public void Values_wider_apart_than_it_widen_it() => Assert.Equal((1, 1_100), (Math.Round(LatencyAxis.Around([1.15, 1_000]).From, 9), Math.Round(LatencyAxis.Around([1.15, 1_000]).To, 9)));

    [Fact]
    public void Whatever_the_values_the_axis_holds_them_and_is_as_wide_as_usual() => Latencies.Sample(values =>
    {
        var axis = LatencyAxis.Around(values);

        Assert.True(axis.From <= values.Min() && axis.To >= values.Max(), $"{axis} does not hold {values.Min()} to {values.Max()}");
        Assert.True(axis.To / axis.From >= UsualWidth * .999, $"{axis} is narrower than usual");
    });

    [Fact]
    public void Close_around_the_values_it_is_a_factor_of_eight_at_least() => Latencies.Sample(values =>
    {
        var axis = LatencyAxis.Close(values);

        Assert.True(axis.From <= values.Min() && axis.To >= values.Max());
        Assert.True(axis.To / axis.From >= 7.999);
    });

    [Theory]
    [InlineData(13, 320, new[] { 20d, 50, 100, 200 })]
    [InlineData(.9, 11, new[] { 1d, 2, 5, 10 })]
    [InlineData(.1, 1_000, new[] { .1, 1, 10, 100, 1_000 })]
    [InlineData(11, 19, new double[0])]
    public void Ticks_are_ones_twos_and_fives_or_tens_alone(double from, double to, double[] expected) =>
        Assert.Equal(expected, new LatencyAxis(from, to).Ticks().Select(t => Math.Round(t, 9)));

    [Fact]
    public void One_stall_does_not_flatten_the_strips_of_all_others()
    {
        var calm = Pages.Samples.Row() with { Strip = [.. Enumerable.Range(0, 200).SelectMany(_ => (double[])[19, 26])] };
        var stalled = Pages.Samples.Row() with { Strip = [19, 9_000] };

        Assert.Equal("13 to 320 ms", StripAxis.Words(StripAxis.Of([calm, stalled])));
        Assert.Equal("13 to 320 ms", StripAxis.Words(StripAxis.Of(null)));
    }

    [Fact]
    public void Nor_does_a_run_that_drowned()
    {
        var calm = Pages.Samples.Row() with { Strip = [19, 26, 20, 27] };
        var drowned = Pages.Samples.Row(trust: "invalid") with { Strip = [.. Enumerable.Repeat(9_000d, 100)] };

        Assert.Equal("13 to 320 ms", StripAxis.Words(StripAxis.Of([calm, drowned])));
        Assert.Equal(9_900, Math.Round(StripAxis.Of([drowned]).To));
    }
}
