namespace Wobble.Dashboard.Access;

/// <summary>What each answer tells the browser to refuse.</summary>
internal static class SecurityHeaders
{
    /// <summary>
    /// Pages, those of Hangfire too: everything from files of ours, scripts never inline. Styles also inline, because MudBlazor writes its theme as a
    /// style element, and its components and Hangfire's have style attributes.
    /// </summary>
    public const string PagePolicy =
        "default-src 'self'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; object-src 'none'; base-uri 'self'; form-action 'self'; frame-ancestors 'none'";

    /// <summary>Downloads and answers of the API run nothing and load nothing, even when a browser shows them.</summary>
    public const string DataPolicy = "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; sandbox";

    public static void UseSecurityHeaders(this WebApplication app) => app.Use((context, next) =>
    {
        context.Response.OnStarting(() =>
        {
            Set(context.Response.Headers, context.Request.Path);
            return Task.CompletedTask;
        });
        return next(context);
    });

    private static void Set(IHeaderDictionary headers, PathString path)
    {
        if (headers.ContentSecurityPolicy.Count == 0 || headers.ContentSecurityPolicy.ToString().StartsWith("frame-ancestors", StringComparison.Ordinal))
            headers.ContentSecurityPolicy = PolicyOf(path);
        headers.XContentTypeOptions = "nosniff";
        headers.XFrameOptions = "DENY";
        // A permalink's slug is its secret: no other site may learn it from a link that was followed. Ours may: under no-referrer a form says Origin: null,
        // and over plain http from another machine a browser says nothing else of where it comes from.
        headers["Referrer-Policy"] = "same-origin";
        headers["Permissions-Policy"] = "accelerometer=(), camera=(), display-capture=(), geolocation=(), gyroscope=(), magnetometer=(), microphone=(), payment=(), usb=(), clipboard-write=(self)";
        headers["Cross-Origin-Opener-Policy"] = "same-origin";
        headers["Cross-Origin-Resource-Policy"] = "same-origin";
        headers["X-Robots-Tag"] = "noindex, nofollow";
    }

    private static string PolicyOf(PathString path) =>
        path.StartsWithSegments("/api", StringComparison.OrdinalIgnoreCase) ? DataPolicy : PagePolicy;
}
