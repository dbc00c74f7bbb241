using HdrHistogram;
using Wobble.Results.Facts;
using Wobble.Results.Statistics;
using Wobble.Results.Statistics.Doubts;
using Wobble.Tests.Support;

namespace Wobble.Results.Tests.Statistics;

public class RunSumsTests
{
    [Theory, InlineData(1), InlineData(40), InlineData(20_000)]
    public void A_part_adds_up_count_by_count_as_a_decoded_one_does(int values)
    {
        var random = new Random(7);
        var histogram = Histograms.Create();
        for (int i = 0; i < values; i++) Histograms.Record(histogram, (long)Math.Exp(random.NextDouble() * Math.Log(Histograms.Highest)));
        histogram.RecordValueWithCount(Histograms.Highest, 5_000_000_000);
        histogram.RecordValueWithCount(0, 3);
        byte[] part = Histograms.Encode(histogram);

        var added = Histograms.Create();
        Histograms.Add(added, part);
        Histograms.Add(added, part);

        var decoded = Histograms.Create();
        for (int i = 0; i < 2; i++) decoded.Add(Histograms.Decode(part));
        Assert.Equal(Values(decoded), Values(added));
        Assert.Equal(decoded.TotalCount, added.TotalCount);
    }

    [Fact]
    public void Many_percentiles_in_one_pass_are_those_of_each_by_itself()
    {
        var random = new Random(3);
        var histogram = Histograms.Create();
        for (int i = 0; i < 3_000; i++) Histograms.Record(histogram, random.NextInt64(1, 900_000_000));
        double[] percentiles = [0, .01, 10, 50, 50, 90, 99, 99.9, 99.99, 100];

        Assert.Equal(percentiles.Select(p => Percentiles.Ms(histogram, p)), Percentiles.Many(histogram, percentiles));
        Assert.All(Percentiles.Many(Histograms.Create(), percentiles), p => Assert.True(double.IsNaN(p)));
    }

    [Fact]
    public void A_part_of_another_programs_bounds_is_added_too()
    {
        var other = new LongHistogram(1, 3_600_000_000, 2);
        other.RecordValue(25_000_000);
        using var stream = new MemoryStream();
        var buffer = HdrHistogram.Utilities.ByteBuffer.Allocate(other.GetNeededByteBufferCapacity() + 100);
        int length = other.EncodeIntoCompressedByteBuffer(buffer);
        buffer.Position = 0;
        for (int i = 0; i < length; i++) stream.WriteByte(buffer.Get());

        var all = Histograms.Create();
        Histograms.Add(all, stream.ToArray());

        Assert.Equal(1, all.TotalCount);
    }

    [Fact]
    public void A_second_of_a_long_run_costs_its_bytes_and_no_histogram()
    {
        var short_ = Facts(400);
        var long_ = Facts(1_400);
        RunResults.From(short_);

        long few = Allocated(() => RunResults.From(short_)), many = Allocated(() => RunResults.From(long_));

        // A decoded histogram takes 150 KB; the result kept one for each second once, and a run of five hours took 6 GB.
        Assert.InRange((many - few) / 1_000, 0, 20_000);
    }

    [Fact]
    public void The_first_sixth_and_the_last_half_are_those_of_the_whole_seconds()
    {
        var samples = Enumerable.Range(0, 13).Select(i => Sample(i, 10 * (i + 1), i == 12 ? .4 : 1)).ToList();
        var facts = Facts(1) with { Samples = samples };

        var reading = new RunReading(facts, samples);

        Assert.Equal((12, 2, 6), (reading.WholeSeconds, reading.FirstSeconds, reading.LastSeconds));
        Assert.Equal((10 + 20, 70 + 80 + 90 + 100 + 110 + 120), (reading.FirstSixth.TotalCount, reading.LastHalf.TotalCount));
        Assert.Equal(13 * 14 / 2 * 10, reading.Latency.TotalCount);
    }

    private static RunFacts Facts(int seconds)
    {
        var plan = SamplePlans.For(new FactsBuilder().Definition);
        return new RunFacts { Plan = plan, Load = plan.Load, Environment = SamplePlans.Environment, Samples = [.. Enumerable.Range(0, seconds).Select(i => Sample(i, 200, 1))] };
    }

    private static SampleFact Sample(int second, int requests, double length)
    {
        var histogram = Histograms.Create();
        for (int i = 0; i < requests; i++) Histograms.Record(histogram, 10_000_000 + (50_000 * i));
        return new SampleFact
        {
            Stage = 1,
            Second = second,
            Length = length,
            Kinds = [new KindSample { Kind = "row", Requests = requests, Latency = Histograms.Encode(histogram) }],
            Generator = new GeneratorSample { Busy = .3, CpuSeconds = .3 },
            Host = new HostSample(1, 0, 0),
        };
    }

    private static long Allocated(Action act)
    {
        long before = GC.GetAllocatedBytesForCurrentThread();
        act();
        return GC.GetAllocatedBytesForCurrentThread() - before;
    }

    private static List<(long, long)> Values(LongHistogram histogram) => [.. histogram.RecordedValues().Select(v => (v.ValueIteratedTo, v.CountAtValueIteratedTo))];
}
