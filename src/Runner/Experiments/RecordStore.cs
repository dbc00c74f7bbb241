using System.Diagnostics;
using System.Text.Json;
using Hangfire;
using Hangfire.Common;
using Hangfire.States;
using Microsoft.EntityFrameworkCore;
using Wobble.Results;
using Wobble.Results.Domain;
using Wobble.Results.Edits;
using Wobble.Results.Experiments;
using Wobble.Results.Facts;
using Wobble.Results.Jobs;
using Wobble.Results.Statistics;
using Wobble.Results.Storage;
using Wobble.Runner.Work;

namespace Wobble.Runner.Experiments;

/// <summary>
/// Keeps an experiment of the command line in Wobble's database, with all facts of its runs, as if a Runner had made them. While it goes on here it is
/// paused there, so that no Runner takes it; whoever resumes it on its page lets a Runner go on with it. The same experiment started again goes on with
/// the newest one that isn't complete.
/// </summary>
internal sealed class RecordStore : IExperimentStore
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(5);
    private readonly IDbContextFactory<WobbleDb> _contexts;
    private readonly Guid _id;
    private readonly List<ExperimentRun> _runs;

    private RecordStore(IDbContextFactory<WobbleDb> contexts, Experiment experiment, ExperimentDefinition definition, List<ExperimentRun> runs)
    {
        _contexts = contexts;
        _id = experiment.Id;
        _runs = runs;
        Slug = experiment.Slug;
        Definition = definition;
    }

    public ExperimentDefinition Definition { get; }
    public IReadOnlyList<ExperimentRun> Runs => _runs;
    public RunEnvironment? Environment { get; private set; }
    public string? Slug { get; }

    /// <summary>Goes on with the newest one of the same essence that isn't complete, or begins one.</summary>
    public static async Task<RecordStore> OpenAsync(IDbContextFactory<WobbleDb> contexts, ExperimentDefinition asked, CancellationToken cancel)
    {
        await using var db = await contexts.CreateDbContextAsync(cancel);
        string kind = JsonSerializer.SerializeToElement(asked.Kind, WobbleJson.Options).GetString()!;
        foreach (var candidate in await db.Experiments.AsNoTracking().Where(e => e.Kind == kind && e.State == "paused").OrderByDescending(e => e.CreatedAt).Take(20).ToListAsync(cancel))
        {
            if (ExperimentQueue.Read(candidate) is not { } kept || kept.Repetitions != asked.Repetitions || StateFile.Essence(kept) != StateFile.Essence(asked)) continue;
            var runs = await ExperimentQueue.RunsOf(db, candidate.Id).ToListAsync(cancel);
            return new RecordStore(contexts, candidate, asked with { Seed = kept.Seed, RoundsWereAdded = kept.RoundsWereAdded, Rows = [.. asked.Rows.Select((row, i) => row with { TunedWorkers = kept.Rows[i].TunedWorkers })] }, [.. runs.Select(ExperimentQueue.AsExperimentRun)]);
        }
        asked = await Tunings.KnownAsync(db, asked, RunnerName.FromHost(System.Environment.MachineName), cancel);
        var experiment = new Experiment
        {
            Slug = Results.Storage.Slug.New(),
            Kind = kind,
            Question = asked.Question,
            Definition = JsonSerializer.Serialize(asked, WobbleJson.Options),
            State = "paused",
            CreatedAt = DateTimeOffset.UtcNow,
        };
        db.Experiments.Add(experiment);
        await db.SaveChangesAsync(cancel);
        await new AuditTrail(contexts, TimeProvider.System).NoteAsync($"command line ({System.Environment.UserName})", null, $"experiment {experiment.Slug}: {asked.Question}", AuditTrail.Done, cancel);
        return new RecordStore(contexts, experiment, asked, []);
    }

    public async Task<bool> MayGoOnAsync(CancellationToken cancel)
    {
        bool may = false;
        await PersistAsync(async () =>
        {
            await using var db = await _contexts.CreateDbContextAsync(cancel);
            may = await db.Experiments.AnyAsync(e => e.Id == _id && e.State == "paused", cancel);
        });
        return may;
    }

    public async Task AddAsync(ExperimentRun run, RunOutcome outcome, DateTimeOffset began)
    {
        Environment = outcome.Facts.OfType<EnvironmentFact>().LastOrDefault()?.Environment ?? Environment;
        var row = new Run
        {
            Slug = Results.Storage.Slug.New(),
            Definition = run.Definition,
            Target = run.Definition.Target,
            Class = Definition.Rows[run.Row].Class,
            Workers = run.Definition.Workers,
            ExperimentId = _id,
            Row = run.Row,
            Round = run.Round,
            Purpose = run.Purpose.ToString().ToLowerInvariant(),
            Attempt = run.Attempt,
            State = RunState.Preparing,
            RunnerName = RunnerName.FromHost(System.Environment.MachineName),
            CreatedAt = began,
            StartedAt = began,
        };
        // The state as the statistics see it: a run without one measured second has failed.
        var facts = outcome.Facts.Select(f => f is EndFact end ? end with { State = run.State, Reason = run.Failure } : f);
        var numbered = facts.Select((f, i) => new NumberedFact(i + 1, f)).ToList();
        // Together: a Runner of this name would take a row under way for a run that it lost.
        await PersistAsync(async () =>
        {
            await using var db = await _contexts.CreateDbContextAsync();
            if (await db.Runs.AnyAsync(r => r.Id == row.Id)) return;
            await using var transaction = await db.Database.BeginTransactionAsync();
            db.Runs.Add(row);
            await db.SaveChangesAsync();
            db.ChangeTracker.Clear();
            await Recorder.WriteAsync(db, row.Id, numbered, CancellationToken.None);
            await transaction.CommitAsync();
        });
        _runs.Add(run with { Slug = row.Slug });
    }

    // A run took its time to make: while the database is away for a while, it waits.
    private static async Task PersistAsync(Func<Task> write)
    {
        var since = Stopwatch.StartNew();
        for (bool said = false; ;)
        {
            try
            {
                await write();
                return;
            }
            catch (Exception e) when (Databases.IsAway(e) && since.Elapsed < Patience)
            {
                if (!said) await Console.Error.WriteLineAsync($"Wobble's database is away ({Databases.Reason(e)}); waiting for it.");
                said = true;
                await Task.Delay(TimeSpan.FromSeconds(1));
            }
        }
    }

    public async Task CompleteAsync()
    {
        await using (var db = await _contexts.CreateDbContextAsync())
            await db.Experiments.Where(e => e.Id == _id && e.State == "paused").ExecuteUpdateAsync(e => e.SetProperty(x => x.State, "running"));
        // Finds nothing left to run: completes it and keeps what was tuned.
        await new ExperimentQueue(_contexts, new NoJobs(), TimeProvider.System).AdvanceAsync(_id);
    }

    /// <summary>Hands nothing out: a Runner queues by itself what has no job.</summary>
    private sealed class NoJobs : IBackgroundJobClient
    {
        public string Create(Job job, IState state) => throw new BackgroundJobClientException("No jobs from the command line.", null);
        public bool ChangeState(string jobId, IState state, string expectedState) => false;
    }
}
