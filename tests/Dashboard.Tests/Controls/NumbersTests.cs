using Wobble.Dashboard.Components.Controls;
using Wobble.Results.Queries;

namespace Wobble.Dashboard.Tests.Controls;

public sealed class NumbersTests
{
    [Theory]
    [InlineData(null, "–")]
    [InlineData(0d, "0")]
    [InlineData(.0523, "0.0523")]
    [InlineData(.125, "0.125")]
    [InlineData(4.711, "4.71")]
    [InlineData(81.94, "81.9")]
    [InlineData(99.96, "100")]
    [InlineData(134.4, "134")]
    [InlineData(4446.4, "4,446")]
    [InlineData(-3.5, "−3.50")]
    [InlineData(double.NaN, "–")]
    public void What_was_measured_has_three_digits(double? value, string expected) => Assert.Equal(expected, Numbers.Three(value));

    [Theory]
    [InlineData(.82, "0.820 ms")]
    [InlineData(81.94, "81.9 ms")]
    [InlineData(9_999d, "9,999 ms")]
    [InlineData(12_400d, "12.4 s")]
    [InlineData(null, "–")]
    public void A_latency_turns_to_seconds_at_ten(double? ms, string expected) => Assert.Equal(expected, Numbers.Latency(ms));

    [Theory]
    [InlineData(.5, "0.5")]
    [InlineData(20, "20")]
    [InlineData(1_000, "1,000")]
    [InlineData(-10, "−10")]
    public void A_tick_has_no_needless_digit(double value, string expected) => Assert.Equal(expected, Numbers.Tick(value));

    [Theory]
    [InlineData(0, "0:00")]
    [InlineData(-5, "0:00")]
    [InlineData(23, "0:23")]
    [InlineData(3_900, "1:05:00")]
    public void A_span_is_said_as_a_clock(double seconds, string expected) => Assert.Equal(expected, Numbers.Clock(TimeSpan.FromSeconds(seconds)));

    [Theory]
    [InlineData(60, "60")]
    [InlineData(2.5, "2.50")]
    [InlineData(9.999, "10")]
    public void Whole_seconds_have_no_decimals(double seconds, string expected) => Assert.Equal(expected, Numbers.Seconds(seconds));

    [Theory]
    [InlineData(.71, "71%")]
    [InlineData(.019, "1.9%")]
    [InlineData(0d, "0%")]
    [InlineData(double.NaN, "–")]
    public void A_share_is_a_percentage(double share, string expected) => Assert.Equal(expected, Numbers.Percent(share));

    [Theory]
    [InlineData(96, "96.0 MB")]
    [InlineData(1_390, "1.36 GB")]
    public void Memory_turns_to_gigabytes(double mb, string expected) => Assert.Equal(expected, Numbers.Megabytes(mb));

    [Theory]
    [InlineData(1, false, "1 run")]
    [InlineData(12, false, "12 runs")]
    [InlineData(1_000, true, "more than 1,000 runs")]
    public void A_count_that_stopped_says_so(int value, bool isMore, string expected) => Assert.Equal(expected, Numbers.Bounded(new BoundedCount(value, isMore), "run"));
}
