using System.Globalization;
using System.Threading.RateLimiting;
using Microsoft.AspNetCore.RateLimiting;

namespace Wobble.Dashboard.Access;

/// <summary>How much one client may ask: plenty for people and scripts, too little to guess a token or to wear the Dashboard out.</summary>
internal static class RateLimits
{
    public const string SignIn = "sign-in";
    /// <summary>Tries of a token, each client, each minute.</summary>
    public const int SignInsPerMinute = 10;
    /// <summary>Requests that may come at once.</summary>
    public const int Burst = 1_000;
    /// <summary>Requests a second in the long run.</summary>
    public const int PerSecond = 200;

    public static void AddRateLimits(this IServiceCollection services) => services.AddRateLimiter(options =>
    {
        options.RejectionStatusCode = StatusCodes.Status429TooManyRequests;
        options.OnRejected = RejectAsync;
        options.GlobalLimiter = PartitionedRateLimiter.Create<HttpContext, string>(context => RateLimitPartition.GetTokenBucketLimiter(Client(context), _ => new TokenBucketRateLimiterOptions
        {
            TokenLimit = Burst,
            TokensPerPeriod = PerSecond / 10,
            ReplenishmentPeriod = TimeSpan.FromMilliseconds(100),
            AutoReplenishment = true,
        }));
        options.AddPolicy(SignIn, context => HttpMethods.IsPost(context.Request.Method) || context.Request.Query.ContainsKey("token")
            ? RateLimitPartition.GetFixedWindowLimiter(Client(context), _ => new FixedWindowRateLimiterOptions { PermitLimit = SignInsPerMinute, Window = TimeSpan.FromMinutes(1) })
            : RateLimitPartition.GetNoLimiter("look"));
    });

    private static string Client(HttpContext context) => context.Connection.RemoteIpAddress?.ToString() ?? "local";

    private static async ValueTask RejectAsync(OnRejectedContext rejected, CancellationToken cancellation)
    {
        var wait = rejected.Lease.TryGetMetadata(MetadataName.RetryAfter, out var after) ? after : TimeSpan.FromSeconds(1);
        string seconds = Math.Max(1, Math.Ceiling(wait.TotalSeconds)).ToString(CultureInfo.InvariantCulture);
        rejected.HttpContext.Response.Headers.RetryAfter = seconds;
        await Problems.WriteAsync(rejected.HttpContext, StatusCodes.Status429TooManyRequests, "Too many requests", $"This address asked too often. Ask again in {seconds} s.");
    }
}
