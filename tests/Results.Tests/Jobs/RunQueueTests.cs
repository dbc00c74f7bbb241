using Hangfire;
using Microsoft.EntityFrameworkCore;
using Wobble.Results.Domain;
using Wobble.Results.Facts;
using Wobble.Results.Jobs;
using Wobble.Results.Storage;
using Wobble.Tests.Support;

namespace Wobble.Results.Tests.Jobs;

public sealed class RunQueueTests : IAsyncLifetime
{
    private readonly FakeJobs _jobs = new();
    private TestDatabase _database = null!;
    private RunQueue _queue = null!;

    public async ValueTask InitializeAsync()
    {
        _database = await TestDatabase.CreateAsync();
        _queue = new RunQueue(_database, _jobs, TimeProvider.System);
    }

    public ValueTask DisposeAsync() => _database.DisposeAsync();

    [Fact]
    public async Task A_run_is_queued_for_any_runner_that_can()
    {
        await JoinAsync("bench-1");

        var outcome = await _queue.QueueAsync(new RunRequest { Definition = new Definition { Target = "uvicorn/starlette" }, Tags = [" Nightly ", "nightly"] });

        var run = Assert.Single(outcome.Runs);
        Assert.Empty(outcome.Errors);
        Assert.Null(outcome.Experiment);
        Assert.Equal([("1", run.Id, "runs")], _jobs.Queued);
        var stored = await StoredAsync(run.Id);
        Assert.Equal((RunState.Queued, "1", TargetClass.Async, 2), (stored.State, stored.JobId, stored.Class, stored.Workers));
        Assert.Equal(["nightly"], stored.Tags);
    }

    [Fact]
    public async Task More_than_one_run_is_refused_as_that_is_an_experiment()
    {
        await JoinAsync("bench-1");

        var outcome = await _queue.QueueAsync(new RunRequest { Definition = new Definition { Target = "uwsgi-http/bottle", Repetitions = 3 } });

        Assert.Equal("repetitions: 3 is not allowed; 1: more make an experiment", Assert.Single(outcome.Errors).ToString());
        Assert.Empty(_jobs.Queued);
    }

    [Fact]
    public async Task What_no_runner_can_run_is_refused_field_by_field_and_nothing_is_queued()
    {
        await JoinAsync("bench-1");

        var outcome = await _queue.QueueAsync(new RunRequest { Definition = new Definition { Target = "nginx/php", Workers = -1 }, Tags = ["a,b"] });

        Assert.Equal(["target", "workers", "tags"], outcome.Errors.Select(e => e.Field));
        Assert.Empty(_jobs.Queued);
        await using var db = _database.CreateDbContext();
        Assert.False(await db.Runs.AnyAsync());
    }

    [Fact]
    public async Task Without_a_runner_the_error_says_how_to_get_one()
    {
        var outcome = await _queue.QueueAsync(new RunRequest { Definition = new Definition { Target = "uwsgi-http/bottle" } });

        Assert.Equal("runner: nothing is not allowed; no Runner has joined yet: ./run starts one", Assert.Single(outcome.Errors).ToString());
    }

    [Fact]
    public async Task A_target_that_only_one_runner_has_goes_to_that_one()
    {
        await JoinAsync("alpha", SamplePlans.Catalogue with { Targets = [.. SamplePlans.Catalogue.Targets.Where(t => t.Class == TargetClass.Sync)] });
        await JoinAsync("beta");

        await _queue.QueueAsync(new RunRequest { Definition = new Definition { Target = "uvicorn/starlette" } });
        await _queue.QueueAsync(new RunRequest { Definition = new Definition { Target = "uwsgi-http/bottle" } });

        Assert.Equal(["runs-beta", "runs"], _jobs.Queued.Select(j => j.Queue));
    }

    [Fact]
    public async Task A_runner_that_is_gone_decides_only_when_none_is_there()
    {
        await JoinAsync("gone", new Catalogue(), seenAgo: TimeSpan.FromMinutes(1));
        await JoinAsync("there");

        var outcome = await _queue.QueueAsync(new RunRequest { Definition = new Definition { Target = "uwsgi-http/bottle" } });
        var named = await _queue.QueueAsync(new RunRequest { Definition = new Definition { Target = "uwsgi-http/bottle" }, Runner = "nobody" });

        Assert.Equal("runs", Assert.Single(_jobs.Queued).Queue);
        Assert.Single(outcome.Runs);
        Assert.Equal("runner: nobody is not allowed; one of gone, there", Assert.Single(named.Errors).ToString());
    }

    [Fact]
    public async Task A_queued_run_is_cancelled_at_once_and_its_job_deleted()
    {
        await JoinAsync("bench-1");
        var run = (await _queue.QueueAsync(new RunRequest { Definition = new Definition { Target = "uwsgi-http/bottle" } })).Runs[0];

        Assert.Equal(CancelOutcome.Cancelled, await _queue.CancelAsync(run.Slug));

        var stored = await StoredAsync(run.Id);
        Assert.Equal((RunState.Cancelled, "Cancelled before it began."), (stored.State, stored.Failure));
        Assert.NotNull(stored.FinishedAt);
        Assert.Equal(["1"], _jobs.Deleted);
        Assert.Equal(CancelOutcome.TooLate, await _queue.CancelAsync(run.Slug));
        Assert.Equal(CancelOutcome.Unknown, await _queue.CancelAsync(Slug.New()));
    }

    [Fact]
    public async Task A_run_under_way_is_left_to_its_runner()
    {
        var run = await new StoredRuns(_database).RecordAsync(new FactsBuilder { End = null, PerSecond = 50 });

        Assert.Equal(CancelOutcome.Asked, await _queue.CancelAsync(run.Slug));

        var stored = await StoredAsync(run.Id);
        Assert.Equal(RunState.Measuring, stored.State);
        Assert.NotNull(stored.CancelRequestedAt);
    }

    [Fact]
    public async Task Cancelling_an_experiment_cancels_what_is_left_of_it()
    {
        await JoinAsync("bench-1");
        var outcome = await new ExperimentQueue(_database, _jobs, TimeProvider.System).RepeatAsync([new RunRequest { Definition = new Definition { Target = "uwsgi-http/bottle", Repetitions = 3 } }]);
        await _database.ExecuteAsync($"update runs set state = 'measuring' where id = '{outcome.First!.Id}'");

        Assert.True(await _queue.CancelExperimentAsync(outcome.Experiment!.Slug));

        Assert.Equal("cancelled", await ExperimentStateAsync(outcome.Experiment));
        Assert.NotNull((await StoredAsync(outcome.First.Id)).CancelRequestedAt);
        Assert.False(await _queue.CancelExperimentAsync(outcome.Experiment.Slug));
    }

    [Theory, InlineData("SET cancel_requested_at"), InlineData("pg_notify")]
    public async Task When_PostgreSQL_goes_away_meanwhile_nothing_of_an_experiment_is_cancelled_and_the_next_try_does_it(string at)
    {
        await JoinAsync("bench-1");
        var outcome = await new ExperimentQueue(_database, _jobs, TimeProvider.System).RepeatAsync([new RunRequest { Definition = new Definition { Target = "uwsgi-http/bottle", Repetitions = 3 } }]);
        await _database.ExecuteAsync($"update runs set state = 'measuring' where id = '{outcome.First!.Id}'");

        await Assert.ThrowsAnyAsync<Exception>(() => new RunQueue(new AwayDatabase(_database) { At = at }, _jobs, TimeProvider.System).CancelExperimentAsync(outcome.Experiment!.Slug));

        Assert.Equal("running", await ExperimentStateAsync(outcome.Experiment!));
        Assert.True(await _queue.CancelExperimentAsync(outcome.Experiment!.Slug));
        Assert.NotNull((await StoredAsync(outcome.First.Id)).CancelRequestedAt);
    }

    [Fact]
    public async Task A_run_whose_job_was_never_queued_is_queued_later()
    {
        await JoinAsync("bench-1");
        _jobs.Failure = new BackgroundJobClientException("Hangfire's tables are not there yet.", new InvalidOperationException());
        Assert.Single((await _queue.QueueAsync(new RunRequest { Definition = new Definition { Target = "uwsgi-http/bottle" } })).Runs);
        _jobs.Failure = null;

        Assert.Equal(0, await _queue.QueueForgottenAsync());
        await _database.ExecuteAsync("update runs set created_at = now() - interval '1 minute'");
        Assert.Equal(1, await _queue.QueueForgottenAsync());
        Assert.Equal(0, await _queue.QueueForgottenAsync());
        Assert.Single(_jobs.Queued);
    }

    [Theory]
    [InlineData("SET job_id"), InlineData("pg_notify")]
    public async Task A_run_that_is_stored_is_answered_also_when_PostgreSQL_goes_away_right_after_it(string at)
    {
        await JoinAsync("bench-1");
        var away = new AwayDatabase(_database) { At = at };

        var outcome = await new RunQueue(away, _jobs, TimeProvider.System).QueueAsync(new RunRequest { Definition = new Definition { Target = "uwsgi-http/bottle" } });

        Assert.Empty(outcome.Errors);
        bool hasJob = at == "pg_notify";
        Assert.Equal(hasJob ? "1" : null, (await StoredAsync(Assert.Single(outcome.Runs).Id)).JobId);
        // A job that the row doesn't know is as good as none.
        await _database.ExecuteAsync("update runs set created_at = now() - interval '1 minute'");
        Assert.Equal(hasJob ? 0 : 1, await _queue.QueueForgottenAsync());
    }

    private async Task JoinAsync(string name, Catalogue? catalogue = null, TimeSpan seenAgo = default)
    {
        await using var db = _database.CreateDbContext();
        db.Runners.Add(new RunnerRow { Name = name, Catalogue = catalogue ?? SamplePlans.Catalogue, SeenAt = DateTimeOffset.UtcNow - seenAgo });
        await db.SaveChangesAsync();
    }

    private async Task<Run> StoredAsync(Guid id)
    {
        await using var db = _database.CreateDbContext();
        return await db.Runs.AsNoTracking().SingleAsync(r => r.Id == id);
    }

    private async Task<string> ExperimentStateAsync(Experiment experiment)
    {
        await using var db = _database.CreateDbContext();
        return await db.Experiments.Where(e => e.Id == experiment.Id).Select(e => e.State).SingleAsync();
    }
}
