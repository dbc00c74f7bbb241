using System.Buffers;

namespace Wobble.Runner.Load;

/// <summary>What every answer of a run is held to.</summary>
/// <param name="Nonce">Value that the nonce's header must have; null: not looked at.</param>
internal sealed record ResponseRules(byte[]? Nonce)
{
    /// <summary>Heads that were read before: one thread's, so each loop has rules of its own.</summary>
    public KnownHeads Known { get; } = new();
}

/// <summary>
/// Reads one HTTP/1.x answer in whatever pieces it comes. Guarantees: it never looks at a byte twice and keeps none, so any split gives the same result
/// as the whole; it consumes exactly the answer's bytes and no more; an answer whose length can be read in two ways is malformed (RFC 9112 §6.3).
/// Interim answers (1xx) are passed over. A struct, one in each connection.
/// </summary>
internal struct ResponseParser
{
    /// <summary>Most bytes of heads, chunk sizes and trailers of one answer; beyond it an answer is malformed.</summary>
    public const int MostOverhead = 64 * 1024;
    private const int LongestNumber = 18;

    private enum At : byte
    {
        StatusLine, Reason, ReasonCr, LineStart, Name, Value, ValueCr, HeadCr,
        LengthBody, BodyUntilClose, ChunkSize, ChunkExtension, ChunkSizeCr, ChunkData, ChunkDataEnd, ChunkDataCr,
        TrailerStart, Trailer, TrailerCr, TrailersCr, Done, Malformed,
    }

    private enum Header : byte { Other, ContentLength, TransferEncoding, Connection, Nonce }

    // Reading a value: nothing yet, inside, or past its end (only blanks may follow).
    private enum Part : byte { Before, Inside, After }

    private const byte Cr = (byte)'\r', Lf = (byte)'\n', Space = (byte)' ', Tab = (byte)'\t';
    internal static readonly SearchValues<byte> Controls = SearchValues.Create([.. Enumerable.Range(0, 32).Where(b => b != Tab).Select(b => (byte)b), 127]);
    private static readonly SearchValues<byte> NameBytes = SearchValues.Create("!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"u8);

    private At at;
    private Header header;
    private Part part;
    private byte candidates;
    private int position;
    private int overhead;
    private long number;
    private long remaining;
    private bool isHead, http10, hasLength, hasEncoding, isChunked, saysClose, saysKeepAlive, hasHeader, nonceMatches;

    /// <summary>Status of the final answer.</summary>
    public int Status { get; private set; }
    /// <summary>True once the last byte was read.</summary>
    public readonly bool IsDone => at == At.Done;
    public readonly bool IsMalformed => at == At.Malformed;
    /// <summary>True when not one byte of an answer came.</summary>
    public readonly bool IsUntouched => at == At.StatusLine && position == 0 && overhead == 0;
    /// <summary>True when the connection may be used again.</summary>
    public bool KeepsAlive { get; private set; }
    /// <summary>True when the answer carried the run's nonce.</summary>
    public readonly bool HasNonce => nonceMatches;

    /// <summary>Makes it ready for the answer to one request; <paramref name="toHead"/>: the request was HEAD, so no body follows.</summary>
    public void Reset(bool toHead)
    {
        this = default;
        isHead = toHead;
    }

    /// <summary>Reads on. Returns how many bytes belong to the answer: all, unless it is done or malformed.</summary>
    public int Feed(ReadOnlySpan<byte> data, ResponseRules rules)
    {
        int i = 0;
        bool isLearning = at == At.StatusLine && position == 0 && overhead == 0 && !isHead;
        if (isLearning && rules.Known.Match(data, ref this) is > 0 and var known)
        {
            i = known;
            isLearning = false;
        }
        while (i < data.Length && at < At.Done)
        {
            if (at is At.LengthBody or At.ChunkData or At.BodyUntilClose)
            {
                i += Body(data.Length - i);
                continue;
            }
            int start = i;
            switch (at)
            {
                case At.StatusLine: StatusLine(data[i++]); break;
                case At.Reason: i = SkipText(data, i, At.ReasonCr, At.LineStart); break;
                case At.LineStart: LineStart(data, ref i, rules); break;
                case At.Name: i = Name(data, i); break;
                case At.Value when header == Header.Other: i = SkipText(data, i, At.ValueCr, At.LineStart); break;
                case At.Value: Value(data[i++], rules); break;
                case At.ReasonCr or At.ValueCr: at = data[i++] == Lf ? At.LineStart : At.Malformed; break;
                case At.HeadCr:
                    if (data[i++] == Lf) EndOfHead(); else at = At.Malformed;
                    break;
                case At.Trailer: i = SkipText(data, i, At.TrailerCr, At.Malformed); break;
                default: Framing(data[i++]); break;
            }
            overhead += i - start;
            if (overhead > MostOverhead && at < At.Done) at = At.Malformed;
            if (!isLearning || at < At.LengthBody) continue;
            // The first byte beyond the head is next, or the answer is over.
            isLearning = false;
            if (at != At.Malformed) rules.Known.Learn(data[..i], this);
        }
        return i;
    }

    /// <summary>The peer closed: true when that completes the answer (a body without a length ends so).</summary>
    public bool End()
    {
        if (at == At.BodyUntilClose) at = At.Done;
        return at == At.Done;
    }

    private int Body(int available)
    {
        if (at == At.BodyUntilClose) return available;
        int taken = (int)Math.Min(available, remaining);
        remaining -= taken;
        if (remaining == 0) at = at == At.LengthBody ? At.Done : At.ChunkDataEnd;
        return taken;
    }

    private void StatusLine(byte b)
    {
        bool good = position switch
        {
            < 7 => b == "HTTP/1."u8[position],
            7 => b is (byte)'0' or (byte)'1',
            8 => b == Space,
            9 => b is >= (byte)'1' and <= (byte)'5',
            < 12 => b is >= (byte)'0' and <= (byte)'9',
            _ => b is Space or Cr or Lf,
        };
        if (!good)
        {
            at = At.Malformed;
            return;
        }
        if (position == 7) http10 = b == (byte)'0';
        else if (position is >= 9 and < 12) Status = (Status * 10) + (b - '0');
        else if (position == 12) at = b == Space ? At.Reason : b == Cr ? At.ReasonCr : At.LineStart;
        position++;
    }

    private int SkipText(ReadOnlySpan<byte> data, int i, At afterCr, At afterLf)
    {
        int end = data[i..].IndexOfAny(Controls);
        if (end < 0) return data.Length;
        at = data[i + end] switch { Cr => afterCr, Lf => afterLf, _ => At.Malformed };
        return i + end + 1;
    }

    private void LineStart(ReadOnlySpan<byte> data, ref int i, ResponseRules rules)
    {
        byte b = data[i];
        if (b is Space or Tab)
        {
            // A folded line goes on with the value before it; after the status line there is none.
            at = hasHeader ? At.Value : At.Malformed;
            if (header != Header.Other && hasHeader) Value(b, rules);
            i++;
            return;
        }
        if (hasHeader) EndOfValue(rules);
        if (at == At.Malformed) return;
        if (b is Cr or Lf)
        {
            i++;
            if (b == Lf) EndOfHead(); else at = At.HeadCr;
            return;
        }
        at = At.Name;
        hasHeader = true;
        position = 0;
        candidates = HeaderNames.All(rules.Nonce is not null);
    }

    private int Name(ReadOnlySpan<byte> data, int i)
    {
        while (candidates != 0 && i < data.Length)
        {
            byte b = data[i];
            if (b == (byte)':') return EndOfName(i);
            candidates = HeaderNames.Narrow(candidates, position++, b);
            if (!NameBytes.Contains(b))
            {
                at = At.Malformed;
                return i;
            }
            i++;
        }
        if (i == data.Length) return i;
        int end = data[i..].IndexOfAnyExcept(NameBytes);
        position += end < 0 ? data.Length - i : end;
        if (end < 0) return data.Length;
        i += end;
        if (data[i] == (byte)':') return EndOfName(i);
        at = At.Malformed;
        return i;
    }

    private int EndOfName(int colon)
    {
        header = (Header)HeaderNames.Find(candidates, position);
        at = position == 0 ? At.Malformed : At.Value;
        part = Part.Before;
        position = 0;
        number = 0;
        candidates = 0;
        return colon + 1;
    }

    private void Value(byte b, ResponseRules rules)
    {
        if (b is Cr or Lf)
        {
            at = b == Cr ? At.ValueCr : At.LineStart;
            return;
        }
        if (b < Space && b != Tab || b == 127)
        {
            at = At.Malformed;
            return;
        }
        switch (header)
        {
            case Header.ContentLength: LengthDigit(b); break;
            case Header.Nonce: NonceByte(b, rules); break;
            default: TokenByte(b); break;
        }
    }

    private void LengthDigit(byte b)
    {
        if (b is Space or Tab)
        {
            if (part == Part.Inside) part = Part.After;
            return;
        }
        bool isDigit = b is >= (byte)'0' and <= (byte)'9';
        if (!isDigit || part == Part.After || position++ >= LongestNumber) at = At.Malformed;
        else number = (number * 10) + (b - '0');
        part = Part.Inside;
    }

    private void NonceByte(byte b, ResponseRules rules)
    {
        bool blank = b is Space or Tab;
        if (blank && part == Part.Before) return;
        if (blank) part = Part.After;
        else if (part == Part.After || position >= rules.Nonce!.Length || rules.Nonce[position] != b) position = int.MaxValue / 2;
        else part = Part.Inside;
        if (!blank) position++;
    }

    /// <summary>Lists of tokens: Transfer-Encoding and Connection.</summary>
    private void TokenByte(byte b)
    {
        if (b == (byte)',')
        {
            EndOfToken();
            part = Part.Before;
            return;
        }
        if (b is Space or Tab)
        {
            if (part == Part.Inside) part = Part.After;
            return;
        }
        if (part == Part.Before)
        {
            part = Part.Inside;
            position = 0;
            candidates = Tokens.All;
        }
        // Text after a blank or a parameter is no token that is looked for.
        if (part == Part.After) candidates = 0;
        candidates = Tokens.Narrow(candidates, position++, b);
    }

    private void EndOfToken()
    {
        if (part == Part.Before) return;
        int token = Tokens.Find(candidates, position);
        if (header == Header.TransferEncoding) isChunked = token == Tokens.Chunked;
        else if (token == Tokens.Close) saysClose = true;
        else if (token == Tokens.KeepAlive) saysKeepAlive = true;
    }

    private void EndOfValue(ResponseRules rules)
    {
        switch (header)
        {
            case Header.ContentLength:
                if (position == 0 || (hasLength && remaining != number)) at = At.Malformed;
                hasLength = true;
                remaining = number;
                break;
            case Header.TransferEncoding:
                hasEncoding = true;
                EndOfToken();
                break;
            case Header.Connection: EndOfToken(); break;
            case Header.Nonce: nonceMatches = position == rules.Nonce!.Length; break;
            default: break;
        }
        header = Header.Other;
    }

    private void EndOfHead()
    {
        if (Status is >= 100 and < 200)
        {
            int soFar = overhead;
            bool toHead = isHead, unwanted = Status == 101;
            Reset(toHead);
            overhead = soFar;
            // Nobody asked for another protocol.
            if (unwanted) at = At.Malformed;
            return;
        }
        KeepsAlive = http10 ? saysKeepAlive && !saysClose : !saysClose;
        if (isHead || Status is 204 or 304) at = At.Done;
        else if (hasEncoding && (http10 || hasLength)) at = At.Malformed;
        else if (isChunked)
        {
            at = At.ChunkSize;
            position = 0;
            remaining = 0;
        }
        else if (hasLength && !hasEncoding) at = remaining == 0 ? At.Done : At.LengthBody;
        else
        {
            at = At.BodyUntilClose;
            KeepsAlive = false;
        }
    }

    /// <summary>
    /// What stands between the data of a chunked body. Lines end with CR LF here: were a lone LF enough (as in a head, RFC 9112 §2.2), a chunk whose size
    /// is one too many would pass.
    /// </summary>
    private void Framing(byte b)
    {
        const At malformed = At.Malformed;
        switch (at)
        {
            case At.ChunkSize: ChunkSizeByte(b); break;
            case At.ChunkExtension:
                if (b == Cr) at = At.ChunkSizeCr;
                else if (b == Lf) at = malformed;
                break;
            case At.ChunkSizeCr:
                if (b == Lf) EndOfChunkSize(); else at = malformed;
                break;
            case At.ChunkDataEnd: at = b == Cr ? At.ChunkDataCr : malformed; break;
            case At.ChunkDataCr:
                if (b == Lf) BeginChunk(); else at = malformed;
                break;
            case At.TrailerStart: at = b switch { Cr => At.TrailersCr, <= Space or 127 => malformed, _ => At.Trailer }; break;
            case At.TrailerCr: at = b == Lf ? At.TrailerStart : malformed; break;
            case At.TrailersCr: at = b == Lf ? At.Done : malformed; break;
            default: at = malformed; break;
        }
    }

    private void ChunkSizeByte(byte b)
    {
        int digit = b switch
        {
            >= (byte)'0' and <= (byte)'9' => b - '0',
            >= (byte)'a' and <= (byte)'f' => b - 'a' + 10,
            >= (byte)'A' and <= (byte)'F' => b - 'A' + 10,
            _ => -1,
        };
        if (digit >= 0)
        {
            remaining = (remaining << 4) | (uint)digit;
            if (++position > 15) at = At.Malformed;
            return;
        }
        if (position == 0) at = At.Malformed;
        else if (b == Cr) at = At.ChunkSizeCr;
        else at = b is (byte)';' or Space or Tab ? At.ChunkExtension : At.Malformed;
    }

    private void EndOfChunkSize() => at = remaining == 0 ? At.TrailerStart : At.ChunkData;

    private void BeginChunk()
    {
        at = At.ChunkSize;
        position = 0;
        remaining = 0;
        // The limit is for one head, one line between chunks, one set of trailers: a long body may have many chunks.
        overhead = 0;
    }
}
