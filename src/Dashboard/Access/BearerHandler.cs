using System.Text.Encodings.Web;
using Microsoft.AspNetCore.Authentication;
using Microsoft.Extensions.Options;

namespace Wobble.Dashboard.Access;

/// <summary>Signs a request in by <c>Authorization: Bearer TOKEN</c>.</summary>
internal sealed class BearerHandler(ApiToken token, WrongTokens wrong, Audited audited, IOptionsMonitor<AuthenticationSchemeOptions> options, ILoggerFactory logger, UrlEncoder encoder)
    : AuthenticationHandler<AuthenticationSchemeOptions>(options, logger, encoder)
{
    private const string Prefix = "Bearer ";

    /// <summary>True when the request brings a token: the cookie then doesn't count.</summary>
    public static bool IsGiven(HttpRequest request) => request.Headers.Authorization.ToString().StartsWith(Prefix, StringComparison.OrdinalIgnoreCase);

    protected override async Task<AuthenticateResult> HandleAuthenticateAsync()
    {
        if (!IsGiven(Request)) return AuthenticateResult.NoResult();
        string given = Request.Headers.Authorization.ToString()[Prefix.Length..].Trim(), address = RateLimits.Client(Context);
        if (token.RoleOf(given) is { } role) return AuthenticateResult.Success(new AuthenticationTicket(Sessions.ByToken(Scheme.Name, role), Scheme.Name));
        // Not a failure, which would be logged each time: whoever guesses must not fill the disk.
        if (wrong.Wait(address) is null && wrong.Note(address)) await audited.NoteAsync("nobody", address, "sign in with a wrong bearer token", "refused");
        return AuthenticateResult.NoResult();
    }
}
