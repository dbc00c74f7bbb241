using System.Text;
using CsCheck;

namespace Wobble.Runner.Tests.Load;

/// <summary>Any split of any bytes gives what the whole gives; and what was generated with known lengths is consumed to the byte.</summary>
public sealed class ResponseParserSplitTests
{
    private static readonly Gen<string> Blank = Gen.OneOf("", " ", "\t", "  ");
    private static readonly Gen<string> LineEnd = Gen.Frequency((9, Gen.Const("\r\n")), (1, Gen.Const("\n")));
    private static readonly Gen<string> Case = Gen.OneOf("lower", "UPPER", "Mixed");

    private static string Cased(string name, string how) => how switch { "lower" => name.ToLowerInvariant(), "UPPER" => name.ToUpperInvariant(), _ => name };

    private static readonly Gen<string> OtherHeader =
        from name in Gen.OneOf("Server", "Date", "Content-Type", "Content-Lengt", "Content-Length2", "Connect", "Transfer", "X-Wobble", "C", "Set-Cookie")
        from value in Gen.String[Gen.Char[' ', '~'], 0, 60]
        select $"{name}: {value}";

    private static Gen<string> Header(string name, string value) =>
        from how in Case
        from before in Blank
        from after in Blank
        select $"{Cased(name, how)}:{before}{value}{after}";

    private static readonly Gen<(string Header, string Body)> LengthBody =
        from length in Gen.Int[0, 3_000]
        from header in Header("Content-Length", $"{length}")
        select (header, new string('b', length));

    private static readonly Gen<string> Chunk =
        from length in Gen.Int[1, 500]
        from isUpper in Gen.Bool
        from extension in Gen.OneOf("", ";a", ";a=\"b c\"", " ")
        select $"{(isUpper ? $"{length:X}" : $"{length:x4}")}{extension}\r\n{new string('c', length)}\r\n";

    private static readonly Gen<(string Header, string Body)> ChunkedBody =
        from chunks in Chunk.Array[0, 5]
        from trailers in OtherHeader.Array[0, 2]
        from header in Header("Transfer-Encoding", "chunked")
        select (header, string.Concat(chunks) + "0\r\n" + string.Concat(trailers.Select(t => t + "\r\n")) + "\r\n");

    /// <summary>Well-formed answers whose length is known because they were put together here.</summary>
    internal static readonly Gen<string> Answer =
        from interim in Gen.OneOf("", "", "", "HTTP/1.1 100 Continue\r\n\r\n", "HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n")
        from status in Gen.OneOf(200, 201, 301, 404, 500, 503)
        from reason in Gen.String[Gen.Char[' ', '~'], 0, 20]
        from body in Gen.OneOf(LengthBody, ChunkedBody)
        from others in OtherHeader.Array[0, 6]
        from place in Gen.Int[0, 6]
        from end in LineEnd
        let headers = others.Take(Math.Min(place, others.Length)).Append(body.Header).Concat(others.Skip(place))
        select $"{interim}HTTP/1.1 {status} {reason}{end}{string.Concat(headers.Select(h => h + end))}{end}{body.Body}";

    private static IEnumerable<byte[]> Split(byte[] bytes, int[] cuts)
    {
        int from = 0;
        foreach (int cut in cuts.Select(c => bytes.Length == 0 ? 0 : c % (bytes.Length + 1)).Order().Append(bytes.Length))
        {
            yield return bytes[from..cut];
            from = cut;
        }
    }

    [Fact]
    public void Answers_are_consumed_to_the_byte_however_they_are_split() =>
        Gen.Select(Answer, Gen.Int[0, 1_000_000].Array[0, 8]).Sample((text, cuts) =>
        {
            byte[] junk = "junk"u8.ToArray();
            byte[] bytes = [.. Encoding.Latin1.GetBytes(text), .. junk];
            var whole = Reading.Of([bytes]);
            Assert.Equal(("done", text.Length), (whole.End, whole.Used));
            Assert.Equal(whole, Reading.Of(Split(bytes, cuts)));
            Assert.Equal(whole, Reading.Of(bytes.Select(b => (byte[])[b])));
        }, iter: 5_000);

    [Fact]
    public void Any_bytes_give_the_same_in_pieces_as_in_one() =>
        Gen.Select(Answer, Gen.Int[0, 1_000_000].Array[0, 6], Gen.Byte.Array[0, 6], Gen.Bool, Gen.Bool).Sample((text, cuts, bytes, toHead, closes) =>
        {
            byte[] mutated = Encoding.Latin1.GetBytes(text);
            for (int i = 0; i < bytes.Length && mutated.Length > 0; i++) mutated[cuts.Length == 0 ? 0 : cuts[i % cuts.Length] * (i + 1) % mutated.Length] = bytes[i];
            var whole = Reading.Of([mutated], toHead, closes);
            Assert.Equal(whole, Reading.Of(Split(mutated, cuts), toHead, closes));
            Assert.Equal(whole, Reading.Of(mutated.Select(b => (byte[])[b]), toHead, closes));
        }, iter: 5_000);
}
