using System.Text.Json.Serialization;

namespace Wobble.Dashboard.Components.Layout;

/// <summary>
/// What cookies say of who looks: the theme chosen (null: the system's) and the time zone (null: not known yet). Passed from the first HTML to
/// the circuit, so that both render the same.
/// </summary>
public sealed record Viewer(string? Theme, string? Zone)
{
    /// <summary>Cookie that js/viewer.js writes when a theme is chosen.</summary>
    public const string ThemeCookie = "wobble-theme";
    /// <summary>Cookie that js/viewer.js writes on the first visit.</summary>
    public const string ZoneCookie = "wobble-zone";

    /// <summary>UTC until the zone is known.</summary>
    [JsonIgnore]
    public TimeZoneInfo TimeZone => Zone is not null && TimeZoneInfo.TryFindSystemTimeZoneById(Zone, out var zone) ? zone : TimeZoneInfo.Utc;

    /// <summary>Anything a cookie says that isn't known counts as unsaid.</summary>
    public static Viewer Of(IRequestCookieCollection? cookies)
    {
        string? theme = cookies?[ThemeCookie];
        return new Viewer(theme is "light" or "dark" ? theme : null, Known(cookies?[ZoneCookie]));
    }

    /// <summary>The zone's name when this machine knows it, else null.</summary>
    public static string? Known(string? zone)
    {
        zone = zone is null ? null : Uri.UnescapeDataString(zone);
        return zone is { Length: > 0 and < 64 } && TimeZoneInfo.TryFindSystemTimeZoneById(zone, out _) ? zone : null;
    }
}
