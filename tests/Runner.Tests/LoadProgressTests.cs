using Spectre.Console;
using Wobble.Results.Domain;
using Wobble.Results.Facts;
using Wobble.Runner.Commands;
using Wobble.Tests.Support;

namespace Wobble.Runner.Tests;

public sealed class LoadProgressTests
{
    [Fact]
    public void Elsewhere_than_in_a_terminal_each_second_is_a_plain_line()
    {
        var said = new StringWriter();

        Follow(new LoadProgress(said, isTerminal: false));

        string[] lines = said.ToString().Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.DoesNotContain('\u001b', said.ToString());
        Assert.DoesNotContain('\r', said.ToString());
        Assert.Equal("preparing", lines[0]);
        Assert.Equal(5, lines.Count(line => line.StartsWith("measuring ", StringComparison.Ordinal) && line.Contains("/s   p50 ", StringComparison.Ordinal) && line.Contains("p99", StringComparison.Ordinal)));
        Assert.Contains("warning: mind the gap", lines);
    }

    [Fact]
    public void In_a_terminal_a_table_is_redrawn_where_it_stands()
    {
        var said = new StringWriter();
        var terminal = AnsiConsole.Create(new AnsiConsoleSettings { Ansi = AnsiSupport.Yes, ColorSystem = ColorSystemSupport.NoColors, Interactive = InteractionSupport.Yes, Out = new AnsiConsoleOutput(said) });
        terminal.Profile.Width = 100;

        Follow(new LoadProgress(said, terminal));

        string text = said.ToString();
        Assert.Contains("per second", text, StringComparison.Ordinal);
        Assert.Contains("warning: mind the gap", text, StringComparison.Ordinal);
        // Up some lines, to draw over the table of the second before.
        Assert.Matches("\u001b\\[[0-9]+A", text);
        Assert.DoesNotContain("measuring    1 s", text, StringComparison.Ordinal);
    }

    [Fact]
    public void What_others_wrote_moves_no_cursor_and_colours_nothing()
    {
        var said = new StringWriter();

        new LoadProgress(said, isTerminal: false).Show(new EventFact("flask", EventKinds.Warning, "first\r\n\u001b[2Jsec\tond\u009b1m\a"));

        Assert.Equal("warning: first\n\uFFFD[2Jsec\tond\uFFFD1m\uFFFD\n", said.ToString());
        Assert.Equal("plain – ünïcode\n", Printable.Of("plain – ünïcode\n"));
    }

    private static void Follow(LoadProgress progress)
    {
        foreach (var fact in new FactsBuilder { PerSecond = 50 }.Build()) progress.Show(fact);
        progress.Show(new EventFact("wobble", EventKinds.Warning, "mind the gap"));
        progress.End();
    }
}
