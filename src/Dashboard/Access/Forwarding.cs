using Microsoft.AspNetCore.HttpOverrides;

namespace Wobble.Dashboard.Access;

/// <summary>
/// Behind a proxy on this machine: who really asked, and whether by https. Only with PublicUrl, which says that there is one: without it anybody on
/// this machine could name another address and so escape the rate limit.
/// </summary>
internal static class Forwarding
{
    public static void AddForwarding(this IServiceCollection services, AccessSettings settings) => services.Configure<ForwardedHeadersOptions>(options =>
    {
        options.ForwardedHeaders = settings.PublicUrl is null ? ForwardedHeaders.None : ForwardedHeaders.XForwardedFor | ForwardedHeaders.XForwardedProto;
        // One proxy, on loopback (ASP.NET's default): what a client itself sent of these headers is passed over.
        options.ForwardLimit = 1;
    });

    public static void UseForwarding(this WebApplication app) => app.UseForwardedHeaders();
}
