using Microsoft.AspNetCore.HttpOverrides;

namespace Wobble.Dashboard.Access;

/// <summary>
/// Behind a proxy: who really asked, and whether by https. Only with PublicUrl, which says that there is a proxy on this machine, or with KnownProxies, which says
/// where others are: without either anybody could name another address and so escape the rate limit.
/// </summary>
internal static class Forwarding
{
    public static void AddForwarding(this IServiceCollection services, AccessSettings settings) => services.Configure<ForwardedHeadersOptions>(options =>
    {
        var known = settings.Proxy.Known;
        options.ForwardedHeaders = settings.PublicUrl is null && known.Count == 0 ? ForwardedHeaders.None : ForwardedHeaders.XForwardedFor | ForwardedHeaders.XForwardedProto;
        // One proxy, on loopback (ASP.NET's default): what a client itself sent of these headers is passed over.
        options.ForwardLimit = 1;
        if (known.Count == 0) return;
        // Each hop must be one that was named: the first other address from the right is who asked.
        options.ForwardLimit = null;
        options.KnownProxies.Clear();
        options.KnownIPNetworks.Clear();
        foreach (var network in known) options.KnownIPNetworks.Add(network);
    });

    public static void UseForwarding(this WebApplication app) => app.UseForwardedHeaders();
}
