using System.Globalization;
using System.Threading.RateLimiting;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.RateLimiting;
using Microsoft.AspNetCore.StaticAssets;

namespace Wobble.Dashboard.Access;

/// <summary>
/// How much one client may ask: plenty for people and scripts, too little to wear the Dashboard out. Files of the pages don't
/// count: they cost next to nothing, and a page that was let in needs all of them.
/// </summary>
internal static class RateLimits
{
    public static void AddRateLimits(this IServiceCollection services, AccessSettings settings) => services.AddRateLimiter(options =>
    {
        int perSecond = settings.RequestsPerSecond;
        var period = perSecond < 10 ? TimeSpan.FromSeconds(1) : TimeSpan.FromMilliseconds(100);
        options.RejectionStatusCode = StatusCodes.Status429TooManyRequests;
        options.OnRejected = RejectAsync;
        // A page that lives holds its connection as long as it is open. One too many stays as it was sent: readable, and without life.
        var pages = AtOnce(IsUpgrade, _ => "page", settings.PagesAtOnce);
        var pagesOfOne = AtOnce(IsUpgrade, Client, settings.PagesOfOneAddress);
        // A download goes on for as long as its reader takes.
        var downloads = AtOnce(IsDownload, _ => "download", settings.DownloadsAtOnce);
        var downloadsOfOne = AtOnce(IsDownload, Client, settings.DownloadsOfOneAddress);
        options.GlobalLimiter = PartitionedRateLimiter.CreateChained(pagesOfOne, pages, downloadsOfOne, downloads, PartitionedRateLimiter.Create<HttpContext, string>(context => IsFile(context)
            ? RateLimitPartition.GetNoLimiter("file")
            : RateLimitPartition.GetTokenBucketLimiter(Client(context), _ => new TokenBucketRateLimiterOptions
            {
                TokenLimit = settings.RequestsAtOnce,
                TokensPerPeriod = (int)(perSecond * period.TotalSeconds),
                ReplenishmentPeriod = period,
                AutoReplenishment = true,
            })));
    });

    private static PartitionedRateLimiter<HttpContext> AtOnce(Func<HttpContext, bool> counts, Func<HttpContext, string> whose, int most) =>
        PartitionedRateLimiter.Create<HttpContext, string>(context => counts(context)
            ? RateLimitPartition.GetConcurrencyLimiter(whose(context), _ => new ConcurrencyLimiterOptions { PermitLimit = most })
            : RateLimitPartition.GetNoLimiter("request"));

    /// <summary>The endpoint's answer may be long: only so many of them go on at once.</summary>
    public static T IsLong<T>(this T endpoint) where T : IEndpointConventionBuilder => endpoint.WithMetadata(Download.Mark);

    private static bool IsDownload(HttpContext context) => context.GetEndpoint()?.Metadata.GetMetadata<Download>() is not null;

    private sealed class Download
    {
        public static readonly Download Mark = new();
    }

    private static bool IsUpgrade(HttpContext context) => context.Features.Get<IHttpUpgradeFeature>() is { IsUpgradableRequest: true } || context.Features.Get<IHttpExtendedConnectFeature>() is { IsExtendedConnect: true };

    private static bool IsFile(HttpContext context) => context.GetEndpoint()?.Metadata.GetMetadata<StaticAssetDescriptor>() is not null;

    /// <summary>Who is counted as one: the address, behind a known proxy that of its client. Of IPv6 the network of 64 bits, since whoever has one has all of it.</summary>
    public static string Client(HttpContext context) => context.Connection.RemoteIpAddress switch
    {
        null => "local",
        { IsIPv4MappedToIPv6: true } mapped => mapped.MapToIPv4().ToString(),
        { AddressFamily: System.Net.Sockets.AddressFamily.InterNetworkV6 } six => new System.Net.IPAddress([.. six.GetAddressBytes().Take(8), .. new byte[8]]) + "/64",
        var four => four.ToString(),
    };

    private static async ValueTask RejectAsync(OnRejectedContext rejected, CancellationToken cancellation)
    {
        // Who holds a place that others want has no time to tell.
        if (rejected.Lease.TryGetMetadata(MetadataName.RetryAfter, out var after)) await RefuseAsync(rejected.HttpContext, after, "Too many requests");
        else await RefuseAsync(rejected.HttpContext, TimeSpan.FromSeconds(1), "Too many at once", "As many downloads or open pages as may be go on already, of this address or of all.");
    }

    /// <summary>How long the request's address has to wait because of wrong tokens; null: not at all.</summary>
    public static TimeSpan? IsHeldOff(HttpContext context) => BearerHandler.IsGiven(context.Request) ? context.RequestServices.GetRequiredService<WrongTokens>().Wait(Client(context)) : null;

    /// <summary>429 with the time to wait.</summary>
    public static async Task RefuseAsync(HttpContext context, TimeSpan wait, string title, string why = "This address asked too often.")
    {
        string seconds = Math.Max(1, Math.Ceiling(wait.TotalSeconds)).ToString(CultureInfo.InvariantCulture);
        context.Response.Headers.RetryAfter = seconds;
        await Problems.WriteAsync(context, StatusCodes.Status429TooManyRequests, title, $"{why} Ask again in {seconds} s.");
    }
}
