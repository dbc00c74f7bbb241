using Hangfire;
using Microsoft.EntityFrameworkCore;
using Wobble.Results.Domain;
using Wobble.Results.Edits;
using Wobble.Results.Jobs;
using Wobble.Results.Storage;

namespace Wobble.Dashboard.Access;

/// <summary>
/// Every change that people can make, for pages and API. Guarantees: each asks <see cref="Operator"/> first, and throws
/// <see cref="NotSignedInException"/> before anything is read or written. What it wraps is in no container, so there is no other way to it.
/// </summary>
internal sealed class Changes(Operator who, IDbContextFactory<WobbleDb> databases, IBackgroundJobClient jobs, TimeProvider clock, ILogger<Changes> log)
{
    private readonly RunQueue _queue = new(databases, jobs, clock);
    private readonly ExperimentQueue _experiments = new(databases, jobs, clock);
    private readonly RunEdits _runs = new(databases, clock);
    private readonly ConfigurationEdits _configurations = new(databases, clock);
    private readonly ComparisonEdits _comparisons = new(databases, clock);

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
    public Task<bool> AddRoundsAsync(string slug, int rounds, CancellationToken cancel) => DoAsync($"add {rounds} rounds to {slug}", () => _experiments.AddRoundsAsync(slug, rounds, cancel));

    public Task<Edit<string>> SetNotesAsync(Guid run, string notes, CancellationToken cancel) => DoAsync($"note on {run}", () => _runs.SetNotes(run, notes, cancel));

    public Task<Edit<IReadOnlyList<string>>> SetTagsAsync(Guid run, IEnumerable<string> tags, CancellationToken cancel) => DoAsync($"tag {run}", () => _runs.SetTags(run, tags, cancel));

    /// <summary>Deletes ended runs; <see cref="RestoreRunsAsync"/> takes it back.</summary>
    public Task<int> DeleteRunsAsync(IReadOnlyList<Guid> runs, CancellationToken cancel) => DoAsync($"delete {string.Join(", ", runs)}", () => _runs.Delete(runs, cancel));

    public Task<int> RestoreRunsAsync(IReadOnlyList<Guid> runs, CancellationToken cancel) => DoAsync($"restore {string.Join(", ", runs)}", () => _runs.Restore(runs, cancel));

    public Task<Edit<SavedConfiguration>> CreateConfigurationAsync(string name, Definition definition, CancellationToken cancel) =>
        DoAsync($"create configuration {name}", () => _configurations.Create(name, definition, cancel));

    /// <summary>Saves a new version; refused when somebody else saved one since <paramref name="fromVersion"/>.</summary>
    public Task<Edit<SavedConfiguration>> ChangeConfigurationAsync(Guid id, int fromVersion, string name, Definition definition, CancellationToken cancel) =>
        DoAsync($"change configuration {id}", () => _configurations.Change(id, fromVersion, name, definition, cancel));

    public Task<Edit<SavedConfiguration>> DuplicateConfigurationAsync(Guid id, CancellationToken cancel) => DoAsync($"duplicate configuration {id}", () => _configurations.Duplicate(id, cancel));

    /// <summary>Archives it; <see cref="RestoreConfigurationAsync"/> takes it back.</summary>
    public Task<bool> ArchiveConfigurationAsync(Guid id, CancellationToken cancel) => DoAsync($"archive configuration {id}", () => _configurations.Archive(id, cancel));

    public Task<Edit<SavedConfiguration>> RestoreConfigurationAsync(Guid id, CancellationToken cancel) => DoAsync($"restore configuration {id}", () => _configurations.Restore(id, cancel));

    /// <summary>Keeps a comparison; answers its slug.</summary>
    public Task<Edit<string>> KeepComparisonAsync(IReadOnlyList<string> runs, CancellationToken cancel) => DoAsync($"compare {string.Join(", ", runs)}", () => _comparisons.Keep(runs, cancel));

    private async Task<T> DoAsync<T>(string what, Func<Task<T>> change)
    {
        await who.RequireAsync();
        log.LogInformation("The operator asks to {Change}", what);
        return await change();
    }
}
