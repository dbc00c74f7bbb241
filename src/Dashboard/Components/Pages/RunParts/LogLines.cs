using System.Text.RegularExpressions;
using Wobble.Dashboard.Components.Controls;

namespace Wobble.Dashboard.Components.Pages.RunParts;

/// <summary>One line of a log as it is shown.</summary>
/// <param name="Text">The line, or a note of Wobble's own.</param>
/// <param name="IsNote">Wobble's own words.</param>
/// <param name="IsCause">The line that most likely names the cause.</param>
internal sealed record LogLine(string Text, bool IsNote, bool IsCause);

/// <summary>A log for reading: lines that repeat are counted, and of a failed run the first that names an error is marked. Pure.</summary>
internal static partial class LogLines
{
    public static IReadOnlyList<LogLine> Of(string text, bool markCause)
    {
        var lines = new List<LogLine>();
        string? last = null;
        int repeated = 0;
        bool marked = !markCause;
        foreach (string line in text.TrimEnd('\n').Split('\n'))
        {
            string key = Stamp().Replace(line, "");
            if (key.Length > 0 && key == last)
            {
                repeated++;
                continue;
            }
            Flush();
            bool cause = !marked && Error().IsMatch(key);
            marked |= cause;
            lines.Add(new LogLine(line.TrimEnd('\r'), false, cause));
            last = key;
        }
        Flush();
        return lines;

        void Flush()
        {
            if (repeated > 0) lines.Add(new LogLine(repeated == 1 ? "the line above, once more" : $"the line above, {Numbers.Count(repeated)} more times", true, false));
            repeated = 0;
        }
    }

    // A time or process number in front doesn't make two lines different.
    [GeneratedRegex(@"^[\s\[\(]*[\d\-:/.,TZ+ ]{6,}[\]\)]*\s*(\[\d+\]\s*)?", RegexOptions.CultureInvariant)]
    private static partial Regex Stamp();

    [GeneratedRegex(@"(error|fatal|panic|traceback|exception|too many open files|out of memory|cannot|could not|refused|killed|segfault)\b", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    private static partial Regex Error();
}
