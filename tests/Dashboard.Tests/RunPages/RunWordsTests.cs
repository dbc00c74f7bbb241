using Wobble.Dashboard.Components.Pages.RunParts;
using Wobble.Results.Domain;

namespace Wobble.Dashboard.Tests.RunPages;

public sealed class RunWordsTests
{
    [Theory]
    [InlineData("Every worker died.", "every worker died.")]
    [InlineData("PostgreSQL did not become ready", "PostgreSQL did not become ready")]
    [InlineData("PostgreSQL's socket", "PostgreSQL's socket")]
    [InlineData("Wobble's own PostgreSQL", "Wobble's own PostgreSQL")]
    [InlineData("Debian has no meinheld", "Debian has no meinheld")]
    [InlineData("CPU was busy", "CPU was busy")]
    [InlineData("uwsgi-http died", "uwsgi-http died")]
    [InlineData("A", "A")]
    [InlineData("", "")]
    public void Within_a_sentence_names_keep_their_capitals(string text, string expected) => Assert.Equal(expected, RunWords.Lower(text));

    [Theory]
    [InlineData("p50 drifted: +59% (limit 10%)", "p50 drifted: +59%", "(limit 10%)")]
    [InlineData("No request failed", "No request failed", "")]
    [InlineData("Two (of three) failed", "Two (of three) failed", "")]
    [InlineData("(all)", "(all)", "")]
    public void A_limit_in_brackets_stands_apart(string sentence, string words, string limit) => Assert.Equal((words, limit), RunWords.WithoutLimit(sentence));

    [Theory]
    [InlineData(1, "one reservation")]
    [InlineData(3, "3 reservations")]
    public void Reservations_are_counted(int count, string expected) =>
        Assert.Equal(expected, RunWords.Reservations(new Trust("doubtful", [.. Enumerable.Range(0, count).Select(i => new TrustReason($"c{i}", "doubtful", "x"))])));
}

public sealed class CommandLinesTests
{
    [Theory]
    [InlineData("--workers", "--workers")]
    [InlineData("http://127.0.0.1:8000/row", "http://127.0.0.1:8000/row")]
    [InlineData("Connection: close", "'Connection: close'")]
    [InlineData("it's", @"'it'\''s'")]
    [InlineData("$(rm)", "'$(rm)'")]
    [InlineData("", "''")]
    public void What_a_shell_would_read_more_into_is_quoted(string argument, string expected) => Assert.Equal(expected, CommandLines.Quote(argument));

    [Fact]
    public void A_closed_loop_is_done_again_with_every_default_spelt_out() => Assert.Equal(
        "./wobble run uwsgi-http/bottle --workers 8 --connections 100 --no-keep-alive --warmup 2s --for 10s --workload row --proxy nginx --pooler session:20 --option driver=psycopg2",
        CommandLines.Run(new() { Target = "uwsgi-http/bottle", Workers = 8, Connections = 100, Warmup = TimeSpan.FromSeconds(2), For = TimeSpan.FromSeconds(10), Pooler = "session:20", Options = new Dictionary<string, string> { ["driver"] = "psycopg2" } }));

    [Theory]
    [InlineData("5s@100/s,5s@2000/s", null, "--stages 5s@100/s,5s@2000/s")]
    [InlineData(null, 5_000L, "--requests 5000")]
    public void Stages_and_a_number_of_requests_take_the_place_of_a_duration(string? stages, long? requests, string expected)
    {
        string line = CommandLines.Run(new() { Target = "uvicorn/starlette", Stages = stages, Requests = requests, KeepAlive = true });

        Assert.Contains($"--keep-alive --warmup 2s {expected}", line, StringComparison.Ordinal);
        Assert.DoesNotContain("--for", line, StringComparison.Ordinal);
    }
}

public sealed class LogLinesTests
{
    [Fact]
    public void Lines_that_repeat_are_counted_whatever_their_time()
    {
        var lines = LogLines.Of("""
            2026-11-24 10:00:01 accept failed
            2026-11-24 10:00:02 accept failed
            2026-11-24 10:00:03 accept failed
            [pid 7] ready
            """, markCause: false);

        Assert.Equal(["2026-11-24 10:00:01 accept failed", "the line above, 2 more times", "[pid 7] ready"], lines.Select(l => l.Text));
        Assert.Equal([false, true, false], lines.Select(l => l.IsNote));
    }

    [Fact]
    public void Of_a_failed_run_the_first_line_that_names_an_error_is_marked()
    {
        const string log = "starting\nTraceback (most recent call last):\nOSError: [Errno 24] Too many open files\n";

        Assert.Equal([false, true, false], LogLines.Of(log, markCause: true).Select(l => l.IsCause));
        Assert.DoesNotContain(LogLines.Of(log, markCause: false), l => l.IsCause);
    }
}
