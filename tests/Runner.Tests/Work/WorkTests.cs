using System.Diagnostics;
using Hangfire;
using Microsoft.EntityFrameworkCore;
using Wobble.Results.Domain;
using Wobble.Results.Jobs;
using Wobble.Results.Storage;
using Wobble.Runner.Commands;
using Wobble.Runner.Work;
using Wobble.Tests.Support;

namespace Wobble.Runner.Tests.Work;

public sealed class WorkTests : IAsyncLifetime
{
    private TestDatabase _database = null!;

    public async ValueTask InitializeAsync() => _database = await TestDatabase.CreateAsync();

    public ValueTask DisposeAsync() => _database.DisposeAsync();

    [Fact]
    public async Task A_queued_run_is_executed_and_recorded_and_its_journal_goes()
    {
        await using var runner = await TestRunner.StartAsync(_database);

        var run = await runner.WaitForAsync(await runner.QueueAsync(), RunState.Completed);

        Assert.Equal("alpha", run.RunnerName);
        Assert.Equal(250, run.Requests);
        Assert.NotNull(run.StartedAt);
        Assert.NotNull(run.Plan);
        await TestRunner.WaitAsync("the journal to go", () => Task.FromResult(!Directory.EnumerateFiles(runner.Settings.Data.Journals).Any()));
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute, File.GetUnixFileMode(runner.Settings.Data.Journals));
    }

    [Fact]
    public async Task Runs_follow_one_another()
    {
        await using var runner = await TestRunner.StartAsync(_database);

        var first = await runner.QueueAsync("uwsgi-http/bottle");
        var second = await runner.QueueAsync("uwsgi-http/flask");

        second = await runner.WaitForAsync(second, RunState.Completed);
        first = await runner.WaitForAsync(first, RunState.Completed);
        Assert.Equal(["uwsgi-http/bottle", "uwsgi-http/flask"], runner.Executions.Executed);
        Assert.True(first.StartedAt < second.StartedAt);
    }

    [Fact]
    public async Task A_cancel_ends_a_measuring_run_at_once_and_keeps_its_facts()
    {
        await using var runner = await TestRunner.StartAsync(_database, new FakeExecutions { StaysMeasuring = true });
        var run = await runner.QueueAsync();
        await runner.WaitForAsync(run, RunState.Measuring);

        long asked = Stopwatch.GetTimestamp();
        Assert.Equal(CancelOutcome.Asked, await TestRunner.Queue(_database).CancelAsync(run.Slug));
        run = await runner.WaitForAsync(run, RunState.Cancelled);

        Assert.InRange(Stopwatch.GetElapsedTime(asked).TotalSeconds, 0, 3);
        Assert.Equal("Cancelled on request.", run.Failure);
        Assert.Equal(250, run.Requests);
    }

    [Fact]
    public async Task A_job_deleted_by_hand_cancels_its_run()
    {
        await using var runner = await TestRunner.StartAsync(_database, new FakeExecutions { StaysMeasuring = true });
        var run = await runner.WaitForAsync(await runner.QueueAsync(), RunState.Measuring);

        new BackgroundJobClient(TestRunner.Storage(_database)).Delete(run.JobId);

        Assert.Equal("Cancelled: its job was deleted.", (await runner.WaitForAsync(run, RunState.Cancelled)).Failure);
    }

    [Fact]
    public async Task A_run_whose_job_another_runner_was_handed_meanwhile_goes_on()
    {
        var gate = new TaskCompletionSource();
        await using var runner = await TestRunner.StartAsync(_database, new FakeExecutions { Gate = gate.Task });
        var run = await runner.WaitForAsync(await runner.QueueAsync(), RunState.Measuring);
        await using var other = await TestRunner.StartAsync(_database, settings: TestRunner.NewSettings(_database, "beta"));
        var storage = TestRunner.Storage(_database);

        // As when this one is cut off from PostgreSQL for longer than a fetched job stays invisible.
        new BackgroundJobClient(storage).ChangeState(run.JobId, new Hangfire.States.EnqueuedState(RunQueues.Any));
        await TestRunner.WaitAsync("the other one to leave it alone", () =>
        {
            using var connection = storage.GetConnection();
            return Task.FromResult(connection.GetStateData(run.JobId)?.Name == "Succeeded");
        });
        // The job's token is checked each second.
        await Task.Delay(TimeSpan.FromSeconds(3));
        gate.SetResult();

        Assert.Equal("alpha", (await runner.WaitForAsync(run, RunState.Completed)).RunnerName);
        Assert.Empty(other.Executions.Executed);
    }

    [Fact]
    public async Task A_run_cancelled_in_the_queue_is_never_executed()
    {
        await using var runner = await TestRunner.StartAsync(_database, new FakeExecutions { StaysMeasuring = true });
        var first = await runner.WaitForAsync(await runner.QueueAsync(), RunState.Measuring);
        var second = await runner.QueueAsync("uwsgi-http/flask");
        var queue = TestRunner.Queue(_database);

        Assert.Equal(CancelOutcome.Cancelled, await queue.CancelAsync(second.Slug));
        await queue.CancelAsync(first.Slug);
        await runner.WaitForAsync(first, RunState.Cancelled);
        runner.Executions.StaysMeasuring = false;
        await runner.WaitForAsync(await runner.QueueAsync(), RunState.Completed);

        Assert.DoesNotContain("uwsgi-http/flask", runner.Executions.Executed);
    }

    [Fact]
    public async Task A_runner_that_is_stopped_interrupts_its_run_which_is_not_executed_again()
    {
        var settings = TestRunner.NewSettings(_database);
        Run run;
        await using (var runner = await TestRunner.StartAsync(_database, new FakeExecutions { StaysMeasuring = true }, settings))
        {
            run = await runner.WaitForAsync(await runner.QueueAsync(), RunState.Measuring);
            long asked = Stopwatch.GetTimestamp();
            await runner.StopAsync();
            Assert.InRange(Stopwatch.GetElapsedTime(asked).TotalSeconds, 0, 5);
            Assert.Equal(ExitCodes.Ok, await runner.Exit);
        }
        await using var again = await TestRunner.StartAsync(_database, settings: settings);
        await again.WaitForAsync(await again.QueueAsync("uwsgi-http/flask"), RunState.Completed);

        run = await again.WaitForAsync(run, RunState.Interrupted);
        Assert.Equal("The Runner was stopped; facts until then are kept.", run.Failure);
        Assert.Equal(250, run.Requests);
        Assert.Equal(["uwsgi-http/flask"], again.Executions.Executed);
    }

    [Fact]
    public async Task An_execution_that_throws_fails_its_run_with_a_sentence_and_the_next_is_fine()
    {
        await using var runner = await TestRunner.StartAsync(_database, new FakeExecutions { Failure = new InvalidOperationException("no such luck") });

        var failed = await runner.WaitForAsync(await runner.QueueAsync(), RunState.Failed);
        runner.Executions.Failure = new ExecutionException("bubblewrap is not installed.");
        var refused = await runner.WaitForAsync(await runner.QueueAsync(), RunState.Failed);
        runner.Executions.Failure = null;
        await runner.WaitForAsync(await runner.QueueAsync(), RunState.Completed);

        Assert.Equal("The Runner failed: no such luck", failed.Failure);
        Assert.Equal("bubblewrap is not installed.", refused.Failure);
    }

    [Fact]
    public async Task A_run_handed_out_again_is_not_executed_again()
    {
        await using var runner = await TestRunner.StartAsync(_database);
        var run = await runner.WaitForAsync(await runner.QueueAsync(), RunState.Completed);

        var jobs = new BackgroundJobClient(TestRunner.Storage(_database));
        jobs.Create<IRunJob>(j => j.ExecuteAsync(run.Id, CancellationToken.None), new Hangfire.States.EnqueuedState(RunQueues.Any));
        await runner.WaitForAsync(await runner.QueueAsync("uwsgi-http/flask"), RunState.Completed);

        Assert.Equal(["uwsgi-http/bottle", "uwsgi-http/flask"], runner.Executions.Executed);
        Assert.Equal(RunState.Completed, (await runner.WaitForAsync(run, _ => true, "")).State);
    }

    [Fact]
    public async Task A_second_runner_of_the_same_name_is_refused_and_another_name_is_not()
    {
        await using var runner = await TestRunner.StartAsync(_database);

        await using var same = TestRunner.Start(_database, runner.Settings);
        Assert.Equal(ExitCodes.BadInput, await same.Exit.WaitAsync(TimeSpan.FromSeconds(20)));
        await using var other = await TestRunner.StartAsync(_database, settings: runner.Settings with { Name = "beta" });

        await runner.WaitForAsync(await runner.QueueAsync(), RunState.Completed);
    }

    [Fact]
    public async Task A_run_waits_for_the_seeding_and_tells_its_progress()
    {
        var executions = new FakeExecutions { Seeded = new TaskCompletionSource() };
        await using var runner = await TestRunner.StartAsync(_database, executions);

        var run = await runner.QueueAsync();
        await runner.WaitForAsync(run, r => r is { State: RunState.Preparing, Progress: "Seeding 1,000,000 rows, 43%" }, "preparing with progress");
        await TestRunner.WaitAsync("the Runner's row to show it", async () => (await RunnerRowAsync()).Doing == $"running {run.Slug}");
        executions.Seeded.SetResult();

        Assert.Null((await runner.WaitForAsync(run, RunState.Completed)).Progress);
        await TestRunner.WaitAsync("the Runner to be idle", async () => (await RunnerRowAsync()).Doing == "idle");
    }

    [Fact]
    public async Task A_seeding_that_fails_fails_the_run_and_is_tried_again_for_the_next()
    {
        var executions = new FakeExecutions { Seeded = new TaskCompletionSource() };
        executions.Seeded.SetException(new IOException("No space left on device"));
        await using var runner = await TestRunner.StartAsync(_database, executions);

        var run = await runner.WaitForAsync(await runner.QueueAsync(), RunState.Failed);
        executions.Seeded = new TaskCompletionSource();
        executions.Seeded.SetResult();

        Assert.Equal("The benchmark's cluster can't be made ready: No space left on device", run.Failure);
        await runner.WaitForAsync(await runner.QueueAsync(), RunState.Completed);
    }

    [Fact]
    public async Task The_runners_row_tells_what_it_can_and_that_it_stopped()
    {
        await using (var runner = await TestRunner.StartAsync(_database))
        {
            var row = await RunnerRowAsync();
            Assert.Equal(SamplePlans.Catalogue.Targets.Count, row.Catalogue.Targets.Count);
            Assert.Equal("bench-1", row.Environment!.Host);
            Assert.InRange(DateTimeOffset.UtcNow - row.SeenAt, TimeSpan.Zero, RunQueue.GoneAfter);
        }

        var stopped = await RunnerRowAsync();
        Assert.Equal("stopped", stopped.Doing);
        Assert.True(DateTimeOffset.UtcNow - stopped.SeenAt >= RunQueue.GoneAfter);
    }

    private async Task<RunnerRow> RunnerRowAsync()
    {
        await using var db = _database.CreateDbContext();
        return await db.Runners.AsNoTracking().SingleAsync(r => r.Name == "alpha");
    }
}
