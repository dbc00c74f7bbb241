using Hangfire;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Wobble.Results.Domain;
using Wobble.Results.Facts;
using Wobble.Results.Jobs;
using Wobble.Results.Storage;

namespace Wobble.Runner.Work;

/// <summary>
/// Finds runs that nobody would move any more: queued ones without a job (their Dashboard died in between, or the job was thrown away by hand), those
/// under way on a Runner that is gone for good, and this Runner's own that it doesn't carry out.
/// </summary>
internal sealed class Sweeper(
    WorkSettings settings, IDbContextFactory<WobbleDb> contexts, RunQueue queue, Recorder recorder, Recovery recovery, CancelWishes wishes, IBackgroundJobClient jobs, JobStorage storage, TimeProvider time, ILogger<Sweeper> logger) : BackgroundService
{
    /// <summary>A Runner that said nothing for so long, and doesn't hold its name's lock, won't come back to its run.</summary>
    public static readonly TimeSpan GoneForGood = TimeSpan.FromMinutes(2);
    /// <summary>
    /// For so long PostgreSQL must have answered here before another Runner's silence counts: after a time without PostgreSQL for all, the others come back to
    /// it within seconds, but perhaps after this one.
    /// </summary>
    public static readonly TimeSpan AnsweredFor = TimeSpan.FromSeconds(30);

    // Longer than this process may go on once another one has its name (RunnerLock): the runs are then that one's.
    private static readonly TimeSpan LeftAfter = TimeSpan.FromSeconds(90);
    private static readonly TimeSpan SettleWithin = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan Every = TimeSpan.FromSeconds(10);
    private const int AtOnce = 50;

    // Null: it didn't answer when it was last asked.
    private long? _answeredSince;

    /// <summary>One round.</summary>
    public async Task SweepAsync(CancellationToken cancellation)
    {
        try
        {
            if (await queue.QueueForgottenAsync(cancellation) is > 0 and var count) logger.ForgottenQueued(count);
            long since = _answeredSince ??= time.GetTimestamp();
            await SettleThrownAwayAsync(cancellation);
            if (time.GetElapsedTime(since) >= AnsweredFor) await InterruptRunsOfGoneRunnersAsync(cancellation);
            await SettleOwnAsync(cancellation);
        }
        catch (Exception e) when (Databases.IsAway(e))
        {
            _answeredSince = null;
            throw;
        }
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        Leftovers.Sweep(settings.Data, logger);
        if (await Leftovers.SweepIdleAsync(settings.Data, settings.MachineLockPath) is { Count: > 0 } left) logger.SweptLeftovers(string.Join(", ", left));
        using var timer = new PeriodicTimer(Every, time);
        try
        {
            while (await timer.WaitForNextTickAsync(stoppingToken))
            {
                try
                {
                    await SweepAsync(stoppingToken);
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
        }
        catch (OperationCanceledException)
        {
            // The Runner stops.
        }
    }

    private async Task SettleThrownAwayAsync(CancellationToken cancellation)
    {
        var before = time.GetUtcNow() - RunQueue.GoneAfter;
        await using var db = await contexts.CreateDbContextAsync(cancellation);
        var waiting = await db.Runs.AsNoTracking().Where(r => r.State == RunState.Queued && r.JobId != null && r.CreatedAt < before).OrderBy(r => r.CreatedAt).Take(AtOnce)
            .Select(r => new { r.Id, r.JobId, r.Slug }).ToListAsync(cancellation);
        using var connection = storage.GetConnection();
        foreach (var run in waiting)
        {
            string? state = connection.GetStateData(run.JobId)?.Name;
            if (state is "Enqueued" or "Processing" or "Awaiting" or "Scheduled") continue;
            // Deleted in Hangfire's own dashboard: that was somebody's wish. Anything else was not.
            if (state == "Deleted") await queue.CancelAsync(run.Slug, cancellation);
            else await db.Runs.Where(r => r.Id == run.Id && r.State == RunState.Queued && r.JobId == run.JobId).ExecuteUpdateAsync(r => r.SetProperty(x => x.JobId, (string?)null), cancellation);
        }
    }

    private async Task InterruptRunsOfGoneRunnersAsync(CancellationToken cancellation)
    {
        var before = time.GetUtcNow() - GoneForGood;
        await using var db = await contexts.CreateDbContextAsync(cancellation);
        var left = await db.Runs.AsNoTracking().Where(r => r.RunnerName != settings.Name && StateMoves.UnderWay.Contains(r.State))
            .Join(db.Runners.Where(r => r.SeenAt < before), r => r.RunnerName, r => r.Name, (run, runner) => new { run.Id, run.JobId, runner.Name, runner.SeenAt }).ToListAsync(cancellation);
        foreach (var run in left)
        {
            if (await RunnerLock.IsHeldAsync(settings.ConnectionString, run.Name, cancellation)) continue;
            await recorder.RecordAsync(run.Id, int.MaxValue, new EndFact { State = RunState.Interrupted, Reason = $"Runner {run.Name} is gone; facts until then are kept." }, cancellation);
            logger.RunnerGone(run.Name, run.SeenAt, run.Id);
            if (run.JobId is { } job) jobs.Delete(job);
        }
    }

    // Their job ended in an error, and no job is tried again.
    private async Task SettleOwnAsync(CancellationToken cancellation)
    {
        var before = time.GetUtcNow() - LeftAfter;
        await using var db = await contexts.CreateDbContextAsync(cancellation);
        var left = await db.Runs.AsNoTracking().Where(r => r.RunnerName == settings.Name && StateMoves.UnderWay.Contains(r.State) && r.StartedAt < before).Select(r => r.Id).ToListAsync(cancellation);
        foreach (var run in left)
        {
            using var watch = wishes.For(run);
            if (watch is null) continue;
            // An orderly stop waits for what is watched.
            using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
            patience.CancelAfter(SettleWithin);
            try
            {
                await recovery.SettleAsync(run, patience.Token, "The Runner lost hold of it");
            }
            catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
            {
                // PostgreSQL is away again: its end is in the journal, and the next round records it.
            }
        }
    }
}
