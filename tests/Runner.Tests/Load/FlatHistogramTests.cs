using CsCheck;
using Wobble.Results.Statistics;
using Wobble.Runner.Load;

namespace Wobble.Runner.Tests.Load;

public sealed class FlatHistogramTests
{
    private static readonly Gen<long> Latency = Gen.Frequency(
        (6, Gen.Long[0, 100_000_000]),
        (2, Gen.Long[0, Histograms.Highest]),
        (1, Gen.Int[0, 60].Select(i => 1L << Math.Min(i, 36))),
        (1, Gen.OneOf(0L, 1L, 511L, 512L, 1_048_575L, 1_048_576L, Histograms.Highest - 1, Histograms.Highest, long.MaxValue)));

    [Fact]
    public void It_is_the_library_s_histogram_bucket_for_bucket() =>
        Latency.Array[0, 200].Sample(values =>
        {
            var ours = new FlatHistogram();
            var theirs = Histograms.Create();
            foreach (long value in values)
            {
                ours.Record(value);
                Histograms.Record(theirs, value);
            }
            using var buffer = new HistogramBuffer();

            byte[] encoded = ours.Encode(buffer);

            Assert.Equal(Histograms.Encode(theirs), encoded);
            Assert.Equal(values.Length, Histograms.Decode(encoded).TotalCount);
        }, iter: 500);

    [Fact]
    public void Parts_merge_to_the_whole_and_a_cleared_one_is_empty() =>
        Gen.Select(Latency.Array[0, 50], Latency.Array[0, 50]).Sample((first, second) =>
        {
            var (a, b, whole) = (new FlatHistogram(), new FlatHistogram(), new FlatHistogram());
            foreach (long value in first) a.Record(value);
            foreach (long value in second) b.Record(value);
            foreach (long value in first.Concat(second)) whole.Record(value);
            using var buffer = new HistogramBuffer();

            a.Add(b);

            Assert.Equal(whole.Encode(buffer), a.Encode(buffer));
            a.Clear();
            Assert.Equal(new FlatHistogram().Encode(buffer), a.Encode(buffer));
        }, iter: 200);

    [Fact]
    public void Large_counts_survive_their_encoding()
    {
        var histogram = new FlatHistogram();
        for (int i = 0; i < 300_000; i++) histogram.Record(5_000_000);
        using var buffer = new HistogramBuffer();

        Assert.Equal(300_000, Histograms.Decode(histogram.Encode(buffer)).GetCountAtValue(5_000_000));
    }
}
