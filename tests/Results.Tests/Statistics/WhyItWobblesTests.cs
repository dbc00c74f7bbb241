using Wobble.Results.Statistics;

namespace Wobble.Results.Tests.Statistics;

public class WhyItWobblesTests
{
    [Fact]
    public void Jains_index_is_1_for_equal_shares_and_1_of_n_when_one_has_all()
    {
        Assert.Equal(1, Evenness.Of([3, 3, 3])!.Value, 12);
        Assert.Equal(.25, Evenness.Of([0, 8, 0, 0])!.Value, 12);
        Assert.Equal(36.0 / 42, Evenness.Of([1, 2, 3])!.Value, 12);
        Assert.Null(Evenness.Of([5]));
        Assert.Null(Evenness.Of([0, 0]));
    }

    [Fact]
    public void Ties_share_the_mean_of_their_ranks() => Assert.Equal([-2, .5, .5, .5, -2, 2.5], RankCorrelation.Ranks([1, 4, 4, 4, 1, 9]));

    [Fact]
    public void Spearmans_rank_correlation_is_the_textbooks()
    {
        // 1 − 6·Σd²/(n(n²−1)) with n = 20: neighbours swapped give Σd² = 20.
        double[] x = [.. Enumerable.Range(0, 20).Select(i => (double)i)];
        double[] y = [.. Enumerable.Range(0, 20).Select(i => Math.Exp(i % 2 == 0 ? i + 1 : i - 1))];

        var found = RankCorrelation.Of(x, y)!;

        Assert.Equal(1 - (6.0 * 20 / (20 * 399)), found.Rho, 10);
        Assert.True(found.Low < found.Rho && found.Rho < found.High && found.High < 1);
        Assert.Equal(-1, RankCorrelation.Of(x, [.. x.Select(v => -v)])!.Rho, 10);
    }

    [Fact]
    public void Too_few_seconds_and_what_never_changes_say_nothing()
    {
        double[] x = [.. Enumerable.Range(0, 19).Select(i => (double)i)];
        Assert.Null(RankCorrelation.Of(x, x));
        Assert.Null(RankCorrelation.Of([.. x, 20], [.. Enumerable.Repeat(3.0, 20)]));
    }

    [Theory, InlineData(0), InlineData(.6), InlineData(.8)]
    public void Slow_series_that_have_nothing_to_do_with_each_other_are_found_in_5_of_100(double neighbours)
    {
        var random = new Random(11);
        const int cases = 300;

        int found = Enumerable.Range(0, cases).Count(_ => RankCorrelation.Of(Slow(random, 60, neighbours), Slow(random, 60, neighbours))!.P <= .05);

        // 5% ± 3 standard errors of 300 cases. (Taken for independent, neighbours of .8 make it 30%.)
        Assert.InRange(found, 2, (int)(cases * .05 + 3 * Math.Sqrt(cases * .05 * .95)));
    }

    [Fact]
    public void What_makes_seconds_slow_is_found_and_what_only_wanders_is_not()
    {
        var random = new Random(5);
        double[] waits = Slow(random, 60, .5), other = Slow(random, 60, .5);
        double?[] p99 = [.. waits.Select(w => (double?)Math.Exp(3 + .3 * w + .15 * Normal(random)))];

        var causes = SlowSeconds.Causes(p99, [new("other", "ms", [.. other.Select(v => (double?)v)]), new("waiting", "ms", [.. waits.Select(v => (double?)v)]), new("absent", "ms", new double?[60]), new("still", "ms", [.. Enumerable.Repeat((double?)2, 60)])]);

        Assert.Equal(["waiting", "other", "still"], causes.Select(c => c.Name));
        Assert.True(causes[0].Moves && causes[0].Together!.Low > .5);
        Assert.True(causes[0].MeanWhenSlow > causes[0].Mean + 1);
        Assert.False(causes[1].Moves);
        Assert.Null(causes[2].Together);
    }

    [Fact]
    public void A_page_of_n_calls_waits_for_the_slowest()
    {
        // 1 … 100 ms, each 1,000 times: the q-quantile is 100·q ms.
        var histogram = Histograms.Create();
        for (int ms = 1; ms <= 100; ms++) histogram.RecordValueWithCount(ms * 1_000_000L, 1_000);

        var pages = PageOfCalls.Of(histogram, meanMs: 50.5);

        Assert.Equal([1, 10, 100], pages.Select(p => p.Calls));
        Assert.Equal([50, 94, 100], pages.Select(p => Math.Round(p.TypicalMs!.Value)));
        Assert.Equal([50.5, 505, 5_050], pages.Select(p => p.OneAfterAnotherMs));
        Assert.Equal(.634, pages[2].BeyondP99, 3);
        // 1 in 100 pages of 100 calls is p99.99 of a call, beyond which 10 of 100,000 lie; of 1,000 calls nothing can be said.
        Assert.NotNull(pages[2].OneInHundredMs);
        Assert.Null(PageOfCalls.Slowest(histogram, 1_000, .99));
    }

    private static double[] Slow(Random random, int count, double neighbours)
    {
        var values = new double[count];
        values[0] = Normal(random);
        for (int i = 1; i < count; i++) values[i] = (neighbours * values[i - 1]) + (Math.Sqrt(1 - (neighbours * neighbours)) * Normal(random));
        return values;
    }

    private static double Normal(Random random) => Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble());
}
