using System.Text.Encodings.Web;
using Microsoft.AspNetCore.Authentication;
using Microsoft.Extensions.Options;

namespace Wobble.Dashboard.Access;

/// <summary>Signs a request in by <c>Authorization: Bearer TOKEN</c>.</summary>
internal sealed class BearerHandler(ApiToken token, IOptionsMonitor<AuthenticationSchemeOptions> options, ILoggerFactory logger, UrlEncoder encoder)
    : AuthenticationHandler<AuthenticationSchemeOptions>(options, logger, encoder)
{
    private const string Prefix = "Bearer ";

    /// <summary>True when the request brings a token: the cookie then doesn't count.</summary>
    public static bool IsGiven(HttpRequest request) => request.Headers.Authorization.ToString().StartsWith(Prefix, StringComparison.OrdinalIgnoreCase);

    protected override Task<AuthenticateResult> HandleAuthenticateAsync()
    {
        if (!IsGiven(Request)) return Task.FromResult(AuthenticateResult.NoResult());
        string given = Request.Headers.Authorization.ToString()[Prefix.Length..].Trim();
        return Task.FromResult(token.Matches(given)
            ? AuthenticateResult.Success(new AuthenticationTicket(Sessions.ByToken(Scheme.Name), Scheme.Name))
            // Not a failure, which would be logged each time: whoever guesses must not fill the disk.
            : AuthenticateResult.NoResult());
    }
}
