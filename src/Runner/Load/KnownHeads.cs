using System.Buffers;

namespace Wobble.Runner.Load;

/// <summary>
/// Heads of answers as they came before, each with what the parser had made of it: an answer that begins with the same bytes needs no reading. Only the
/// value of Date may differ, since nothing in it matters but that it holds no control characters. Guarantees the same result as reading; what is new is
/// read, and learnt in place of the oldest. A server's answers mostly share one head, and comparing is some ten times quicker.
/// </summary>
internal sealed class KnownHeads
{
    // One for each kind of request of a usual mix, and one or two of errors. A power of two.
    private const int Most = 4;
    private const int Longest = 1024;

    private struct Head
    {
        public byte[] Bytes;
        public int Length;
        /// <summary>The value of Date, without what surrounds it; empty when there is none.</summary>
        public int DateAt, DateEnd;
        public ResponseParser After;
    }

    private readonly Head[] heads = new Head[Most];
    private int last, oldest;

    public KnownHeads()
    {
        for (int i = 0; i < Most; i++) heads[i].Bytes = new byte[Longest];
    }

    /// <summary>The length of the known head that <paramref name="data"/> begins with, and the parser as it is after it; 0 when there is none.</summary>
    public int Match(ReadOnlySpan<byte> data, ref ResponseParser parser)
    {
        for (int n = 0; n < Most; n++)
        {
            int index = (last + n) & (Most - 1);
            ref readonly var head = ref heads[index];
            if (head.Length == 0 || data.Length < head.Length) continue;
            ReadOnlySpan<byte> bytes = head.Bytes;
            if (!data[..head.DateAt].SequenceEqual(bytes[..head.DateAt])) continue;
            if (!data[head.DateEnd..head.Length].SequenceEqual(bytes[head.DateEnd..head.Length])) continue;
            if (data[head.DateAt..head.DateEnd].ContainsAny(ResponseParser.Controls)) continue;
            last = index;
            parser = head.After;
            return head.Length;
        }
        return 0;
    }

    /// <summary>Remembers a head that came in one piece, and the parser after it.</summary>
    public void Learn(ReadOnlySpan<byte> bytes, in ResponseParser after)
    {
        if (bytes.Length > Longest) return;
        ref var head = ref heads[oldest];
        last = oldest;
        oldest = (oldest + 1) & (Most - 1);
        bytes.CopyTo(head.Bytes);
        head.Length = bytes.Length;
        head.After = after;
        int line = bytes.IndexOf("\nDate: "u8);
        head.DateAt = line < 0 ? 0 : line + "\nDate: ".Length;
        int length = line < 0 ? 0 : bytes[head.DateAt..].IndexOfAny(ResponseParser.Controls);
        head.DateEnd = head.DateAt + Math.Max(0, length);
    }
}
