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
/// paused there, so that no Runner takes it; whoever resumes it on its page lets the Runner of this machine go on with it. The same experiment started
/// again goes on with the newest one of this machine that isn't complete; two commands never record the same one at once.
/// </summary>
internal sealed class RecordStore : IExperimentStore, IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(5);
    private readonly IDbContextFactory<WobbleDb> _contexts;
    private readonly Guid _id;
    private readonly List<ExperimentRun> _runs;
    private readonly ExperimentLock _held;
    private bool _isOthers;

    private RecordStore(IDbContextFactory<WobbleDb> contexts, ExperimentLock held, Experiment experiment, ExperimentDefinition definition, List<ExperimentRun> runs)
    {
        _contexts = contexts;
        _held = held;
        _id = experiment.Id;
        _runs = runs;
        Slug = experiment.Slug;
        Definition = definition;
    }

    public ExperimentDefinition Definition { get; }
    public IReadOnlyList<ExperimentRun> Runs => _runs;
    public RunEnvironment? Environment { get; private set; }
    public string? Slug { get; }

    /// <summary>Goes on with the newest one of the same essence and machine that isn't complete, or begins one. Null, with the error, while another command records it.</summary>
    public static async Task<RecordStore?> OpenAsync(IDbContextFactory<WobbleDb> contexts, ExperimentDefinition asked, List<FieldError> errors, CancellationToken cancel)
    {
        await using var db = await contexts.CreateDbContextAsync(cancel);
        string connection = db.Database.GetConnectionString()!;
        string machine = await MachineAsync(db, cancel);
        asked = asked with { Runner = machine };
        string kind = JsonSerializer.SerializeToElement(asked.Kind, WobbleJson.Options).GetString()!;
        foreach (var candidate in await db.Experiments.AsNoTracking().Where(e => e.Kind == kind && e.State == "paused").OrderByDescending(e => e.CreatedAt).Take(20).ToListAsync(cancel))
        {
            if (ExperimentQueue.Read(candidate) is not { } kept || kept.Repetitions != asked.Repetitions || (kept.Runner ?? machine) != machine || StateFile.Essence(kept) != StateFile.Essence(asked)) continue;
            var held = new ExperimentLock(connection, candidate.Id);
            if (!await held.HoldAsync(cancel))
            {
                errors.Add(new FieldError("record", $"/x/{candidate.Slug}", "possible once the other command that records this experiment has ended"));
                return null;
            }
            // What the lock's former holder made is among them.
            var runs = await ExperimentQueue.RunsOf(db, candidate.Id).ToListAsync(cancel);
            return new RecordStore(contexts, held, candidate, asked with { Seed = kept.Seed, RoundsWereAdded = kept.RoundsWereAdded, Rows = [.. asked.Rows.Select((row, i) => row with { TunedWorkers = kept.Rows[i].TunedWorkers, TunedAt = kept.Rows[i].TunedAt })] }, [.. runs.Select(ExperimentQueue.AsExperimentRun)]);
        }
        asked = await Tunings.KnownAsync(db, asked, machine, System.Environment.ProcessorCount, cancel);
        var experiment = new Experiment
        {
            Slug = Results.Storage.Slug.New(),
            Kind = kind,
            Question = asked.Question,
            Definition = JsonSerializer.Serialize(asked, WobbleJson.Options),
            State = "paused",
            CreatedAt = DateTimeOffset.UtcNow,
        };
        // Before anybody can see it.
        var mine = new ExperimentLock(connection, experiment.Id);
        await mine.HoldAsync(cancel);
        db.Experiments.Add(experiment);
        await db.SaveChangesAsync(cancel);
        await new AuditTrail(contexts, TimeProvider.System).NoteAsync($"command line ({System.Environment.UserName})", null, $"experiment {experiment.Slug}: {asked.Question}", AuditTrail.Done, cancel);
        return new RecordStore(contexts, mine, experiment, asked, []);
    }

    public void Dispose() => _held.Dispose();

    // As the Runner of this machine is called, so that it can take over what is resumed on its page.
    private static async Task<string> MachineAsync(WobbleDb db, CancellationToken cancel)
    {
        string host = System.Environment.MachineName, usual = RunnerName.FromHost(host);
        return await db.Runners.Where(r => r.Host == host).OrderByDescending(r => r.Name == usual).ThenBy(r => r.Name).Select(r => r.Name).FirstOrDefaultAsync(cancel) ?? usual;
    }

    public async Task<bool> MayGoOnAsync(CancellationToken cancel)
    {
        bool may = false;
        if (_isOthers) return false;
        await PersistAsync(async () =>
        {
            await using var db = await _contexts.CreateDbContextAsync(cancel);
            may = await _held.HoldAsync(cancel) && await db.Experiments.AnyAsync(e => e.Id == _id && e.State == "paused", cancel);
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
            RunnerName = Definition.Runner,
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
            _isOthers = await IsMadeAsync(db, row);
            if (_isOthers) return;
            // Deleted on its page since this run began: then the run is, too, and comes back with it.
            if (await db.Experiments.Where(e => e.Id == _id).Select(e => e.DeletedAt).SingleAsync() is { } deleted)
            {
                (row.DeletedAt, row.DeletedWithExperiment) = (deleted, true);
                await db.Experiments.Where(e => e.Id == _id).ExecuteUpdateAsync(e => e.SetProperty(x => x.DeletedRuns, x => x.DeletedRuns + 1));
            }
            db.Runs.Add(row);
            await db.SaveChangesAsync();
            db.ChangeTracker.Clear();
            await Recorder.WriteAsync(db, row.Id, numbered, CancellationToken.None);
            await transaction.CommitAsync();
        });
        if (_isOthers) return;
        _runs.Add(run with { Slug = row.Slug });
    }

    // Where it was resumed on its page meanwhile a Runner has made this run, or is about to; or it was deleted there, and is gone for good. Asked under the lock that a Runner makes it under.
    private static async Task<bool> IsMadeAsync(WobbleDb db, Run row)
    {
        if ((await db.Database.SqlQuery<Guid>($"select id from experiments where id = {row.ExperimentId} for update").ToListAsync()).Count == 0) return true;
        return await db.Runs.AnyAsync(r => r.ExperimentId == row.ExperimentId && r.Row == row.Row && r.Round == row.Round && r.Purpose == row.Purpose && r.Attempt == row.Attempt && r.State != RunState.Cancelled && r.State != RunState.Interrupted);
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
