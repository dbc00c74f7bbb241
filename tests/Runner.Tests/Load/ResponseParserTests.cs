using System.Text;
using Wobble.Runner.Load;

namespace Wobble.Runner.Tests.Load;

/// <summary>How one answer ended: what the parser says of it, whatever pieces it came in.</summary>
internal sealed record Reading(string End, int Status, int Used, bool KeepsAlive, bool HasNonce)
{
    // One thread's each, as it learns from what it reads.
    private static readonly ThreadLocal<ResponseRules> Rules = new(() => new ResponseRules("n-1"u8.ToArray()));

    /// <summary>Feeds the pieces, then (when <paramref name="closes"/>) the end of the connection.</summary>
    public static Reading Of(IEnumerable<byte[]> pieces, bool toHead = false, bool closes = false)
    {
        var parser = new ResponseParser();
        parser.Reset(toHead);
        int used = 0;
        foreach (byte[] piece in pieces)
        {
            int taken = parser.Feed(piece, Rules.Value!);
            used += taken;
            if (taken < piece.Length) break;
        }
        if (closes) parser.End();
        string end = parser.IsDone ? "done" : parser.IsMalformed ? "malformed" : parser.IsUntouched ? "untouched" : "open";
        // What a malformed answer said before it went wrong is nobody's matter.
        return end == "done" ? new Reading(end, parser.Status, used, parser.KeepsAlive, parser.HasNonce) : new Reading(end, 0, end == "malformed" ? 0 : used, false, false);
    }

    public static Reading Of(string text, bool toHead = false, bool closes = false) => Of([Encoding.Latin1.GetBytes(text)], toHead, closes);
}

public sealed class ResponseParserTests
{
    private const string Good = "HTTP/1.1 200 OK\r\nServer: x\r\nContent-Length: 5\r\nX-Wobble-Nonce: n-1\r\n\r\nhello";

    /// <summary>Whole answers: status, whether the connection may be kept, whether the nonce was there.</summary>
    public static readonly TheoryData<string, int, bool, bool> WholeAnswers = new()
    {
        { Good, 200, true, true },
        { "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", 200, true, false },
        { "HTTP/1.1 200\r\nContent-Length: 0\r\n\r\n", 200, true, false },
        { "HTTP/1.1 200 \r\nContent-Length: 0\r\n\r\n", 200, true, false },
        { "HTTP/1.1 404 Not Found\ncontent-length:3\n\nabc", 404, true, false },
        { "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok", 200, false, false },
        { "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: upgrade , Close\r\n\r\nok", 200, false, false },
        { "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: closed\r\n\r\nok", 200, true, false },
        { "HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nok", 200, false, false },
        { "HTTP/1.0 200 OK\r\nContent-Length: 2\r\nConnection: Keep-Alive\r\n\r\nok", 200, true, false },
        { "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 2\r\n\r\nok", 200, true, false },
        { "HTTP/1.1 200 OK\r\nContent-Length: \t 2 \t\r\n\r\nok", 200, true, false },
        { "HTTP/1.1 204 No Content\r\n\r\n", 204, true, false },
        { "HTTP/1.1 304 Not Modified\r\nContent-Length: 1000\r\n\r\n", 304, true, false },
        { "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nx", 200, true, false },
        { "HTTP/1.1 103 Early Hints\r\nLink: </a>\r\nContent-Length: 9\r\n\r\nHTTP/1.1 102 P\r\n\r\nHTTP/1.1 500 E\r\nContent-Length: 1\r\n\r\nx", 500, true, false },
        { "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n", 200, true, false },
        { "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, Chunked\r\n\r\n5;a=b\r\nhello\r\nA \r\n0123456789\r\n000;x=\"y\"\r\nTrailer: a\r\nOther: b\r\n\r\n", 200, true, false },
        { "HTTP/1.1 200 OK\nTransfer-Encoding: chunked\n\n1\r\nx\r\n0\r\n\r\n", 200, true, false },
        { "HTTP/1.1 200 OK\r\nX-Wobble-Nonce:\r\n n-1\r\nX-Folded: a\r\n\tb\r\nContent-Length: 1\r\n 2\r\n\r\n", 0, false, false },
        { "HTTP/1.1 200 OK\r\nX-Wobble-Nonce:\r\n n-1\r\nX-Folded: a\r\n\tb\r\nContent-Length:\r\n 2\r\n\r\nok", 200, true, true },
        { "HTTP/1.1 200 OK\r\nx-wobble-nonce: n-1 \r\nContent-Length: 0\r\n\r\n", 200, true, true },
        { "HTTP/1.1 200 OK\r\nX-Wobble-Nonce: n-12\r\nContent-Length: 0\r\n\r\n", 200, true, false },
        { "HTTP/1.1 200 OK\r\nX-Wobble-Nonce: n-\r\nContent-Length: 0\r\n\r\n", 200, true, false },
        { "HTTP/1.1 200 OK\r\nX-Wobble-Nonce: n- 1\r\nContent-Length: 0\r\n\r\n", 200, true, false },
        { "HTTP/1.1 200 OK\r\nContent-Lengths: 9\r\nX-Content-Length: 8\r\nContent-Length: 0\r\n\r\n", 200, true, false },
    };

    [Theory]
    [MemberData(nameof(WholeAnswers))]
    public void Reads_whole_answers(string text, int status, bool keepsAlive, bool hasNonce)
    {
        var expected = status == 0 ? new Reading("malformed", 0, 0, false, false) : new Reading("done", status, text.Length, keepsAlive, hasNonce);

        Assert.Equal(expected, Reading.Of(text));
    }

    [Theory]
    [MemberData(nameof(WholeAnswers))]
    public void No_prefix_of_an_answer_is_done(string text, int status, bool keepsAlive, bool hasNonce)
    {
        _ = (keepsAlive, hasNonce);
        if (status == 0) return;
        for (int length = 0; length < text.Length; length++)
        {
            var prefix = Reading.Of(text[..length]);
            Assert.Equal(length == 0 ? "untouched" : "open", prefix.End);
            Assert.Equal(length, prefix.Used);
        }
    }

    [Theory]
    [MemberData(nameof(WholeAnswers))]
    public void What_follows_an_answer_is_not_consumed(string text, int status, bool keepsAlive, bool hasNonce)
    {
        if (status == 0) return;

        Assert.Equal(new Reading("done", status, text.Length, keepsAlive, hasNonce), Reading.Of(text + "HTTP/1.1 200 OK\r\n"));
    }

    [Theory]
    [InlineData("HTTP/1.1 200 OK\r\nServer: x\r\n\r\nall until the end", 200)]
    [InlineData("HTTP/1.0 200 OK\r\n\r\n", 200)]
    [InlineData("HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\n0\r\n\r\n", 200)]
    [InlineData("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked, gzip\r\n\r\n0\r\n\r\n", 200)]
    public void A_body_without_a_length_ends_with_the_connection(string text, int status)
    {
        Assert.Equal("open", Reading.Of(text).End);
        Assert.Equal(new Reading("done", status, text.Length, false, false), Reading.Of(text, closes: true));
    }

    [Theory]
    [InlineData("", "untouched")]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Le", "open")]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhell", "open")]
    [InlineData("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n", "open")]
    [InlineData("HTTP/1.1 100 Continue\r\n\r\n", "open")]
    public void A_torn_answer_is_not_done_when_the_connection_ends(string text, string end) => Assert.Equal(end, Reading.Of(text, closes: true).End);

    [Theory]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n")]
    [InlineData("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")]
    [InlineData("HTTP/1.1 404 Not Found\r\n\r\n")]
    public void The_answer_to_head_has_no_body(string text) => Assert.Equal("done", Reading.Of(text, toHead: true).End);

    [Theory]
    [InlineData("GET / HTTP/1.1\r\n")]
    [InlineData("HTTP/2 200\r\n")]
    [InlineData("HTTP/1.2 200 OK\r\n")]
    [InlineData("http/1.1 200 OK\r\n")]
    [InlineData("\r\nHTTP/1.1 200 OK\r\n")]
    [InlineData("HTTP/1.1  200 OK\r\n")]
    [InlineData("HTTP/1.1 20 OK\r\n")]
    [InlineData("HTTP/1.1 2000 OK\r\n")]
    [InlineData("HTTP/1.1 600 What\r\n")]
    [InlineData("HTTP/1.1 099 What\r\n")]
    [InlineData("HTTP/1.1 200 OK\rX")]
    [InlineData("HTTP/1.1 200 O\0K\r\n")]
    [InlineData("HTTP/1.1 200 OK\r\n folded: first\r\n")]
    [InlineData("HTTP/1.1 200 OK\r\nNo colon\r\n")]
    [InlineData("HTTP/1.1 200 OK\r\nName : value\r\n")]
    [InlineData("HTTP/1.1 200 OK\r\n: no name\r\n")]
    [InlineData("HTTP/1.1 200 OK\r\nA: b\0c\r\n")]
    [InlineData("HTTP/1.1 200 OK\r\nA: b\rc\r\n")]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: \r\n\r\n")]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n")]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: +1\r\n\r\n")]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: 1 2\r\n\r\n")]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: 5, 5\r\n\r\n")]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: 0x5\r\n\r\n")]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: 9999999999999999999\r\n\r\n")]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\n")]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n")]
    [InlineData("HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")]
    [InlineData("HTTP/1.1 101 Switching Protocols\r\n\r\n")]
    [InlineData("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n\r\n")]
    [InlineData("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nG\r\n")]
    [InlineData("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n-5\r\n")]
    [InlineData("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\rhello")]
    [InlineData("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\nhello")]
    [InlineData("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5;a\nhello")]
    [InlineData("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\n")]
    [InlineData("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nA: b\n\r\n")]
    [InlineData("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhello\r\n")]
    [InlineData("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n6\r\nhello\r\n0\r\n\r\n")]
    [InlineData("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nFFFFFFFFFFFFFFFFF\r\n")]
    [InlineData("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\0\r\n\r\n")]
    public void Refuses_what_is_no_answer(string text) => Assert.Equal("malformed", Reading.Of(text).End);

    [Fact]
    public void A_flood_of_headers_is_refused_and_so_is_one_endless_header()
    {
        string many = "HTTP/1.1 200 OK\r\n" + string.Concat(Enumerable.Repeat("Name: value\r\n", 10_000));
        string endless = "HTTP/1.1 200 OK\r\nName: " + new string('x', ResponseParser.MostOverhead);
        string interim = string.Concat(Enumerable.Repeat("HTTP/1.1 100 Continue\r\n\r\n", 10_000));
        string extension = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5;" + new string('x', ResponseParser.MostOverhead);

        Assert.All([many, endless, interim, extension], text => Assert.Equal("malformed", Reading.Of(text).End));
    }

    [Fact]
    public void A_long_body_may_have_any_number_of_chunks()
    {
        string text = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + string.Concat(Enumerable.Repeat("1\r\nx\r\n", 100_000)) + "0\r\n\r\n";

        Assert.Equal(new Reading("done", 200, text.Length, true, false), Reading.Of(text));
    }
}
