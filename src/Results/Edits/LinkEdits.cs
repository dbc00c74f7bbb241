using Microsoft.EntityFrameworkCore;
using Wobble.Results.Storage;

namespace Wobble.Results.Edits;

/// <summary>Gives a run, an experiment or a comparison a new link, so that the one that went astray is worth nothing.</summary>
public sealed class LinkEdits(IDbContextFactory<WobbleDb> databases)
{
    /// <summary>A new link for the run; comparisons that show the run name it by the new one. Answers the slug; null: there is no such run.</summary>
    public async Task<string?> RenewRun(string slug, CancellationToken cancel)
    {
        await using var db = await databases.CreateDbContextAsync(cancel);
        await using var transaction = await db.Database.BeginTransactionAsync(cancel);
        string? renewed = await RenewRunAsync(db, slug, alsoDeleted: false, cancel);
        if (renewed is not null) await transaction.CommitAsync(cancel);
        return renewed;
    }

    /// <summary>
    /// A new link for the experiment and one for each of its runs, whose links its page has shown, also of those that were deleted and may come back: all of them or none. What names them, names them anew. Answers the slug; null: there is no such experiment.
    /// </summary>
    public async Task<string?> RenewExperiment(string slug, CancellationToken cancel)
    {
        await using var context = await databases.CreateDbContextAsync(cancel);
        await using var transaction = await context.Database.BeginTransactionAsync(cancel);
        string renewed = Slug.New(), rows = slug + ".";
        if (await context.Experiments.Where(e => e.Slug == slug && e.DeletedAt == null).ExecuteUpdateAsync(e => e.SetProperty(x => x.Slug, renewed), cancel) == 0) return null;
        foreach (string run in await context.Runs.Where(r => context.Experiments.Any(e => e.Id == r.ExperimentId && e.Slug == renewed)).OrderBy(r => r.Id).Select(r => r.Slug).ToListAsync(cancel))
            await RenewRunAsync(context, run, alsoDeleted: true, cancel);
        await context.Database.ExecuteSqlAsync($"""
            update comparisons set runs = array(select case when side = {slug} then {renewed} when starts_with(side, {rows}) then {renewed} || substr(side, {slug.Length + 1}) else side end from unnest(runs) with ordinality as sides(side, place) order by place)
            where exists (select from unnest(runs) side where side = {slug} or starts_with(side, {rows}))
            """, cancel);
        await context.Database.ExecuteSqlAsync($"update experiments set definition = jsonb_set(definition, array['starts_after'], to_jsonb({renewed}::text)) where definition ->> 'starts_after' = {slug}", cancel);
        await context.Tunings.Where(t => t.Experiment == slug).ExecuteUpdateAsync(t => t.SetProperty(x => x.Experiment, renewed), cancel);
        await context.Recurrences.Where(r => r.LastSlug == slug).ExecuteUpdateAsync(r => r.SetProperty(x => x.LastSlug, renewed), cancel);
        await transaction.CommitAsync(cancel);
        return renewed;
    }

    /// <summary>A new link for the comparison. Answers the slug; null: there is no such comparison.</summary>
    public async Task<string?> RenewComparison(string slug, CancellationToken cancel)
    {
        await using var db = await databases.CreateDbContextAsync(cancel);
        string renewed = Slug.New();
        return await db.Comparisons.Where(c => c.Slug == slug && c.DeletedAt == null).ExecuteUpdateAsync(c => c.SetProperty(x => x.Slug, renewed), cancel) == 1 ? renewed : null;
    }

    private static async Task<string?> RenewRunAsync(WobbleDb db, string slug, bool alsoDeleted, CancellationToken cancel)
    {
        string renewed = Slug.New();
        if (await db.Runs.Where(r => r.Slug == slug && (alsoDeleted || r.DeletedAt == null)).ExecuteUpdateAsync(r => r.SetProperty(x => x.Slug, renewed), cancel) == 0) return null;
        await db.Database.ExecuteSqlAsync($"update comparisons set runs = array_replace(runs, {slug}, {renewed}) where runs @> array[{slug}]::text[]", cancel);
        await db.Recurrences.Where(r => r.LastSlug == slug).ExecuteUpdateAsync(r => r.SetProperty(x => x.LastSlug, renewed), cancel);
        await db.Recurrences.Where(r => r.LookedAt == slug).ExecuteUpdateAsync(r => r.SetProperty(x => x.LookedAt, renewed), cancel);
        return renewed;
    }
}
