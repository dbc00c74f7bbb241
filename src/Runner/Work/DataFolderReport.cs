using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Wobble.Results.Storage;
using Wobble.Runner.Sandbox;

namespace Wobble.Runner.Work;

/// <summary>
/// Tells in the Runner's row what its data folder holds: at its start, and then every few minutes. Never while a run goes on on this machine, whoever started it: a look that a run
/// meets ends at once, and nothing waits for it.
/// </summary>
internal sealed class DataFolderReport(WorkSettings settings, IDbContextFactory<WobbleDb> contexts, CancelWishes wishes, TimeProvider time, ILogger<DataFolderReport> logger) : BackgroundService
{
    private static readonly TimeSpan Every = TimeSpan.FromMinutes(5);
    private static readonly TimeSpan Again = TimeSpan.FromSeconds(15);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        try
        {
            while (true)
            {
                bool isTold = false;
                try
                {
                    isTold = await TellAsync(stoppingToken);
                }
                catch (Exception e) when (Databases.IsAway(e))
                {
                    // Others say so already.
                }
                catch (Exception e) when (e is not OperationCanceledException)
                {
                    logger.DataFolderFailed(e.Message);
                    isTold = true;
                }
                await Task.Delay(isTold ? Every : Again, time, stoppingToken);
            }
        }
        catch (OperationCanceledException)
        {
            // The Runner stops.
        }
    }

    /// <summary>Looks and tells. False when a run goes on, or began meanwhile: what was told before stays.</summary>
    internal async Task<bool> TellAsync(CancellationToken cancel)
    {
        var use = await Task.Run(() => new DataFolderLook(settings.Data, time, MayGoOn).Look(), cancel);
        cancel.ThrowIfCancellationRequested();
        if (use is null) return false;
        await using var db = await contexts.CreateDbContextAsync(cancel);
        return await db.Runners.Where(r => r.Name == settings.Name).ExecuteUpdateAsync(r => r.SetProperty(x => x.DataFolder, use), cancel) == 1;

        bool MayGoOn() => !cancel.IsCancellationRequested && wishes.Watched.Count == 0 && MachineLock.IsHeld(settings.MachineLockPath) == false;
    }
}
