using Microsoft.EntityFrameworkCore;
using Wobble.Results.Domain;
using Wobble.Results.Housekeeping;
using Wobble.Results.Storage;

namespace Wobble.Results.Edits;

/// <summary>Deletes experiments and brings them back. Guarantee: no run of a deleted experiment is listed, so whoever reads runs needs to look at theirs alone.</summary>
public sealed class ExperimentEdits(IDbContextFactory<WobbleDb> databases, TimeProvider clock, Retention retention)
{
    /// <summary>Takes an experiment that is over out of every list, and its runs with it, pinned ones too; their links end. Answers how many runs went with it. Refused while it goes on, a run of it does, or it recurs.</summary>
    public async Task<Deletion> Delete(string slug, CancellationToken cancel)
    {
        await using var db = await databases.CreateDbContextAsync(cancel);
        await using var transaction = await db.Database.BeginTransactionAsync(cancel);
        if (await HoldAsync(db, slug, cancel) is not { DeletedAt: null } experiment) return Deletion.No(DeletionReason.Unknown, "There is no such experiment.");
        if (experiment.State is not ("completed" or "cancelled")) return Deletion.No(DeletionReason.GoesOn, $"It is {experiment.State}: cancel it first.");
        // Cancelled a moment ago: its last run is being stopped.
        if (await db.Runs.AsNoTracking().Where(r => r.ExperimentId == experiment.Id && StateMoves.Unfinished.Contains(r.State)).Select(r => new { r.Slug, r.State }).FirstOrDefaultAsync(cancel) is { } going)
            return Deletion.No(DeletionReason.GoesOn, $"Its run {going.Slug} is {going.State.Word()}: try again in a moment.");
        if (await db.Recurrences.AnyAsync(r => r.ExperimentId == experiment.Id, cancel))
            return Deletion.No(DeletionReason.Recurs, "It recurs, and would be made anew from what is gone: delete what recurs first.");
        var now = clock.GetUtcNow();
        int runs = await db.Runs.Where(r => r.ExperimentId == experiment.Id && r.DeletedAt == null)
            .ExecuteUpdateAsync(r => r.SetProperty(x => x.DeletedAt, now).SetProperty(x => x.DeletedWithExperiment, true), cancel);
        await db.Experiments.Where(e => e.Id == experiment.Id).ExecuteUpdateAsync(e => e.SetProperty(x => x.DeletedAt, now).SetProperty(x => x.DeletedRuns, runs), cancel);
        await TellAsync(db, cancel);
        await transaction.CommitAsync(cancel);
        return new(runs, null);
    }

    /// <summary>Brings a deleted experiment back with those runs that were deleted with it, all of them or nothing, and pins those that retention would delete again. Answers how many runs came back.</summary>
    public async Task<Deletion> Restore(string slug, CancellationToken cancel)
    {
        await using var db = await databases.CreateDbContextAsync(cancel);
        await using var transaction = await db.Database.BeginTransactionAsync(cancel);
        if (await HoldAsync(db, slug, cancel) is not { } experiment) return new(0, DeletionRefusal.Gone);
        if (experiment.DeletedAt is null) return new(0, DeletionRefusal.There);
        var runs = await db.Runs.AsNoTracking().Where(r => r.ExperimentId == experiment.Id && r.DeletedWithExperiment).Select(r => r.Id).ToListAsync(cancel);
        int restored = await db.Runs.Where(r => runs.Contains(r.Id))
            .ExecuteUpdateAsync(r => r.SetProperty(x => x.DeletedAt, (DateTimeOffset?)null).SetProperty(x => x.DeletedWithExperiment, false), cancel);
        // Its rows go a few runs at a time: what is left of it would look whole.
        if (restored < experiment.DeletedRuns) return Deletion.No(DeletionReason.RowsGone, $"The rows of {experiment.DeletedRuns - restored} of its {experiment.DeletedRuns} runs are gone for good.");
        await db.Experiments.Where(e => e.Id == experiment.Id).ExecuteUpdateAsync(e => e.SetProperty(x => x.DeletedAt, (DateTimeOffset?)null).SetProperty(x => x.DeletedRuns, (int?)null), cancel);
        await TellAsync(db, cancel);
        if (restored > 0) await Housekeeper.PinAsync(db, retention, runs, clock.GetUtcNow(), cancel);
        await transaction.CommitAsync(cancel);
        return new(restored, null);
    }

    // Open pages list it, or leave it out, at once.
    private static async Task TellAsync(WobbleDb db, CancellationToken cancel) => await db.Database.ExecuteSqlAsync($"select pg_notify({Notifications.Runs}, {Guid.Empty.ToString()})", cancel);

    // Under the lock that its runs are made under, rounds are added under, and recurrences are made under.
    private static async Task<Experiment?> HoldAsync(WobbleDb db, string slug, CancellationToken cancel) =>
        Slug.IsValid(slug) ? await db.Experiments.FromSql($"select * from experiments where slug = {slug} for update").AsNoTracking().SingleOrDefaultAsync(cancel) : null;
}
