using Microsoft.EntityFrameworkCore;
using Wobble.Results.Domain;
using Wobble.Results.Edits;
using Wobble.Results.Storage;

namespace Wobble.Results.Housekeeping;

/// <summary>
/// Deletes what retention says, and removes the rows of what was deleted. Guarantees: a pinned run is never deleted by age or count; nothing that goes on is
/// touched, nor what an experiment that isn't over was made of; rows go a few runs at a time, each in a transaction of its own, so that a page never waits for it; two that do this at once share the work.
/// </summary>
public sealed class Housekeeper(IDbContextFactory<WobbleDb> databases, TimeProvider clock)
{
    /// <summary>Runs deleted at once.</summary>
    public const int ExpiredAtOnce = 1_000;
    /// <summary>Runs whose rows one transaction removes: some 3 MB of samples each minute of a run.</summary>
    public const int PurgedAtOnce = 10;
    // Who did what is kept for longer than any run is asked about.
    private const int AuditDays = 400;
    private const int AuditAtOnce = 5_000;
    // What comes next in these is told by the runs that are there: one that were gone would be made again.
    private static readonly string[] Unfinished = ["waiting", "running", "paused"];

    /// <summary>Deletes some of the runs that are too old, or, once none is left, too many, so that they can still be brought back; answers how many. Zero: there are no more.</summary>
    public async Task<int> ExpireAsync(Retention retention, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(retention);
        await using var db = await databases.CreateDbContextAsync(cancel);
        var now = clock.GetUtcNow();
        int some = TooOld(db, retention, now) is { } old ? await DeleteAsync(db, old, now, cancel) : 0;
        if (some == 0 && await TooManyAsync(db, retention, cancel) is { } many) some = await DeleteAsync(db, many, now, cancel);
        if (some > 0) await new AuditTrail(databases, clock).NoteAsync("wobble", null, $"delete {some} runs by retention ({retention})", AuditTrail.Done, cancel);
        return some;
    }

    /// <summary>
    /// Removes the rows of a few runs and kept comparisons that were deleted long enough ago, or, once none is left, those of experiments whose runs are gone; answers how many of all. Zero: there are no more.
    /// </summary>
    public async Task<int> PurgeAsync(Retention retention, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(retention);
        var before = clock.GetUtcNow().AddDays(-retention.KeepDeletedDays);
        await using var db = await databases.CreateDbContextAsync(cancel);
        // Their samples, events and logs go by the tables' own rule. Rows that another one removes at this moment are left to it.
        int runs = await db.Database.ExecuteSqlAsync($"""
            delete from runs where id in (
                select id from runs r where deleted_at is not null and deleted_at <= {before}
                    and not exists (select from experiments e where e.id = r.experiment_id and e.state = any ({Unfinished}))
                order by deleted_at limit {PurgedAtOnce} for update skip locked)
            """, cancel);
        int comparisons = await db.Database.ExecuteSqlAsync($"delete from comparisons where id in (select id from comparisons where deleted_at is not null and deleted_at <= {before} order by deleted_at limit {PurgedAtOnce} for update skip locked)", cancel);
        return runs + comparisons is > 0 and var some ? some : await PurgeExperimentsAsync(db, before, cancel);
    }

    // After their runs, which would else be runs of nothing; and with the numbers of workers that they found, which name them.
    private static async Task<int> PurgeExperimentsAsync(WobbleDb db, DateTimeOffset before, CancellationToken cancel)
    {
        await using var transaction = await db.Database.BeginTransactionAsync(cancel);
        var gone = await db.Experiments.FromSql($"""
            select * from experiments e where deleted_at is not null and deleted_at <= {before} and not exists (select from runs r where r.experiment_id = e.id)
            order by deleted_at limit {PurgedAtOnce} for update skip locked
            """).AsNoTracking().ToListAsync(cancel);
        if (gone.Count == 0) return 0;
        var slugs = gone.ConvertAll(e => e.Slug);
        var ids = gone.ConvertAll(e => e.Id);
        await db.Tunings.Where(t => slugs.Contains(t.Experiment)).ExecuteDeleteAsync(cancel);
        await db.Experiments.Where(e => ids.Contains(e.Id)).ExecuteDeleteAsync(cancel);
        await transaction.CommitAsync(cancel);
        return gone.Count;
    }

    /// <summary>Removes old entries of the audit log, a few thousand at most.</summary>
    public async Task<int> ForgetAsync(CancellationToken cancel)
    {
        var before = clock.GetUtcNow().AddDays(-AuditDays);
        await using var db = await databases.CreateDbContextAsync(cancel);
        return await db.Database.ExecuteSqlAsync($"delete from audit where id in (select id from audit where at < {before} order by id limit {AuditAtOnce})", cancel);
    }

    /// <summary>Pins those of the runs that retention would delete: somebody wants them all the same. Answers how many.</summary>
    internal static async Task<int> PinAsync(WobbleDb db, Retention retention, IReadOnlyList<Guid> runs, DateTimeOffset now, CancellationToken cancel)
    {
        int pinned = 0;
        foreach (var gone in (IQueryable<Run>?[])[TooOld(db, retention, now), await TooManyAsync(db, retention, cancel)])
            if (gone is not null) pinned += await gone.Where(r => runs.Contains(r.Id) && r.DeletedAt == null && !r.Pinned).ExecuteUpdateAsync(r => r.SetProperty(x => x.Pinned, true), cancel);
        return pinned;
    }

    private static IQueryable<Run>? TooOld(WobbleDb db, Retention retention, DateTimeOffset now)
    {
        if (retention.KeepDays is not { } days) return null;
        var before = now.AddDays(-days);
        return db.Runs.Where(r => r.FinishedAt < before);
    }

    private static async Task<IQueryable<Run>?> TooManyAsync(WobbleDb db, Retention retention, CancellationToken cancel)
    {
        if (retention.KeepRuns is not { } kept) return null;
        // The oldest that may stay: what was asked for before goes.
        var last = await db.Runs.AsNoTracking().Where(r => r.DeletedAt == null).OrderByDescending(r => r.CreatedAt).ThenByDescending(r => r.Id).Skip(kept - 1).Select(r => (DateTimeOffset?)r.CreatedAt).FirstOrDefaultAsync(cancel);
        return last is { } oldest ? db.Runs.Where(r => r.CreatedAt < oldest) : null;
    }

    private static async Task<int> DeleteAsync(WobbleDb db, IQueryable<Run> which, DateTimeOffset now, CancellationToken cancel)
    {
        var ids = await which.Where(r => r.DeletedAt == null && !r.Pinned && !StateMoves.Unfinished.Contains(r.State) && !db.Experiments.Any(e => e.Id == r.ExperimentId && Unfinished.Contains(e.State))).OrderBy(r => r.CreatedAt).Select(r => r.Id).Take(ExpiredAtOnce).ToListAsync(cancel);
        return await db.Runs.Where(r => ids.Contains(r.Id) && r.DeletedAt == null && !r.Pinned).ExecuteUpdateAsync(r => r.SetProperty(x => x.DeletedAt, now), cancel);
    }
}
