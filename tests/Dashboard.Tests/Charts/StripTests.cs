using System.Text.RegularExpressions;
using Bunit;
using Wobble.Dashboard.Components.Charts;
using Wobble.Results.Domain;
using Wobble.Results.Queries;

namespace Wobble.Dashboard.Tests.Charts;

public sealed partial class StripTests : IDisposable
{
    private readonly BunitContext scene = new();

    public void Dispose() => scene.Dispose();

    [Fact]
    public void A_tick_a_second_stands_on_whole_pixels_and_a_slower_one_is_taller()
    {
        var shape = StripShape.Of([20, 30, 20, 200], LatencyAxis.Usual, 120, 28);

        var ticks = Tick().Matches(shape.Ticks).Select(m => (Low: int.Parse(m.Groups[1].Value), High: int.Parse(m.Groups[2].Value))).ToList();
        Assert.Equal(2, ticks.Count);
        Assert.Equal(ticks[0].Low, ticks[1].Low);
        Assert.True(ticks[1].High < ticks[0].High, "p99 200 must reach higher than p99 30");
    }

    [Theory]
    [InlineData(new[] { 20, 30, double.NaN, double.NaN, 20, 30 }, 2)]
    [InlineData(new[] { 0d, 0, 20, 30 }, 1)]
    [InlineData(new double[0], 0)]
    public void A_second_without_answers_stays_empty(double[] pairs, int ticks) =>
        Assert.Equal(ticks, Tick().Count(StripShape.Of(pairs, LatencyAxis.Usual, 120, 28).Ticks));

    [Fact]
    public void Values_beyond_the_axis_are_drawn_at_its_edge() =>
        Assert.All(Tick().Matches(StripShape.Of([.001, 90_000], LatencyAxis.Usual, 120, 28).Ticks), m => Assert.InRange(int.Parse(m.Groups[2].Value), 0, 28));

    [Fact]
    public void A_run_that_goes_on_fills_only_its_share()
    {
        Assert.Equal(30, StripShape.Of([.. Enumerable.Repeat(20d, 30)], LatencyAxis.Usual, 120, 28, total: 60).EndsAt);
        Assert.Equal(119, StripShape.Of([.. Enumerable.Repeat(20d, 30)], LatencyAxis.Usual, 120, 28).EndsAt);
    }

    [Theory]
    [InlineData(false, false, 0, 0)]
    [InlineData(true, false, 1, 0)]
    [InlineData(false, true, 0, 1)]
    public void The_end_of_a_strip_says_how_it_stands(bool fell, bool live, int crosses, int playheads)
    {
        var strip = scene.Render<WobbleStrip>(p => p.Add(s => s.Pairs, [20, 30, 21, 31]).Add(s => s.FellOver, fell).Add(s => s.IsLive, live).Add(s => s.Class, TargetClass.Async));

        Assert.Equal(crosses, strip.FindAll(".cross").Count);
        Assert.Equal(playheads, strip.FindAll(".playhead").Count);
        Assert.Equal(fell ? "p50 to p99 of each second, fell over after 2 seconds" : "p50 to p99 of each second, 2 seconds", strip.Find("svg").GetAttribute("aria-label"));
        Assert.Contains("async", strip.Find("svg").ClassList);
    }

    [Fact]
    public void The_large_strip_names_what_it_shows_and_its_last_second()
    {
        StripSecond[] seconds = [new(0, 500, 20, 24, 30), new(1, 500, 21, 25, 90), new(2, 0, null, null, null)];

        var strip = scene.Render<LargeStrip>(p => p.Add(s => s.Seconds, seconds).Add(s => s.Total, 10).Add(s => s.IsLive, true).Add(s => s.Failing, [2.5]));

        Assert.Equal("Latency of each second, from p50 to p99: 3 seconds, p99 between 30.0 ms and 90.0 ms", strip.Find(".lstrip").GetAttribute("aria-label"));
        Assert.Equal("left:30%", strip.Find(".now").GetAttribute("style"));
        Assert.Equal("10 s", strip.Find(".s.last").TextContent);
        Assert.Equal(["p50", "p90", "p99"], strip.FindAll(".end").Select(e => e.TextContent));
        Assert.NotNull(strip.Find("path.failing"));
    }

    [Fact]
    public void The_large_strip_of_a_run_that_fell_over_ends_in_a_cross_with_words()
    {
        var strip = scene.Render<LargeStrip>(p => p.Add(s => s.Seconds, [new StripSecond(0, 500, 20, 24, 30)]).Add(s => s.Total, 4).Add(s => s.FellOverAt, 1).Add(s => s.FellOverSays, "no more good answers"));

        Assert.Equal("✕ no more good answers", strip.Find(".fell").TextContent.Trim());
        Assert.Equal("left:25%", strip.Find(".fell").GetAttribute("style"));
        Assert.Empty(strip.FindAll(".end"));
        Assert.EndsWith("; fell over after 1 second", strip.Find(".lstrip").GetAttribute("aria-label"), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(10, new[] { 0d, 2, 4, 6, 8, 10 })]
    [InlineData(1, new[] { 0d, 1 })]
    [InlineData(60, new[] { 0d, 10, 20, 30, 40, 50, 60 })]
    [InlineData(61.5, new[] { 0d, 10, 20, 30, 40, 50, 61.5 })]
    public void The_ruler_names_few_round_seconds_and_the_last(double total, double[] expected) => Assert.Equal(expected, LargeStripShape.Labels(total));

    [GeneratedRegex(@"M[\d.]+ (\d+)V(\d+)")]
    private static partial Regex Tick();
}
