using System.Text;
using Wobble.Runner.Load;

namespace Wobble.Runner.Tests.Load;

public sealed class KnownHeadsTests
{
    private const string Good = "HTTP/1.1 200 OK\r\nServer: x\r\nDate: Thu, 26 Nov 2026 08:00:00 GMT\r\nContent-Length: 5\r\n\r\n";

    private readonly ResponseRules rules = new((byte[]?)null);

    private ResponseParser Read(string text, bool toHead = false)
    {
        var parser = new ResponseParser();
        parser.Reset(toHead);
        parser.Feed(Encoding.Latin1.GetBytes(text), rules);
        return parser;
    }

    private int Match(string text)
    {
        var parser = new ResponseParser();
        return rules.Known.Match(Encoding.Latin1.GetBytes(text), ref parser);
    }

    [Fact]
    public void A_head_is_known_once_it_was_read_in_one_piece()
    {
        Assert.Equal(0, Match(Good + "hello"));
        Assert.True(Read(Good + "hello").IsDone);
        Assert.Equal(Good.Length, Match(Good + "other"));
        Assert.Equal(Good.Length, Match(Good));
        Assert.Equal(0, Match(Good[..^1]));
    }

    [Theory]
    [InlineData("08:00:00", "08:00:01", true)]
    [InlineData("08:00:00", "08:00:\01", false)]
    [InlineData("08:00:00", "8:00:00", false)]
    [InlineData("Server: x", "Server: y", false)]
    [InlineData("Length: 5", "Length: 6", false)]
    [InlineData("200", "500", false)]
    public void Only_the_value_of_date_may_differ(string from, string to, bool isKnown)
    {
        Read(Good + "hello");

        Assert.Equal(isKnown, Match(Good.Replace(from, to, StringComparison.Ordinal)) > 0);
    }

    [Fact]
    public void The_answer_to_head_and_pieces_are_read_and_not_learnt()
    {
        Read(Good, toHead: true);
        Read(Good[..20]);

        Assert.Equal(0, Match(Good));
    }

    [Fact]
    public void The_oldest_of_four_is_forgotten()
    {
        string Of(int i) => $"HTTP/1.1 20{i} OK\r\nContent-Length: 0\r\n\r\n";
        for (int i = 0; i < 5; i++) Read(Of(i));

        Assert.Equal([false, true, true, true, true], Enumerable.Range(0, 5).Select(i => Match(Of(i)) > 0));
    }

    [Theory]
    [InlineData("HTTP/1.1 100 Continue\r\n\r\n" + Good + "hello", 200, true)]
    [InlineData("HTTP/1.1 503 Busy\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n", 503, false)]
    [InlineData("HTTP/1.1 204 No Content\r\n\r\n", 204, true)]
    public void The_second_time_gives_what_the_first_gave(string text, int status, bool keeps)
    {
        foreach (var parser in (ResponseParser[])[Read(text), Read(text)])
        {
            Assert.True(parser.IsDone);
            Assert.Equal((status, keeps), (parser.Status, parser.KeepsAlive));
        }
        Assert.True(Match(text) > 0);
    }
}
