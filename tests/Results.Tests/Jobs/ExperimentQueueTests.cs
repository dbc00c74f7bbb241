using Microsoft.EntityFrameworkCore;
using Wobble.Results.Domain;
using Wobble.Results.Experiments;
using Wobble.Results.Jobs;
using Wobble.Results.Queries;
using Wobble.Results.Storage;
using Wobble.Results.Tests.Experiments;
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

    [Theory]
    [InlineData("for update"), InlineData("SET job_id"), InlineData("pg_notify")]
    public async Task An_experiment_that_is_stored_is_answered_also_when_PostgreSQL_goes_away_right_after_it(string at)
    {
        var away = new AwayDatabase(database) { At = at };

        var outcome = await new ExperimentQueue(away, jobs, TimeProvider.System).CreateAsync(catalogue => Making.Compare(["uwsgi-http/bottle"], new Definition { Target = "" }, catalogue, 2, 1));

        Assert.Empty(outcome.Errors);
        Assert.NotNull(outcome.Experiment);
        Assert.Equal(at == "for update", outcome.First is null);
        // A Runner makes its first run, where it isn't there.
        await queue.AdvanceAllAsync();
        Assert.Equal(1, await UnfinishedAsync());
    }

    [Fact]
    public async Task All_of_its_runs_belong_to_one_Runner_also_when_another_joins_midway()
    {
        var made = await CreateAsync(["uwsgi-http/bottle", "uvicorn/starlette"], repetitions: 3);
        await EndAsync(RunState.Completed);
        await JoinAsync("alpha", Two);
        await queue.AdvanceAllAsync();

        Assert.Equal("bench-1", ExperimentQueue.Read(made)!.Runner);
        Assert.Equal(["runs-bench-1", "runs-bench-1"], jobs.Queued.Select(j => j.Queue));
    }

    [Fact]
    public async Task Of_the_Runners_that_are_there_it_is_made_for_the_one_that_can_run_most_of_it()
    {
        var lab = Two with { Targets = [.. Two.Targets.Select(t => t with { Unavailable = null }), new CatalogueTarget { Name = "hypercorn/quart", Server = "hypercorn", App = "quart", Interface = "asgi", Class = TargetClass.Async }] };
        await JoinAsync("lab-2", lab);
        await JoinAsync("left", lab with { Targets = [.. lab.Targets, new CatalogueTarget { Name = "daphne/starlette", Server = "daphne", App = "starlette", Interface = "asgi", Class = TargetClass.Async }] }, seenAgo: TimeSpan.FromMinutes(1));

        var asked = await queue.RepeatAsync([new RunRequest { Definition = new Definition { Target = "hypercorn/quart", Repetitions = 2 } }]);
        var available = await CreateAsync(["uwsgi-http/bottle", "uvicorn/sanic"], repetitions: 1);
        var either = await CreateAsync(["uwsgi-http/bottle"], repetitions: 1);
        var gone = await queue.RepeatAsync([new RunRequest { Definition = new Definition { Target = "daphne/starlette", Repetitions = 2 } }]);

        Assert.Equal(["lab-2", "lab-2", "bench-1"], new[] { asked.Experiment!, available, either }.Select(e => ExperimentQueue.Read(e)!.Runner));
        Assert.Equal("target", Assert.Single(gone.Errors).Field);
    }

    [Fact]
    public async Task One_that_waits_for_a_Runner_that_is_gone_says_so()
    {
        var made = await CreateAsync(["uwsgi-http/bottle"], repetitions: 2);
        Assert.Null((await new ExperimentQueries(database).BySlug(made.Slug, default))!.WaitsFor);

        await database.ExecuteAsync("update runners set seen_at = now() - interval '1 minute'");

        Assert.Equal("bench-1", (await new ExperimentQueries(database).BySlug(made.Slug, default))!.WaitsFor);
    }

    [Fact]
    public async Task A_machine_that_changed_between_rounds_is_told_with_the_round()
    {
        var definition = Made.Compare(rows: 2, repetitions: 4, seed: 1);
        var made = await new StoredExperiments(database).PlayAsync(definition, next => (20 + next.Round, 5_000));
        Assert.DoesNotContain((await new ExperimentQueries(database).BySlug(made.Slug, default))!.Report.Notes, n => n.Contains("changed", StringComparison.Ordinal));

        await database.ExecuteAsync("""update runs set environment = jsonb_set(jsonb_set(environment, '{kernel}', '"6.1.0-21-amd64"'), '{versions,nginx}', '"1.26.0"') where round >= 3""");

        Assert.Contains("the machine changed: from round 3 on kernel 6.1.0-20-amd64 → 6.1.0-21-amd64, nginx 1.22.1 → 1.26.0; runs before and after it are taken together", (await new ExperimentQueries(database).BySlug(made.Slug, default))!.Report.Notes);
    }

    [Fact]
    public async Task Workers_that_were_found_are_used_again_for_the_same_load_and_machine_only_and_the_report_says_so()
    {
        var found = await new StoredExperiments(database).PlayAsync(Making.Tune("uwsgi-http/bottle", new Definition { Target = "", For = TimeSpan.FromSeconds(10) }, Two, 1), next => (20, 1_000 * Math.Min(4, next.Definition.Workers!.Value) - next.Definition.Workers.Value), state: "running");
        await database.ExecuteAsync("update runs set runner_name = 'bench-1'");
        await queue.AdvanceAsync(found.Id);

        async Task<Experiment> TunedAsync(Definition shared, int most = 32) =>
            (await queue.CreateAsync(c => Making.Compare(["uwsgi-http/bottle"], shared, c, 1, 1, WorkersChoice.Tune) with { MostWorkers = most })).Experiment!;
        var again = await TunedAsync(new Definition { Target = "" });
        var others = new List<Experiment> { await TunedAsync(new Definition { Target = "", Rate = 500 }), await TunedAsync(new Definition { Target = "", Stages = "10s@50,10s@100" }), await TunedAsync(new Definition { Target = "" }, most: 64) };
        await database.ExecuteAsync("update runners set catalogue = jsonb_set(catalogue, '{cores}', '4')");
        others.Add(await TunedAsync(new Definition { Target = "" }));

        Assert.Equal(4, ExperimentQueue.Read(again)!.Rows[0].TunedWorkers);
        Assert.All(others, e => Assert.Null(ExperimentQueue.Read(e)!.Rows[0].TunedWorkers));
        var note = (await new ExperimentQueries(database).BySlug(again.Slug, default))!.Report.Notes[0];
        Assert.StartsWith("uwsgi-http/bottle: its 4 workers were found by an earlier search, which ended on ", note, StringComparison.Ordinal);
    }

    [Fact]
    public void The_connections_of_an_open_loop_and_stages_are_part_of_a_set_up()
    {
        static string Of(Definition definition) => SetupText.Of(definition);
        var open = new Definition { Target = "", Rate = 500 };

        Assert.NotEqual(Of(open), Of(open with { Connections = 10 }));
        Assert.Equal(Of(open), Of(open with { Connections = Defaults.OpenLoopConnections }));
        Assert.NotEqual(Of(new Definition { Target = "" }), Of(new Definition { Target = "", Stages = "10s@50" }));
        string longest = string.Join(",", Enumerable.Repeat("3600s@1000000/s", 100));
        Assert.InRange(Of(new Definition { Target = "", Stages = longest }).Length, 200, 300);
        Assert.NotEqual(Of(new Definition { Target = "", Stages = longest }), Of(new Definition { Target = "", Stages = longest + "0" }));
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

        Assert.Equal(RoundsOutcome.Added, await queue.AddRoundsAsync(made.Slug, 4));

        await using var db = database.CreateDbContext();
        var definition = ExperimentQueue.Read(await db.Experiments.SingleAsync())!;
        Assert.Equal((5, 0.978), (definition.Repetitions, definition.Confidence));
        Assert.Equal(1, await UnfinishedAsync());
    }

    [Fact]
    public async Task No_rounds_are_added_where_runs_of_earlier_ones_are_gone()
    {
        var made = await CreateAsync(["uwsgi-http/bottle"], repetitions: 2);
        for (int i = 0; i < 2; i++)
        {
            await EndAsync(RunState.Completed);
            await queue.AdvanceAllAsync();
        }
        Assert.Equal("completed", await StateAsync(made));
        await database.ExecuteAsync("delete from runs where round = 1");

        Assert.Equal(RoundsOutcome.RunsGone, await queue.AddRoundsAsync(made.Slug, 1));

        Assert.Equal("completed", await StateAsync(made));
        Assert.Equal(0, await UnfinishedAsync());
        await using var db = database.CreateDbContext();
        var definition = ExperimentQueue.Read(await db.Experiments.SingleAsync())!;
        Assert.Equal((2, false), (definition.Repetitions, definition.RoundsWereAdded));
    }

    [Fact]
    public async Task At_the_most_rounds_none_is_added_and_no_interval_widened()
    {
        var made = await CreateAsync(["uwsgi-http/bottle"], repetitions: ExperimentDefinition.MostRepetitions);

        Assert.Equal(RoundsOutcome.TooLate, await queue.AddRoundsAsync(made.Slug, 5));

        await using var db = database.CreateDbContext();
        Assert.False(ExperimentQueue.Read(await db.Experiments.SingleAsync())!.RoundsWereAdded);
    }

    [Fact]
    public async Task Repetitions_keep_what_was_asked_beside_the_definition_in_every_run()
    {
        var configuration = new Configuration { Name = "nightly", Definition = new Definition { Target = "uwsgi-http/bottle" }, Version = 3 };
        await using (var db = database.CreateDbContext())
        {
            db.Add(configuration);
            await db.SaveChangesAsync();
        }

        var outcome = await queue.RepeatAsync([new RunRequest { Definition = new Definition { Target = "uwsgi-http/bottle", Repetitions = 2, Workers = 3 }, Tags = [" Nightly "], Notes = "new kernel", Runner = "bench-1", ConfigurationId = configuration.Id }]);
        await EndAsync(RunState.Completed);
        await queue.AdvanceAllAsync();

        Assert.Equal("repetitions", outcome.Experiment!.Kind);
        await using var read = database.CreateDbContext();
        var runs = await read.Runs.OrderBy(r => r.Id).ToListAsync();
        Assert.Equal([1, 2], runs.Select(r => r.Round!.Value));
        Assert.All(runs, r => Assert.Equal((1, 3, "nightly", "new kernel", "bench-1", configuration.Id, 3), (r.Definition.Repetitions, r.Workers, Assert.Single(r.Tags), r.Notes, r.WantedRunner, r.ConfigurationId, r.ConfigurationVersion)));
        Assert.All(jobs.Queued, j => Assert.Equal("runs-bench-1", j.Queue));
    }

    [Fact]
    public async Task Several_targets_are_one_experiment_and_what_is_wrong_is_named_by_field()
    {
        RunRequest Asked(string target, int? workers = null) => new() { Definition = new Definition { Target = target, Repetitions = 2, Workers = workers } };

        var made = await queue.RepeatAsync([Asked("uwsgi-http/bottle"), Asked("uvicorn/starlette")]);
        var wrong = await queue.RepeatAsync([Asked("uwsgi-http/bottle", -1)]);

        Assert.Equal(("compare", "How do uwsgi-http/bottle, uvicorn/starlette differ?"), (made.Experiment!.Kind, made.Experiment.Question));
        Assert.Equal("workers: -1 is not allowed; 1 to 256", Assert.Single(wrong.Errors).ToString());
    }

    [Fact]
    public async Task One_that_waits_begins_when_the_one_before_it_has_ended()
    {
        var before = await CreateAsync(["uwsgi-http/bottle"], repetitions: 1);
        var waiting = (await queue.CreateAsync(c => Making.Compare(["uvicorn/starlette"], new Definition { Target = "" }, c, 1, 1) with { StartsAfter = before.Slug })).Experiment!;
        await queue.AdvanceAllAsync();
        Assert.Equal("waiting", await StateAsync(waiting));
        Assert.Single(jobs.Queued);

        await EndAsync(RunState.Completed);
        await queue.AdvanceAllAsync();
        await queue.AdvanceAllAsync();

        Assert.Equal(("completed", "running"), (await StateAsync(before), await StateAsync(waiting)));
        Assert.Equal(2, jobs.Queued.Count);
    }

    [Fact]
    public async Task Options_go_to_the_rows_that_have_them_and_one_that_none_has_is_refused()
    {
        static Definition With(string option) => new() { Target = "", Options = new Dictionary<string, string> { [option] = "asyncpg" } };
        var async = Two.Targets[1] with { Options = [new TargetOption("driver", "aiopg", ["aiopg", "asyncpg"], null, null, "")] };
        var catalogue = Two with { Targets = [Two.Targets[0], async] };

        var good = Making.Compare(["uwsgi-http/bottle", "uvicorn/starlette"], With("driver"), catalogue, 3, 1);
        var wrong = Making.Compare(["uwsgi-http/bottle", "uvicorn/starlette"], With("drvier"), catalogue, 3, 1);

        Assert.Equal([0, 1], good.Rows.Select(r => r.Definition.Options.Count));
        Assert.Empty(ExperimentRules.Check(good, catalogue));
        Assert.Equal(["uwsgi-http/bottle: options.drvier", "uvicorn/starlette: options.drvier"], ExperimentRules.Check(wrong, catalogue).Select(e => e.Field));
    }

    [Fact]
    public void The_articles_async_rows_have_its_pool_unless_another_is_asked_for()
    {
        TargetOption pool = new("pool", "10", [], 1, 100, "");
        var catalogue = Two with { Targets = [.. Two.Targets.Select(t => t with { Options = [pool] })], Article = [.. Two.Targets.Select(t => new ArticleRow(t.Name, 5, 19, 76, 4_000))] };

        var asIs = Making.Article(new Definition { Target = "" }, catalogue, 5, 1);
        var other = Making.Article(new Definition { Target = "", Options = new Dictionary<string, string> { ["pool"] = "4" } }, catalogue, 5, 1);

        Assert.Equal([null, "10", "10"], asIs.Rows.Select(r => r.Definition.Options.GetValueOrDefault("pool")));
        Assert.Equal(["4", "4", "4"], other.Rows.Select(r => r.Definition.Options.GetValueOrDefault("pool")));
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

    private async Task JoinAsync(string name, Catalogue catalogue, TimeSpan seenAgo = default)
    {
        await using var db = database.CreateDbContext();
        db.Runners.Add(new RunnerRow { Name = name, Catalogue = catalogue, SeenAt = DateTimeOffset.UtcNow - seenAgo });
        await db.SaveChangesAsync();
    }

    private async Task<string> StateAsync(Experiment experiment)
    {
        await using var db = database.CreateDbContext();
        return (await db.Experiments.SingleAsync(e => e.Id == experiment.Id)).State;
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
            run.Result = Made.Run(new NextRun(0, RunPurpose.Round, 1, 1, run.Definition), 20).Result;
        await db.SaveChangesAsync();
    }
}
