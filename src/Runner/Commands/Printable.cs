namespace Wobble.Runner.Commands;

/// <summary>
/// Text of others for a terminal: what a server said last, what a package's setup wrote, what a file holds. A terminal obeys control characters, so each but
/// the line's end and the tab is shown as U+FFFD.
/// </summary>
internal static class Printable
{
    public static string Of(string text) =>
        text.Any(IsObeyed) ? string.Concat(text.ReplaceLineEndings("\n").Select(c => IsObeyed(c) ? '\uFFFD' : c)) : text;

    // C0, DEL and C1.
    private static bool IsObeyed(char c) => char.IsControl(c) && c is not ('\n' or '\t');
}
