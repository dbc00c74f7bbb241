using System.Buffers.Binary;
using System.IO.Compression;
using System.Numerics;
using System.Runtime.CompilerServices;
using Wobble.Results.Statistics;

namespace Wobble.Runner.Load;

/// <summary>
/// The hot thread's histogram: the buckets of <see cref="Histograms"/> in one flat array, so that recording is a shift and an increment (1–2 ns) and
/// encoding allocates next to nothing. A test holds it to the library's own, bucket for bucket.
/// </summary>
internal sealed class FlatHistogram
{
    // HDR's layout for 1 µs and 3 digits: units of 512 ns, 2,048 sub-buckets, each further bucket twice as wide.
    private const int UnitShift = 9;
    private const int SubBucketBits = 11;
    private const int SubBuckets = 1 << SubBucketBits;
    private const int Half = SubBuckets / 2;
    private const long FirstBucketMask = (long)(SubBuckets - 1) << UnitShift;

    private readonly long[] counts = new long[IndexOf(Histograms.Highest) + 1];

    public long Count { get; private set; }

    /// <summary>Counts a value in ns, clamped to the range.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Record(long ns)
    {
        counts[IndexOf(Math.Clamp(ns, 0, Histograms.Highest))]++;
        Count++;
    }

    public void Clear()
    {
        if (Count == 0) return;
        Array.Clear(counts);
        Count = 0;
    }

    public void Add(FlatHistogram other)
    {
        if (other.Count == 0) return;
        for (int i = 0; i < counts.Length; i++) counts[i] += other.counts[i];
        Count += other.Count;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static int IndexOf(long ns)
    {
        int bucket = 64 - UnitShift - SubBucketBits - BitOperations.LeadingZeroCount((ulong)(ns | FirstBucketMask));
        int sub = (int)(ns >> (bucket + UnitShift));
        return ((bucket + 1) << (SubBucketBits - 1)) + sub - Half;
    }

    /// <summary>HDR V2 compressed, byte for byte what <see cref="Histograms.Encode"/> makes of the same values. Not for the hot thread.</summary>
    public byte[] Encode(HistogramBuffer buffer)
    {
        int last = counts.Length - 1;
        while (last > 0 && counts[last] == 0) last--;
        buffer.Begin();
        for (int i = 0; i <= last; i++)
        {
            if (counts[i] != 0)
            {
                buffer.Write(counts[i]);
                continue;
            }
            int from = i;
            while (i < last && counts[i + 1] == 0) i++;
            // A run of empty buckets is one negative number; a single one is 0.
            buffer.Write(i == from ? 0 : from - i - 1);
        }
        return buffer.End();
    }
}

/// <summary>Memory that encodings share, so that a second's samples cost no large objects. One thread at a time.</summary>
internal sealed class HistogramBuffer : IDisposable
{
    // Cookies and fields of HDR's V2 format, all big-endian; see HdrHistogram's HistogramEncoderV2.
    private const int V2Cookie = 0x1c849313, CompressedV2Cookie = 0x1c849314;
    private const int HeaderLength = 40, CompressedHeaderLength = 8, LengthAt = 4, DigitsAt = 12, LowestAt = 16, HighestAt = 24, RatioAt = 32;
    private const int LongestNumber = 9;

    private readonly MemoryStream compressed = new();
    private byte[] payload = new byte[16 * 1024];
    private int length;

    public void Begin()
    {
        var header = payload.AsSpan(0, HeaderLength);
        header.Clear();
        BinaryPrimitives.WriteInt32BigEndian(header, V2Cookie);
        BinaryPrimitives.WriteInt32BigEndian(header[DigitsAt..], Histograms.Digits);
        BinaryPrimitives.WriteInt64BigEndian(header[LowestAt..], Histograms.Lowest);
        BinaryPrimitives.WriteInt64BigEndian(header[HighestAt..], Histograms.Highest);
        BinaryPrimitives.WriteDoubleBigEndian(header[RatioAt..], 1);
        length = HeaderLength;
    }

    /// <summary>ZigZag, then 7 bits a byte, least first; a ninth byte holds 8.</summary>
    public void Write(long value)
    {
        if (payload.Length - length < LongestNumber) Array.Resize(ref payload, payload.Length * 2);
        ulong left = (ulong)((value << 1) ^ (value >> 63));
        for (int i = 1; i < LongestNumber && left >= 0x80; i++)
        {
            payload[length++] = (byte)(left | 0x80);
            left >>= 7;
        }
        payload[length++] = (byte)left;
    }

    public byte[] End()
    {
        BinaryPrimitives.WriteInt32BigEndian(payload.AsSpan(LengthAt), length - HeaderLength);
        compressed.SetLength(0);
        compressed.Write(stackalloc byte[CompressedHeaderLength]);
        using (var zlib = new ZLibStream(compressed, CompressionLevel.Optimal, leaveOpen: true)) zlib.Write(payload, 0, length);
        byte[] bytes = compressed.ToArray();
        BinaryPrimitives.WriteInt32BigEndian(bytes, CompressedV2Cookie);
        BinaryPrimitives.WriteInt32BigEndian(bytes.AsSpan(LengthAt), bytes.Length - CompressedHeaderLength);
        return bytes;
    }

    public void Dispose() => compressed.Dispose();
}
