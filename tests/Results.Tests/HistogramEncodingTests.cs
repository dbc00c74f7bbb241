using System.Buffers.Binary;
using System.IO.Compression;
using HdrHistogram;
using Wobble.Results.Statistics;

namespace Wobble.Results.Tests;

public class HistogramEncodingTests
{
    [Theory, InlineData(0), InlineData(1), InlineData(5_000)]
    public void An_encoded_histogram_reads_back_to_the_request(int count)
    {
        var histogram = Filled(count);

        var read = Histograms.Decode(Histograms.Encode(histogram));

        Assert.Equal(histogram.TotalCount, read.TotalCount);
        Assert.Equal(histogram.RecordedValues().Select(v => (v.ValueIteratedTo, v.CountAtValueIteratedTo)), read.RecordedValues().Select(v => (v.ValueIteratedTo, v.CountAtValueIteratedTo)));
    }

    [Fact]
    public void The_payload_is_one_whole_zlib_stream_as_strict_readers_want_it()
    {
        byte[] bytes = Histograms.Encode(Filled(5_000));

        Assert.Equal(0x1c849314u, BinaryPrimitives.ReadUInt32BigEndian(bytes));
        Assert.Equal(bytes.Length - 8, BinaryPrimitives.ReadInt32BigEndian(bytes.AsSpan(4)));
        using var payload = new MemoryStream();
        using (var zlib = new ZLibStream(new MemoryStream(bytes, 8, bytes.Length - 8), CompressionMode.Decompress)) zlib.CopyTo(payload);
        // 40 bytes of header, then as many as it says: nothing is left over.
        Assert.Equal(payload.Length - 40, BinaryPrimitives.ReadInt32BigEndian(payload.GetBuffer().AsSpan(4)));
        Assert.Equal(Adler32(payload.ToArray()), BinaryPrimitives.ReadUInt32BigEndian(bytes.AsSpan(bytes.Length - 4)));
    }

    private static LongHistogram Filled(int count)
    {
        var random = new Random(1);
        var histogram = Histograms.Create();
        for (int i = 0; i < count; i++) Histograms.Record(histogram, random.NextInt64(15_000_000, 45_000_000));
        return histogram;
    }

    private static uint Adler32(byte[] bytes)
    {
        uint a = 1, b = 0;
        foreach (byte value in bytes) (a, b) = ((a + value) % 65521, (b + a + value) % 65521);
        return (b << 16) | a;
    }
}
