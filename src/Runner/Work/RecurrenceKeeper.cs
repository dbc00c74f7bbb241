using Hangfire;
using Hangfire.Common;
using Hangfire.Storage;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Wobble.Results.Domain;
using Wobble.Results.Jobs;
using Wobble.Results.Storage;

namespace Wobble.Runner.Work;

/// <summary>
/// Keeps Hangfire's recurring jobs as the table of recurrences says, looks at trends whose last run has ended, and sends what was found. All three may be done by any number of
/// Runners at once, and are taken up again where a Runner that died left them. A PostgreSQL that is away is asked again.
/// </summary>
internal sealed class RecurrenceKeeper(IDbContextFactory<WobbleDb> contexts, JobStorage storage, IRecurringJobManager manager, ChangeWatch changes, WebhookSender sender, ILogger<RecurrenceKeeper> logger) : BackgroundService
{
    private const string Prefix = "recurrence:";
    private static readonly TimeSpan Every = TimeSpan.FromSeconds(1);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var tick = new PeriodicTimer(Every);
        bool said = false;
        while (await tick.WaitForNextTickAsync(stoppingToken))
        {
            try
            {
                await KeepAsync(stoppingToken);
                await changes.LookAsync(stoppingToken);
                await sender.SendAsync(stoppingToken);
                said = false;
            }
            catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
            {
                return;
            }
#pragma warning disable CA1031 // What recurs must not end because PostgreSQL was away for a moment.
            catch (Exception e)
#pragma warning restore CA1031
            {
                if (!said) logger.LogWarning("What recurs waits: {Reason}", e.Message);
                said = true;
            }
        }
    }

    /// <summary>Adds recurring jobs that are missing and removes those that are paused or gone.</summary>
    internal async Task KeepAsync(CancellationToken cancellation)
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
