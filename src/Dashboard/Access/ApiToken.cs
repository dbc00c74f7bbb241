using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using Wobble.Dashboard.Hosting;

namespace Wobble.Dashboard.Access;

/// <summary>
/// The tokens of the API: the operator's (WOBBLE_TOKEN, else the content of the token file, else a random one that is written there, mode 0600), and the
/// viewers' where WOBBLE_VIEWER_TOKEN sets one. Only their hashes stay in memory; comparing takes the same time whatever was given.
/// </summary>
internal sealed class ApiToken
{
    /// <summary>A token of one's own must have this many characters.</summary>
    public const int MinLength = Wobble.Results.Domain.TokenRule.LeastLength;

    private readonly byte[] _hash;
    private readonly byte[]? _viewers;

    public ApiToken(AccessSettings settings)
    {
        _hash = Hash(settings.Token ?? ReadOrMake(settings.TokenFile));
        KeptIn = Matches(Kept(settings.TokenFile)) ? settings.TokenFile : null;
        if (settings.ViewerToken is not { } viewers) return;
        if (Matches(viewers)) throw new SettingException("WOBBLE_VIEWER_TOKEN is the operator's token; another one is needed, or every viewer could change things.");
        _viewers = Hash(viewers);
    }

    /// <summary>The file that holds it; null when only WOBBLE_TOKEN says it.</summary>
    public string? KeptIn { get; }

    /// <summary>Changes when the role's token does; a session that was begun under another token has ended. Null: there is no such token.</summary>
    public string? StampOf(string role) => role switch
    {
        Roles.Operator => Stamp(_hash),
        Roles.Viewer when _viewers is not null => Stamp(_viewers),
        _ => null,
    };

    /// <summary>Whose token it is; null: nobody's.</summary>
    public string? RoleOf(string? given)
    {
        // Both are compared, whichever it is.
        bool isOperator = Same(_hash, given), isViewer = Same(_viewers ?? _hash, given) && _viewers is not null;
        return isOperator ? Roles.Operator : isViewer ? Roles.Viewer : null;
    }

    public bool Matches(string? given) => Same(_hash, given);

    /// <summary>Compares by hash, so that neither length nor content shows in the time it takes.</summary>
    public static bool Same(byte[] hash, string? given) => CryptographicOperations.FixedTimeEquals(hash, Hash(given ?? "")) && given is not null;

    public static byte[] Hash(string text) => SHA256.HashData(Encoding.UTF8.GetBytes(text));

    /// <summary>A short mark of something secret, of no use for guessing it.</summary>
    public static string Stamp(byte[] hash) => Convert.ToHexStringLower(SHA256.HashData(hash).AsSpan(0, 8));

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
