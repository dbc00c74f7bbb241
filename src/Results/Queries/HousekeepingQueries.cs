using Microsoft.EntityFrameworkCore;
using Wobble.Results.Domain;
using Wobble.Results.Storage;

namespace Wobble.Results.Queries;

/// <summary>What a table takes on disk, its indexes and long values included.</summary>
public sealed record TableSize(string Name, long Bytes, long Rows);

/// <summary>What is kept and what it takes.</summary>
/// <param name="DatabaseBytes">All of Wobble's database.</param>
/// <param name="Tables">The largest tables; rows are PostgreSQL's estimate.</param>
/// <param name="Runs">Runs that are listed.</param>
/// <param name="Pinned">Of these, pinned ones.</param>
/// <param name="Deleted">Runs that can still be brought back.</param>
/// <param name="DeletedExperiments">Experiments that can still be brought back; their runs are among <paramref name="Deleted"/>.</param>
/// <param name="DeletedComparisons">Kept comparisons that can still be brought back.</param>
/// <param name="Oldest">When the oldest listed run was asked for.</param>
public sealed record DiskUse(long DatabaseBytes, IReadOnlyList<TableSize> Tables, int Runs, int Pinned, int Deleted, int DeletedExperiments, int DeletedComparisons, DateTimeOffset? Oldest);

/// <summary>A Runner and what its data folder holds.</summary>
/// <param name="Runner">Its name.</param>
/// <param name="Host">Its machine.</param>
/// <param name="Told">As it last told; null: it never did.</param>
public sealed record RunnerFolder(string Runner, string Host, DataFolderUse? Told);

/// <summary>A run that was deleted and can be brought back.</summary>
public sealed record DeletedRun(Guid Id, string Slug, string Target, TargetClass Class, RunState State, DateTimeOffset CreatedAt, DateTimeOffset DeletedAt);

/// <summary>An experiment that was deleted and can be brought back.</summary>
/// <param name="Slug">Its permalink, which opens again then.</param>
/// <param name="Question">What it asks.</param>
/// <param name="Kind">Its kind.</param>
/// <param name="State">How it ended.</param>
/// <param name="Runs">Runs that come back with it.</param>
/// <param name="CreatedAt">When it was asked for.</param>
/// <param name="DeletedAt">When it was deleted.</param>
public sealed record DeletedExperiment(string Slug, string Question, string Kind, string State, int Runs, DateTimeOffset CreatedAt, DateTimeOffset DeletedAt);

/// <summary>A kept comparison that was deleted and can be brought back.</summary>
/// <param name="Slug">Its permalink, which opens again then.</param>
/// <param name="Targets">What its sides are called, those that are there.</param>
/// <param name="CreatedAt">When it was kept.</param>
/// <param name="DeletedAt">When it was deleted.</param>
public sealed record DeletedComparison(string Slug, IReadOnlyList<string> Targets, DateTimeOffset CreatedAt, DateTimeOffset DeletedAt);

/// <summary>What was deleted last, of each kind.</summary>
/// <param name="Runs">Runs by themselves: those of deleted experiments come back with these alone.</param>
/// <param name="Experiments">Experiments.</param>
/// <param name="Comparisons">Kept comparisons.</param>
public sealed record DeletedLast(IReadOnlyList<DeletedRun> Runs, IReadOnlyList<DeletedExperiment> Experiments, IReadOnlyList<DeletedComparison> Comparisons);

/// <summary>For Housekeeping.</summary>
public sealed class HousekeepingQueries(IDbContextFactory<WobbleDb> databases)
{
    /// <summary>Deleted runs, experiments and comparisons of a page, of each.</summary>
    public const int PageSize = 50;
    private const int RunnersLimit = 100;

    /// <summary>What is kept and what it takes.</summary>
    public async Task<DiskUse> Disk(CancellationToken cancel)
    {
        await using var db = await databases.CreateDbContextAsync(cancel);
        long bytes = await db.Database.SqlQuery<long>($"""select pg_database_size(current_database()) as "Value" """).SingleAsync(cancel);
        var tables = await db.Database.SqlQuery<TableSize>($"""
            select c.relname::text as "name", pg_total_relation_size(c.oid) as "bytes", greatest(c.reltuples, 0)::bigint as "rows"
            from pg_class c join pg_namespace n on n.oid = c.relnamespace where n.nspname = 'public' and c.relkind = 'r' order by 2 desc limit 6
            """).ToListAsync(cancel);
        var counts = await db.Runs.AsNoTracking().GroupBy(_ => 1).Select(g => new { Listed = g.Count(r => r.DeletedAt == null), Pinned = g.Count(r => r.DeletedAt == null && r.Pinned), Oldest = g.Where(r => r.DeletedAt == null).Min(r => (DateTimeOffset?)r.CreatedAt) }).FirstOrDefaultAsync(cancel);
        var lost = await LostAsync(db, cancel);
        int deleted = await Runs(db, lost).CountAsync(cancel), experiments = await Experiments(db, lost).CountAsync(cancel), comparisons = await db.Comparisons.CountAsync(c => c.DeletedAt != null, cancel);
        return new DiskUse(bytes, tables, counts?.Listed ?? 0, counts?.Pinned ?? 0, deleted, experiments, comparisons, counts?.Oldest);
    }

    /// <summary>What each Runner last told of its data folder, by name.</summary>
    public async Task<IReadOnlyList<RunnerFolder>> Folders(CancellationToken cancel)
    {
        await using var db = await databases.CreateDbContextAsync(cancel);
        return await db.Runners.AsNoTracking().OrderBy(r => r.Name).Take(RunnersLimit).Select(r => new RunnerFolder(r.Name, r.Host, r.DataFolder)).ToListAsync(cancel);
    }

    /// <summary>What was deleted last.</summary>
    public async Task<DeletedLast> Deleted(CancellationToken cancel)
    {
        await using var db = await databases.CreateDbContextAsync(cancel);
        var lost = await LostAsync(db, cancel);
        var runs = await Runs(db, lost).Where(r => !r.DeletedWithExperiment).OrderByDescending(r => r.DeletedAt).ThenBy(r => r.Id).Take(PageSize)
            .Select(r => new DeletedRun(r.Id, r.Slug, r.Target, r.Class, r.State, r.CreatedAt, r.DeletedAt!.Value)).ToListAsync(cancel);
        var experiments = await Experiments(db, lost).OrderByDescending(e => e.DeletedAt).ThenBy(e => e.Id).Take(PageSize)
            .Select(e => new DeletedExperiment(e.Slug, e.Question, e.Kind, e.State, e.DeletedRuns ?? 0, e.CreatedAt, e.DeletedAt!.Value)).ToListAsync(cancel);
        var comparisons = await db.Comparisons.AsNoTracking().Where(c => c.DeletedAt != null).OrderByDescending(c => c.DeletedAt).ThenBy(c => c.Id).Take(PageSize).ToListAsync(cancel);
        var named = await ComparisonQueries.Named(db, comparisons, cancel);
        return new DeletedLast(runs, experiments, [.. named.Select((c, i) => new DeletedComparison(c.Slug, c.Targets, c.CreatedAt, comparisons[i].DeletedAt!.Value))]);
    }

    // Those of which a run is gone for good: they don't come back, nor does any other run of theirs.
    private static async Task<List<Guid>> LostAsync(WobbleDb db, CancellationToken cancel) =>
        await db.Experiments.Where(e => e.DeletedAt != null && db.Runs.Count(r => r.ExperimentId == e.Id && r.DeletedWithExperiment) < e.DeletedRuns).Select(e => e.Id).ToListAsync(cancel);

    private static IQueryable<Experiment> Experiments(WobbleDb db, List<Guid> lost) => db.Experiments.AsNoTracking().Where(e => e.DeletedAt != null && !lost.Contains(e.Id));

    private static IQueryable<Run> Runs(WobbleDb db, List<Guid> lost) => db.Runs.AsNoTracking().Where(r => r.DeletedAt != null && (r.ExperimentId == null || !lost.Contains(r.ExperimentId.Value)));
}
