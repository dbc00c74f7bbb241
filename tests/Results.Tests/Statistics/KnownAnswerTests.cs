using Wobble.Results.Statistics;

namespace Wobble.Results.Tests.Statistics;

/// <summary>The known answers that every method of docs/measuring.md must give, to four digits.</summary>
public sealed class KnownAnswerTests
{
    [Fact]
    public void One_configuration()
    {
        Near(28.4439, 24.6078, 32.8781, TypicalRun.Of([26, 33, 25, 28, 31]));
        Assert.Null(TypicalRun.Of([26, 33]).Low);
    }

    [Fact]
    public void Two_configurations_paired_by_round()
    {
        var ratio = Ratio.Paired([82, 72, 66, 77, 71], [26, 23, 33, 27, 25]);

        Near(2.7592, 2.1886, 3.4786, ratio.Interval);
        Assert.Equal(0.1866, ratio.SdOfLogRatio!.Value, 4);
        Assert.Equal("A's p99 is 2.1 to 3.5 times B's", Verdict.Of("A", "B", Metric.P99, ratio).Sentence);
    }

    [Fact]
    public void Three_rounds_that_cannot_tell()
    {
        var ratio = Ratio.Paired([29.1, 31.0, 27.4], [28.3, 32.2, 26.1]);

        Near(1.0129, 0.9053, 1.1333, ratio.Interval);
        var verdict = Verdict.Of("A", "B", Metric.P99, ratio);
        Assert.Equal(Difference.CantTell, verdict.Difference);
        Assert.Matches("^can't tell: A's p99 is between 9.5% lower and 14% higher than B's; about \\d+ rounds would tell \\+10%$", verdict.Sentence);
    }

    [Fact]
    public void No_number_of_rounds_is_promised_that_was_run_already()
    {
        // Ten rounds, s_d .08, mean + 5%: the formula says 8.
        double[] around = [.08, -.08, .08, -.08, .08, -.08, .08, -.08, .024, -.024];
        var ratio = Ratio.Paired([.. around.Select(d => 30 * 1.05 * Math.Exp(d))], [.. around.Select(_ => 30.0)]);

        Assert.InRange(ratio.RoundsToTell(.10)!.Value, 5, 10);
        Assert.EndsWith("; the difference is near what matters (+10%) or below it: more rounds may tell", Verdict.Of("A", "B", Metric.P99, ratio).Sentence, StringComparison.Ordinal);
    }

    [Fact]
    public void After_a_look_more_rounds_are_needed()
    {
        double[] a = [31, 45, 20, 38, 25], b = [30, 30, 30, 30, 30];

        int usual = Ratio.Paired(a, b).RoundsToTell(.10)!.Value, later = Ratio.Paired(a, b, Student.AfterALook).RoundsToTell(.10)!.Value;

        Assert.InRange((later - 2.0) / (usual - 2.0), 1.22, 1.28);
    }

    [Fact]
    public void Ten_rounds_that_differ_too_little_to_matter()
    {
        var ratio = Ratio.Paired(
            [5138, 4890, 5310, 5022, 5205, 4975, 5260, 5101, 5044, 5187],
            [5009, 4812, 5244, 4901, 5120, 4930, 5127, 5036, 4920, 5111]);

        Near(1.0184, 1.0138, 1.0229, ratio.Interval);
        var verdict = Verdict.Of("A", "B", Metric.Throughput, ratio);
        Assert.Equal(Difference.Same, verdict.Difference);
        Assert.Equal("A's throughput differs from B's by 1.3 to 2.3%, too little to matter", verdict.Sentence);
    }

    [Fact]
    public void One_run_within_itself()
    {
        Near(72.4, 67.4107, 77.7586, WithinRun.Of(72.4, [70.1, 75.0, 68.8, 74.9]));
        Assert.Equal(0.0224, Math.Log(77.7586 / 72.4) / Student.Quantile(3), 4);
        // Against any other single run.
        var ratio = Ratio.Paired([72.4], [31]);
        Assert.Null(ratio.Interval.Low);
        Assert.Equal(Difference.CantTell, Verdict.Of("A", "B", Metric.P99, ratio).Difference);
    }

    [Theory]
    [InlineData(2, 4.3027)]
    [InlineData(3, 3.1824)]
    [InlineData(4, 2.7764)]
    [InlineData(9, 2.2622)]
    public void Quantiles_of_Students_t(double degrees, double quantile) => Assert.Equal(quantile, Student.Quantile(degrees), 4);

    [Fact]
    public void Of_5_000_requests_p99_may_be_shown_and_judged_and_p99_9_may_not()
    {
        Assert.Equal((50, true, true), (Percentiles.Slower(5_000, 99), Percentiles.MayShow(5_000, 99), Percentiles.MayJudge(5_000, 99)));
        Assert.Equal((5, false, false), (Percentiles.Slower(5_000, 99.9), Percentiles.MayShow(5_000, 99.9), Percentiles.MayJudge(5_000, 99.9)));
        var numbered = Histograms.Create();
        for (int i = 1; i <= 5_000; i++) numbered.RecordValue(i * 10_000L);
        // The value of rank 4,950, as near as a bucket is wide.
        Assert.Equal(49.5, Percentiles.Ms(numbered, 99), 0.05);
    }

    [Fact]
    public void An_extreme_run_is_flagged_and_trimmed_beside_the_verdict()
    {
        double[] a = [31, 29, 30, 33, 28, 71, 30, 32, 29, 31], b = [27, 26, 28, 28, 26, 27, 25, 29, 27, 26];

        Near(1.2275, 1.0110, 1.4903, Ratio.Paired(a, b).Interval);
        Near(1.1351, 1.0654, 1.2093, Ratio.Trimmed(a, b)!.Interval);
        Assert.Equal([5], OutlierRuns.Of(a));
        Assert.Empty(OutlierRuns.Of(b));
    }

    private static readonly double[][] Six = [[31, 33, 30], [32, 35, 31], [36, 40, 34], [75, 84, 72], [139, 150, 121], [355, 402, 340]];

    [Fact]
    public void Six_configurations_share_their_noise()
    {
        var noise = new SharedNoise(Six);

        Assert.Equal(0.0255, Math.Sqrt(noise.Pooled), 4);
        double[] moderated = [0.0315, 0.0222, 0.0186, 0.0197, 0.0466, 0.0213];
        for (int i = 0; i < 6; i++) Assert.Equal(moderated[i], Math.Sqrt(noise.Moderated[i]), 4);
        Assert.Equal(1.8491, noise.T(0, 1), 4);
        Assert.Equal(7.1864, noise.Degrees(0, 1), 4);
        Assert.Equal(0.1058, noise.P(0, 1), 4);
        Assert.Equal(7.3733, noise.T(0, 2), 4);
        Assert.Equal(6.4875, noise.Degrees(0, 2), 4);
        Assert.Equal(0.000221, noise.P(0, 2), 6);
        Near(1.0420, 0.9889, 1.0979, noise.Ratio(1, 0).Interval);
        Near(1.1685, 1.1107, 1.2293, noise.Ratio(2, 0).Interval);
        Near(11.6496, 11.0609, 12.2697, noise.Ratio(5, 0).Interval);
    }

    [Fact]
    public void Six_configurations_are_ranked_by_ranges_and_letters()
    {
        var noise = new SharedNoise(Six);
        var holm = Ranking.Holm(6, noise.P).ToDictionary(h => (h.I, h.J), h => h.Adjusted);

        Assert.Equal(0.000451, holm[(0, 2)], 6);
        Assert.Equal(0.000451, holm[(1, 2)], 6);
        Assert.Equal(0.000150, noise.P(1, 2), 6);
        Assert.Equal(
            ["1–2 a", "1–2 a", "3–3 b", "4–4 c", "5–5 d", "6–6 e"],
            Ranking.Of(noise).Select(p => $"{p.RankLow}–{p.RankHigh} {p.Letters}"));
    }

    [Fact]
    public void Letters_show_a_chain()
    {
        // A = B, B = C, A < C.
        var places = Ranking.Of([10, 11, 12], (i, j) => (i, j) is (0, 2) or (2, 0) ? 0.001 : 0.6);

        Assert.Equal(["a", "ab", "b"], places.Select(p => p.Letters));
        Assert.Equal([(1, 2), (1, 3), (2, 3)], places.Select(p => (p.RankLow, p.RankHigh)));
    }

    [Fact]
    public void A_step_in_the_history_is_found_where_it_is()
    {
        double[] runs = [31, 30, 32, 29, 31, 30, 33, 31, 38, 37, 39, 36, 38, 40, 37];

        var (q, after) = History.Strongest(runs);
        Assert.Equal(1.1875, History.Strongest(runs).Q, 4);
        Assert.Equal(8, after);
        Assert.True(q > 0);
        var change = Assert.Single(History.Changes(runs, 0.10));
        Assert.Equal(8, change.After);
        Assert.InRange(change.P, 0.001, 0.002);
        Assert.Equal(1.2264, change.Ratio, 4);
    }

    [Fact]
    public void A_new_run_is_as_before_within_the_known_bounds() =>
        Near(null, 28.1734, 33.8448, History.AsBefore([31, 30, 32, 29, 31, 30, 33, 31, 30, 32])!);

    [Fact]
    public void Capacity_at_an_objective()
    {
        double[] rates = [800, 880, 920, 950, 1000, 1040, 1100], p99 = [21, 24.5, 26, 29, 33, 35, 44];

        var estimate = Capacity.Estimate([.. rates.Zip(p99, (r, p) => new CapacityRun(r, p))], 30)!;

        Assert.Equal(2.2770, estimate.Slope, 4);
        Near(957.2879, 937.8478, 977.1310, estimate.Rate);
        Assert.Equal(937, estimate.Assured);
    }

    [Fact]
    public void Freezes_are_a_rate()
    {
        Near(0.6, 0.1237, 1.7535, Freezes.Of(3, 300).PerMinute);
        Assert.Equal(0.7378, Freezes.Of(0, 300).PerMinute.High!.Value, 4);
        Assert.Equal(1, Freezes.Of([100, 102, 98, 3, 101]).Count);
        // More frozen seconds than others: none of them is the measure.
        Assert.Equal(3, Freezes.Of([0, 0, 0, 101, 99]).Count);
        Assert.Equal(3, Freezes.RateOf([0, 0, 0, 101, 99])!.Count);
        Assert.Null(Freezes.RateOf([3, 5, 2, 6, 1, 4, 3, 0]));
        Assert.Null(Freezes.RateOf([]));
    }

    [Theory]
    [InlineData(2.1886, "2.1")]
    [InlineData(11.0609, "11")]
    [InlineData(937.8, "930")]
    [InlineData(0.0532, "0.053")]
    [InlineData(10, "10")]
    public void Rounding_down_keeps_two_significant_digits(double value, string text) => Assert.Equal(text, Verdict.Down(value));

    [Theory]
    [InlineData(3.4786, "3.5")]
    [InlineData(9.96, "10")]
    [InlineData(12.01, "13")]
    public void Rounding_up_keeps_two_significant_digits(double value, string text) => Assert.Equal(text, Verdict.Up(value));

    private static void Near(double? value, double low, double high, Interval interval)
    {
        if (value is { } v) Assert.Equal(v, interval.Value, 4);
        Assert.Equal(low, interval.Low!.Value, 4);
        Assert.Equal(high, interval.High!.Value, 4);
    }
}
