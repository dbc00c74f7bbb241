using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;

namespace Wobble.Dashboard.Access;

/// <summary>
/// The token of the API: WOBBLE_TOKEN, else the content of the token file, else a random one that is written there (mode 0600). Only its hash stays
/// in memory; comparing takes the same time whatever was given.
/// </summary>
internal sealed class ApiToken
{
    /// <summary>A token of one's own must have this many characters.</summary>
    public const int MinLength = 16;

    private readonly byte[] _hash;

    public ApiToken(AccessSettings settings) => _hash = Hash(settings.Token ?? ReadOrMake(settings.TokenFile));

    /// <summary>Changes when the token does; a session that was begun under another token has ended.</summary>
    public string Stamp => Convert.ToHexStringLower(_hash.AsSpan(0, 8));

    public bool Matches(string? given) => Same(_hash, given);

    /// <summary>Compares by hash, so that neither length nor content shows in the time it takes.</summary>
    public static bool Same(byte[] hash, string? given) => CryptographicOperations.FixedTimeEquals(hash, Hash(given ?? "")) && given is not null;

    public static byte[] Hash(string text) => SHA256.HashData(Encoding.UTF8.GetBytes(text));

    private static string ReadOrMake(string file)
    {
        if (File.Exists(file) && File.ReadAllText(file).Trim() is { Length: > 0 } kept)
            return kept.Length >= MinLength ? kept : throw new InvalidOperationException($"{file} holds {kept.Length} characters; at least {MinLength} are needed, or the token can be guessed. Delete the file, and a random one is made.");
        string token = Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(32));
        Directory.CreateDirectory(Path.GetDirectoryName(file)!);
        PrivateFile.Write(file, token + "\n");
        return token;
    }
}
