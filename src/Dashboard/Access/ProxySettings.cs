using System.Net;
using Wobble.Dashboard.Hosting;
using IPNetwork = System.Net.IPNetwork;

namespace Wobble.Dashboard.Access;

/// <summary>What stands in front of the Dashboard: whose word is taken for who asks and by which scheme, and below which path Wobble lies.</summary>
/// <param name="Known">Addresses and networks of proxies; empty: nobody's word is taken.</param>
/// <param name="PathBase">Such as <c>/wobble</c>; empty: Wobble has a host name of its own.</param>
internal sealed record ProxySettings(IReadOnlyList<IPNetwork> Known, string PathBase)
{
    public static readonly ProxySettings None = new([], "");

    /// <summary>Reads KnownProxies and PathBase. Throws with a sentence that names the setting, its value and what is allowed.</summary>
    public static ProxySettings Read(Func<string, string?> setting) =>
        new([.. (setting("KnownProxies") ?? "").Split(';', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries).Select(Network)], ReadPathBase(setting("PathBase")));

    private static IPNetwork Network(string text)
    {
        if (IPAddress.TryParse(text, out var address)) return new IPNetwork(address, address.GetAddressBytes().Length * 8);
        // All addresses: anybody could say who they are.
        if (IPNetwork.TryParse(text, out var network) && network.PrefixLength > 0) return network;
        throw new SettingException($"KnownProxies: '{text}' is not allowed; addresses or networks such as 127.0.0.1 or 10.0.0.0/8, several of them separated by ;");
    }

    private static string ReadPathBase(string? text)
    {
        string path = (text ?? "").TrimEnd('/');
        return path.Length == 0 || (path[0] == '/' && path.Length > 1 && path[1] != '/' && path.All(c => char.IsAsciiLetterOrDigit(c) || c is '/' or '-' or '_' or '.') && !path.Contains("..", StringComparison.Ordinal) && !path.Contains("//", StringComparison.Ordinal))
            ? path
            : throw new SettingException($"PathBase: '{text}' is not allowed; a path such as /wobble, of letters, digits, - and _.");
    }
}

/// <summary>Wobble below a path of its proxy.</summary>
internal static class PathBaseSetup
{
    /// <summary>Before everything that looks at what was asked for.</summary>
    public static void UseOwnPathBase(this WebApplication app, ProxySettings proxy)
    {
        if (proxy.PathBase.Length == 0) return;
        app.UsePathBase(proxy.PathBase);
        // Routing looked at the whole path before.
        app.UseRouting();
    }
}
