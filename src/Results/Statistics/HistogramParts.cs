using System.Buffers;
using System.Buffers.Binary;
using System.IO.Compression;
using HdrHistogram;

namespace Wobble.Results.Statistics;

/// <summary>
/// Reads encoded histograms count by count, or adds them to one that is there, without making the part itself: a decoded histogram takes 150 KB whatever it
/// holds, and a run has one for each second. HDR V2: 40 bytes of header, then each bucket's count as ZigZag LEB128 (a ninth byte holds 8 bits), a run of n empty buckets as −n.
/// </summary>
internal static class HistogramParts
{
    private const int V2Cookie = 0x1c849313, CompressedV2Cookie = 0x1c849314;
    private const int HeaderLength = 40, CompressedHeaderLength = 8;
    private const int LengthAt = 4, OffsetAt = 8, DigitsAt = 12, LowestAt = 16, HighestAt = 24;
    private const int LongestNumber = 9;
    // 1,000 ns at 3 digits: a bucket's values are told apart by 11 bits, half of them in each bucket after the first, in units of 512 ns.
    private const int UnitBits = 9, HalfBits = 10;
    // More than 60 s can need: a bound on what a broken length may ask for.
    private const int MostBytes = LongestNumber * (32 << HalfBits);

    /// <summary>False when the part has other bounds than <see cref="Histograms"/> (another program made it); nothing was added then.</summary>
    public static bool TryAdd(LongHistogram to, byte[] part) => TryVisit(part, to, static (to, index, count) => to.RecordValueWithCount(LeastOf(index), count));

    /// <summary>What it counted, rising: the greatest value of each bucket that isn't empty, ns, and its count. Null when it has other bounds than <see cref="Histograms"/>.</summary>
    public static IReadOnlyList<(long HighestNs, long Count)>? Read(byte[] part)
    {
        var counts = new List<(long, long)>();
        return TryVisit(part, counts, static (counts, index, count) => counts.Add((LeastOf(index + 1) - 1, count))) ? counts : null;
    }

    private static bool TryVisit<T>(byte[] part, T with, Action<T, int, long> take)
    {
        if (part.Length < CompressedHeaderLength || BinaryPrimitives.ReadInt32BigEndian(part) != CompressedV2Cookie) return false;
        byte[] payload = ArrayPool<byte>.Shared.Rent(32 * 1024);
        try
        {
            using var compressed = new MemoryStream(part, CompressedHeaderLength, part.Length - CompressedHeaderLength, writable: false);
            using var zlib = new ZLibStream(compressed, CompressionMode.Decompress);
            if (zlib.ReadAtLeast(payload.AsSpan(0, HeaderLength), HeaderLength, throwOnEndOfStream: false) < HeaderLength || !IsOurs(payload)) return false;
            int length = BinaryPrimitives.ReadInt32BigEndian(payload.AsSpan(LengthAt));
            if (length < 0 || length > MostBytes) return false;
            if (payload.Length < length)
            {
                ArrayPool<byte>.Shared.Return(payload);
                payload = ArrayPool<byte>.Shared.Rent(length);
            }
            if (zlib.ReadAtLeast(payload.AsSpan(0, length), length, throwOnEndOfStream: false) < length) return false;
            Visit(payload.AsSpan(0, length), with, take);
            return true;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(payload);
        }
    }

    private static bool IsOurs(ReadOnlySpan<byte> header) =>
        BinaryPrimitives.ReadInt32BigEndian(header) == V2Cookie
        && BinaryPrimitives.ReadInt32BigEndian(header[OffsetAt..]) == 0
        && BinaryPrimitives.ReadInt32BigEndian(header[DigitsAt..]) == Histograms.Digits
        && BinaryPrimitives.ReadInt64BigEndian(header[LowestAt..]) == Histograms.Lowest
        && BinaryPrimitives.ReadInt64BigEndian(header[HighestAt..]) == Histograms.Highest;

    private static void Visit<T>(ReadOnlySpan<byte> counts, T with, Action<T, int, long> take)
    {
        int at = 0, index = 0;
        while (at < counts.Length)
        {
            long count = Number(counts, ref at);
            if (count < 0) index = checked(index - (int)count);
            else
            {
                if (count > 0) take(with, index, count);
                index++;
            }
        }
    }

    private static long Number(ReadOnlySpan<byte> bytes, ref int at)
    {
        ulong value = 0;
        for (int i = 1, shift = 0; ; i++, shift += 7)
        {
            byte b = bytes[at++];
            if (i == LongestNumber)
            {
                value |= (ulong)b << shift;
                break;
            }
            value |= (ulong)(b & 0x7f) << shift;
            if (b < 0x80) break;
        }
        return (long)(value >> 1) ^ -(long)(value & 1);
    }

    // The least value of a bucket, by the layout of HDR's counts.
    private static long LeastOf(int index)
    {
        int bucket = (index >> HalfBits) - 1, within = (index & ((1 << HalfBits) - 1)) + (1 << HalfBits);
        if (bucket < 0) (bucket, within) = (0, within - (1 << HalfBits));
        return (long)within << (bucket + UnitBits);
    }
}
