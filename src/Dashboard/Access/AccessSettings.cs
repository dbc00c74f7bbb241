using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Wobble.Dashboard.Hosting;

namespace Wobble.Dashboard.Access;

/// <summary>What access depends on, read once at start from settings and environment.</summary>
internal sealed record AccessSettings
{
    /// <summary>Where Wobble keeps things, absolute: the keys of cookies and the token of the API lie below it.</summary>
    public required string DataFolder { get; init; }
    /// <summary>What a copied link begins with, without a slash at its end; null: what the browser asked for.</summary>
    public required Uri? PublicUrl { get; init; }
    /// <summary>Host names and addresses of the setting Urls.</summary>
    public required IReadOnlyList<string> ListensOn { get; init; }
    /// <summary>More names that a Host header may have, from the setting AllowedHosts.</summary>
    public required IReadOnlyList<string> MoreHosts { get; init; }
    /// <summary>The API's token by WOBBLE_TOKEN; null: the one kept in <see cref="TokenFile"/>.</summary>
    public required string? Token { get; init; }
    /// <summary>The viewers' token by WOBBLE_VIEWER_TOKEN; null: there are no viewers.</summary>
    public string? ViewerToken { get; init; }
    /// <summary>Wrong tokens of one address in a minute, before it is held off.</summary>
    public int WrongTokensPerMinute { get; init; } = 10;
    /// <summary>The identity provider; null: people sign in by token alone.</summary>
    public OidcSettings? Oidc { get; init; }
    /// <summary>The proxy in front.</summary>
    public ProxySettings Proxy { get; init; } = ProxySettings.None;
    /// <summary>The one-time token of this start, by WOBBLE_SIGN_IN; null: there is no link.</summary>
    public required string? SignIn { get; init; }

    /// <summary>Requests of one address that may come at once.</summary>
    public required int RequestsAtOnce { get; init; }
    /// <summary>Requests of one address a second, in the long run.</summary>
    public required int RequestsPerSecond { get; init; }

    /// <summary>Pages that may be open at once, of all addresses together: each has memory of its own here.</summary>
    public int PagesAtOnce { get; init; } = UsualPagesAtOnce;

    /// <summary>Of these the share of one address, so that one can't stop the pages of all others.</summary>
    public int PagesOfOneAddress => Math.Max(1, PagesAtOnce / 4);

    /// <summary>When the setting says nothing.</summary>
    public const int UsualPagesAtOnce = 400;

    /// <summary>Downloads that may go on at once, of all addresses together: each has memory of its own for as long as its reader takes.</summary>
    public int DownloadsAtOnce { get; init; } = UsualDownloadsAtOnce;

    /// <summary>Of these the share of one address.</summary>
    public int DownloadsOfOneAddress => Math.Max(1, DownloadsAtOnce / 4);

    /// <summary>When the setting says nothing.</summary>
    public const int UsualDownloadsAtOnce = 80;

    /// <summary>Keys that protect cookies; mode 0700.</summary>
    public string KeysFolder => Path.Combine(DataFolder, "keys");
    /// <summary>The API's token; mode 0600.</summary>
    public string TokenFile => Path.Combine(DataFolder, "token");

    /// <summary>Room left on the disk of the data folder; null where that can't be known.</summary>
    public long? FreeBytes()
    {
        try
        {
            return new DriveInfo(DataFolder).AvailableFreeSpace;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    /// <summary>Ends the names of cookies: browsers don't tell ports apart, so two installations on one machine would overwrite each other's.</summary>
    public string CookieSuffix => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(DataFolder)))[..8];

    /// <summary>Reads the settings. Throws with a sentence that names the setting, its value and what is allowed.</summary>
    public static AccessSettings Read(IConfiguration configuration) => new()
    {
        DataFolder = Path.GetFullPath(Text(configuration, "DataFolder") ?? DefaultDataFolder),
        PublicUrl = ReadPublicUrl(Text(configuration, "PublicUrl")),
        ListensOn = [.. Split(Text(configuration, "Urls") ?? "").Select(HostOf)],
        MoreHosts = Split(Text(configuration, "AllowedHosts") ?? ""),
        Token = ReadToken("WOBBLE_TOKEN", Text(configuration, "WOBBLE_TOKEN")),
        ViewerToken = ReadToken("WOBBLE_VIEWER_TOKEN", Text(configuration, "WOBBLE_VIEWER_TOKEN")),
        WrongTokensPerMinute = ReadCount(configuration, nameof(WrongTokensPerMinute)) ?? 10,
        Oidc = OidcSettings.Read(key => Text(configuration, key)),
        Proxy = ProxySettings.Read(key => Text(configuration, key)),
        SignIn = Text(configuration, "WOBBLE_SIGN_IN"),
        RequestsAtOnce = ReadCount(configuration, nameof(RequestsAtOnce)) ?? 1_000,
        RequestsPerSecond = ReadCount(configuration, nameof(RequestsPerSecond)) ?? 200,
        PagesAtOnce = ReadCount(configuration, nameof(PagesAtOnce)) ?? UsualPagesAtOnce,
        DownloadsAtOnce = ReadCount(configuration, nameof(DownloadsAtOnce)) ?? UsualDownloadsAtOnce,
    };

    private static string DefaultDataFolder => Environment.IsPrivilegedProcess
        ? "/var/lib/wobble"
        : Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.LocalApplicationData, Environment.SpecialFolderOption.DoNotVerify), "wobble");

    private static Uri? ReadPublicUrl(string? text)
    {
        if (text is null) return null;
        if (Uri.TryCreate(text, UriKind.Absolute, out var url) && url.Scheme is "http" or "https" && url.Query.Length == 0 && url.Fragment.Length == 0) return url;
        throw new SettingException($"PublicUrl: '{text}' is not allowed; an address such as https://wobble.example.org, without ? and #.");
    }

    private static string HostOf(string url)
    {
        try
        {
            return BindingAddress.Parse(url).Host;
        }
        catch (FormatException e)
        {
            throw new SettingException($"Urls: '{url}' is not allowed; addresses such as http://127.0.0.1:5080, several of them separated by ;", e);
        }
    }

    private static string? ReadToken(string name, string? text) => Results.Domain.TokenRule.Refuse(text) is { } refusal
        ? throw new SettingException(name == "WOBBLE_TOKEN" ? refusal : refusal.Split(". ")[0].Replace("WOBBLE_TOKEN", name, StringComparison.Ordinal) + ". Leave it out, and there are no viewers.")
        : text;

    private static int? ReadCount(IConfiguration configuration, string key) => Text(configuration, key) switch
    {
        null => null,
        var text when int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int count) && count is >= 1 and <= 1_000_000 => count,
        var text => throw new SettingException($"{key}: '{text}' is not allowed; a whole number from 1 to 1,000,000."),
    };

    private static string? Text(IConfiguration configuration, string key) => configuration[key] is { } text && !string.IsNullOrWhiteSpace(text) ? text.Trim() : null;

    private static string[] Split(string text) => text.Split(';', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
}
