using Wobble.Results.Domain;
using Wobble.Results.Statistics;

namespace Wobble.Results.Tests;

public sealed class DurationTests
{
    [Theory]
    [InlineData("500ms", 500)]
    [InlineData("10s", 10_000)]
    [InlineData("2m", 120_000)]
    [InlineData("0s", 0)]
    [InlineData("1.5s", 1_500)]
    public void Reads_what_people_write(string text, double milliseconds)
    {
        Assert.True(Duration.TryParse(text, out var value));
        Assert.Equal(milliseconds, value.TotalMilliseconds);
        Assert.True(Duration.TryParse(Duration.Format(value), out var again));
        Assert.Equal(value, again);
    }

    [Theory]
    [InlineData("")]
    [InlineData(null)]
    [InlineData("10")]
    [InlineData("-1s")]
    [InlineData("s")]
    [InlineData("1e9s")]
    [InlineData("ten seconds")]
    public void Refuses_the_rest(string? text) => Assert.False(Duration.TryParse(text, out _));

    [Fact]
    public void Histogram_survives_its_encoding()
    {
        var histogram = Histograms.Create();
        for (int i = 1; i <= 10_000; i++) Histograms.Record(histogram, i * 10_000L);

        var again = Histograms.Merge([Histograms.Encode(histogram)]);

        Assert.Equal(10_000, again.TotalCount);
        Assert.Equal(histogram.GetValueAtPercentile(99), again.GetValueAtPercentile(99));
    }
}
