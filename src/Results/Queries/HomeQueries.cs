using Microsoft.EntityFrameworkCore;
using Wobble.Results.Domain;
using Wobble.Results.Storage;

namespace Wobble.Results.Queries;

/// <summary>One measured second, as strips draw it.</summary>
/// <param name="Number">From 0.</param>
/// <param name="Requests">Good answers a second.</param>
/// <param name="P50">ms; null without answers.</param>
/// <param name="P90">ms</param>
/// <param name="P99">ms</param>
public sealed record StripSecond(int Number, double Requests, double? P50, double? P90, double? P99);

/// <summary>A run that a Runner has in hand, with the seconds it measured so far.</summary>
public sealed record GoingOn(RunRow Run, IReadOnlyList<StripSecond> Seconds);

/// <summary>What Home shows: what runs now, what is next, and the results that came last.</summary>
public sealed class HomeQueries(IDbContextFactory<WobbleDb> databases)
{
    /// <summary>The most queued runs that are read.</summary>
    public const int QueueLimit = 200;
    /// <summary>Seconds of a run in hand that are read: the last ten minutes.</summary>
    private const int SecondsLimit = 600;

    /// <summary>Runs that Runners have in hand, the oldest first, each with its measured seconds.</summary>
    public async Task<IReadOnlyList<GoingOn>> GoingOn(CancellationToken cancel)
    {
        await using var db = await databases.CreateDbContextAsync(cancel);
        // Served by the partial index on unfinished states.
        var runs = await Unfinished(db).Where(r => r.State != RunState.Queued).OrderBy(r => r.StartedAt).Take(20).Select(RunRow.Of).ToListAsync(cancel);
        var all = new List<GoingOn>(runs.Count);
        foreach (var run in runs)
        {
            var seconds = await db.Seconds.AsNoTracking().Where(s => s.RunId == run.Id && s.Stage > 0)
                .OrderByDescending(s => s.Stage).ThenByDescending(s => s.Number).Take(SecondsLimit)
                .Select(s => new StripSecond(s.Number, s.Requests / s.Length, s.P50, s.P90, s.P99)).ToListAsync(cancel);
            seconds.Reverse();
            all.Add(new GoingOn(run, seconds));
        }
        return all;
    }

    /// <summary>Runs that wait, in the order they will be taken; at most <see cref="QueueLimit"/>.</summary>
    public Task<IReadOnlyList<RunRow>> Queued(CancellationToken cancel) => Queued(QueueLimit, cancel);

    /// <summary>The first runs that wait, in the order they will be taken.</summary>
    public async Task<IReadOnlyList<RunRow>> Queued(int limit, CancellationToken cancel)
    {
        await using var db = await databases.CreateDbContextAsync(cancel);
        return await Unfinished(db).Where(r => r.State == RunState.Queued).OrderBy(r => r.CreatedAt).ThenBy(r => r.Id).Take(limit).Select(RunRow.Of).ToListAsync(cancel);
    }

    /// <summary>The last runs that began and ended, whatever their end.</summary>
    public async Task<IReadOnlyList<RunRow>> Recent(int limit, CancellationToken cancel)
    {
        await using var db = await databases.CreateDbContextAsync(cancel);
        // Newest first in the index on created_at, until enough are found.
        return await db.Runs.AsNoTracking()
            .Where(r => r.DeletedAt == null && r.StartedAt != null && (r.State == RunState.Completed || r.State == RunState.Failed || r.State == RunState.Interrupted || r.State == RunState.Cancelled))
            .OrderByDescending(r => r.CreatedAt).ThenByDescending(r => r.Id).Take(limit).Select(RunRow.Of).ToListAsync(cancel);
    }

    private static IQueryable<Run> Unfinished(WobbleDb db) => db.Runs.AsNoTracking()
        .Where(r => r.DeletedAt == null && r.State != RunState.Completed && r.State != RunState.Failed && r.State != RunState.Cancelled && r.State != RunState.Interrupted);
}
