using Wobble.Runner.Hosting;

namespace Wobble.Runner.Tests.Hosting;

public sealed class ImportantLinesTests
{
    [Theory]
    [InlineData("2026-11-24T21:00:00.123Z warn: Wobble.Dashboard[0] slow", true)]
    [InlineData("2026-11-24T21:00:00.123Z fail: Wobble.Dashboard[0] broken", true)]
    [InlineData("2026-11-24T21:00:00.123Z info: Wobble.Dashboard[0] warn: in the text", false)]
    [InlineData("wobble: 420,000 of 1,000,000 rows", true)]
    [InlineData("Unhandled exception. System.Exception: no", true)]
    public void Warnings_and_what_was_written_for_the_console_are_shown(string line, bool shown) => Assert.Equal(shown, ImportantLines.OfDotnet(line));

    [Theory]
    [InlineData("2026-11-24 21:00:00.123 UTC LOG:  database system is ready to accept connections", false)]
    [InlineData("2026-11-24 21:00:00.123 UTC FATAL:  could not write lock file", true)]
    [InlineData("2026-11-24 21:00:00.123 UTC FATAL:  the database system is starting up", false)]
    [InlineData("2026-11-24 21:00:00.123 UTC PANIC:  could not write to file", true)]
    [InlineData("2026-11-24 21:00:00.123 UTC LOG:  server process (PID 7) was terminated by signal 9: Killed", true)]
    public void PostgreSQL_is_shown_when_it_falls(string line, bool shown) => Assert.Equal(shown, ImportantLines.OfPostgres(line));

    [Fact]
    public void A_warning_in_JSON_is_shown_as_a_sentence()
    {
        const string warning = """{"Timestamp":"2026-11-26T15:00:00.000Z","EventId":3,"LogLevel":"Warning","Category":"Wobble.Runner","Message":"The database is away","State":{}}""";

        Assert.True(ImportantLines.OfDotnet(warning));
        Assert.False(ImportantLines.OfDotnet(warning.Replace("Warning", "Information", StringComparison.Ordinal)));
        Assert.Equal("warning: The database is away", new ImportantLines(TimeProvider.System).Shorten(warning, "runner.log"));
    }

    [Fact]
    public void The_console_shows_the_text_without_its_time_and_mark()
    {
        var lines = new ImportantLines(TimeProvider.System);

        Assert.Equal("warn: slow", lines.Shorten("2026-11-24T21:00:00.123Z warn: slow", "a.log"));
        Assert.Equal("FATAL:  no", lines.Shorten("2026-11-24 21:00:00.123 UTC FATAL:  no", "a.log"));
        Assert.Equal("420,000 of 1,000,000 rows", lines.Shorten("wobble: 420,000 of 1,000,000 rows", "a.log"));
    }

    [Fact]
    public void A_flood_is_cut_with_the_name_of_the_log()
    {
        var lines = new ImportantLines(TimeProvider.System);
        var shown = Enumerable.Range(0, 100).Select(i => lines.Shorten($"line {i}", "/data/logs/runner.log")).OfType<string>().ToList();

        Assert.Equal(8, shown.Count);
        Assert.Equal("… more in /data/logs/runner.log", shown[^1]);
    }
}
