using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Wobble.Results.Domain;
using Wobble.Results.Housekeeping;
using Wobble.Results.Storage;

namespace Wobble.Runner.Work;

/// <summary>
/// Deletes runs by retention and removes rows of deleted ones, in small pieces with pauses between them; while a run is loaded only a little of it, as the
/// database's work would show in what is measured. Only a Runner with <see cref="WorkSettings.Housekeeping"/> has it: retention is a setting of each
/// process, and another machine's must not delete this one's runs.
/// </summary>
internal sealed class HousekeepingService(WorkSettings settings, IDbContextFactory<WobbleDb> contexts, TimeProvider time, ILogger<HousekeepingService> logger) : BackgroundService
{
    private static readonly TimeSpan Every = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan Breath = TimeSpan.FromMilliseconds(200);
    private readonly Housekeeper _housekeeper = new(contexts, time);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Every, time);
        try
        {
            do
            {
                try
                {
                    await RoundAsync(stoppingToken);
                }
                catch (Exception e) when (Databases.IsAway(e))
                {
                    // Others say so already.
                }
                catch (Exception e) when (e is not OperationCanceledException)
                {
                    logger.SweepFailed(e.Message);
                }
            }
            while (await timer.WaitForNextTickAsync(stoppingToken));
        }
        catch (OperationCanceledException)
        {
            // The Runner stops.
        }
    }

    /// <summary>One round: what is due is deleted, and rows go, until none are left or a run is loaded, on whatever machine: the database may be on that one.</summary>
    internal async Task RoundAsync(CancellationToken cancel)
    {
        if (await InPiecesAsync(_housekeeper.ExpireAsync, cancel) is > 0 and var expired) logger.Expired(expired);
        await _housekeeper.ForgetAsync(cancel);
        if (await InPiecesAsync(_housekeeper.PurgeAsync, cancel) is > 0 and var purged) logger.Purged(purged);
    }

    // While a run is loaded one piece a round.
    private async Task<int> InPiecesAsync(Func<Retention, CancellationToken, Task<int>> piece, CancellationToken cancel)
    {
        int all = 0, some;
        while ((some = await piece(settings.Retention, cancel)) > 0)
        {
            all += some;
            if (await IsLoadedAsync(cancel)) break;
            await Task.Delay(Breath, time, cancel);
        }
        return all;
    }

    private async Task<bool> IsLoadedAsync(CancellationToken cancel)
    {
        await using var db = await contexts.CreateDbContextAsync(cancel);
        return await db.Runs.AnyAsync(r => StateMoves.UnderWay.Contains(r.State), cancel);
    }
}
