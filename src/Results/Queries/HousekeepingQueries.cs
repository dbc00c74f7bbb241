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
/// <param name="Oldest">When the oldest listed run was asked for.</param>
public sealed record DiskUse(long DatabaseBytes, IReadOnlyList<TableSize> Tables, int Runs, int Pinned, int Deleted, DateTimeOffset? Oldest);

/// <summary>A run that was deleted and can be brought back.</summary>
public sealed record DeletedRun(Guid Id, string Slug, string Target, TargetClass Class, RunState State, DateTimeOffset CreatedAt, DateTimeOffset DeletedAt);

/// <summary>For Housekeeping.</summary>
public sealed class HousekeepingQueries(IDbContextFactory<WobbleDb> databases)
{
    /// <summary>Deleted runs of a page.</summary>
    public const int PageSize = 50;

    /// <summary>What is kept and what it takes.</summary>
    public async Task<DiskUse> Disk(CancellationToken cancel)
    {
        await using var db = await databases.CreateDbContextAsync(cancel);
        long bytes = await db.Database.SqlQuery<long>($"""select pg_database_size(current_database()) as "Value" """).SingleAsync(cancel);
        var tables = await db.Database.SqlQuery<TableSize>($"""
            select c.relname::text as "name", pg_total_relation_size(c.oid) as "bytes", greatest(c.reltuples, 0)::bigint as "rows"
            from pg_class c join pg_namespace n on n.oid = c.relnamespace where n.nspname = 'public' and c.relkind = 'r' order by 2 desc limit 6
            """).ToListAsync(cancel);
        var counts = await db.Runs.AsNoTracking().GroupBy(_ => 1).Select(g => new { Listed = g.Count(r => r.DeletedAt == null), Pinned = g.Count(r => r.DeletedAt == null && r.Pinned), Deleted = g.Count(r => r.DeletedAt != null), Oldest = g.Where(r => r.DeletedAt == null).Min(r => (DateTimeOffset?)r.CreatedAt) }).FirstOrDefaultAsync(cancel);
        return new DiskUse(bytes, tables, counts?.Listed ?? 0, counts?.Pinned ?? 0, counts?.Deleted ?? 0, counts?.Oldest);
    }

    /// <summary>Runs that were deleted last.</summary>
    public async Task<IReadOnlyList<DeletedRun>> Deleted(CancellationToken cancel)
    {
        await using var db = await databases.CreateDbContextAsync(cancel);
        return await db.Runs.AsNoTracking().Where(r => r.DeletedAt != null).OrderByDescending(r => r.DeletedAt).ThenBy(r => r.Id).Take(PageSize)
            .Select(r => new DeletedRun(r.Id, r.Slug, r.Target, r.Class, r.State, r.CreatedAt, r.DeletedAt!.Value)).ToListAsync(cancel);
    }
}
