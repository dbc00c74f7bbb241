using System.Text.Json;
using Hangfire;
using Hangfire.States;
using Microsoft.EntityFrameworkCore;
using Wobble.Results.Domain;
using Wobble.Results.Experiments;
using Wobble.Results.Statistics;
using Wobble.Results.Storage;

namespace Wobble.Results.Jobs;

/// <summary>What became of a wish for an experiment: errors and nothing made, or the experiment.</summary>
/// <param name="Errors">What is wrong, field by field.</param>
/// <param name="Experiment">What was made.</param>
/// <param name="First">Its first run; null while it waits for another experiment, or when PostgreSQL went away before it was made: a Runner makes it then.</param>
public sealed record ExperimentOutcome(IReadOnlyList<FieldError> Errors, Experiment? Experiment, Run? First = null);

/// <summary>What became of a wish for more rounds.</summary>
public enum RoundsOutcome
{
    /// <summary>There is no such experiment, it has no rounds or as many as are allowed, or it was cancelled or deleted: nothing is changed.</summary>
    TooLate,
    /// <summary>Runs of its earlier rounds are gone, see <see cref="ExperimentQueue.RunsGone"/>: nothing is changed.</summary>
    RunsGone,
    /// <summary>They were added.</summary>
    Added,
}

/// <summary>
/// Makes experiments and moves them on, one run at a time. What comes next is <see cref="Schedule.Next"/> of what is in the tables, so a Runner that
/// comes back goes on where it stopped and no run is made twice: advancing holds the experiment's row.
/// </summary>
public sealed class ExperimentQueue(IDbContextFactory<WobbleDb> contexts, IBackgroundJobClient jobs, TimeProvider time)
{
    /// <summary>Why no rounds are added to an experiment of which rows were removed, for people.</summary>
    public const string RunsGone = "Runs of its earlier rounds are gone: make a new experiment.";

    /// <summary>Checks it against the catalogue of a live Runner and makes it; its first run is queued at once, unless it waits for another experiment.</summary>
    /// <param name="make">Makes it from what a Runner can run; asked of each that is there.</param>
    /// <param name="runner">Name of the Runner; null: of those that are there the one that can run most of it.</param>
    /// <param name="cancellation">Until it is stored.</param>
    public Task<ExperimentOutcome> CreateAsync(Func<Catalogue, ExperimentDefinition> make, string? runner = null, CancellationToken cancellation = default) => CreateAsync(make, runner, null, cancellation);

    /// <summary>The same with more that is written in the same transaction, given the experiment's slug: it stands with the experiment or not at all.</summary>
    internal async Task<ExperimentOutcome> CreateAsync(Func<Catalogue, ExperimentDefinition> make, string? runner, Func<WobbleDb, string, Task>? beside, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(make);
        await using var db = await contexts.CreateDbContextAsync(cancellation);
        var alive = time.GetUtcNow() - RunQueue.GoneAfter;
        var runners = await db.Runners.AsNoTracking().OrderByDescending(r => r.SeenAt >= alive).ThenBy(r => r.Name).ToListAsync(cancellation);
        if (runners.Count == 0) return Refused(new FieldError("runner", "", "no Runner has joined yet: ./run starts one"));
        // When none is there, those that were may come back.
        var candidates = runner is not null ? runners.Where(r => r.Name == runner).ToList() : runners.Where(r => r.SeenAt >= alive).ToList() is { Count: > 0 } there ? there : runners;
        if (candidates.Count == 0) return Refused(new FieldError("runner", runner!, $"one of {string.Join(", ", runners.Select(r => r.Name))}"));
        // Rounds are compared with each other, so all of them belong on one machine: also on the only one that there is, as another may join midway.
        var (chosen, definition, errors) = candidates
            .Select(r => (Runner: r, Definition: make(r.Catalogue) with { Runner = r.Name }))
            .Select(c => (c.Runner, c.Definition, Errors: ExperimentRules.Check(c.Definition, c.Runner.Catalogue).ToList()))
            .MinBy(c => (c.Errors.Count, c.Definition.Rows.Count(r => r.Unavailable is not null)));
        definition = definition with { Tags = RequestRules.Check(definition.Tags, definition.Notes, errors), Notes = string.IsNullOrWhiteSpace(definition.Notes) ? null : StoredText.Clean(definition.Notes), Question = StoredText.Clean(definition.Question) };
        if (errors.Count > 0) return Refused([.. errors]);
        return await KeepAsync(db, await Tunings.KnownAsync(db, definition, chosen.Name, chosen.Catalogue.Cores, cancellation), beside, cancellation);
    }

    /// <summary>
    /// Makes an experiment of requests that share everything but their definition: one is repeated, several are compared in as many rounds as the first says.
    /// </summary>
    public Task<ExperimentOutcome> RepeatAsync(IReadOnlyList<RunRequest> requests, CancellationToken cancellation = default) => RepeatAsync(requests, null, cancellation);

    /// <summary>The same with more that is written in the same transaction.</summary>
    internal async Task<ExperimentOutcome> RepeatAsync(IReadOnlyList<RunRequest> requests, Func<WobbleDb, string, Task>? beside, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(requests);
        var first = requests[0];
        await using var db = await contexts.CreateDbContextAsync(cancellation);
        Configuration? configuration = null;
        if (first.ConfigurationId is { } id && (configuration = await db.Configurations.AsNoTracking().SingleOrDefaultAsync(c => c.Id == id, cancellation)) is null)
            return Refused(new FieldError("configuration", id.ToString(), "a configuration that exists"));
        long seed = Random.Shared.NextInt64(1, 1_000_000);
        var outcome = await CreateAsync(catalogue =>
        {
            var made = Making.Of([.. requests.Select(r => ((string?)null, r.Definition))], catalogue, first.Definition.Repetitions, seed);
            var rows = configuration is null ? made.Rows : [.. made.Rows.Select(r => r with { ConfigurationId = configuration.Id, ConfigurationVersion = configuration.Version })];
            return made with { Rows = rows, Tags = first.Tags, Notes = first.Notes };
        }, first.Runner, beside, cancellation);
        // One definition's fields need no name before them.
        return requests.Count > 1 ? outcome : outcome with { Errors = [.. outcome.Errors.Select(e => e with { Field = e.Field.Split(": ")[^1] })] };
    }

    private static ExperimentOutcome Refused(params IReadOnlyList<FieldError> errors) => new(errors, null);

    private async Task<ExperimentOutcome> KeepAsync(WobbleDb db, ExperimentDefinition definition, Func<WobbleDb, string, Task>? beside, CancellationToken cancellation)
    {
        var experiment = new Experiment
        {
            Slug = Slug.New(),
            Kind = JsonSerializer.SerializeToElement(definition.Kind, WobbleJson.Options).GetString()!,
            Question = definition.Question,
            Definition = JsonSerializer.Serialize(definition, WobbleJson.Options),
            State = definition.StartsAfter is null ? "running" : "waiting",
            CreatedAt = time.GetUtcNow(),
        };
        await using (var transaction = await db.Database.BeginTransactionAsync(cancellation))
        {
            db.Experiments.Add(experiment);
            await db.SaveChangesAsync(cancellation);
            if (beside is not null) await beside(db, experiment.Slug);
            await transaction.CommitAsync(cancellation);
        }
        return new ExperimentOutcome([], experiment, await AfterCommit.TryGetAsync(() => AdvanceAsync(experiment.Id, CancellationToken.None)));
    }

    /// <summary>No further run is begun; the present one goes on. False when it isn't running.</summary>
    public Task<bool> PauseAsync(string slug, CancellationToken cancellation = default) => MoveAsync(slug, "running", "paused", cancellation);

    /// <summary>Goes on, at once when nothing of it is under way. False when it isn't paused.</summary>
    public async Task<bool> ResumeAsync(string slug, CancellationToken cancellation = default)
    {
        if (!await MoveAsync(slug, "paused", "running", cancellation)) return false;
        await AfterCommit.TryAsync(async () =>
        {
            await using var db = await contexts.CreateDbContextAsync(CancellationToken.None);
            await AdvanceAsync(await db.Experiments.Where(e => e.Slug == slug).Select(e => e.Id).SingleAsync(CancellationToken.None), CancellationToken.None);
        });
        return true;
    }

    /// <summary>Adds rounds. Verdicts that were seen before make the next ones use 97.8% intervals.</summary>
    public async Task<RoundsOutcome> AddRoundsAsync(string slug, int rounds, CancellationToken cancellation = default)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellation);
        await using var transaction = await db.Database.BeginTransactionAsync(cancellation);
        // Under the lock that completing it takes, so that no round is added to what is completed at that moment.
        var experiment = await db.Experiments.FromSql($"select * from experiments where slug = {slug} for update").SingleOrDefaultAsync(cancellation);
        if (experiment is null or { State: "cancelled" } or { DeletedAt: not null } || Read(experiment) is not { } definition || definition.Kind is ExperimentKind.Tune or ExperimentKind.Capacity || definition.Repetitions >= ExperimentDefinition.MostRepetitions) return RoundsOutcome.TooLate;
        // What is missing would be run again, and runs of today would be paired with those of then.
        if (experiment.State == "completed" && Schedule.Next(definition, [.. (await RunsOf(db, experiment.Id).ToListAsync(cancellation)).Select(AsExperimentRun)]) is not null) return RoundsOutcome.RunsGone;
        experiment.Definition = JsonSerializer.Serialize(definition with { Repetitions = Math.Min(ExperimentDefinition.MostRepetitions, definition.Repetitions + rounds), RoundsWereAdded = true }, WobbleJson.Options);
        if (experiment.State == "completed") experiment.State = "running";
        await db.SaveChangesAsync(cancellation);
        await transaction.CommitAsync(cancellation);
        await AfterCommit.TryGetAsync(() => AdvanceAsync(experiment.Id, CancellationToken.None));
        return RoundsOutcome.Added;
    }

    /// <summary>Moves every running experiment on that waits for its next run. For Runners; called often, does little.</summary>
    public async Task<int> AdvanceAllAsync(CancellationToken cancellation = default)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellation);
        await BeginWaitingAsync(db, cancellation);
        var idle = await db.Experiments.AsNoTracking()
            .Where(e => e.State == "running" && !db.Runs.Any(r => r.ExperimentId == e.Id && StateMoves.Unfinished.Contains(r.State)))
            .OrderBy(e => e.CreatedAt).Select(e => e.Id).Take(20).ToListAsync(cancellation);
        foreach (var id in idle) await AdvanceAsync(id, cancellation);
        return idle.Count;
    }

    /// <summary>Queues the next run of a running experiment and answers it, or completes the experiment.</summary>
    public async Task<Run?> AdvanceAsync(Guid id, CancellationToken cancellation = default)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellation);
        await using var transaction = await db.Database.BeginTransactionAsync(cancellation);
        // One at a time: whoever comes second finds the run that the first one made.
        var experiment = await db.Experiments.FromSql($"select * from experiments where id = {id} for update").SingleOrDefaultAsync(cancellation);
        if (experiment is not { State: "running" }) return null;
        var definition = Read(experiment);
        var rows = await RunsOf(db, id).ToListAsync(cancellation);
        if (rows.Any(r => !r.State.IsFinal())) return null;
        var runs = rows.Select(AsExperimentRun).ToList();
        if (definition is not null) await Tunings.KeepAsync(db, experiment, definition, rows, runs, time.GetUtcNow(), cancellation);

        if (definition is null || Schedule.Next(definition, runs) is not { } next)
        {
            experiment.State = "completed";
            await db.SaveChangesAsync(cancellation);
            await TellAsync(db, id);
            await transaction.CommitAsync(cancellation);
            return null;
        }
        var run = new Run
        {
            Slug = Slug.New(),
            Definition = next.Definition,
            Target = next.Definition.Target,
            Class = definition.Rows[next.Row].Class,
            Workers = next.Definition.Workers,
            WantedRunner = definition.Runner,
            ConfigurationId = definition.Rows[next.Row].ConfigurationId,
            ConfigurationVersion = definition.Rows[next.Row].ConfigurationVersion,
            Tags = [.. definition.Tags],
            Notes = definition.Notes,
            ExperimentId = id,
            Row = next.Row,
            Round = next.Round,
            Purpose = next.Purpose.ToString().ToLowerInvariant(),
            Attempt = next.Attempt,
            CreatedAt = time.GetUtcNow(),
        };
        db.Runs.Add(run);
        await db.SaveChangesAsync(cancellation);
        await transaction.CommitAsync(cancellation);
        await EnqueueAsync(db, run);
        return run;
    }

    // One that waits begins when the experiment before it has ended, or is gone.
    private static async Task BeginWaitingAsync(WobbleDb db, CancellationToken cancellation)
    {
        foreach (var waiting in await db.Experiments.AsNoTracking().Where(e => e.State == "waiting").OrderBy(e => e.CreatedAt).Take(100).ToListAsync(cancellation))
        {
            string? before = Read(waiting)?.StartsAfter;
            if (before is not null && await db.Experiments.AnyAsync(e => e.Slug == before && e.State != "completed" && e.State != "cancelled", cancellation)) continue;
            await db.Experiments.Where(e => e.Id == waiting.Id && e.State == "waiting").ExecuteUpdateAsync(e => e.SetProperty(x => x.State, "running"), cancellation);
        }
    }

    // Pages that show runs look again; the payload only has to be an id.
    private static async Task TellAsync(WobbleDb db, Guid experiment) => await db.Database.ExecuteSqlAsync($"select pg_notify({Notifications.Runs}, {experiment.ToString()})", CancellationToken.None);

    /// <summary>The definition of an experiment; null for one of an older kind that has none.</summary>
    public static ExperimentDefinition? Read(Experiment experiment)
    {
        ArgumentNullException.ThrowIfNull(experiment);
        try
        {
            return JsonSerializer.Deserialize<ExperimentDefinition>(experiment.Definition, WobbleJson.Options);
        }
        catch (JsonException)
        {
            return null;
        }
    }

    /// <summary>A run of an experiment as the statistics see it.</summary>
    public static ExperimentRun AsExperimentRun(Run run)
    {
        ArgumentNullException.ThrowIfNull(run);
        return new ExperimentRun
        {
            Row = run.Row ?? 0,
            Purpose = PurposeOf(run.Purpose),
            Round = run.Round ?? 1,
            Attempt = run.Attempt,
            Definition = run.Definition,
            Slug = run.Slug,
            State = run.State,
            Result = run.Result,
            Failure = run.Failure,
            Leftovers = run.End?.Leftovers ?? [],
            Machine = run.Environment is { } environment ? MachineText.Of(environment) : null,
        };
    }

    /// <summary>What a run is for, from the word that is stored.</summary>
    public static RunPurpose PurposeOf(string? word) => Enum.TryParse<RunPurpose>(word, true, out var purpose) ? purpose : RunPurpose.Round;

    /// <summary>Runs of an experiment in the order they were made.</summary>
    public static IQueryable<Run> RunsOf(WobbleDb db, Guid experiment)
    {
        ArgumentNullException.ThrowIfNull(db);
        return db.Runs.AsNoTracking().Where(r => r.ExperimentId == experiment).OrderBy(r => r.Id);
    }

    private async Task<bool> MoveAsync(string slug, string from, string to, CancellationToken cancellation)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellation);
        if (await db.Experiments.Where(e => e.Slug == slug && e.State == from).ExecuteUpdateAsync(e => e.SetProperty(x => x.State, to), cancellation) == 0) return false;
        await AfterCommit.TryAsync(() => TellAsync(db, Guid.Empty));
        return true;
    }

    private async Task EnqueueAsync(WobbleDb db, Run run)
    {
        await AfterCommit.TryAsync(() =>
        {
            string job = jobs.Create<IRunJob>(j => j.ExecuteAsync(run.Id, CancellationToken.None), new EnqueuedState(run.WantedRunner is { } runner ? RunQueues.For(runner) : RunQueues.Any));
            return db.Runs.Where(r => r.Id == run.Id).ExecuteUpdateAsync(r => r.SetProperty(x => x.JobId, job));
        });
        await AfterCommit.TryAsync(async () =>
        {
            await db.Database.ExecuteSqlAsync($"select pg_notify({Notifications.Queue}, '')");
            await TellAsync(db, run.Id);
        });
    }
}
