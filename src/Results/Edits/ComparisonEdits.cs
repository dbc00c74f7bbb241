using Microsoft.EntityFrameworkCore;
using Wobble.Results.Queries;
using Wobble.Results.Storage;

namespace Wobble.Results.Edits;

/// <summary>Keeps comparisons, deletes them and brings them back. The same runs in the same order keep one link, or two once they were kept again before a deleted one came back.</summary>
public sealed class ComparisonEdits(IDbContextFactory<WobbleDb> databases, TimeProvider clock)
{
    /// <summary>Keeps these runs, the reference first; answers the slug.</summary>
    public async Task<Edit<string>> Keep(IReadOnlyList<string> runs, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(runs);
        string given = string.Join(", ", runs);
        // One experiment alone may have several rows.
        if (runs.Count > ComparisonQueries.Most || runs.Count < 1 || (runs.Count == 1 && SideName.Parse(runs[0]) is not { Row: null })) return Edit<string>.Refused("runs", given, $"{ComparisonQueries.Fewest} to {ComparisonQueries.Most} runs");
        if (runs.Distinct().Count() < runs.Count) return Edit<string>.Refused("runs", given, "different runs: a run compared with itself shows nothing");
        await using var db = await databases.CreateDbContextAsync(cancel);
        var sides = await new ComparisonQueries(databases).Runs(runs, cancel);
        if (sides.Problem is { } problem) return Edit<string>.Refused("runs", given, problem);
        var found = sides.Runs;
        if (ComparisonQueries.Missing(runs, found) is [var unknown, ..]) return Edit<string>.Refused("runs", unknown, "runs, experiments or configurations with runs that are there");
        if (found.Count < ComparisonQueries.Fewest) return Edit<string>.Refused("runs", given, $"at least {ComparisonQueries.Fewest} sides: an experiment has as many as it has rows with runs");

        var list = runs.ToList();
        string? kept = await db.Comparisons.AsNoTracking().Where(c => c.Runs == list && c.DeletedAt == null).OrderBy(c => c.Id).Select(c => c.Slug).FirstOrDefaultAsync(cancel);
        if (kept is not null) return new(kept, null);
        var comparison = new Comparison { Slug = Slug.New(), Runs = list, CreatedAt = clock.GetUtcNow() };
        db.Add(comparison);
        await db.SaveChangesAsync(cancel);
        return new(comparison.Slug, null);
    }

    /// <summary>Takes a comparison out of the list; its link ends, its runs stay. False when there is none of that slug.</summary>
    public async Task<bool> Delete(string slug, CancellationToken cancel)
    {
        await using var db = await databases.CreateDbContextAsync(cancel);
        var now = clock.GetUtcNow();
        return await db.Comparisons.Where(c => c.Slug == slug && c.DeletedAt == null).ExecuteUpdateAsync(c => c.SetProperty(x => x.DeletedAt, now), cancel) == 1;
    }

    /// <summary>Brings a deleted comparison back.</summary>
    public async Task<Deletion> Restore(string slug, CancellationToken cancel)
    {
        await using var db = await databases.CreateDbContextAsync(cancel);
        if (await db.Comparisons.Where(c => c.Slug == slug && c.DeletedAt != null).ExecuteUpdateAsync(c => c.SetProperty(x => x.DeletedAt, (DateTimeOffset?)null), cancel) == 1) return new(1, null);
        return new(0, await db.Comparisons.AnyAsync(c => c.Slug == slug, cancel) ? DeletionRefusal.There : DeletionRefusal.Gone);
    }
}
