using Microsoft.EntityFrameworkCore;
using Wobble.Results.Storage;

namespace Wobble.Results.Edits;

/// <summary>Gives a run or a comparison a new link, so that the one that went astray is worth nothing.</summary>
public sealed class LinkEdits(IDbContextFactory<WobbleDb> databases)
{
    /// <summary>A new link for the run; comparisons that show the run name it by the new one. Answers the slug; null: there is no such run.</summary>
    public async Task<string?> RenewRun(string slug, CancellationToken cancel)
    {
        await using var db = await databases.CreateDbContextAsync(cancel);
        await using var transaction = await db.Database.BeginTransactionAsync(cancel);
        string renewed = Slug.New();
        if (await db.Runs.Where(r => r.Slug == slug && r.DeletedAt == null).ExecuteUpdateAsync(r => r.SetProperty(x => x.Slug, renewed), cancel) == 0) return null;
        await db.Database.ExecuteSqlAsync($"update comparisons set runs = array_replace(runs, {slug}, {renewed}) where runs @> array[{slug}]::text[]", cancel);
        await transaction.CommitAsync(cancel);
        return renewed;
    }

    /// <summary>A new link for the comparison. Answers the slug; null: there is no such comparison.</summary>
    public async Task<string?> RenewComparison(string slug, CancellationToken cancel)
    {
        await using var db = await databases.CreateDbContextAsync(cancel);
        string renewed = Slug.New();
        return await db.Comparisons.Where(c => c.Slug == slug).ExecuteUpdateAsync(c => c.SetProperty(x => x.Slug, renewed), cancel) == 1 ? renewed : null;
    }
}
