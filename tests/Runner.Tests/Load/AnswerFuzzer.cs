using System.Text;
using Wobble.Runner.Load;

namespace Wobble.Runner.Tests.Load;

/// <summary>What a reader made of some bytes; how many belong to the answer counts only when it is whole.</summary>
internal readonly record struct Verdict(string End, int Used, int Status, bool KeepsAlive, bool HasNonce)
{
    public static Verdict Malformed { get; } = new("malformed", 0, 0, false, false);
    public static Verdict Open { get; } = new("open", 0, 0, false, false);
}

internal sealed record FuzzReport(long Inputs, long Bytes, long Done, long Malformed, long Open, IReadOnlyList<string> Findings);

/// <summary>
/// Changes answers of a corpus at random and reads each whole and in pieces, holding the parser to a second reader that was written apart from it
/// (<see cref="ReferenceReader"/>). A crash, bytes taken beyond the end, pieces that read otherwise than the whole, or another count is a finding, told
/// as base64 so that it can join the corpus. The same seed makes the same inputs.
/// </summary>
internal sealed class AnswerFuzzer(IReadOnlyList<byte[]> corpus, ulong seed)
{
    private const int MostFindings = 10, MostLength = 8 * 1024, MostChanges = 6, MostCuts = 6;
    private static readonly byte[] Nonce = "a1b2"u8.ToArray();
    private static readonly byte[] Telling = "\r\n \t:;,0123456789aAfFxXgzHTP/.\"\0\x7f\u00ff"u8.ToArray();
    private static readonly byte[][] Words =
    [
        .. ((string[])
        [
            "Content-Length: 5\r\n", "Content-Length: 0\r\n", "content-length:\t12 \r\n", "Transfer-Encoding: chunked\r\n", "Transfer-Encoding: gzip, chunked\r\n",
            "transfer-encoding: chunked, identity\r\n", "Connection: close\r\n", "Connection: keep-alive\r\n", "X-Wobble-Nonce: a1b2\r\n", "X-Wobble-Nonce: other\r\n",
            "HTTP/1.1 200 OK\r\n", "HTTP/1.0 200 OK\r\n", "HTTP/1.1 100 Continue\r\n\r\n", "HTTP/1.1 204 No Content\r\n", "HTTP/1.1 304 Not Modified\r\n",
            "\r\n", "\n", "\r", "\r\n\r\n", "0\r\n\r\n", "5\r\nhello\r\n", "a;x=y\r\n", "ffffffffffffffff\r\n", " folded\r\n", "\t\r\n", ":", "Trailer: x\r\n",
        ]).Select(Encoding.Latin1.GetBytes),
    ];

    private readonly ResponseRules rules = new(Nonce);
    private readonly List<string> findings = [];
    private readonly List<byte> input = new(MostLength);
    private readonly int[] cuts = new int[MostCuts];
    private RandomNumbers random = new((long)seed);
    private long inputs, bytes, done, malformed, open;

    public static IReadOnlyList<byte[]> Corpus(string folder) => [.. Directory.GetFiles(folder, "*.http").Order(StringComparer.Ordinal).Select(File.ReadAllBytes)];

    /// <summary>Goes on with so many more inputs; the report is of all so far.</summary>
    public FuzzReport Run(long count)
    {
        for (long i = 0; i < count && findings.Count < MostFindings; i++)
        {
            Make();
            ulong how = random.Next();
            Check([.. input], toHead: (how & 15) == 0, closes: (how & 16) != 0);
        }
        return new FuzzReport(inputs, bytes, done, malformed, open, findings);
    }

    /// <summary>Holds one input to all that is asked of the parser.</summary>
    public void Check(byte[] data, bool toHead, bool closes)
    {
        inputs++;
        bytes += data.Length;
        int count = Below(MostCuts + 1);
        for (int i = 0; i < count; i++) cuts[i] = Below(data.Length + 1);
        Array.Sort(cuts, 0, count);
        try
        {
            var whole = Read(data, [], toHead, closes);
            var pieces = Read(data, cuts.AsSpan(0, count), toHead, closes);
            var second = ReferenceReader.Read(data, Nonce, toHead, closes);
            if (whole.End == "done") done++; else if (whole.End == "open") open++; else malformed++;
            if (whole != pieces) Find(data, toHead, closes, $"in pieces at {string.Join(' ', cuts[..count])} {pieces}, as a whole {whole}");
            if (whole != second) Find(data, toHead, closes, $"the parser says {whole}, the second reader {second}");
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            Find(data, toHead, closes, e.ToString());
        }
    }

    private Verdict Read(byte[] data, ReadOnlySpan<int> at, bool toHead, bool closes)
    {
        var parser = new ResponseParser();
        parser.Reset(toHead);
        int used = 0;
        for (int piece = 0; piece <= at.Length && !parser.IsDone && !parser.IsMalformed; piece++)
        {
            int end = piece < at.Length ? at[piece] : data.Length, length = end - used;
            int taken = parser.Feed(data.AsSpan(used, length), rules);
            if (taken < 0 || taken > length) throw new InvalidOperationException($"{taken} of {length} bytes taken");
            if (taken < length && !parser.IsDone && !parser.IsMalformed) throw new InvalidOperationException($"{taken} of {length} bytes taken, and neither done nor malformed");
            used += taken;
        }
        if (closes && !parser.IsMalformed) parser.End();
        if (parser.IsMalformed) return Verdict.Malformed;
        return parser.IsDone ? new Verdict("done", used, parser.Status, parser.KeepsAlive, parser.HasNonce) : Verdict.Open;
    }

    private void Make()
    {
        input.Clear();
        input.AddRange(corpus[Below(corpus.Count)]);
        for (int changes = Below(MostChanges); changes > 0; changes--) Change();
        if (input.Count > MostLength) input.RemoveRange(MostLength, input.Count - MostLength);
    }

    private void Change()
    {
        int at = Below(input.Count + 1);
        switch (Below(8))
        {
            case 0 when at < input.Count: input[at] ^= (byte)(1 << Below(8)); break;
            case 1 when at < input.Count: input[at] = Telling[Below(Telling.Length)]; break;
            case 2: input.Insert(at, Telling[Below(Telling.Length)]); break;
            case 3: input.RemoveRange(at, Below(Math.Min(8, input.Count - at) + 1)); break;
            case 4: input.InsertRange(at, Words[Below(Words.Length)]); break;
            case 5: input.InsertRange(at, input.GetRange(at, Below(Math.Min(32, input.Count - at) + 1))); break;
            case 6: input.RemoveRange(at, input.Count - at); break;
            default:
                byte[] other = corpus[Below(corpus.Count)];
                int from = Below(other.Length);
                input.InsertRange(at, other.AsSpan(from, Below(other.Length - from + 1)).ToArray());
                break;
        }
    }

    private int Below(int end) => end <= 0 ? 0 : (int)random.Below((ulong)end);

    private void Find(byte[] data, bool toHead, bool closes, string what) =>
        findings.Add($"{(toHead ? "answer to HEAD, " : "")}{(closes ? "then closed, " : "")}{Convert.ToBase64String(data)}: {what}");
}
