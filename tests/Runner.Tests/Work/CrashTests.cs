using Hangfire;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Logging.Abstractions;
using Wobble.Results.Domain;
using Wobble.Results.Facts;
using Wobble.Results.Jobs;
using Wobble.Results.Storage;
using Wobble.Runner.Work;
using Wobble.Tests.Support;

namespace Wobble.Runner.Tests.Work;

public sealed class CrashTests : IAsyncLifetime
{
    private TestDatabase _database = null!;

    public async ValueTask InitializeAsync() => _database = await TestDatabase.CreateAsync();

    public ValueTask DisposeAsync() => _database.DisposeAsync();

    [Fact]
    public async Task A_killed_runner_interrupts_its_run_when_it_is_back_and_does_not_execute_it_again()
    {
        var settings = NewSettings();
        using var killed = RunnerProcess.Start(settings, staysMeasuring: true);
        await RunnerProcess.WaitUntilJoinedAsync(_database, settings.Name);
        var run = await QueueAsync("uwsgi-http/bottle");
        await WaitForAsync(run, RunState.Measuring);
        await killed.KillAsync();

        await using var again = await TestRunner.StartAsync(_database, settings: settings);

        var interrupted = await again.WaitForAsync(run, RunState.Interrupted);
        Assert.Equal("The Runner died while measuring; facts until then are kept.", interrupted.Failure);
        Assert.Equal(250, interrupted.Requests);
        await again.WaitForAsync(await again.QueueAsync("uwsgi-http/flask"), RunState.Completed);
        Assert.Equal(["uwsgi-http/flask"], again.Executions.Executed);
        Assert.Equal("Deleted", TestRunner.Storage(_database).GetConnection().GetStateData(interrupted.JobId).Name);
        Assert.Empty(Directory.EnumerateFiles(settings.Data.Journals));
    }

    [Fact]
    public async Task A_run_that_another_process_queues_is_taken_without_waiting_for_the_next_poll()
    {
        var settings = NewSettings() with { Poll = TimeSpan.FromHours(1) };
        using var runner = RunnerProcess.Start(settings, staysMeasuring: false);
        await RunnerProcess.WaitUntilJoinedAsync(_database, settings.Name);

        await WaitForAsync(await QueueAsync("uwsgi-http/bottle"), RunState.Completed);
        await WaitForAsync(await QueueAsync("uwsgi-http/bottle"), RunState.Completed);
    }

    [Fact]
    public async Task Facts_that_only_the_journal_has_are_recorded_at_the_next_start()
    {
        var settings = NewSettings();
        var run = await TakenRunAsync(settings.Name);
        var facts = new FactsBuilder { PerSecond = 50, End = null }.Build();
        Write(settings, run, facts);

        await using var runner = await TestRunner.StartAsync(_database, settings: settings);

        var interrupted = await runner.WaitForAsync(run, RunState.Interrupted);
        Assert.Equal(250, interrupted.Requests);
        await using var db = _database.CreateDbContext();
        Assert.Equal(facts.OfType<EventFact>().Count(), await db.Events.CountAsync(e => e.RunId == run.Id));
    }

    [Fact]
    public async Task A_run_whose_end_stands_in_the_journal_keeps_that_end()
    {
        var settings = NewSettings();
        var run = await TakenRunAsync(settings.Name);
        Write(settings, run, new FactsBuilder { PerSecond = 50 }.Build());

        await using var runner = await TestRunner.StartAsync(_database, settings: settings);

        Assert.Equal(RunState.Completed, (await runner.WaitForAsync(run, r => r.State.IsFinal(), "ended")).State);
    }

    [Fact]
    public async Task A_run_taken_without_a_journal_is_interrupted_too()
    {
        var settings = NewSettings();
        var run = await TakenRunAsync(settings.Name);

        await using var runner = await TestRunner.StartAsync(_database, settings: settings);

        Assert.Equal("The Runner died while preparing; facts until then are kept.", (await runner.WaitForAsync(run, RunState.Interrupted)).Failure);
    }

    [Fact]
    public async Task The_journal_of_another_runner_at_work_in_the_same_folder_is_left_alone()
    {
        var settings = NewSettings();
        await using var other = await TestRunner.StartAsync(_database, new FakeExecutions { StaysMeasuring = true }, settings);
        var run = await other.WaitForAsync(await other.QueueAsync(), RunState.Measuring);

        await using var runner = await TestRunner.StartAsync(_database, settings: settings with { Name = "beta" });

        Assert.Equal(RunState.Measuring, (await runner.WaitForAsync(run, _ => true, "")).State);
        Assert.True(File.Exists(RunRecording.PathOf(settings.Data.Journals, run.Id)));
    }

    [Fact]
    public async Task A_journal_of_no_known_run_is_kept_aside()
    {
        var settings = NewSettings();
        var unknown = new Run { Slug = Slug.New(), Definition = new FactsBuilder().Definition, Target = "uwsgi-http/bottle" };
        Write(settings, unknown, new FactsBuilder { PerSecond = 5 }.Build());

        await using var runner = await TestRunner.StartAsync(_database, settings: settings);

        Assert.True(File.Exists(Path.Combine(settings.Data.Journals, "unknown", $"{unknown.Id}.jsonl")));
    }

    [Fact]
    public async Task A_journal_that_was_kept_aside_is_recorded_once_its_run_is_there()
    {
        var settings = NewSettings();
        var run = new Run { Slug = Slug.New(), Definition = new FactsBuilder().Definition, Target = "uwsgi-http/bottle", State = RunState.Preparing, RunnerName = settings.Name, StartedAt = DateTimeOffset.UtcNow };
        Write(settings, run, new FactsBuilder { PerSecond = 50 }.Build());
        string aside = Path.Combine(settings.Data.Journals, "unknown", $"{run.Id}.jsonl");
        await using (await TestRunner.StartAsync(_database, settings: settings)) Assert.True(File.Exists(aside));
        // As a restore does.
        await using (var db = _database.CreateDbContext())
        {
            db.Runs.Add(run);
            await db.SaveChangesAsync();
        }

        await using var again = await TestRunner.StartAsync(_database, settings: settings);

        Assert.Equal(250, (await again.WaitForAsync(run, RunState.Completed)).Requests);
        Assert.False(File.Exists(aside));
        Assert.False(File.Exists(RunRecording.PathOf(settings.Data.Journals, run.Id)));
    }

    [Fact]
    public async Task A_run_whose_journal_can_not_be_begun_fails_and_says_so()
    {
        var settings = NewSettings();
        // Where the folder should be.
        File.WriteAllText(settings.Data.Journals, "");
        await using var runner = await TestRunner.StartAsync(_database, settings: settings);

        var run = await runner.WaitForAsync(await runner.QueueAsync(), RunState.Failed);

        Assert.StartsWith("The run's journal can't be begun", run.Failure, StringComparison.Ordinal);
        Assert.Empty(runner.Executions.Executed);
    }

    [Fact]
    public async Task A_run_of_this_runner_that_it_does_not_carry_out_is_interrupted_and_one_that_is_watched_or_just_taken_is_left()
    {
        var settings = NewSettings();
        var (lost, watched) = (await TakenRunAsync(settings.Name), await TakenRunAsync(settings.Name));
        await _database.ExecuteAsync("update runs set state = 'measuring', started_at = now() - interval '2 minutes'");
        var taken = await TakenRunAsync(settings.Name);
        var wishes = new CancelWishes();
        using var watch = wishes.For(watched.Id);

        await SweeperOf(settings, wishes).SweepAsync(CancellationToken.None);

        var interrupted = await FindAsync(lost);
        Assert.Equal((RunState.Interrupted, "The Runner lost hold of it while measuring; facts until then are kept."), (interrupted.State, interrupted.Failure));
        Assert.Equal((RunState.Measuring, RunState.Preparing), ((await FindAsync(watched)).State, (await FindAsync(taken)).State));
        Assert.Equal([watched.Id], wishes.Watched);
    }

    [Fact]
    public async Task The_run_of_a_runner_that_is_gone_for_good_is_interrupted_by_another()
    {
        var run = await TakenRunAsync("gone");
        var held = await TakenRunAsync("silent");
        await _database.ExecuteAsync("insert into runners (name, host, catalogue, doing, wobble, seen_at, started_at) select n, '', '{}', 'idle', '', now() - interval '3 minutes', now() from unnest(array['gone', 'silent']) n");
        await using var silent = new Npgsql.NpgsqlConnection(_database.ConnectionString + ";Pooling=false");
        await silent.OpenAsync();
        await using (var command = new Npgsql.NpgsqlCommand("select pg_advisory_lock(hashtextextended('runner:silent', 0))", silent)) await command.ExecuteNonQueryAsync();
        var clock = new ManualClock(DateTimeOffset.UtcNow);
        var sweeper = SweeperOf(NewSettings(), clock: clock);

        await sweeper.SweepAsync(CancellationToken.None);
        clock.Advance(Sweeper.AnsweredFor);
        await sweeper.SweepAsync(CancellationToken.None);

        Assert.Equal("Runner gone is gone; facts until then are kept.", (await FindAsync(run)).Failure);
        Assert.Equal(RunState.Preparing, (await FindAsync(held)).State);
    }

    [Fact]
    public async Task A_runner_is_given_time_to_come_back_after_PostgreSQL_was_away()
    {
        var run = await TakenRunAsync("late");
        await _database.ExecuteAsync("insert into runners (name, host, catalogue, doing, wobble, seen_at, started_at) values ('late', '', '{}', 'idle', '', now() - interval '3 minutes', now())");
        var clock = new ManualClock(DateTimeOffset.UtcNow);
        var contexts = new AwayAtTimes(_database);
        var sweeper = SweeperOf(NewSettings(), clock: clock, contexts: contexts);

        await sweeper.SweepAsync(CancellationToken.None);
        clock.Advance(Sweeper.AnsweredFor);
        contexts.IsAway = true;
        await Assert.ThrowsAsync<TimeoutException>(() => sweeper.SweepAsync(CancellationToken.None));
        contexts.IsAway = false;
        await sweeper.SweepAsync(CancellationToken.None);

        Assert.Equal(RunState.Preparing, (await FindAsync(run)).State);
        clock.Advance(Sweeper.AnsweredFor);
        await sweeper.SweepAsync(CancellationToken.None);
        Assert.Equal(RunState.Interrupted, (await FindAsync(run)).State);
    }

    [Fact]
    public async Task A_queued_run_whose_job_was_deleted_by_hand_is_cancelled_and_one_whose_job_failed_gets_another()
    {
        await Schema.MigrateAsync(_database, HangfireSetup.PrepareAsync);
        await JoinAsync();
        var deleted = await QueueAsync("uwsgi-http/bottle");
        var failed = await QueueAsync("uwsgi-http/flask");
        var jobs = new BackgroundJobClient(TestRunner.Storage(_database));
        jobs.Delete(deleted.JobId);
        jobs.ChangeState(failed.JobId, new Hangfire.States.FailedState(new InvalidOperationException("The Runner could not load the job.")));
        await _database.ExecuteAsync("update runs set created_at = created_at - interval '1 minute'");

        var sweeper = SweeperOf(NewSettings());
        await sweeper.SweepAsync(CancellationToken.None);
        await sweeper.SweepAsync(CancellationToken.None);

        Assert.Equal(RunState.Cancelled, (await FindAsync(deleted)).State);
        var again = await FindAsync(failed);
        Assert.Equal(RunState.Queued, again.State);
        Assert.NotNull(again.JobId);
        Assert.NotEqual(failed.JobId, again.JobId);
    }

    private WorkSettings NewSettings() => TestRunner.NewSettings(_database);

    private Sweeper SweeperOf(WorkSettings settings, CancelWishes? wishes = null, TimeProvider? clock = null, IDbContextFactory<WobbleDb>? contexts = null)
    {
        var storage = TestRunner.Storage(_database);
        var (recorder, jobs) = (new Recorder(_database), new BackgroundJobClient(storage));
        var recovery = new Recovery(settings, _database, recorder, jobs, NullLogger<Recovery>.Instance);
        return new Sweeper(settings, contexts ?? _database, TestRunner.Queue(_database), recorder, recovery, wishes ?? new CancelWishes(), jobs, storage, clock ?? TimeProvider.System, NullLogger<Sweeper>.Instance);
    }

    private async Task JoinAsync()
    {
        await using var db = _database.CreateDbContext();
        db.Runners.Add(new RunnerRow { Name = "alpha", Catalogue = SamplePlans.Catalogue });
        await db.SaveChangesAsync();
    }

    private async Task<Run> QueueAsync(string target) =>
        (await TestRunner.Queue(_database).QueueAsync(new RunRequest { Definition = new FactsBuilder().Definition with { Target = target } })).Runs[0];

    private async Task<Run> TakenRunAsync(string runner)
    {
        var run = await new StoredRuns(_database).QueuedAsync();
        await _database.ExecuteAsync($"update runs set state = 'preparing', runner_name = '{runner}', started_at = now() where id = '{run.Id}'");
        return run;
    }

    private static void Write(WorkSettings settings, Run run, IReadOnlyList<Fact> facts)
    {
        Directory.CreateDirectory(settings.Data.Journals);
        using var journal = JournalWriter.Open(RunRecording.PathOf(settings.Data.Journals, run.Id));
        foreach (var fact in facts) journal.Append(fact);
    }

    private Task<Run> FindAsync(Run run) => new StoredRuns(_database).FindAsync(run.Id);

    private Task WaitForAsync(Run run, RunState state) => TestRunner.WaitAsync($"the run to be {state.Word()}", async () => (await FindAsync(run)).State == state);

    /// <summary>Contexts of a PostgreSQL that is away when it is told to be.</summary>
    private sealed class AwayAtTimes(TestDatabase database) : IDbContextFactory<WobbleDb>
    {
        public bool IsAway { get; set; }

        public WobbleDb CreateDbContext() => IsAway ? throw new TimeoutException("No answer.") : database.CreateDbContext();
    }
}
