using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authentication.Cookies;
using Microsoft.AspNetCore.Authentication.OpenIdConnect;
using Microsoft.IdentityModel.Protocols.OpenIdConnect;
using Wobble.Results.Edits;

namespace Wobble.Dashboard.Access;

/// <summary>Signing in by an OpenID Connect provider: authorization code with PKCE; the provider's word ends in a session of ours, and its tokens are not kept.</summary>
internal static class OidcSetup
{
    public const string Scheme = "Oidc";
    /// <summary>Begins it.</summary>
    public const string Path = SignInEndpoints.Path + "/provider";
    private const string CallbackPath = SignInEndpoints.Path + "/provider/back";
    private const string Refused = "The provider knows you, but nobody gave you access to this Wobble: its settings OidcOperators and OidcViewers name who has it.";
    private const string Failed = "The provider's answer can't be used: it was too old, or of another sign-in. Try again.";
    private const string Away = "The provider can’t be reached: sign in with the token, or try again.";

    public static AuthenticationBuilder AddOidc(this AuthenticationBuilder schemes, AccessSettings settings) => settings.Oidc is not { } oidc ? schemes : schemes.AddOpenIdConnect(Scheme, options =>
    {
        options.Authority = oidc.Authority.AbsoluteUri.TrimEnd('/');
        options.RequireHttpsMetadata = oidc.Authority.Scheme == "https";
        options.ClientId = oidc.ClientId;
        options.ClientSecret = oidc.ClientSecret;
        options.SignInScheme = CookieAuthenticationDefaults.AuthenticationScheme;
        options.CallbackPath = CallbackPath;
        options.ResponseType = OpenIdConnectResponseType.Code;
        // The answer comes back by a redirect, which SameSite=Lax cookies go along with; a form posted from elsewhere they don't.
        options.ResponseMode = OpenIdConnectResponseMode.Query;
        options.UsePkce = true;
        options.SaveTokens = false;
        options.MapInboundClaims = false;
        options.GetClaimsFromUserInfoEndpoint = true;
        // Of what the provider tells beside its token, only what is asked for below.
        foreach (string claim in (string[])[oidc.NameClaim, "email_verified"]) options.ClaimActions.MapUniqueJsonKey(claim, claim);
        options.Scope.Clear();
        foreach (string scope in (string[])["openid", "profile", "email"]) options.Scope.Add(scope);
        options.TokenValidationParameters.NameClaimType = oidc.NameClaim;
        foreach (var cookie in (CookieBuilder[])[options.NonceCookie, options.CorrelationCookie]) (cookie.SameSite, cookie.SecurePolicy) = (SameSiteMode.Lax, CookieSecurePolicy.SameAsRequest);
        options.Events.OnTicketReceived = context => ReceiveAsync(context, oidc);
        options.Events.OnRemoteFailure = async context =>
        {
            context.HandleResponse();
            var services = context.HttpContext.RequestServices;
            string from = RateLimits.Client(context.HttpContext);
            // Anyone can send any answer here: one line for each address and minute, or they would fill the log.
            if (services.GetRequiredKeyedService<WrongTokens>(Scheme).Note(from)) await services.GetRequiredService<Audited>().NoteAsync("nobody", from, "sign in by the provider", $"refused: {context.Failure?.Message}");
            await SignInEndpoints.ShowAsync(context.HttpContext, StatusCodes.Status401Unauthorized, Failed, null);
        };
    });

    public static void MapOidc(this WebApplication app)
    {
        if (app.Services.GetRequiredService<AccessSettings>().Oidc is null) return;
        app.MapGet(Path, (HttpContext context, string? to) => BeginAsync(context, to, app.Logger)).AllowAnonymous().ExcludeFromDescription();
    }

    private static async Task BeginAsync(HttpContext context, string? to, ILogger log)
    {
        try
        {
            await context.ChallengeAsync(Scheme, new AuthenticationProperties { RedirectUri = context.Request.PathBase + SignInEndpoints.Local(to), IsPersistent = true });
        }
        // Where to send people is asked of the provider at the first sign-in; what went wrong comes wrapped in an InvalidOperationException.
        catch (Exception e) when (e is InvalidOperationException or HttpRequestException or IOException or OperationCanceledException && !context.RequestAborted.IsCancellationRequested)
        {
            log.LogWarning(e, "The provider of sign-ins can't be reached");
            await SignInEndpoints.ShowAsync(context, StatusCodes.Status503ServiceUnavailable, Away, to);
        }
    }

    private static async Task ReceiveAsync(TicketReceivedContext context, OidcSettings oidc)
    {
        string? name = context.Principal?.FindFirst(oidc.NameClaim)?.Value;
        // An address that the provider hasn't proved could be anybody's.
        bool isProved = oidc.NameClaim != "email" || context.Principal?.FindFirst("email_verified")?.Value is "true" or "True";
        string? role = name is not null && isProved ? oidc.RoleOf(name) : null, from = RateLimits.Client(context.HttpContext);
        var services = context.HttpContext.RequestServices;
        // Whoever has an account there may try as often as they like: one line for each person, address and minute.
        if (role is not null || services.GetRequiredKeyedService<WrongTokens>(Scheme).Note($"{from} {name}"))
            await services.GetRequiredService<Audited>().NoteAsync(name ?? "nobody", from, "sign in by the provider", role is null ? "refused: no access" : AuditTrail.Done);
        if (role is null)
        {
            context.HandleResponse();
            await SignInEndpoints.ShowAsync(context.HttpContext, StatusCodes.Status403Forbidden, Refused, null);
            return;
        }
        context.Principal = services.GetRequiredService<Sessions>().BeginNamed(CookieAuthenticationDefaults.AuthenticationScheme, name!, role, from);
    }
}
