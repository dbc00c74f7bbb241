using Hangfire;
using Hangfire.PostgreSql;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Wobble.Results.Domain;
using Wobble.Results.Jobs;
using Wobble.Results.Storage;
using Wobble.Runner.Hosting;
using Wobble.Runner.Work;
using Wobble.Tests.Support;

[assembly: AssemblyFixture(typeof(Wobble.Tests.Support.SharedCluster))]

namespace Wobble.Runner.Tests.Work;

/// <summary>A Runner in this process, on a test's database, with executions of the test's own.</summary>
internal sealed class TestRunner : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly CancellationTokenSource _stop = new();
    private readonly TestDatabase _database;
    private Task<int> _host;

    private TestRunner(TestDatabase database, WorkSettings settings, FakeExecutions executions)
    {
        (_database, Settings, Executions) = (database, settings, executions);
        _host = Task.Run(() => WorkHost.RunAsync(settings, services => services.AddSingleton<IExecutions>(executions), _stop.Token));
    }

    public WorkSettings Settings { get; }
    public FakeExecutions Executions { get; }
    /// <summary>The exit code, once it ended.</summary>
    public Task<int> Exit => _host;

    /// <summary>Settings with a data folder of their own, which goes with the test process.</summary>
    public static WorkSettings NewSettings(TestDatabase database, string name = "alpha") =>
        new(name, database.ConnectionString, new DataFolder(TestFolders.New("work")));

    /// <summary>Starts one and waits until it has joined.</summary>
    public static async Task<TestRunner> StartAsync(TestDatabase database, FakeExecutions? executions = null, WorkSettings? settings = null)
    {
        var runner = new TestRunner(database, settings ?? NewSettings(database), executions ?? new FakeExecutions());
        var since = DateTimeOffset.UtcNow;
        await WaitAsync("the Runner to join", async () =>
        {
            if (runner._host.IsCompleted) Assert.Fail($"The Runner ended with {await runner._host}.");
            if (!await Schema.IsCurrentAsync(database)) return false;
            await using var db = database.CreateDbContext();
            return await db.Runners.AnyAsync(r => r.Name == runner.Settings.Name && r.StartedAt >= since);
        });
        return runner;
    }

    /// <summary>Starts one that may be refused.</summary>
    public static TestRunner Start(TestDatabase database, WorkSettings settings) => new(database, settings, new FakeExecutions());

    /// <summary>The client side, as the Dashboard has it.</summary>
    public static RunQueue Queue(TestDatabase database) => new(database, new BackgroundJobClient(Storage(database)), TimeProvider.System);

    public static PostgreSqlStorage Storage(TestDatabase database) =>
#pragma warning disable CS0618 // The constructor that takes a connection string is the short one.
        new(database.ConnectionString, new PostgreSqlStorageOptions { PrepareSchemaIfNecessary = false });
#pragma warning restore CS0618

    /// <summary>Queues a run as the Dashboard does.</summary>
    public async Task<Run> QueueAsync(string target = "uwsgi-http/bottle")
    {
        var outcome = await Queue(_database).QueueAsync(new RunRequest { Definition = new FactsBuilder().Definition with { Target = target } });
        Assert.Empty(outcome.Errors);
        return outcome.Runs[0];
    }

    public Task<Run> WaitForAsync(Run run, RunState state) => WaitForAsync(run, r => r.State == state, state.Word());

    public async Task<Run> WaitForAsync(Run run, Func<Run, bool> condition, string what)
    {
        Run? now = null;
        await WaitAsync($"the run to be {what}", async () =>
        {
            await using var db = _database.CreateDbContext();
            now = await db.Runs.AsNoTracking().SingleAsync(r => r.Id == run.Id);
            return condition(now);
        }, () => $"it is {now?.State.Word()}: {now?.Failure}");
        return now!;
    }

    public static Task WaitAsync(string what, Func<Task<bool>> condition, Func<string>? state = null) => Poll.UntilAsync(what, async () =>
    {
        try
        {
            return await condition();
        }
        catch (Exception e) when (Databases.IsAway(e))
        {
            return false; // PostgreSQL is started again by the test.
        }
    }, Patience, state);

    /// <summary>An orderly stop, as SIGTERM.</summary>
    public async Task StopAsync()
    {
        await _stop.CancelAsync();
        await _host.WaitAsync(Patience);
    }

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        _stop.Dispose();
    }
}
