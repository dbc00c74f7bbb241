using System.Diagnostics;
using Microsoft.EntityFrameworkCore;
using Wobble.Results.Domain;
using Wobble.Results.Storage;
using Wobble.Runner.Work;
using Wobble.Tests.Support;

namespace Wobble.Runner.Tests.Work;

public sealed class DatabaseAwayTests
{
    [Fact]
    public async Task A_run_goes_on_while_PostgreSQL_is_away_and_nothing_of_it_is_lost()
    {
        await using var cluster = await PostgresCluster.StartAsync();
        await using var database = await TestDatabase.CreateEmptyAsync(cluster);
        var gate = new TaskCompletionSource();
        await using var runner = await TestRunner.StartAsync(database, new FakeExecutions { Gate = gate.Task });
        var run = await runner.WaitForAsync(await runner.QueueAsync(), RunState.Measuring);

        await cluster.StopAsync();
        gate.SetResult();
        string journal = RunRecording.PathOf(runner.Settings.Data.Journals, run.Id);
        await TestRunner.WaitAsync("the end to stand in the journal", () => Task.FromResult(File.ReadAllText(journal).Contains("\"fact\":\"end\"", StringComparison.Ordinal)));
        await cluster.ResumeAsync();

        run = await runner.WaitForAsync(run, RunState.Completed);
        Assert.Equal(250, run.Requests);
        await TestRunner.WaitAsync("the journal to go", () => Task.FromResult(!File.Exists(journal)));
        // It ended while nothing could be recorded: that is told all the same.
        await using var db = database.CreateDbContext();
        Assert.Single(await db.Events.Where(e => e.RunId == run.Id && e.Text.StartsWith("Wobble's own database was away for ")).ToListAsync());

        // The Runner is as good as before: it has its name, hears of new runs, and is cancelled at once.
        runner.Executions.StaysMeasuring = true;
        var next = await runner.WaitForAsync(await runner.QueueAsync("uwsgi-http/flask"), RunState.Measuring);
        await TestRunner.WaitAsync("the name to be held again", () => RunnerLock.IsHeldAsync(database.ConnectionString, "alpha", CancellationToken.None));
        await TestRunner.Queue(database).CancelAsync(next.Slug);
        await runner.WaitForAsync(next, RunState.Cancelled);
        Assert.Equal(["uwsgi-http/bottle", "uwsgi-http/flask"], runner.Executions.Executed);
    }

    [Fact]
    public async Task A_runner_that_is_stopped_while_PostgreSQL_is_away_leaves_the_journal_for_its_next_start()
    {
        await using var cluster = await PostgresCluster.StartAsync();
        await using var database = await TestDatabase.CreateEmptyAsync(cluster);
        var settings = TestRunner.NewSettings(database);
        Run run;
        await using (var runner = await TestRunner.StartAsync(database, new FakeExecutions { StaysMeasuring = true }, settings))
        {
            run = await runner.WaitForAsync(await runner.QueueAsync(), RunState.Measuring);
            await cluster.StopAsync();
            long asked = Stopwatch.GetTimestamp();
            await runner.StopAsync();
            Assert.InRange(Stopwatch.GetElapsedTime(asked).TotalSeconds, 0, 10);
        }
        await cluster.ResumeAsync();

        await using var again = await TestRunner.StartAsync(database, settings: settings);

        run = await again.WaitForAsync(run, RunState.Interrupted);
        Assert.Equal("The Runner was stopped; facts until then are kept.", run.Failure);
        Assert.Empty(again.Executions.Executed);
    }

    [Fact]
    public async Task A_runner_that_starts_before_PostgreSQL_waits_for_it()
    {
        await using var cluster = await PostgresCluster.StartAsync();
        await using var database = await TestDatabase.CreateEmptyAsync(cluster);
        await cluster.StopAsync();
        var settings = TestRunner.NewSettings(database);
        var starting = TestRunner.StartAsync(database, settings: settings);

        await cluster.ResumeAsync();

        await using var runner = await starting;
        await runner.WaitForAsync(await runner.QueueAsync(), RunState.Completed);
    }
}
