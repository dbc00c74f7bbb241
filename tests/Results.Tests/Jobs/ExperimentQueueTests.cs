using Microsoft.EntityFrameworkCore;
using Wobble.Results.Domain;
using Wobble.Results.Experiments;
using Wobble.Results.Jobs;
using Wobble.Results.Storage;
using Wobble.Tests.Support;

namespace Wobble.Results.Tests.Jobs;

public sealed class ExperimentQueueTests : IAsyncLifetime
{
    private readonly FakeJobs jobs = new();
    private TestDatabase database = null!;
    private ExperimentQueue queue = null!;

    private static readonly Catalogue Two = new()
    {
        Cores = 2,
        Targets =
        [
            new CatalogueTarget { Name = "uwsgi-http/bottle", Server = "uwsgi-http", App = "bottle", Interface = "wsgi", Class = TargetClass.Sync },
            new CatalogueTarget { Name = "uvicorn/starlette", Server = "uvicorn", App = "starlette", Interface = "asgi", Class = TargetClass.Async },
            new CatalogueTarget { Name = "uvicorn/sanic", Server = "uvicorn", App = "sanic", Interface = "asgi", Class = TargetClass.Async, Unavailable = "not installed, because pip can't reach it" },
        ],
    };

    public async ValueTask InitializeAsync()
    {
        database = await TestDatabase.CreateAsync();
        queue = new ExperimentQueue(database, jobs, TimeProvider.System);
        await using var db = database.CreateDbContext();
        db.Runners.Add(new RunnerRow { Name = "bench-1", Catalogue = Two });
        await db.SaveChangesAsync();
    }

    public ValueTask DisposeAsync() => database.DisposeAsync();

    [Fact]
    public async Task One_run_at_a_time_until_every_round_is_complete()
    {
        var made = await CreateAsync(["uwsgi-http/bottle", "uvicorn/starlette"], repetitions: 3);

        for (int i = 0; i < 6; i++)
        {
            Assert.Equal(1, await UnfinishedAsync());
            await EndAsync(RunState.Completed);
            await queue.AdvanceAllAsync();
        }

        Assert.Equal(6, jobs.Queued.Count);
        await using var db = database.CreateDbContext();
        Assert.Equal("completed", (await db.Experiments.SingleAsync(e => e.Id == made.Id)).State);
        Assert.Equal([(0, 1), (0, 2), (0, 3), (1, 1), (1, 2), (1, 3)], (await db.Runs.ToListAsync()).Select(r => (r.Row!.Value, r.Round!.Value)).Order());
    }

    [Fact]
    public async Task Advanced_by_many_at_once_it_makes_no_run_twice()
    {
        await CreateAsync(["uwsgi-http/bottle", "uvicorn/starlette"], repetitions: 3);
        await EndAsync(RunState.Completed);

        await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => queue.AdvanceAllAsync()));

        Assert.Equal(2, jobs.Queued.Count);
    }

    [Fact]
    public async Task An_interrupted_run_is_run_again_and_both_are_kept()
    {
        await CreateAsync(["uwsgi-http/bottle"], repetitions: 2);
        await EndAsync(RunState.Interrupted);
        await queue.AdvanceAllAsync();
        await EndAsync(RunState.Completed);
        await queue.AdvanceAllAsync();
        await EndAsync(RunState.Completed);
        await queue.AdvanceAllAsync();

        await using var db = database.CreateDbContext();
        Assert.Equal([RunState.Interrupted, RunState.Completed, RunState.Completed], (await db.Runs.OrderBy(r => r.Id).ToListAsync()).Select(r => r.State));
        Assert.Equal("completed", (await db.Experiments.SingleAsync()).State);
    }

    [Fact]
    public async Task Paused_it_begins_nothing_and_resumed_it_goes_on()
    {
        var made = await CreateAsync(["uwsgi-http/bottle"], repetitions: 3);
        Assert.True(await queue.PauseAsync(made.Slug));
        await EndAsync(RunState.Completed);
        await queue.AdvanceAllAsync();
        Assert.Equal(0, await UnfinishedAsync());

        Assert.True(await queue.ResumeAsync(made.Slug));
        await queue.AdvanceAllAsync();

        Assert.Equal(1, await UnfinishedAsync());
    }

    [Fact]
    public async Task Rounds_that_are_added_after_a_look_make_intervals_wider()
    {
        var made = await CreateAsync(["uwsgi-http/bottle"], repetitions: 1);
        await EndAsync(RunState.Completed);
        await queue.AdvanceAllAsync();

        Assert.True(await queue.AddRoundsAsync(made.Slug, 4));

        await using var db = database.CreateDbContext();
        var definition = ExperimentQueue.Read(await db.Experiments.SingleAsync())!;
        Assert.Equal((5, 0.978), (definition.Repetitions, definition.Confidence));
        Assert.Equal(1, await UnfinishedAsync());
    }

    [Theory]
    [InlineData(0)]
    [InlineData(10_000)]
    public async Task A_number_of_rounds_beyond_the_limit_is_refused_by_name(int repetitions)
    {
        var outcome = await queue.CreateAsync(catalogue => Making.Compare(["uwsgi-http/bottle"], new Definition { Target = "" }, catalogue, repetitions, 1));

        var error = Assert.Single(outcome.Errors);
        Assert.Equal("repetitions", error.Field);
        if (repetitions > 100) Assert.Contains("it would take", error.Allowed, StringComparison.Ordinal);
        Assert.Empty(jobs.Queued);
    }

    [Fact]
    public async Task A_target_compared_with_itself_is_told_apart_and_an_unavailable_one_keeps_its_reason()
    {
        var made = await CreateAsync(["uwsgi-http/bottle", "uwsgi-http/bottle", "uvicorn/sanic"], repetitions: 1);

        var rows = ExperimentQueue.Read(made)!.Rows;
        Assert.Equal(["uwsgi-http/bottle #1", "uwsgi-http/bottle #2", "uvicorn/sanic"], rows.Select(r => r.Name));
        Assert.Equal("not installed, because pip can't reach it", rows[2].Unavailable);
    }

    private async Task<Experiment> CreateAsync(string[] targets, int repetitions)
    {
        var outcome = await queue.CreateAsync(catalogue => Making.Compare(targets, new Definition { Target = "" }, catalogue, repetitions, 1));
        Assert.Empty(outcome.Errors);
        return outcome.Experiment!;
    }

    private async Task<int> UnfinishedAsync()
    {
        await using var db = database.CreateDbContext();
        return await db.Runs.CountAsync(r => r.State == RunState.Queued);
    }

    private async Task EndAsync(RunState state)
    {
        await using var db = database.CreateDbContext();
        var run = await db.Runs.SingleAsync(r => r.State == RunState.Queued);
        run.State = state;
        if (state == RunState.Completed)
            run.Result = Experiments.Made.Run(new NextRun(0, RunPurpose.Round, 1, 1, run.Definition), 20).Result;
        await db.SaveChangesAsync();
    }
}
