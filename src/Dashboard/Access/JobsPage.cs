using Hangfire;
using Hangfire.Dashboard;

namespace Wobble.Dashboard.Access;

/// <summary>Hangfire's own pages, for who is signed in. Every file of theirs lies below the same path and needs the same.</summary>
internal static class JobsPage
{
    public const string Path = "/hangfire";

    public static void MapJobsPage(this WebApplication app) =>
        app.MapHangfireDashboard(Path, new DashboardOptions
        {
            DashboardTitle = "Jobs of Wobble",
            AppPath = "/",
            // The endpoint's own policy has asked already; without a filter of its own Hangfire lets in whoever comes from this machine, and nobody else.
            Authorization = [],
            AsyncAuthorization = [new SignedIn()],
            DisplayStorageConnectionString = false,
            // To look at: what is changed there would pass the audit log by. Wobble's own pages cancel and delete.
            IsReadOnlyFunc = _ => true,
        }).RequireAuthorization();

    private sealed class SignedIn : IDashboardAsyncAuthorizationFilter
    {
        public Task<bool> AuthorizeAsync(DashboardContext context)
        {
            var http = context.GetHttpContext();
            return Task.FromResult(http.RequestServices.GetRequiredService<Sessions>().IsOperator(http.User));
        }
    }
}
