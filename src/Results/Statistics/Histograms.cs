using System.Buffers.Binary;
using System.IO.Compression;
using HdrHistogram;
using HdrHistogram.Encoding;
using HdrHistogram.Utilities;

namespace Wobble.Results.Statistics;

/// <summary>
/// The one kind of histogram Wobble has: nanoseconds, 1 µs to 60 s, 3 significant digits (a bucket is at most 0.1% wide). Percentiles are never
/// averaged: histograms are merged. Values outside the range are clamped by the recorder, so <see cref="Record"/> never throws.
/// </summary>
public static class Histograms
{
    /// <summary>Least value told apart, ns.</summary>
    public const long Lowest = 1_000;
    /// <summary>Greatest value, ns: 60 s. The library's bucket width is a 32-bit shift and wrong beyond some 36 minutes.</summary>
    public const long Highest = 60_000_000_000;
    /// <summary>Significant digits.</summary>
    public const int Digits = 3;

    // Cookie of the format, and length of what follows: 4 bytes each, big-endian.
    private const uint CompressedV2Cookie = 0x1c849314;
    private const int HeaderLength = 8;
    // Of what is compressed: cookie, length, offset, digits, lowest, highest, ratio.
    private const uint V2Cookie = 0x1c849313;
    private const int PlainHeader = 40;
    // Every bucket of the range with a count of 9 bytes has 265 kB.
    private const int LargestPlain = 512 * 1024;
    private const int LargestCompressed = 512 * 1024;
    private const long MaxCount = 1_000_000_000_000;
    private static readonly HistogramEncoderV2 Encoder = new();

    /// <summary>An empty histogram.</summary>
    public static LongHistogram Create() => new(Lowest, Highest, Digits);

    /// <summary>Counts one value, clamped to the range.</summary>
    public static void Record(LongHistogram histogram, long ns)
    {
        ArgumentNullException.ThrowIfNull(histogram);
        histogram.RecordValue(Math.Clamp(ns, 0, Highest));
    }

    /// <summary>HDR V2 compressed, as other HDR tools read it.</summary>
    public static byte[] Encode(LongHistogram histogram)
    {
        ArgumentNullException.ThrowIfNull(histogram);
        var buffer = ByteBuffer.Allocate(histogram.GetNeededByteBufferCapacity());
        var payload = new byte[histogram.Encode(buffer, Encoder)];
        buffer.Position = 0;
        for (int i = 0; i < payload.Length; i++) payload[i] = buffer.Get();

        // Not the library's own compression: that deflates its whole buffer and leaves out zlib's checksum, which strict readers (Python, JavaScript) refuse.
        using var stream = new MemoryStream();
        stream.Write(stackalloc byte[HeaderLength]);
        using (var zlib = new ZLibStream(stream, CompressionLevel.Optimal, leaveOpen: true)) zlib.Write(payload);
        byte[] bytes = stream.ToArray();
        BinaryPrimitives.WriteUInt32BigEndian(bytes, CompressedV2Cookie);
        BinaryPrimitives.WriteInt32BigEndian(bytes.AsSpan(sizeof(uint)), bytes.Length - HeaderLength);
        return bytes;
    }

    /// <summary>Reads what <see cref="Encode"/> wrote.</summary>
    public static LongHistogram Decode(byte[] bytes)
    {
        ArgumentNullException.ThrowIfNull(bytes);
        var buffer = ByteBuffer.Allocate(bytes);
        return (LongHistogram)HistogramEncoding.DecodeFromCompressedByteBuffer(buffer, 0);
    }

    /// <summary>Adds what <see cref="Encode"/> wrote to a histogram, to the request, without making another.</summary>
    public static void Add(LongHistogram to, byte[] part)
    {
        ArgumentNullException.ThrowIfNull(to);
        ArgumentNullException.ThrowIfNull(part);
        if (!HistogramParts.TryAdd(to, part)) to.Add(Decode(part));
    }

    /// <summary>Why bytes that nobody vouches for are no histogram as <see cref="Encode"/> writes it; null when they are. Costs at most what a real one costs.</summary>
    public static string? Refuse(byte[] bytes)
    {
        ArgumentNullException.ThrowIfNull(bytes);
        const string allowed = "an HDR histogram (V2, compressed) of 1 µs to 60 s and 3 digits";
        if (bytes.Length is < HeaderLength or > LargestCompressed || BinaryPrimitives.ReadUInt32BigEndian(bytes) != CompressedV2Cookie || BinaryPrimitives.ReadInt32BigEndian(bytes.AsSpan(sizeof(uint))) != bytes.Length - HeaderLength) return allowed;
        try
        {
            // The library makes room for whatever range the header names, so that is looked at first.
            byte[] plain = new byte[LargestPlain + 1];
            using var zlib = new ZLibStream(new MemoryStream(bytes, HeaderLength, bytes.Length - HeaderLength), CompressionMode.Decompress);
            int length = zlib.ReadAtLeast(plain, plain.Length, throwOnEndOfStream: false);
            if (length is < PlainHeader or > LargestPlain) return allowed;
            var header = plain.AsSpan(0, PlainHeader);
            if (BinaryPrimitives.ReadUInt32BigEndian(header) != V2Cookie || BinaryPrimitives.ReadInt32BigEndian(header[4..]) != length - PlainHeader || BinaryPrimitives.ReadInt32BigEndian(header[8..]) != 0
                || BinaryPrimitives.ReadInt32BigEndian(header[12..]) != Digits || BinaryPrimitives.ReadInt64BigEndian(header[16..]) != Lowest || BinaryPrimitives.ReadInt64BigEndian(header[24..]) != Highest) return allowed;
            var decoded = Decode(bytes);
            return decoded.TotalCount is < 0 or > MaxCount || decoded.RecordedValues().Any(v => v.CountAtValueIteratedTo is < 0 or > MaxCount) ? $"{allowed}, with counts of 0 to {MaxCount}" : null;
        }
        catch (Exception e) when (e is InvalidDataException or ArgumentException or InvalidOperationException or IndexOutOfRangeException or ArithmeticException or OutOfMemoryException)
        {
            return allowed;
        }
    }

    /// <summary>All of them in one.</summary>
    public static LongHistogram Merge(IEnumerable<byte[]> parts)
    {
        ArgumentNullException.ThrowIfNull(parts);
        var all = Create();
        foreach (byte[] part in parts) Add(all, part);
        return all;
    }
}
