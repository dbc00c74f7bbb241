using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using Wobble.Dashboard.Hosting;

namespace Wobble.Dashboard.Access;

/// <summary>
/// The token of the API: WOBBLE_TOKEN, else the content of the token file, else a random one that is written there (mode 0600). Only its hash stays
/// in memory; comparing takes the same time whatever was given.
/// </summary>
internal sealed class ApiToken
{
    /// <summary>A token of one's own must have this many characters.</summary>
    public const int MinLength = Wobble.Results.Domain.TokenRule.LeastLength;

    private readonly byte[] _hash;

    public ApiToken(AccessSettings settings)
    {
        _hash = Hash(settings.Token ?? ReadOrMake(settings.TokenFile));
        KeptIn = Matches(Kept(settings.TokenFile)) ? settings.TokenFile : null;
    }

    /// <summary>The file that holds it; null when only WOBBLE_TOKEN says it.</summary>
    public string? KeptIn { get; }

    /// <summary>Changes when the token does; a session that was begun under another token has ended.</summary>
    public string Stamp => Convert.ToHexStringLower(_hash.AsSpan(0, 8));

    public bool Matches(string? given) => Same(_hash, given);

    /// <summary>Compares by hash, so that neither length nor content shows in the time it takes.</summary>
    public static bool Same(byte[] hash, string? given) => CryptographicOperations.FixedTimeEquals(hash, Hash(given ?? "")) && given is not null;

    public static byte[] Hash(string text) => SHA256.HashData(Encoding.UTF8.GetBytes(text));

    private static string ReadOrMake(string file)
    {
        if (Kept(file) is { } kept)
            return kept.Length >= MinLength ? kept : throw new SettingException($"{file} holds {kept.Length} characters; at least {MinLength} are needed, or the token can be guessed. Delete the file, and a random one is made.");
        if (File.Exists(file) && new FileInfo(file).Length > 0) throw new SettingException($"{file} can't be read by the user the Dashboard runs as: give it to that user, or set WOBBLE_TOKEN.");
        string token = Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(32));
        Directory.CreateDirectory(Path.GetDirectoryName(file)!);
        PrivateFile.Write(file, token + "\n");
        return token;
    }

    private static string? Kept(string file)
    {
        try
        {
            return File.Exists(file) && File.ReadAllText(file).Trim() is { Length: > 0 } kept ? kept : null;
        }
        catch (UnauthorizedAccessException)
        {
            return null;
        }
    }
}
