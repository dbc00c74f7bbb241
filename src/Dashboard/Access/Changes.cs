using Hangfire;
using Microsoft.EntityFrameworkCore;
using Wobble.Results.Domain;
using Wobble.Results.Edits;
using Wobble.Results.Exports;
using Wobble.Results.Jobs;
using Wobble.Results.Storage;

namespace Wobble.Dashboard.Access;

/// <summary>
/// Every change that people can make, for pages and API. Guarantees: each asks <see cref="Operator"/> first, and throws
/// <see cref="NotSignedInException"/> before anything is read or written; a database that is away is a <see cref="NotChangedException"/>, too.
/// What it wraps is in no container, so there is no other way to it.
/// </summary>
internal sealed class Changes(Operator who, IDbContextFactory<WobbleDb> databases, IBackgroundJobClient jobs, TimeProvider clock, Retention retention, Audited audited)
{
    private readonly RunQueue _queue = new(databases, jobs, clock);
    private readonly ExperimentQueue _experiments = new(databases, jobs, clock);
    private readonly RunEdits _runs = new(databases, clock, retention);
    private readonly ExperimentEdits _experimentEdits = new(databases, clock, retention);
    private readonly ConfigurationEdits _configurations = new(databases, clock);
    private readonly ComparisonEdits _comparisons = new(databases, clock);
    private readonly LinkEdits _links = new(databases);
    private readonly RunImport _imports = new(databases, clock, retention);
    private readonly RecurrenceEdits _recurrences = new(databases, clock);

    /// <summary>Queues a run, or says field by field what is wrong. With repetitions it is an experiment.</summary>
    public Task<QueueOutcome> QueueAsync(RunRequest request, CancellationToken cancel) =>
        request.Definition.Repetitions == 1 ? DoAsync($"queue {request.Definition.Target}", () => _queue.QueueAsync(request, cancel)) : RepeatAsync([request], cancel);

    /// <summary>Makes one experiment of several requests: as many rounds of all as the first asks for.</summary>
    public Task<QueueOutcome> RepeatAsync(IReadOnlyList<RunRequest> requests, CancellationToken cancel) =>
        DoAsync($"repeat {string.Join(", ", requests.Select(r => r.Definition.Target))}", async () =>
        {
            var outcome = await _experiments.RepeatAsync(requests, cancel);
            return new QueueOutcome(outcome.Errors, outcome.First is { } first ? [first] : [], outcome.Experiment);
        });

    /// <summary>Cancels a run.</summary>
    public Task<CancelOutcome> CancelAsync(string slug, CancellationToken cancel) => DoAsync($"cancel {slug}", () => _queue.CancelAsync(slug, cancel));

    /// <summary>Cancels what is left of an experiment.</summary>
    public Task<bool> CancelExperimentAsync(string slug, CancellationToken cancel) => DoAsync($"cancel experiment {slug}", () => _queue.CancelExperimentAsync(slug, cancel));

    /// <summary>Makes an experiment against the catalogue of a Runner, and queues its first run.</summary>
    public Task<ExperimentOutcome> CreateExperimentAsync(Func<Catalogue, Results.Experiments.ExperimentDefinition> make, string? runner, CancellationToken cancel) =>
        DoAsync("make an experiment", () => _experiments.CreateAsync(make, runner, cancel));

    /// <summary>Begins no further run of it.</summary>
    public Task<bool> PauseExperimentAsync(string slug, CancellationToken cancel) => DoAsync($"pause experiment {slug}", () => _experiments.PauseAsync(slug, cancel));

    /// <summary>Goes on with it.</summary>
    public Task<bool> ResumeExperimentAsync(string slug, CancellationToken cancel) => DoAsync($"resume experiment {slug}", () => _experiments.ResumeAsync(slug, cancel));

    /// <summary>Adds rounds after a look at the verdicts.</summary>
    public Task<RoundsOutcome> AddRoundsAsync(string slug, int rounds, CancellationToken cancel) => DoAsync($"add {rounds} rounds to {slug}", () => _experiments.AddRoundsAsync(slug, rounds, cancel));

    public Task<Edit<string>> SetNotesAsync(Guid run, string notes, CancellationToken cancel) => DoAsync(async () => $"note on {await NamesAsync([run], cancel)}", () => _runs.SetNotes(run, notes, cancel));

    public Task<Edit<IReadOnlyList<string>>> SetTagsAsync(Guid run, IEnumerable<string> tags, CancellationToken cancel) => DoAsync(async () => $"tag {await NamesAsync([run], cancel)}", () => _runs.SetTags(run, tags, cancel));

    /// <summary>Deletes ended runs; <see cref="RestoreRunsAsync"/> takes it back.</summary>
    public Task<int> DeleteRunsAsync(IReadOnlyList<Guid> runs, CancellationToken cancel) => DoAsync(async () => $"delete {await NamesAsync(runs, cancel)}", () => _runs.Delete(runs, cancel));

    /// <summary>Brings them back; those that retention would delete again are pinned.</summary>
    public Task<Deletion> RestoreRunsAsync(IReadOnlyList<Guid> runs, CancellationToken cancel) => DoAsync(async () => $"restore {await NamesAsync(runs, cancel)}", () => _runs.Restore(runs, cancel));

    /// <summary>Deletes an experiment that is over, with its runs; <see cref="RestoreExperimentAsync"/> takes it back.</summary>
    public Task<Deletion> DeleteExperimentAsync(string slug, CancellationToken cancel) => DoAsync($"delete experiment {slug} with its runs", () => _experimentEdits.Delete(slug, cancel));

    /// <summary>Brings it back with the runs that were deleted with it.</summary>
    public Task<Deletion> RestoreExperimentAsync(string slug, CancellationToken cancel) => DoAsync($"restore experiment {slug} with its runs", () => _experimentEdits.Restore(slug, cancel));

    public Task<Edit<SavedConfiguration>> CreateConfigurationAsync(string name, Definition definition, CancellationToken cancel) =>
        DoAsync($"create configuration {name}", () => _configurations.Create(name, definition, cancel));

    /// <summary>Saves a new version; refused when somebody else saved one since <paramref name="fromVersion"/>.</summary>
    public Task<Edit<SavedConfiguration>> ChangeConfigurationAsync(Guid id, int fromVersion, string name, Definition definition, CancellationToken cancel) =>
        DoAsync(async () => $"change configuration {await NameAsync(id, cancel)}", () => _configurations.Change(id, fromVersion, name, definition, cancel));

    public Task<Edit<SavedConfiguration>> DuplicateConfigurationAsync(Guid id, CancellationToken cancel) => DoAsync(async () => $"duplicate configuration {await NameAsync(id, cancel)}", () => _configurations.Duplicate(id, cancel));

    /// <summary>Archives it; <see cref="RestoreConfigurationAsync"/> takes it back.</summary>
    public Task<bool> ArchiveConfigurationAsync(Guid id, CancellationToken cancel) => DoAsync(async () => $"archive configuration {await NameAsync(id, cancel)}", () => _configurations.Archive(id, cancel));

    public Task<Edit<SavedConfiguration>> RestoreConfigurationAsync(Guid id, CancellationToken cancel) => DoAsync(async () => $"restore configuration {await NameAsync(id, cancel)}", () => _configurations.Restore(id, cancel));

    /// <summary>Keeps a comparison; answers its slug.</summary>
    public Task<Edit<string>> KeepComparisonAsync(IReadOnlyList<string> runs, CancellationToken cancel) => DoAsync($"compare {string.Join(", ", runs)}", () => _comparisons.Keep(runs, cancel));

    /// <summary>Deletes a kept comparison, none of its runs; <see cref="RestoreComparisonAsync"/> takes it back.</summary>
    public Task<bool> DeleteComparisonAsync(string slug, CancellationToken cancel) => DoAsync($"delete comparison {slug}", () => _comparisons.Delete(slug, cancel));

    public Task<Deletion> RestoreComparisonAsync(string slug, CancellationToken cancel) => DoAsync($"restore comparison {slug}", () => _comparisons.Restore(slug, cancel));

    /// <summary>Keeps a run whatever its age, or no longer.</summary>
    public Task<bool> SetPinnedAsync(Guid run, bool pinned, CancellationToken cancel) => DoAsync(async () => $"{(pinned ? "pin" : "unpin")} {await NamesAsync([run], cancel)}", () => _runs.SetPinned(run, pinned, cancel));

    /// <summary>Gives a run a new link; the present one is worth nothing any more. Answers the new slug.</summary>
    public Task<string?> RenewRunLinkAsync(string slug, CancellationToken cancel) => DoAsync($"renew the link of run {slug}", () => _links.RenewRun(slug, cancel));

    /// <summary>The same for an experiment, and for each of its runs.</summary>
    public Task<string?> RenewExperimentLinkAsync(string slug, CancellationToken cancel) => DoAsync($"renew the link of experiment {slug} and of its runs", () => _links.RenewExperiment(slug, cancel));

    /// <summary>The same for a comparison.</summary>
    public Task<string?> RenewComparisonLinkAsync(string slug, CancellationToken cancel) => DoAsync($"renew the link of comparison {slug}", () => _links.RenewComparison(slug, cancel));

    /// <summary>Imports a run that another Wobble exported.</summary>
    public Task<ImportOutcome> ImportAsync(Stream file, CancellationToken cancel) => DoAsync("import a run", () => _imports.ReadAsync(file, cancel));

    /// <summary>Lets a configuration or an experiment recur, or says field by field what is wrong.</summary>
    public Task<(Guid? Id, IReadOnlyList<FieldError> Errors)> RecurAsync(RecurrenceWish wish, CancellationToken cancel) =>
        DoAsync(() => Task.FromResult($"recur {wish.Configuration?.ToString() ?? wish.Experiment} at {wish.Time}"), () => _recurrences.Create(wish, cancel));

    /// <summary>It stays, and nothing is queued until it is resumed.</summary>
    public Task<bool> PauseRecurrenceAsync(Guid id, CancellationToken cancel) => DoAsync($"pause recurrence {id}", () => _recurrences.Pause(id, cancel));

    public Task<bool> ResumeRecurrenceAsync(Guid id, CancellationToken cancel) => DoAsync($"resume recurrence {id}", () => _recurrences.Resume(id, cancel));

    /// <summary>Its runs stay.</summary>
    public Task<bool> DeleteRecurrenceAsync(Guid id, CancellationToken cancel) => DoAsync($"delete recurrence {id}", () => _recurrences.Delete(id, cancel));

    private Task<T> DoAsync<T>(string what, Func<Task<T>> change) => DoAsync(() => Task.FromResult(what), change);

    private async Task<T> DoAsync<T>(Func<Task<string>> what, Func<Task<T>> change)
    {
        bool isUnderWay = false;
        try
        {
            await who.RequireAsync();
            var (name, from) = await who.NameAsync();
            return await audited.DoAsync(name, from, await what(), () =>
            {
                isUnderWay = true;
                return change();
            });
        }
        catch (Exception e) when (DatabaseFaults.IsAway(e))
        {
            // A connection that breaks at the very end leaves open whether the database took it.
            throw new NotChangedException(isUnderWay ? "Wobble’s database was lost meanwhile: look whether it was done before you do it again." : "Nothing was changed: Wobble’s database can’t be reached. Try again when it is back.", e);
        }
    }

    // As people know them.
    private async Task<string> NamesAsync(IEnumerable<Guid> runs, CancellationToken cancel)
    {
        await using var db = await databases.CreateDbContextAsync(cancel);
        return string.Join(", ", await db.Runs.AsNoTracking().Where(r => runs.Contains(r.Id)).OrderBy(r => r.Id).Select(r => r.Slug).Take(50).ToListAsync(cancel));
    }

    private async Task<string> NameAsync(Guid configuration, CancellationToken cancel)
    {
        await using var db = await databases.CreateDbContextAsync(cancel);
        return await db.Configurations.AsNoTracking().Where(c => c.Id == configuration).Select(c => c.Name).FirstOrDefaultAsync(cancel) ?? configuration.ToString();
    }
}
