using Microsoft.EntityFrameworkCore;
using Wobble.Results.Domain;
using Wobble.Results.Storage;

namespace Wobble.Runner.Work;

/// <summary>Taking a queued run: the one move from queued to preparing, which only one attempt can make.</summary>
internal sealed class RunClaims(WorkSettings settings, IDbContextFactory<WobbleDb> contexts, TimeProvider time)
{
    private static readonly TimeSpan Retry = TimeSpan.FromMilliseconds(500);

    /// <summary>Takes the run. False when it is not queued (any more). While PostgreSQL is away it waits.</summary>
    public async Task<bool> TakeAsync(Guid run, CancellationToken cancellation)
    {
        // PostgreSQL keeps microseconds: so cut, the time also tells this attempt from every other.
        var now = time.GetUtcNow();
        now = new DateTimeOffset(now.Ticks - now.Ticks % TimeSpan.TicksPerMicrosecond, TimeSpan.Zero);
        for (bool isFirst = true; ; isFirst = false)
        {
            try
            {
                return await TakeAsync(run, now, cancellation)
                    // An update whose answer was lost was perhaps made.
                    || (!isFirst && await FindAsync(run, cancellation) is { State: RunState.Preparing } row && row.RunnerName == settings.Name && row.StartedAt == now);
            }
            catch (Exception e) when (Databases.IsAway(e))
            {
                await Task.Delay(Retry, cancellation);
            }
        }
    }

    /// <summary>The run's row, or null.</summary>
    public async Task<Run?> FindAsync(Guid run, CancellationToken cancellation)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellation);
        return await db.Runs.AsNoTracking().SingleOrDefaultAsync(r => r.Id == run, cancellation);
    }

    /// <summary>The row of a run that was taken; null when it was removed. While PostgreSQL is away it waits.</summary>
    public async Task<Run?> FindTakenAsync(Guid run, CancellationToken stop)
    {
        while (true)
        {
            try
            {
                return await FindAsync(run, stop);
            }
            catch (Exception e) when (Databases.IsAway(e))
            {
                // Nobody else would carry it out.
            }
            await Task.Delay(Retry, stop);
        }
    }

    /// <summary>Whether a cancel was asked for. False when PostgreSQL can't be asked.</summary>
    public async Task<bool> IsCancelAskedAsync(Guid run)
    {
        try
        {
            return (await FindAsync(run, CancellationToken.None))?.CancelRequestedAt is not null;
        }
        catch (Exception e) when (Databases.IsAway(e))
        {
            return false;
        }
    }

    private async Task<bool> TakeAsync(Guid run, DateTimeOffset now, CancellationToken cancellation)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellation);
        return await db.Runs.Where(r => r.Id == run && r.State == RunState.Queued).ExecuteUpdateAsync(r => r
            .SetProperty(x => x.State, RunState.Preparing)
            .SetProperty(x => x.RunnerName, settings.Name)
            .SetProperty(x => x.StartedAt, now), cancellation) == 1;
    }
}
