using System.Text.Json;
using System.Text.RegularExpressions;

namespace Wobble.Runner.Hosting;

/// <summary>Which lines of a child's log also go to the console, and no more of them than a person can read.</summary>
internal sealed partial class ImportantLines(TimeProvider time)
{
    /// <summary>A line that begins so was written for the console.</summary>
    public const string Spoken = "wobble: ";

    private const int MostInWindow = 8;
    private const int Longest = 300;
    private static readonly TimeSpan Window = TimeSpan.FromSeconds(20);
    private long _since = time.GetTimestamp();
    private int _shown;

    /// <summary>.NET's console log on single lines: time, level, text; or JSON.</summary>
    public static bool OfDotnet(string line) => DotnetWarning().IsMatch(line) || (line.StartsWith('{') && JsonWarning().IsMatch(line)) || line.StartsWith(Spoken, StringComparison.Ordinal) || line.StartsWith("Unhandled exception", StringComparison.Ordinal);

    /// <summary>PostgreSQL's log.</summary>
    public static bool OfPostgres(string line) => PostgresTrouble().IsMatch(line);

    /// <summary>The line as the console shows it, or null when there were too many; <paramref name="log"/> is named in the last one before that.</summary>
    public string? Shorten(string line, string log)
    {
        if (time.GetElapsedTime(_since) > Window) (_since, _shown) = (time.GetTimestamp(), 0);
        if (++_shown > MostInWindow) return null;
        if (_shown == MostInWindow) return $"… more in {log}";
        string text = line.StartsWith(Spoken, StringComparison.Ordinal) ? line[Spoken.Length..] : line.StartsWith('{') ? OfJson(line) : Time().Replace(line, "");
        return text.Length > Longest ? text[..Longest] + "…" : text;
    }

    private static string OfJson(string line)
    {
        try
        {
            using var entry = JsonDocument.Parse(line);
            string Member(string name) => entry.RootElement.TryGetProperty(name, out var value) ? value.ToString() : "";
            return $"{Member("LogLevel").ToLowerInvariant()}: {Member("Message")}";
        }
        catch (JsonException)
        {
            return line;
        }
    }

    [GeneratedRegex("\"LogLevel\":\"(Warning|Error|Critical)\"")]
    private static partial Regex JsonWarning();

    [GeneratedRegex(@"^\S+ (warn|fail|crit): ")]
    private static partial Regex DotnetWarning();

    // Whoever asks while it starts is told "starting up": that is no trouble.
    [GeneratedRegex(@"\b(PANIC|FATAL):  (?!the database system is starting up)|LOG:  server process .* was terminated")]
    private static partial Regex PostgresTrouble();

    [GeneratedRegex(@"^\d{4}-\d\d-\d\d[T ][\d:.,]+Z? (?:UTC )?")]
    private static partial Regex Time();
}
