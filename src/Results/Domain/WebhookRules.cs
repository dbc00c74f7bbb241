using System.Net;
using System.Net.Sockets;

namespace Wobble.Results.Domain;

/// <summary>
/// Where Wobble may send by itself. An address is written by the operator, but what its name resolves to is not, so both are looked at: the scheme when it
/// is saved, and every address when it is connected to.
/// </summary>
public static class WebhookRules
{
    /// <summary>What is allowed, for errors.</summary>
    public const string Allowed = "https://HOST/…, or http:// to this machine's loopback (127.0.0.1, ::1, localhost); at most 2,000 characters, no user or password, no #fragment";
    /// <summary>The longest address.</summary>
    public const int LongestAddress = 2_000;
    /// <summary>The longest secret.</summary>
    public const int LongestSecret = 200;

    /// <summary>Reads an address. False when it isn't allowed.</summary>
    public static bool TryParse(string? text, out Uri? address)
    {
        address = null;
        if (text is not { Length: > 0 and <= LongestAddress } || text.Any(c => char.IsControl(c) || char.IsWhiteSpace(c)) || !Uri.TryCreate(text, UriKind.Absolute, out var uri)) return false;
        if (uri.UserInfo.Length > 0 || uri.Fragment.Length > 0 || uri.Host.Length == 0) return false;
        bool isAllowed = uri.Scheme == Uri.UriSchemeHttps || (uri.Scheme == Uri.UriSchemeHttp && IsLoopbackName(uri));
        if (isAllowed) address = uri;
        return isAllowed;
    }

    /// <summary>True when an address that a name resolved to may be connected to.</summary>
    /// <param name="ip">One of them.</param>
    /// <param name="isHttps">Plain http goes to loopback alone.</param>
    /// <param name="allowPrivate">True: the operator's own network counts as well (<c>Webhooks:AllowPrivate</c>).</param>
    public static bool MayConnect(IPAddress ip, bool isHttps, bool allowPrivate)
    {
        ArgumentNullException.ThrowIfNull(ip);
        if (ip.IsIPv4MappedToIPv6) ip = ip.MapToIPv4();
        if (IPAddress.IsLoopback(ip)) return true;
        if (!isHttps) return false;
        return Kind(ip) switch { Place.Public => true, Place.Private => allowPrivate, _ => false };
    }

    /// <summary>As it may be shown and logged: a path can hold a secret.</summary>
    public static string Shown(string address) => Uri.TryCreate(address, UriKind.Absolute, out var uri) ? $"{uri.Scheme}://{uri.Authority}/…" : "–";

    private enum Place { Public, Private, Never }

    private static bool IsLoopbackName(Uri uri) => uri.Host.Equals("localhost", StringComparison.OrdinalIgnoreCase) || (IPAddress.TryParse(uri.Host.Trim('[', ']'), out var ip) && IPAddress.IsLoopback(ip));

    // Link-local holds the metadata services of clouds.
    private static Place Kind(IPAddress ip)
    {
        byte[] b = ip.GetAddressBytes();
        if (ip.AddressFamily == AddressFamily.InterNetworkV6)
        {
            if (ip.IsIPv6LinkLocal || ip.IsIPv6Multicast || ip.Equals(IPAddress.IPv6Any)) return Place.Never;
            // fc00::/7, the old fec0::/10, and the prefixes that carry an IPv4 address inside: 6to4, NAT64, Teredo.
            bool carries = (b[0] == 0x20 && b[1] == 0x02) || (b[0] == 0x00 && b[1] == 0x64 && b[2] == 0xff && b[3] == 0x9b) || (b[0] == 0x20 && b[1] == 0x01 && b[2] == 0 && b[3] == 0);
            if (carries) return Place.Never;
            return ip.IsIPv6UniqueLocal || ip.IsIPv6SiteLocal ? Place.Private : (b[0] & 0xe0) == 0x20 ? Place.Public : Place.Never;
        }
        return b switch
        {
            [0, ..] or [169, 254, ..] or [192, 0, 0, _] or [255, 255, 255, 255] or [>= 224, ..] => Place.Never,
            [10, ..] or [172, >= 16 and <= 31, ..] or [192, 168, ..] or [100, >= 64 and <= 127, ..] or [198, 18 or 19, ..] => Place.Private,
            _ => Place.Public,
        };
    }
}
