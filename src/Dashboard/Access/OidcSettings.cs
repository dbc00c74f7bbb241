using Wobble.Dashboard.Hosting;

namespace Wobble.Dashboard.Access;

/// <summary>An OpenID Connect provider by which a team signs in beside the token, and who of it may do what.</summary>
internal sealed record OidcSettings
{
    public required Uri Authority { get; init; }
    public required string ClientId { get; init; }
    public required string? ClientSecret { get; init; }
    /// <summary>The claim that names a person.</summary>
    public required string NameClaim { get; init; }
    /// <summary>Names of those who may change things; * for all.</summary>
    public required IReadOnlyList<string> Operators { get; init; }
    /// <summary>Names of those who may read; * for all.</summary>
    public required IReadOnlyList<string> Viewers { get; init; }

    /// <summary>Changes when the provider or the lists do: sessions that were begun under others have ended.</summary>
    public string Stamp => ApiToken.Stamp(ApiToken.Hash(string.Join('\n', [Authority.AbsoluteUri, ClientId, NameClaim, .. Operators, "", .. Viewers])));

    /// <summary>What that person may do; null: nothing.</summary>
    public string? RoleOf(string name) => Has(Operators, name) ? Roles.Operator : Has(Viewers, name) ? Roles.Viewer : null;

    /// <summary>Reads OidcAuthority, OidcClientId, OidcClientSecret, OidcName, OidcOperators and OidcViewers; null without the first.</summary>
    public static OidcSettings? Read(Func<string, string?> setting)
    {
        if (setting("OidcAuthority") is not { } authority) return null;
        if (!Uri.TryCreate(authority, UriKind.Absolute, out var url) || !(url.Scheme == "https" || (url.Scheme == "http" && url.IsLoopback)))
            throw new SettingException($"OidcAuthority: '{authority}' is not allowed; the provider's address, https but for one on this machine.");
        var settings = new OidcSettings
        {
            Authority = url,
            ClientId = setting("OidcClientId") ?? throw new SettingException("OidcClientId is empty; with OidcAuthority it must be what the provider calls Wobble."),
            ClientSecret = setting("OidcClientSecret"),
            NameClaim = setting("OidcName") ?? "email",
            Operators = Names(setting("OidcOperators")),
            Viewers = Names(setting("OidcViewers")),
        };
        return settings.Operators.Count + settings.Viewers.Count > 0
            ? settings
            : throw new SettingException($"OidcOperators and OidcViewers are empty, so nobody could sign in; names (the claim {settings.NameClaim}) separated by ; or * for everyone the provider knows.");
    }

    private static bool Has(IReadOnlyList<string> names, string name) => names.Contains("*") || names.Contains(name, StringComparer.OrdinalIgnoreCase);

    private static string[] Names(string? text) => (text ?? "").Split(';', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
}
