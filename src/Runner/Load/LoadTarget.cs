using System.Net;
using System.Net.Sockets;
using Wobble.Results.Domain;

namespace Wobble.Runner.Load;

/// <summary>What a URL says about where to connect and what to ask for.</summary>
internal sealed record LoadTarget(string Host, int Port, string HostHeader, string Path)
{
    private const string Scheme = "http://";
    private const int HttpPort = 80;
    private static readonly TimeSpan TryFor = TimeSpan.FromSeconds(2);

    /// <summary>Reads a URL. The path stays as it was written, so that <c>{key}</c> survives.</summary>
    public static LoadTarget? Parse(string url, string? unixSocket, List<FieldError> errors)
    {
        LoadTarget? Refuse(string allowed)
        {
            errors.Add(new FieldError("url", url, allowed));
            return null;
        }
        if (url.StartsWith("https:", StringComparison.OrdinalIgnoreCase)) return Refuse("http only: TLS in the generator would measure its own cryptography; load the plain HTTP listener behind the TLS proxy");
        if (!url.StartsWith(Scheme, StringComparison.OrdinalIgnoreCase)) return Refuse("an address such as http://127.0.0.1:8000/row?key={key}");
        string rest = url[Scheme.Length..];
        int fragment = rest.IndexOf('#', StringComparison.Ordinal);
        if (fragment >= 0) rest = rest[..fragment];
        int slash = rest.IndexOfAny(['/', '?']);
        string authority = slash < 0 ? rest : rest[..slash];
        string path = slash < 0 ? "/" : rest[slash] == '?' ? "/" + rest[slash..] : rest[slash..];
        if (authority.Contains('@', StringComparison.Ordinal)) return Refuse("an address without user and password: give an Authorization header with --header");
        if (!Uri.TryCreate(Scheme + authority, UriKind.Absolute, out var uri) || uri.Host.Length == 0) return Refuse("a host name, an IPv4 address or an IPv6 address in brackets, and a port of 1 to 65535");
        string host = uri.HostNameType == UriHostNameType.IPv6 ? uri.Host.Trim('[', ']') : uri.Host;
        int port = uri.IsDefaultPort ? HttpPort : uri.Port;
        if (unixSocket is not null) return new LoadTarget(Endpoint.UnixPrefix + unixSocket, 0, authority, path);
        return new LoadTarget(host, port, authority, path);
    }

    /// <summary>With the name replaced by its first address that accepts a connection (else its first): the load itself resolves nothing.</summary>
    public LoadTarget Resolved()
    {
        if (Port == 0 || IPAddress.TryParse(Host, out _)) return this;
        var addresses = Endpoint.Resolve(Host);
        var best = addresses.Length == 1 ? addresses[0] : addresses.FirstOrDefault(Accepts) ?? addresses[0];
        return this with { Host = best.ToString() };
    }

    private bool Accepts(IPAddress address)
    {
        using var socket = new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            return socket.ConnectAsync(address, Port).Wait(TryFor);
        }
        catch (AggregateException)
        {
            return false;
        }
    }
}
