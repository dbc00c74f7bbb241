using Microsoft.EntityFrameworkCore;
using Wobble.Results.Domain;
using Wobble.Results.Edits;
using Wobble.Results.Storage;

namespace Wobble.Results.Housekeeping;

/// <summary>
/// Deletes what retention says, and removes the rows of what was deleted. Guarantees: a pinned run is never deleted by age or count; nothing that goes on is
/// touched; rows go a few runs at a time, each in a transaction of its own, so that a page never waits for it; two that do this at once share the work.
/// </summary>
public sealed class Housekeeper(IDbContextFactory<WobbleDb> databases, TimeProvider clock)
{
    /// <summary>Runs deleted by one statement.</summary>
    public const int ExpiredAtOnce = 1_000;
    /// <summary>Runs whose rows one transaction removes: some 3 MB of samples each minute of a run.</summary>
    public const int PurgedAtOnce = 10;
    // Who did what is kept for longer than any run is asked about.
    private const int AuditDays = 400;
    private const int AuditAtOnce = 5_000;

    /// <summary>Deletes runs that are too old or too many, so that they can still be brought back; answers how many.</summary>
    public async Task<int> ExpireAsync(Retention retention, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(retention);
        await using var db = await databases.CreateDbContextAsync(cancel);
        var now = clock.GetUtcNow();
        int all = 0;
        if (retention.KeepDays is { } days) all += await DeleteAsync(db, db.Runs.Where(r => r.FinishedAt < now.AddDays(-days)), now, cancel);
        if (retention.KeepRuns is { } kept)
        {
            // The oldest that may stay: what was asked for before goes.
            var last = await db.Runs.AsNoTracking().Where(r => r.DeletedAt == null).OrderByDescending(r => r.CreatedAt).ThenByDescending(r => r.Id).Skip(kept - 1).Select(r => (DateTimeOffset?)r.CreatedAt).FirstOrDefaultAsync(cancel);
            if (last is { } oldest) all += await DeleteAsync(db, db.Runs.Where(r => r.CreatedAt < oldest), now, cancel);
        }
        if (all > 0) await new AuditTrail(databases, clock).NoteAsync("wobble", null, $"delete {all} runs by retention ({retention})", AuditTrail.Done, cancel);
        return all;
    }

    /// <summary>Removes the rows of a few runs that were deleted long enough ago; answers how many. Zero: there are no more.</summary>
    public async Task<int> PurgeAsync(Retention retention, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(retention);
        var before = clock.GetUtcNow().AddDays(-retention.KeepDeletedDays);
        await using var db = await databases.CreateDbContextAsync(cancel);
        // Their samples, events and logs go by the tables' own rule. Rows that another one removes at this moment are left to it.
        return await db.Database.ExecuteSqlAsync($"""
            delete from runs where id in (
                select id from runs where deleted_at is not null and deleted_at <= {before} order by deleted_at limit {PurgedAtOnce} for update skip locked)
            """, cancel);
    }

    /// <summary>Removes old entries of the audit log, a few thousand at most.</summary>
    public async Task<int> ForgetAsync(CancellationToken cancel)
    {
        var before = clock.GetUtcNow().AddDays(-AuditDays);
        await using var db = await databases.CreateDbContextAsync(cancel);
        return await db.Database.ExecuteSqlAsync($"delete from audit where id in (select id from audit where at < {before} order by id limit {AuditAtOnce})", cancel);
    }

    private static async Task<int> DeleteAsync(WobbleDb db, IQueryable<Run> which, DateTimeOffset now, CancellationToken cancel)
    {
        int all = 0, some;
        do
        {
            var ids = await which.Where(r => r.DeletedAt == null && !r.Pinned && !StateMoves.Unfinished.Contains(r.State)).OrderBy(r => r.CreatedAt).Select(r => r.Id).Take(ExpiredAtOnce).ToListAsync(cancel);
            some = await db.Runs.Where(r => ids.Contains(r.Id) && r.DeletedAt == null && !r.Pinned).ExecuteUpdateAsync(r => r.SetProperty(x => x.DeletedAt, now), cancel);
            all += some;
        }
        while (some == ExpiredAtOnce);
        return all;
    }
}
