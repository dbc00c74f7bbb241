using Microsoft.AspNetCore.Components.Authorization;
using Microsoft.AspNetCore.Components.Server;

namespace Wobble.Dashboard.Access;

/// <summary>Looks again who has a page open: after a sign-out elsewhere, or under a new token, the open page becomes that of somebody signed out.</summary>
internal sealed class SessionWatch(ILoggerFactory logs, Sessions sessions) : RevalidatingServerAuthenticationStateProvider(logs)
{
    protected override TimeSpan RevalidationInterval => TimeSpan.FromSeconds(15);

    protected override Task<bool> ValidateAuthenticationStateAsync(AuthenticationState authenticationState, CancellationToken cancellationToken) =>
        Task.FromResult(sessions.IsAlive(authenticationState.User));
}
