using System.Data.Common;
using Hangfire;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Diagnostics;
using Wobble.Results.Domain;
using Wobble.Results.Jobs;
using Wobble.Results.Queries;
using Wobble.Results.Storage;
using Wobble.Runner.Experiments;
using Wobble.Tests.Support;
using static Wobble.Runner.Tests.Experiments.Playing;

namespace Wobble.Runner.Tests.Experiments;

public sealed class RecordTests(TestDatabase database) : IClassFixture<TestDatabase>
{
    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task It_is_kept_as_if_a_Runner_had_made_it()
    {
        var store = await RecordStore.OpenAsync(database, Compare(targets: ["uwsgi-http/bottle", "uwsgi-http/flask"]), Stop);
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
        var store = await RecordStore.OpenAsync(watched, Compare(targets: ["uwsgi-http/bottle"]), Stop);
        await PlayAsync(store);

        Assert.Equal(3, store.Runs.Count);
        Assert.Equal(0, watched.MostUnderWay);
    }

    [Fact]
    public async Task Killed_and_started_again_it_goes_on_with_the_same_one()
    {
        var asked = Compare(targets: ["uwsgi-http/flask", "uvicorn/starlette"]);
        var first = await RecordStore.OpenAsync(database, asked, Stop);
        Assert.Equal(ExperimentEnd.Cancelled, await PlayAsync(first, stopIn: 4));

        var second = await RecordStore.OpenAsync(database, asked with { Seed = 99 }, Stop);
        Assert.Equal((first.Slug, 3), (second.Slug, second.Runs.Count));
        Assert.Equal(ExperimentEnd.Completed, await PlayAsync(second));
        await second.CompleteAsync();
        Assert.Equal([(0, 1), (0, 2), (0, 3), (1, 1), (1, 2), (1, 3)], Made(second).Order());

        // What is complete isn't gone on with.
        var third = await RecordStore.OpenAsync(database, asked, Stop);
        Assert.NotEqual(first.Slug, third.Slug);
        Assert.Empty(third.Runs);
    }

    [Fact]
    public async Task While_it_goes_on_here_no_Runner_takes_it_and_once_resumed_a_Runner_has_it()
    {
        var store = await RecordStore.OpenAsync(database, Compare(targets: ["uwsgi-http/bottle", "gunicorn-gevent/flask"]), Stop);
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
