using Microsoft.EntityFrameworkCore;
using Wobble.Results.Queries;
using Wobble.Results.Storage;

namespace Wobble.Results.Edits;

/// <summary>Keeps comparisons. The same runs in the same order keep one link.</summary>
public sealed class ComparisonEdits(IDbContextFactory<WobbleDb> databases, TimeProvider clock)
{
    /// <summary>Keeps these runs, the reference first; answers the slug.</summary>
    public async Task<Edit<string>> Keep(IReadOnlyList<string> runs, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(runs);
        string given = string.Join(", ", runs);
        if (runs.Count is < ComparisonQueries.Fewest or > ComparisonQueries.Most) return Edit<string>.Refused("runs", given, $"{ComparisonQueries.Fewest} to {ComparisonQueries.Most} runs");
        if (runs.Distinct().Count() < runs.Count) return Edit<string>.Refused("runs", given, "different runs: a run compared with itself shows nothing");
        await using var db = await databases.CreateDbContextAsync(cancel);
        var known = await db.Runs.AsNoTracking().Where(r => runs.Contains(r.Slug) && r.DeletedAt == null).Select(r => r.Slug).ToListAsync(cancel);
        if (runs.Except(known).FirstOrDefault() is { } unknown) return Edit<string>.Refused("runs", unknown, "runs that are there");

        var list = runs.ToList();
        string? kept = await db.Comparisons.AsNoTracking().Where(c => c.Runs == list).Select(c => c.Slug).FirstOrDefaultAsync(cancel);
        if (kept is not null) return new(kept, null);
        var comparison = new Comparison { Slug = Slug.New(), Runs = list, CreatedAt = clock.GetUtcNow() };
        db.Add(comparison);
        await db.SaveChangesAsync(cancel);
        return new(comparison.Slug, null);
    }
}
