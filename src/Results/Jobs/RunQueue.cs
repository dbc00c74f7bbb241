using Hangfire;
using Hangfire.States;
using Microsoft.EntityFrameworkCore;
using Wobble.Results.Domain;
using Wobble.Results.Storage;

namespace Wobble.Results.Jobs;

/// <summary>
/// Queues and cancels runs, for pages and API. Guarantees: nothing is queued that no known Runner could run; a run whose row is there is carried out
/// even if this process dies before its job is queued (a Runner queues such runs, see <see cref="QueueForgottenAsync"/>).
/// </summary>
public sealed class RunQueue(IDbContextFactory<WobbleDb> contexts, IBackgroundJobClient jobs, TimeProvider time)
{
    /// <summary>A Runner that said nothing for so long is gone.</summary>
    public static readonly TimeSpan GoneAfter = TimeSpan.FromSeconds(15);
    /// <summary>The most characters of notes.</summary>
    public const int MaxNotes = 10_000;

    /// <summary>Checks the request, which is for one run, and queues it.</summary>
    public Task<QueueOutcome> QueueAsync(RunRequest request, CancellationToken cancellation = default) => QueueAsync(request, null, cancellation);

    /// <summary>The same with more that is written in the same transaction, given the run's slug: it stands with the run or not at all.</summary>
    internal async Task<QueueOutcome> QueueAsync(RunRequest request, Func<WobbleDb, string, Task>? beside, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(request);
        await using var db = await contexts.CreateDbContextAsync(cancellation);
        var runners = await db.Runners.AsNoTracking().OrderBy(r => r.Name).ToListAsync(cancellation);
        var choice = RunnerChoice.Of(runners, request, time.GetUtcNow() - GoneAfter);
        var errors = choice.Errors.ToList();
        if (request.Definition.Repetitions != 1) errors.Add(new FieldError("repetitions", $"{request.Definition.Repetitions}", "1: more make an experiment"));
        var tags = RequestRules.Check(request.Tags, request.Notes, errors);
        var configuration = request.ConfigurationId is { } id ? await db.Configurations.AsNoTracking().SingleOrDefaultAsync(c => c.Id == id, cancellation) : null;
        if (request.ConfigurationId is not null && configuration is null) errors.Add(new FieldError("configuration", request.ConfigurationId.ToString()!, "a configuration that exists"));
        if (errors.Count > 0) return QueueOutcome.Refused(errors);

        var run = Row(request, configuration, choice, tags);
        await using (var transaction = await db.Database.BeginTransactionAsync(cancellation))
        {
            db.Runs.Add(run);
            await db.SaveChangesAsync(cancellation);
            if (beside is not null) await beside(db, run.Slug);
            await transaction.CommitAsync(cancellation);
        }
        // From here on nothing is taken back: the row stands, and a job that can't be queued now is queued by a Runner.
        await AfterCommit.TryAsync(() => EnqueueAsync(db, run, CancellationToken.None));
        await AfterCommit.TryAsync(async () =>
        {
            await db.Database.ExecuteSqlAsync($"select pg_notify({Notifications.Queue}, '')", CancellationToken.None);
            await NotifyAsync(db, Notifications.Runs, run.Id, CancellationToken.None);
        });
        return new QueueOutcome([], [run], null);
    }

    /// <summary>Cancels a run, at once when it is queued, else by telling its Runner.</summary>
    public async Task<CancelOutcome> CancelAsync(string slug, CancellationToken cancellation = default)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellation);
        var run = await db.Runs.AsNoTracking().SingleOrDefaultAsync(r => r.Slug == slug, cancellation);
        if (run is null) return CancelOutcome.Unknown;
        return run.State.IsFinal() ? CancelOutcome.TooLate : await CancelAsync(db, run);
    }

    /// <summary>Cancels what is left of an experiment. False when there is none of that name, or it has ended.</summary>
    public async Task<bool> CancelExperimentAsync(string slug, CancellationToken cancellation = default)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellation);
        // All of it or nothing: a run that goes on in a cancelled experiment could be cancelled by nobody's second try.
        await using var transaction = await db.Database.BeginTransactionAsync(cancellation);
        if (await db.Experiments.Where(e => e.Slug == slug && (e.State == "running" || e.State == "paused" || e.State == "waiting")).ExecuteUpdateAsync(e => e.SetProperty(x => x.State, "cancelled"), cancellation) == 0) return false;
        var left = await db.Runs.AsNoTracking()
            .Where(r => db.Experiments.Any(e => e.Slug == slug && e.Id == r.ExperimentId) && StateMoves.Unfinished.Contains(r.State))
            .OrderBy(r => r.Id).ToListAsync(cancellation);
        await db.Database.ExecuteSqlAsync($"select pg_notify({Notifications.Runs}, {Guid.Empty.ToString()})", cancellation);
        foreach (var run in left) await AskAsync(db, run, cancellation);
        await transaction.CommitAsync(cancellation);
        // A job that stays finds its run cancelled.
        foreach (string job in left.Select(r => r.JobId).OfType<string>()) await AfterCommit.TryAsync(() => Task.FromResult(jobs.Delete(job)));
        return true;
    }

    /// <summary>Queues runs whose row is there but whose job is not, because a process died between the two. For Runners.</summary>
    /// <returns>How many there were.</returns>
    public async Task<int> QueueForgottenAsync(CancellationToken cancellation = default)
    {
        var before = time.GetUtcNow() - GoneAfter;
        await using var db = await contexts.CreateDbContextAsync(cancellation);
        var forgotten = await db.Runs.AsNoTracking().Where(r => r.State == RunState.Queued && r.JobId == null && r.CreatedAt < before).OrderBy(r => r.CreatedAt).Take(100).ToListAsync(cancellation);
        foreach (var run in forgotten) await EnqueueAsync(db, run, cancellation);
        return forgotten.Count;
    }

    private Run Row(RunRequest request, Configuration? configuration, RunnerChoice choice, IReadOnlyList<string> tags)
    {
        var definition = request.Definition;
        var target = choice.Catalogue!.Find(definition.Target)!;
        return new Run
        {
            Slug = Slug.New(),
            Definition = definition,
            Target = target.Name,
            Class = target.Class,
            Workers = definition.Workers ?? Defaults.Workers(target.Class, choice.Catalogue.Cores),
            WantedRunner = choice.Runner,
            ConfigurationId = configuration?.Id,
            ConfigurationVersion = configuration?.Version,
            Tags = [.. tags],
            Notes = string.IsNullOrWhiteSpace(request.Notes) ? null : StoredText.Clean(request.Notes),
            CreatedAt = time.GetUtcNow(),
        };
    }

    private async Task EnqueueAsync(WobbleDb db, Run run, CancellationToken cancellation)
    {
        string queue = run.WantedRunner is { } runner ? RunQueues.For(runner) : RunQueues.Any;
        string job = jobs.Create<IRunJob>(j => j.ExecuteAsync(run.Id, CancellationToken.None), new EnqueuedState(queue));
        run.JobId = job;
        await db.Runs.Where(r => r.Id == run.Id).ExecuteUpdateAsync(r => r.SetProperty(x => x.JobId, job), cancellation);
    }

    private async Task<CancelOutcome> CancelAsync(WobbleDb db, Run run)
    {
        var outcome = await AskAsync(db, run, CancellationToken.None);
        if (outcome != CancelOutcome.TooLate && run.JobId is { } job) jobs.Delete(job);
        return outcome;
    }

    private async Task<CancelOutcome> AskAsync(WobbleDb db, Run run, CancellationToken cancellation)
    {
        var now = time.GetUtcNow();
        int asked = await db.Runs.Where(r => r.Id == run.Id && StateMoves.Unfinished.Contains(r.State)).ExecuteUpdateAsync(r => r.SetProperty(x => x.CancelRequestedAt, x => x.CancelRequestedAt ?? now), cancellation);
        if (asked == 0) return CancelOutcome.TooLate;
        int cancelled = await db.Runs.Where(r => r.Id == run.Id && r.State == RunState.Queued).ExecuteUpdateAsync(r => r
            .SetProperty(x => x.State, RunState.Cancelled)
            .SetProperty(x => x.FinishedAt, now)
            .SetProperty(x => x.Failure, "Cancelled before it began."), cancellation);
        if (cancelled == 0) await NotifyAsync(db, Notifications.Cancels, run.Id, cancellation);
        await NotifyAsync(db, Notifications.Runs, run.Id, cancellation);
        return cancelled > 0 ? CancelOutcome.Cancelled : CancelOutcome.Asked;
    }

    private static async Task NotifyAsync(WobbleDb db, string channel, Guid run, CancellationToken cancellation) =>
        await db.Database.ExecuteSqlAsync($"select pg_notify({channel}, {run.ToString()})", cancellation);
}
