using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Authorization.Policy;

namespace Wobble.Dashboard.Access;

/// <summary>
/// What someone gets who isn't signed in: a browser the sign-in page at the address it asked for, everything else problem details; both 401, never a
/// redirect. It comes before an endpoint reads anything of the request.
/// </summary>
internal sealed class Refusals : IAuthorizationMiddlewareResultHandler
{
    public const string Title = "Not signed in";
    public const string Detail = "This needs the sign-in: the header Authorization: Bearer TOKEN, or the cookie of a signed-in browser. ./run prints a link to sign in with; the token is in the file named token of the data folder.";

    private const string Viewers = "You are signed in as a viewer, who reads everything and changes nothing. This needs the operator's sign-in.";
    private const string WrongToken = "The token of the header Authorization: Bearer is not the one of this Wobble. It is what WOBBLE_TOKEN held at the start, else it is in the file named token of the data folder.";

    public async Task HandleAsync(RequestDelegate next, HttpContext context, AuthorizationPolicy policy, PolicyAuthorizationResult authorizeResult)
    {
        if (authorizeResult.Succeeded)
        {
            await next(context);
            return;
        }
        if (authorizeResult.Forbidden)
        {
            // Of a page, too: a sign-in form would ask a viewer for what they have done already.
            if (Problems.WantsPage(context.Request)) await SignInEndpoints.ShowAsync(context, StatusCodes.Status403Forbidden, Viewers, context.Request.Path + context.Request.QueryString);
            else await Problems.WriteAsync(context, StatusCodes.Status403Forbidden, "For the operator", Viewers);
            return;
        }
        if (RateLimits.IsHeldOff(context) is { } wait)
        {
            await RateLimits.RefuseAsync(context, wait, "Too many wrong tokens");
            return;
        }
        context.Response.Headers.WWWAuthenticate = "Bearer realm=\"Wobble\"";
        if (Problems.WantsPage(context.Request)) await SignInEndpoints.ShowAsync(context, StatusCodes.Status401Unauthorized, null, context.Request.Path + context.Request.QueryString);
        else await Problems.WriteAsync(context, StatusCodes.Status401Unauthorized, Title, BearerHandler.IsGiven(context.Request) ? WrongToken : Detail);
    }
}
