using Microsoft.EntityFrameworkCore;
using Wobble.Results.Domain;
using Wobble.Results.Housekeeping;
using Wobble.Results.Storage;

namespace Wobble.Results.Edits;

/// <summary>What people may change about a run: its notes, its tags, and whether it is listed. Never what was measured.</summary>
public sealed class RunEdits(IDbContextFactory<WobbleDb> databases, TimeProvider clock, Retention retention)
{
    /// <summary>The longest notes.</summary>
    public const int LongestNotes = 10_000;

    /// <summary>Sets the notes; empty text takes them away.</summary>
    public async Task<Edit<string>> SetNotes(Guid run, string notes, CancellationToken cancel)
    {
        notes = (notes ?? "").Trim();
        if (notes.Length > LongestNotes) return Edit<string>.Refused("notes", $"{notes.Length} characters", $"at most {LongestNotes} characters");
        await using var db = await databases.CreateDbContextAsync(cancel);
        string? kept = notes.Length == 0 ? null : notes;
        int changed = await db.Runs.Where(r => r.Id == run && r.DeletedAt == null).ExecuteUpdateAsync(r => r.SetProperty(x => x.Notes, kept), cancel);
        return changed == 1 ? new(notes, null) : Edit<string>.Refused("run", run.ToString(), "a run that is there");
    }

    /// <summary>Sets the tags, made lower case, each once, in the order given.</summary>
    public async Task<Edit<IReadOnlyList<string>>> SetTags(Guid run, IEnumerable<string> tags, CancellationToken cancel)
    {
        var kept = TagRules.Normalise(tags.Select(t => t.Trim().TrimStart('#')), out var wrong)?.ToList();
        if (kept is null) return new(null, wrong);
        await using var db = await databases.CreateDbContextAsync(cancel);
        int changed = await db.Runs.Where(r => r.Id == run && r.DeletedAt == null).ExecuteUpdateAsync(r => r.SetProperty(x => x.Tags, kept), cancel);
        return changed == 1 ? new(kept, null) : Edit<IReadOnlyList<string>>.Refused("run", run.ToString(), "a run that is there");
    }

    /// <summary>Keeps a run whatever its age, or no longer. False when there is no such run.</summary>
    public async Task<bool> SetPinned(Guid run, bool pinned, CancellationToken cancel)
    {
        await using var db = await databases.CreateDbContextAsync(cancel);
        return await db.Runs.Where(r => r.Id == run && r.DeletedAt == null).ExecuteUpdateAsync(r => r.SetProperty(x => x.Pinned, pinned), cancel) == 1;
    }

    /// <summary>Takes finished runs out of every list; their links end. Answers how many.</summary>
    public async Task<int> Delete(IReadOnlyList<Guid> runs, CancellationToken cancel)
    {
        await using var db = await databases.CreateDbContextAsync(cancel);
        var now = clock.GetUtcNow();
        return await db.Runs.Where(r => runs.Contains(r.Id) && r.DeletedAt == null
                && (r.State == RunState.Completed || r.State == RunState.Failed || r.State == RunState.Cancelled || r.State == RunState.Interrupted))
            .ExecuteUpdateAsync(r => r.SetProperty(x => x.DeletedAt, now), cancel);
    }

    /// <summary>
    /// Brings deleted runs back, and pins those that retention would delete again; runs of a deleted experiment come back with it, or after it where they were deleted before.
    /// Answers how many, and why the first of the others didn't.
    /// </summary>
    public async Task<Deletion> Restore(IReadOnlyList<Guid> runs, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(runs);
        await using var db = await databases.CreateDbContextAsync(cancel);
        await using var transaction = await db.Database.BeginTransactionAsync(cancel);
        var ids = runs.ToArray();
        // So that none of these is deleted, or comes back, at this moment.
        await db.Database.SqlQuery<Guid>($"select id from experiments where id in (select experiment_id from runs where id = any ({ids})) order by id for share").ToListAsync(cancel);
        var found = await db.Runs.FromSql($"select * from runs where id = any ({ids}) order by id for update").AsNoTracking()
            .Select(r => new { r.Id, r.DeletedAt, r.DeletedWithExperiment, Experiment = db.Experiments.Where(e => e.Id == r.ExperimentId && e.DeletedAt != null).Select(e => e.Slug).FirstOrDefault() })
            .ToDictionaryAsync(r => r.Id, cancel);
        DeletionRefusal? WhyNot(Guid id) => !found.TryGetValue(id, out var run) ? DeletionRefusal.Gone
            : run.DeletedAt is null ? DeletionRefusal.There
            : run.Experiment is null ? null
            : run.DeletedWithExperiment ? new(DeletionReason.WithExperiment, "It was deleted with its experiment: bring that back, and it comes with it.", run.Experiment)
            : new(DeletionReason.ExperimentDeleted, "Its experiment was deleted, too: bring that back first, then this run.", run.Experiment);
        var able = runs.Where(id => WhyNot(id) is null).ToList();
        int restored = await db.Runs.Where(r => able.Contains(r.Id)).ExecuteUpdateAsync(r => r.SetProperty(x => x.DeletedAt, (DateTimeOffset?)null), cancel);
        if (restored > 0) await Housekeeper.PinAsync(db, retention, able, clock.GetUtcNow(), cancel);
        await transaction.CommitAsync(cancel);
        return new(restored, runs.Select(WhyNot).FirstOrDefault(w => w is not null));
    }
}
