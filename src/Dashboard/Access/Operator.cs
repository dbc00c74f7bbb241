using System.Security.Claims;
using Microsoft.AspNetCore.Components.Authorization;

namespace Wobble.Dashboard.Access;

/// <summary>
/// Answers for one circuit or one request whether its user is signed in now. Every change asks it on the server:
/// a hidden button is a courtesy, this is the lock. A sign-out or a new token counts at once, also for pages that are open.
/// </summary>
internal sealed class Operator(AuthenticationStateProvider states, Sessions sessions)
{
    private ClaimsPrincipal? _requestUser;

    /// <summary>For API requests, which have no <see cref="AuthenticationStateProvider"/>: called once, before the endpoint.</summary>
    public void ActFor(ClaimsPrincipal user) => _requestUser = user;

    public async Task<bool> IsSignedInAsync() => sessions.IsOperator(_requestUser ?? (await states.GetAuthenticationStateAsync()).User);

    /// <summary>Throws <see cref="NotSignedInException"/> unless the user is signed in.</summary>
    public async Task RequireAsync()
    {
        if (!await IsSignedInAsync()) throw new NotSignedInException();
    }
}

/// <summary>A change was asked for by someone who isn't signed in. Nothing was changed.</summary>
internal sealed class NotSignedInException() : Exception("This needs the sign-in: nothing was changed. Sign in at /sign-in and do it again.");
