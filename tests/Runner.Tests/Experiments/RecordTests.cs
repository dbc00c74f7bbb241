using System.Data.Common;
using Hangfire;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Diagnostics;
using Wobble.Results.Domain;
using Wobble.Results.Edits;
using Wobble.Results.Experiments;
using Wobble.Results.Jobs;
using Wobble.Results.Queries;
using Wobble.Results.Storage;
using Wobble.Runner.Experiments;
using Wobble.Runner.Tests.Work;
using Wobble.Tests.Support;
using static Wobble.Runner.Tests.Experiments.Playing;

namespace Wobble.Runner.Tests.Experiments;

public sealed class RecordTests(TestDatabase database) : IClassFixture<TestDatabase>
{
    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task It_is_kept_as_if_a_Runner_had_made_it()
    {
        using var store = await OpenAsync(Compare(targets: ["uwsgi-http/bottle", "uwsgi-http/flask"]));
        await PlayAsync(store);
        await store.CompleteAsync();

        var shown = (await new ExperimentQueries(database).BySlug(store.Slug!, Stop))!;
        Assert.Equal("completed", shown.State);
        Assert.Equal(6, shown.Report.ValidRuns);
        Assert.Equal(2_000, shown.Report.Rows[0].Throughput!.Value, 1);
        await using var db = database.CreateDbContext();
        var run = await db.Runs.FirstAsync(r => r.Slug == shown.Runs[0].Slug, Stop);
        Assert.Equal((RunState.Completed, 1), (run.State, run.Round));
        Assert.NotNull(run.MeasuringAt);
        Assert.NotNull(run.Environment);
        Assert.Equal(2, await db.Seconds.CountAsync(s => s.RunId == run.Id && s.Stage > 0, Stop));
    }

    [Fact]
    public async Task A_run_is_there_with_its_end_or_not_at_all()
    {
        await using var own = await TestDatabase.CreateAsync();
        var watched = new WatchedDatabase(own);
        using var store = await RecordStore.OpenAsync(watched, Compare(targets: ["uwsgi-http/bottle"]), [], Stop);
        Assert.NotNull(store);
        await PlayAsync(store);

        Assert.Equal(3, store.Runs.Count);
        Assert.Equal(0, watched.MostUnderWay);
    }

    [Fact]
    public async Task Killed_and_started_again_it_goes_on_with_the_same_one()
    {
        var asked = Compare(targets: ["uwsgi-http/flask", "uvicorn/starlette"]);
        var first = await OpenAsync(asked);
        Assert.Equal(ExperimentEnd.Cancelled, await PlayAsync(first, stopIn: 4));
        first.Dispose();

        using var second = await OpenAsync(asked with { Seed = 99 });
        Assert.Equal((first.Slug, 3), (second.Slug, second.Runs.Count));
        Assert.Equal(ExperimentEnd.Completed, await PlayAsync(second));
        await second.CompleteAsync();
        Assert.Equal([(0, 1), (0, 2), (0, 3), (1, 1), (1, 2), (1, 3)], Made(second).Order());

        // What is complete isn't gone on with.
        using var third = await OpenAsync(asked);
        Assert.NotEqual(first.Slug, third.Slug);
        Assert.Empty(third.Runs);
    }

    [Fact]
    public async Task While_it_goes_on_here_no_Runner_takes_it_and_once_resumed_a_Runner_has_it()
    {
        using var store = await OpenAsync(Compare(targets: ["uwsgi-http/bottle", "gunicorn-gevent/flask"]));
        await PlayAsync(store, stopIn: 3);
        var jobs = new FakeJobs();
        var queue = new ExperimentQueue(database, jobs, TimeProvider.System);

        await queue.AdvanceAllAsync(Stop);
        Assert.Empty(jobs.Queued);
        Assert.True(await store.MayGoOnAsync(Stop));

        Assert.True(await queue.ResumeAsync(store.Slug!, Stop));
        Assert.Equal(ExperimentEnd.TakenOver, await PlayAsync(store));
        await queue.AdvanceAllAsync(Stop);
        Assert.Single(jobs.Queued);
    }

    [Fact]
    public async Task Two_commands_never_record_the_same_one_at_once()
    {
        var asked = Compare(targets: ["uwsgi-uwsgi/bottle", "uvicorn/starlette"]);
        var first = await OpenAsync(asked);
        var errors = new List<FieldError>();

        Assert.Null(await RecordStore.OpenAsync(database, asked, errors, Stop));
        Assert.Equal(("record", $"/x/{first.Slug}"), (Assert.Single(errors).Field, errors[0].Value));
        first.Dispose();

        using var next = await OpenAsync(asked);
        Assert.Equal(first.Slug, next.Slug);
    }

    [Fact]
    public async Task What_a_Runner_makes_after_a_resume_is_not_made_twice()
    {
        var queue = new ExperimentQueue(database, new FakeJobs(), TimeProvider.System);
        using var store = await OpenAsync(Compare(targets: ["uwsgi-http/bottle", "daphne/starlette"]));
        var next = Schedule.Next(store.Definition, [])!;
        // While the command measures the first run its page resumes it, and a Runner makes that run, too.
        Assert.True(await queue.ResumeAsync(store.Slug!, Stop));
        var outcome = await OneRun.RunAsync(new FakeExecutions { PerSecond = 2_000 }, next.Definition, null, Stop);

        await store.AddAsync(new ExperimentRun { Row = next.Row, Purpose = next.Purpose, Round = next.Round, Definition = next.Definition, State = RunState.Completed, Result = outcome.Result }, outcome, DateTimeOffset.UtcNow);

        Assert.Equal(ExperimentEnd.TakenOver, await PlayAsync(store));
        var shown = (await new ExperimentQueries(database).BySlug(store.Slug!, Stop))!;
        Assert.Equal(RunState.Queued, Assert.Single(shown.Runs).State);
    }

    [Fact]
    public async Task A_run_that_ends_after_its_experiment_was_deleted_is_deleted_with_it_and_one_of_none_is_not_kept()
    {
        var queue = new RunQueue(database, new FakeJobs(), TimeProvider.System);
        var edits = new ExperimentEdits(database, TimeProvider.System, Retention.Default);
        using var store = await OpenAsync(Compare(targets: ["uwsgi-uwsgi/bottle", "uwsgi-http/falcon"]));
        async Task EndAsync(IReadOnlyList<ExperimentRun> made)
        {
            var next = Schedule.Next(store.Definition, made)!;
            var outcome = await OneRun.RunAsync(new FakeExecutions { PerSecond = 2_000 }, next.Definition, null, Stop);
            await store.AddAsync(new ExperimentRun { Row = next.Row, Purpose = next.Purpose, Round = next.Round, Definition = next.Definition, State = RunState.Completed, Result = outcome.Result }, outcome, DateTimeOffset.UtcNow);
        }
        // On its page, while the command measures.
        Assert.True(await queue.CancelExperimentAsync(store.Slug!, Stop));
        Assert.Equal(0, (await edits.Delete(store.Slug!, Stop)).Count);

        await EndAsync([]);

        await using var db = database.CreateDbContext();
        Assert.False(await db.Runs.AnyAsync(r => r.DeletedAt == null && db.Experiments.Any(e => e.Id == r.ExperimentId && e.Slug == store.Slug), Stop));
        Assert.Equal(1, (await edits.Restore(store.Slug!, Stop)).Count);
        Assert.Single((await new ExperimentQueries(database).BySlug(store.Slug!, Stop))!.Runs);

        await edits.Delete(store.Slug!, Stop);
        await database.ExecuteAsync($"with gone as (delete from runs where experiment_id = (select id from experiments where slug = '{store.Slug}')) delete from experiments where slug = '{store.Slug}'");
        int before = await db.Runs.CountAsync(Stop);
        await EndAsync(store.Runs);
        Assert.Equal((before, 1), (await db.Runs.CountAsync(Stop), store.Runs.Count));
    }

    [Fact]
    public async Task A_run_that_a_Runner_still_has_is_no_end_and_leaves_the_pause()
    {
        var queue = new ExperimentQueue(database, new FakeJobs(), TimeProvider.System);
        var asked = Compare(targets: ["uwsgi-http/flask", "uwsgi-uwsgi/bottle"]);
        var first = await OpenAsync(asked);
        Assert.True(await queue.ResumeAsync(first.Slug!, Stop));
        Assert.True(await queue.PauseAsync(first.Slug!, Stop));
        first.Dispose();

        using var second = await OpenAsync(asked);

        Assert.Equal((first.Slug, 1), (second.Slug, second.Runs.Count));
        Assert.Equal(ExperimentEnd.TakenOver, await PlayAsync(second));
        Assert.Equal("paused", (await new ExperimentQueries(database).BySlug(second.Slug!, Stop))!.State);
    }

    [Fact]
    public async Task One_of_another_machine_is_not_gone_on_with_and_the_Runner_of_this_host_may_take_it_over()
    {
        var asked = Compare(targets: ["daphne/starlette", "uwsgi-http/flask"]);
        await using var db = database.CreateDbContext();
        var runner = new RunnerRow { Name = "of-this-host", Host = Environment.MachineName };
        db.Add(runner);
        await db.SaveChangesAsync(Stop);
        using var first = await OpenAsync(asked);
        Assert.Equal("of-this-host", first.Definition.Runner);
        await database.ExecuteAsync($"update experiments set definition = jsonb_set(definition, '{{runner}}', '\"lab-2\"') where slug = '{first.Slug}'");

        using var second = await OpenAsync(asked);

        Assert.NotEqual(first.Slug, second.Slug);
        db.Remove(runner);
        await db.SaveChangesAsync(Stop);
    }

    private async Task<RecordStore> OpenAsync(ExperimentDefinition asked)
    {
        var errors = new List<FieldError>();
        var store = await RecordStore.OpenAsync(database, asked, errors, Stop);
        Assert.Empty(errors);
        return store!;
    }

    /// <summary>Looks at each statement how many runs under way others see.</summary>
    private sealed class WatchedDatabase(TestDatabase database) : DbCommandInterceptor, IDbContextFactory<WobbleDb>
    {
        public int MostUnderWay { get; private set; }

        public WobbleDb CreateDbContext()
        {
            var builder = new DbContextOptionsBuilder<WobbleDb>();
            WobbleDb.Configure(builder, database.ConnectionString);
            builder.AddInterceptors(this);
            return new WobbleDb(builder.Options);
        }

        public override async ValueTask<InterceptionResult<DbDataReader>> ReaderExecutingAsync(DbCommand command, CommandEventData eventData, InterceptionResult<DbDataReader> result, CancellationToken cancellationToken = default)
        {
            await using var db = database.CreateDbContext();
            MostUnderWay = Math.Max(MostUnderWay, await db.Runs.CountAsync(r => r.FinishedAt == null, cancellationToken));
            return result;
        }
    }
}
