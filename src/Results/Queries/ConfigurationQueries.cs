using Microsoft.EntityFrameworkCore;
using Wobble.Results.Domain;
using Wobble.Results.Storage;

namespace Wobble.Results.Queries;

/// <summary>A configuration as lists show it.</summary>
public sealed record ConfigurationRow
{
    /// <summary>Key.</summary>
    public required Guid Id { get; init; }
    /// <summary>Its name.</summary>
    public required string Name { get; init; }
    /// <summary>The present version's definition.</summary>
    public required Definition Definition { get; init; }
    /// <summary>From 1.</summary>
    public required int Version { get; init; }
    /// <summary>When it was last edited.</summary>
    public required DateTimeOffset EditedAt { get; init; }
    /// <summary>When it was archived; null: in use.</summary>
    public DateTimeOffset? ArchivedAt { get; init; }
    /// <summary>Runs made of it, all versions.</summary>
    public int Runs { get; init; }
    /// <summary>The last of them that ended; null when there is none.</summary>
    public RunRow? Last { get; init; }
}

/// <summary>The named definitions, and the runs made of them.</summary>
public sealed class ConfigurationQueries(IDbContextFactory<WobbleDb> databases)
{
    /// <summary>Configurations that are listed.</summary>
    public const int Limit = 500;
    /// <summary>Runs of one configuration that are listed and drawn as its trend.</summary>
    public const int RunsLimit = 100;

    /// <summary>Those in use, by name; or the archived ones, last archived first.</summary>
    public async Task<IReadOnlyList<ConfigurationRow>> All(bool archived, CancellationToken cancel)
    {
        await using var db = await databases.CreateDbContextAsync(cancel);
        var wanted = db.Configurations.AsNoTracking().Where(c => (c.ArchivedAt != null) == archived);
        var rows = await Rows(db, (archived ? wanted.OrderByDescending(c => c.ArchivedAt) : wanted.OrderBy(c => c.Name)).Take(Limit)).ToListAsync(cancel);
        var last = await LastOf(db, [.. rows.Where(r => r.Runs > 0).Select(r => r.Id)], cancel);
        return [.. rows.Select(r => r with { Last = last.GetValueOrDefault(r.Id) })];
    }

    /// <summary>One, archived or not; null when there is none of that id.</summary>
    public async Task<ConfigurationRow?> One(Guid id, CancellationToken cancel)
    {
        await using var db = await databases.CreateDbContextAsync(cancel);
        return await Rows(db, db.Configurations.AsNoTracking().Where(c => c.Id == id)).FirstOrDefaultAsync(cancel);
    }

    /// <summary>Its last <see cref="RunsLimit"/> runs, newest first.</summary>
    public async Task<IReadOnlyList<RunRow>> RunsOf(Guid id, CancellationToken cancel)
    {
        await using var db = await databases.CreateDbContextAsync(cancel);
        // Served by the index on (configuration_id, created_at).
        return await db.Runs.AsNoTracking().Where(r => r.ConfigurationId == id && r.DeletedAt == null)
            .OrderByDescending(r => r.CreatedAt).ThenByDescending(r => r.Id).Take(RunsLimit).Select(RunRow.Of).ToListAsync(cancel);
    }

    private static IQueryable<ConfigurationRow> Rows(WobbleDb db, IQueryable<Configuration> of) => of.Select(c => new ConfigurationRow
    {
        Id = c.Id,
        Name = c.Name,
        Definition = c.Definition,
        Version = c.Version,
        EditedAt = c.EditedAt,
        ArchivedAt = c.ArchivedAt,
        Runs = db.Runs.Count(r => r.ConfigurationId == c.Id && r.DeletedAt == null),
    });

    private static async Task<Dictionary<Guid, RunRow>> LastOf(WobbleDb db, List<Guid> ids, CancellationToken cancel)
    {
        // Their keys first: asked for whole, the last of each is found by numbering every run that there is.
        var keys = await db.Configurations.Where(c => ids.Contains(c.Id))
            .Select(c => db.Runs.Where(r => r.ConfigurationId == c.Id && r.DeletedAt == null && r.FinishedAt != null).OrderByDescending(r => r.CreatedAt).ThenByDescending(r => r.Id).Select(r => (Guid?)r.Id).FirstOrDefault())
            .Take(Limit).ToListAsync(cancel);
        var wanted = keys.OfType<Guid>().ToList();
        return await db.Runs.AsNoTracking().Where(r => wanted.Contains(r.Id)).Take(Limit).Select(RunRow.Of).ToDictionaryAsync(r => r.ConfigurationId!.Value, cancel);
    }
}
