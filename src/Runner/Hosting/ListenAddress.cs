using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Wobble.Runner.Commands;

namespace Wobble.Runner.Hosting;

/// <summary>An address the Dashboard listens on.</summary>
/// <param name="Scheme"><c>http</c> or <c>https</c>.</param>
/// <param name="Host">An IP address, <c>localhost</c>, or <c>*</c> for every interface.</param>
/// <param name="Port">1 to 65535.</param>
internal sealed record ListenAddress(string Scheme, string Host, int Port)
{
    private const string Allowed = "Allowed is http://HOST:PORT with an IP address, localhost or * as HOST, several with ; between them; such as http://127.0.0.1:5080.";

    /// <summary>As the Dashboard takes it.</summary>
    public string Url => $"{Scheme}://{Host}:{Port.ToString(CultureInfo.InvariantCulture)}";

    /// <summary>As a browser on this machine takes it.</summary>
    public string LocalUrl => IsAny ? $"{Scheme}://localhost:{Port.ToString(CultureInfo.InvariantCulture)}" : Url;

    /// <summary>True when only this machine reaches it.</summary>
    public bool IsLoopback => Host == "localhost" || (!IsAny && IPAddress.IsLoopback(IPAddress.Parse(Host.Trim('[', ']'))));

    private bool IsAny => Host is "*" or "0.0.0.0" or "[::]";

    /// <summary>Reads the setting Urls. Port 0 becomes one that is free now.</summary>
    public static IReadOnlyList<ListenAddress> Parse(string urls, bool hasCertificate = false)
    {
        var addresses = urls.Split(';', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries).Select(url => ParseOne(url, hasCertificate)).ToList();
        return addresses.Count > 0 ? addresses : throw Bad(urls, "it is empty");
    }

    /// <summary>Throws when someone else listens there, or this user may not.</summary>
    public void Check()
    {
        foreach (var address in BoundTo())
        {
            using var socket = new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
            try
            {
                socket.Bind(new IPEndPoint(address, Port));
                socket.Listen();
            }
            catch (SocketException e) when (e.SocketErrorCode == SocketError.AddressAlreadyInUse)
            {
                throw new HostingException($"Port {Port} of {Url} is in use{PortOwner.Describe(Port)}. End that one, or name another: --urls {Scheme}://{Host}:{FreePort()}");
            }
            catch (SocketException e) when (e.SocketErrorCode == SocketError.AccessDenied)
            {
                throw new HostingException($"Port {Port} of {Url} needs root, as all below 1024 do. Name one above: --urls {Scheme}://{Host}:{FreePort()}");
            }
            catch (SocketException e) when (e.SocketErrorCode == SocketError.AddressNotAvailable)
            {
                throw new HostingException($"--urls {Url}: this machine has no address {Host}.", ExitCodes.BadInput);
            }
            catch (SocketException e) when (e.SocketErrorCode == SocketError.AddressFamilyNotSupported && BoundTo().Count > 1)
            {
                // A machine without IPv6: the other address counts.
            }
        }
    }

    private List<IPAddress> BoundTo() => Host switch
    {
        "*" => [IPAddress.Any],
        "localhost" => [IPAddress.Loopback, IPAddress.IPv6Loopback],
        _ => [IPAddress.Parse(Host.Trim('[', ']'))],
    };

    private static ListenAddress ParseOne(string url, bool hasCertificate)
    {
        // Uri knows no * as a host; Kestrel takes + for the same.
        string readable = url.Replace("://*", "://any.invalid", StringComparison.Ordinal).Replace("://+", "://any.invalid", StringComparison.Ordinal);
        if (!Uri.TryCreate(readable, UriKind.Absolute, out var uri)) throw Bad(url, "it is not an address");
        if (uri.Scheme == "https" && !hasCertificate) throw Bad(url, "https needs a certificate (Kestrel__Certificates__Default__Path and …__Password), or a proxy in front that has one");
        if (uri.Scheme is not ("http" or "https")) throw Bad(url, $"its scheme is {uri.Scheme}");
        if (uri.PathAndQuery is not ("/" or "") || uri.Fragment.Length > 0 || uri.UserInfo.Length > 0) throw Bad(url, "it has more than a host and a port");
        string host = uri.Host == "any.invalid" ? "*" : uri.Host;
        if (host is not ("*" or "localhost") && !IPAddress.TryParse(host.Trim('[', ']'), out _)) throw Bad(url, $"its host '{host}' is a name, which would be taken as every interface");
        return new ListenAddress(uri.Scheme, host, uri.Port == 0 ? FreePort() : uri.Port);
    }

    private static HostingException Bad(string url, string why) => new($"--urls '{url}' is not allowed: {why}. {Allowed}", ExitCodes.BadInput);

    private static int FreePort()
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        return ((IPEndPoint)socket.LocalEndPoint!).Port;
    }
}
