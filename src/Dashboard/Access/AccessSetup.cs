using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authentication.Cookies;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Components.Authorization;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.AspNetCore.HostFiltering;
using Wobble.Dashboard.Hosting;

namespace Wobble.Dashboard.Access;

/// <summary>Who may do what. Whatever doesn't say that it is for everyone needs the sign-in.</summary>
internal static class AccessSetup
{
    private const string Bearer = "Bearer";
    private const string Either = "Wobble";
    private const long MaxBody = 1024 * 1024;

    public static void AddAccess(this WebApplicationBuilder builder)
    {
        var settings = AccessSettings.Read(builder.Configuration);
        MakeKeysFolder(settings);
        var services = builder.Services;
        services.AddSingleton(settings).AddSingleton<ApiToken>().AddSingleton<SignInLink>().AddSingleton<Sessions>().AddSingleton<HostNames>().AddSingleton<SameOrigin>().AddSingleton<WrongTokens>().AddSingleton<Audited>();
        services.AddKeyedSingleton<WrongTokens>(OidcSetup.Scheme);
        services.AddScoped<Operator>().AddScoped<Changes>();
        services.AddScoped<AuthenticationStateProvider, SessionWatch>();
        // The keys lie in a folder of mode 0700 beside the token itself: encrypting them would hide nothing from who can read it.
        builder.Logging.AddFilter("Microsoft.AspNetCore.DataProtection", LogLevel.Error);
        builder.Logging.AddFilter("Microsoft.AspNetCore.Antiforgery", LogLevel.Error);
        services.AddDataProtection().SetApplicationName("Wobble").PersistKeysToFileSystem(new DirectoryInfo(settings.KeysFolder));
        AddSchemes(services, settings);
        services.AddAuthorization(options =>
        {
            options.DefaultPolicy = new AuthorizationPolicyBuilder().RequireAuthenticatedUser().RequireRole(Roles.Operator).Build();
            options.AddPolicy(Roles.Read, policy => policy.RequireAuthenticatedUser().RequireRole(Roles.Operator, Roles.Viewer));
            options.FallbackPolicy = options.DefaultPolicy;
        });
        services.AddSingleton<IAuthorizationMiddlewareResultHandler, Refusals>();
        services.AddAntiforgery(options => (options.Cookie.Name, options.Cookie.SecurePolicy) = ($"wobble-form-{settings.CookieSuffix}", CookieSecurePolicy.SameAsRequest));
        services.AddForwarding(settings);
        services.AddRateLimits(settings);
        // The setting AllowedHosts adds names here (see HostNames); ASP.NET's own filter would take it for the whole list.
        services.PostConfigure<HostFilteringOptions>(options => options.AllowedHosts = ["*"]);
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Limits.MaxRequestBodySize = MaxBody;
        });
    }

    public static void UseAccess(this WebApplication app)
    {
        // Made now, so that a bad setting or an unwritable folder ends the start with its sentence.
        app.Services.GetRequiredService<ApiToken>();
        app.Services.GetRequiredService<SignInLink>();
        app.UseForwarding();
        app.UseOwnPathBase(app.Services.GetRequiredService<AccessSettings>().Proxy);
        app.UseSecurityHeaders();
        app.Use(RefuseForeignHosts);
        app.UseRateLimiter();
        app.UseAuthentication();
        app.UseAuthorization();
        app.Use(RefuseForeignOrigins);
        app.UseWebSocketsAlone();
        app.MapSignIn();
        app.MapOidc();
        app.MapJobsPage();
    }

    private static void MakeKeysFolder(AccessSettings settings)
    {
        try
        {
            PrivateFile.MakeFolder(settings.KeysFolder);
        }
        catch (Exception e) when (e is UnauthorizedAccessException or IOException)
        {
            throw new SettingException($"DataFolder: in '{settings.DataFolder}' the folder keys can't be made or isn't ours ({e.Message}); a folder that the Dashboard's user may write.", e);
        }
    }

    private static void AddSchemes(IServiceCollection services, AccessSettings settings) => services
        .AddAuthentication(Either)
        .AddPolicyScheme(Either, null, options => options.ForwardDefaultSelector = context => BearerHandler.IsGiven(context.Request) ? Bearer : CookieAuthenticationDefaults.AuthenticationScheme)
        .AddScheme<AuthenticationSchemeOptions, BearerHandler>(Bearer, null)
        .AddCookie(options =>
        {
            options.Cookie.Name = $"wobble-{settings.CookieSuffix}";
            options.Cookie.HttpOnly = true;
            options.Cookie.SecurePolicy = CookieSecurePolicy.SameAsRequest;
            // Not Strict: a permalink opened from a chat would look signed out, and the one-time link opened from a page would not stick.
            options.Cookie.SameSite = SameSiteMode.Lax;
            options.ExpireTimeSpan = Sessions.Life;
            options.SlidingExpiration = true;
            options.Events.OnValidatePrincipal = context =>
            {
                if (!context.HttpContext.RequestServices.GetRequiredService<Sessions>().IsAlive(context.Principal!)) context.RejectPrincipal();
                return Task.CompletedTask;
            };
        })
        .AddOidc(settings);

    private static Task RefuseForeignHosts(HttpContext context, RequestDelegate next)
    {
        var names = context.RequestServices.GetRequiredService<HostNames>();
        return names.Allows(context.Request.Host)
            ? next(context)
            : Problems.WriteAsync(context, StatusCodes.Status400BadRequest, "Unknown host name", $"Host: '{context.Request.Host.Host}' is not allowed; {names}. The settings PublicUrl and AllowedHosts add names.");
    }

    private static Task RefuseForeignOrigins(HttpContext context, RequestDelegate next) =>
        context.RequestServices.GetRequiredService<SameOrigin>().Allows(context.Request)
            ? next(context)
            : Problems.WriteAsync(context, StatusCodes.Status403Forbidden, "Another site asked", "This request was sent by a page of another site or port. Changes are made from Wobble's own pages, or with the header Authorization: Bearer TOKEN.");
}
