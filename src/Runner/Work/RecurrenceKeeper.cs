using Hangfire;
using Hangfire.Common;
using Hangfire.Storage;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Logging;
using Wobble.Results.Domain;
using Wobble.Results.Jobs;
using Wobble.Results.Storage;

namespace Wobble.Runner.Work;

/// <summary>
/// Keeps Hangfire's recurring jobs as the table of recurrences says, looks at trends whose last run has ended, and sends what was found. All three may be done by any number of
/// Runners at once, and are taken up again where a Runner that died left them.
/// </summary>
internal sealed class RecurrenceKeeper(IDbContextFactory<WobbleDb> contexts, JobStorage storage, IRecurringJobManager manager, ChangeWatch changes, WebhookSender sender, ILogger<RecurrenceKeeper> logger)
    : Keeper(TimeSpan.FromSeconds(1), "What recurs waits", logger)
{
    private const string Prefix = "recurrence:";

    protected override async Task KeepAsync(CancellationToken cancel)
    {
        await KeepJobsAsync(cancel);
        await changes.LookAsync(cancel);
        await sender.SendAsync(cancel);
    }

    /// <summary>Adds recurring jobs that are missing and removes those that are paused or gone.</summary>
    internal async Task KeepJobsAsync(CancellationToken cancellation)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellation);
        var wanted = await db.Recurrences.AsNoTracking().Where(r => r.PausedAt == null).Select(r => new { r.Id, r.At, r.Days, r.Zone }).ToListAsync(cancellation);
        using var connection = storage.GetConnection();
        var there = connection.GetAllItemsFromSet("recurring-jobs").Where(id => id.StartsWith(Prefix, StringComparison.Ordinal)).ToHashSet();
        foreach (var row in wanted)
        {
            string id = Prefix + row.Id;
            if (there.Remove(id) || !RecurrenceRules.TryZone(row.Zone, out var zone)) continue;
            // In the queue of runs: it only adds to it, and what comes after the runs that wait loses nothing.
            manager.AddOrUpdate(id, Job.FromExpression<IRecurrenceJob>(j => j.ExecuteAsync(row.Id, CancellationToken.None)), RecurrenceRules.Cron(row.At, row.Days), new RecurringJobOptions { TimeZone = zone });
        }
        foreach (string gone in there) manager.RemoveIfExists(gone);
    }
}
