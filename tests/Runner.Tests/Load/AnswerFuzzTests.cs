using System.Text;

namespace Wobble.Runner.Tests.Load;

/// <summary>The short form of <c>bench/fuzz</c>: the same inputs each time, and the corpus as it lies there.</summary>
public sealed class AnswerFuzzTests
{
    private const int Inputs = 200_000;

    private static readonly IReadOnlyList<byte[]> Corpus = AnswerFuzzer.Corpus(Path.Combine(AppContext.BaseDirectory, "Corpus"));

    [Fact]
    public void The_parser_reads_changed_answers_as_a_second_reader_does_in_any_pieces()
    {
        var report = new AnswerFuzzer(Corpus, seed: 42).Run(Inputs);

        Assert.Empty(report.Findings);
        Assert.Equal(Inputs, report.Inputs);
        // Were nearly all refused at once, little would have been read.
        Assert.True(report.Done > Inputs / 10, $"{report.Done} whole");
        Assert.True(report.Malformed > Inputs / 10, $"{report.Malformed} malformed");
        Assert.True(report.Open > Inputs / 20, $"{report.Open} incomplete");
    }

    [Fact]
    public void Every_prefix_of_the_corpus_is_read_alike()
    {
        var fuzzer = new AnswerFuzzer(Corpus, seed: 7);
        foreach (byte[] answer in Corpus.Where(a => a.Length < 400))
        {
            for (int length = 0; length <= answer.Length; length++)
            {
                fuzzer.Check(answer[..length], toHead: false, closes: false);
                fuzzer.Check(answer[..length], toHead: false, closes: true);
                fuzzer.Check(answer[..length], toHead: true, closes: false);
            }
        }
        Assert.Empty(fuzzer.Run(0).Findings);
    }

    [Theory]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nokjunk", "done", 40)]
    [InlineData("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\njunk", "done", 59)]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\no", "open", 0)]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n", "malformed", 0)]
    public void The_second_reader_knows_what_is_known(string text, string end, int used)
    {
        var verdict = ReferenceReader.Read(Encoding.Latin1.GetBytes(text), "a1b2"u8.ToArray(), toHead: false, closes: false);

        Assert.Equal((end, used), (verdict.End, verdict.Used));
    }
}
