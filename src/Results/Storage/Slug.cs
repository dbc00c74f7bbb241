using System.Buffers.Text;
using System.Security.Cryptography;

namespace Wobble.Results.Storage;

/// <summary>Names of permalinks: 22 url-safe characters, 128 random bits, not to be guessed.</summary>
public static class Slug
{
    /// <summary>Length of every slug.</summary>
    public const int Length = 22;

    /// <summary>A new one.</summary>
    public static string New() => Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(16));

    /// <summary>True for what could be a slug.</summary>
    public static bool IsValid(string? text) => text is { Length: Length } && text.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_');
}
