using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace Wobble.Results.Storage;

/// <summary>Text as PostgreSQL takes it: it stores neither NUL nor half of a surrogate pair, and servers under test print both.</summary>
internal static partial class StoredText
{
    private const char Replacement = '\uFFFD';

    /// <summary>The text with what can't be stored replaced by U+FFFD, and cut to a length.</summary>
    public static string Clean(string text, int limit = int.MaxValue)
    {
        text = Cut(text, limit);
        bool clean = true;
        for (int i = 0; i < text.Length && clean; i++) clean = text[i] != '\0' && !char.IsSurrogate(text[i]);
        if (clean) return text;
        var builder = new StringBuilder(text.Length);
        for (int i = 0; i < text.Length; i++)
        {
            if (char.IsHighSurrogate(text[i]) && i + 1 < text.Length && char.IsLowSurrogate(text[i + 1])) builder.Append(text[i]).Append(text[++i]);
            else builder.Append(text[i] == '\0' || char.IsSurrogate(text[i]) ? Replacement : text[i]);
        }
        return builder.ToString();
    }

    /// <summary>Its beginning, at most that many characters; one that is a pair stays whole or goes whole.</summary>
    public static string Cut(string text, int length) =>
        text.Length <= length ? text : text[..(length > 0 && char.IsHighSurrogate(text[length - 1]) && char.IsLowSurrogate(text[length]) ? length - 1 : length)];

    /// <summary>A record as jsonb takes it.</summary>
    public static string Json<T>(T value) => EscapedNul().Replace(Clean(JsonSerializer.Serialize(value, WobbleJson.Options)), @"$1\ufffd");

    // \u0000 after an even number of backslashes is a NUL; after an odd number it is the text "\u0000".
    [GeneratedRegex(@"(?<!\\)((?:\\\\)*)\\u0000")]
    private static partial Regex EscapedNul();
}
