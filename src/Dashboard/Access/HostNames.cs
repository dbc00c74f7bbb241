using System.Net;
using System.Net.Sockets;

namespace Wobble.Dashboard.Access;

/// <summary>
/// The names under which Wobble answers, against DNS rebinding: a page of another site whose name suddenly points here would else read as if it
/// were ours. An address can't be rebound, so addresses are allowed when Wobble listens on more than loopback.
/// </summary>
internal sealed class HostNames
{
    private readonly HashSet<string> _names = new(StringComparer.OrdinalIgnoreCase) { "localhost", "127.0.0.1", "[::1]" };
    private readonly bool _anyAddress;

    public HostNames(AccessSettings settings)
    {
        _names.UnionWith(settings.MoreHosts.Select(Bracketed));
        if (settings.PublicUrl is { } url) _names.Add(Bracketed(url.Host));
        foreach (string host in settings.ListensOn)
        {
            _names.Add(Bracketed(host));
            bool wildcard = host is "*" or "+" || (IPAddress.TryParse(host.Trim('[', ']'), out var address) && (address.Equals(IPAddress.Any) || address.Equals(IPAddress.IPv6Any)));
            if (!wildcard) continue;
            _anyAddress = true;
            _names.Add(Dns.GetHostName());
        }
    }

    /// <summary>True for a name that is ours; a request without one (HTTP/1.0) comes from no browser.</summary>
    public bool Allows(HostString host) =>
        !host.HasValue || _names.Contains(host.Host) || (_anyAddress && IPAddress.TryParse(host.Host.Trim('[', ']'), out _));

    public override string ToString() => string.Join(", ", _names.Order(StringComparer.Ordinal)) + (_anyAddress ? " and any address" : "");

    private static string Bracketed(string host) =>
        IPAddress.TryParse(host, out var address) && address.AddressFamily == AddressFamily.InterNetworkV6 ? $"[{address}]" : host;
}
