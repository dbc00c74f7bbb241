using System.Security.Claims;
using Microsoft.AspNetCore.Components.Authorization;

namespace Wobble.Dashboard.Access;

/// <summary>
/// Answers for one circuit or one request whether its user may change things now. Every change asks it on the server:
/// a hidden button is a courtesy, this is the lock. A sign-out or a new token counts at once, also for pages that are open.
/// </summary>
internal sealed class Operator(AuthenticationStateProvider states, Sessions sessions)
{
    private ClaimsPrincipal? _requestUser;
    private string? _requestFrom;

    /// <summary>For API requests, which have no <see cref="AuthenticationStateProvider"/>: called once, before the endpoint.</summary>
    public void ActFor(ClaimsPrincipal user, string? from = null) => (_requestUser, _requestFrom) = (user, from);

    /// <summary>True for the operator; a viewer is none.</summary>
    public async Task<bool> IsSignedInAsync() => sessions.IsOperator(await UserAsync());

    /// <summary>True for whoever is signed in, a viewer too.</summary>
    public async Task<bool> MayReadAsync() => sessions.IsAlive(await UserAsync());

    /// <summary>Throws <see cref="NotSignedInException"/> unless the user is the operator.</summary>
    public async Task RequireAsync()
    {
        var user = await UserAsync();
        if (!sessions.IsOperator(user)) throw new NotSignedInException(isViewer: sessions.IsAlive(user));
    }

    /// <summary>Who it is, for the audit log.</summary>
    public async Task<(string Who, string? From)> NameAsync()
    {
        var (who, from) = Sessions.NameOf(await UserAsync());
        return (who, _requestFrom ?? from);
    }

    private async Task<ClaimsPrincipal> UserAsync() => _requestUser ?? (await states.GetAuthenticationStateAsync()).User;
}
