using System.Collections.Concurrent;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Logging.Abstractions;
using Wobble.Dashboard.Live;
using Wobble.Results.Storage;
using Wobble.Tests.Support;

namespace Wobble.Dashboard.Tests.Live;

/// <summary>The feed over real PostgreSQL.</summary>
public sealed class RunFeedTests(TestDatabase database) : IClassFixture<TestDatabase>, IAsyncLifetime
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(20);
    private readonly BlockingCollection<string> heard = [];
    private RunFeed feed = default!;

    public ValueTask InitializeAsync()
    {
        var configuration = new ConfigurationBuilder().AddInMemoryCollection(new Dictionary<string, string?> { ["ConnectionStrings:Wobble"] = database.ConnectionString }).Build();
        feed = new RunFeed(configuration, TimeProvider.System, NullLogger<RunFeed>.Instance);
        return ValueTask.CompletedTask;
    }

    public async ValueTask DisposeAsync()
    {
        await feed.StopAsync(default);
        feed.Dispose();
    }

    [Fact]
    public async Task Who_listens_to_a_run_hears_of_it_and_of_no_other()
    {
        var mine = Guid.NewGuid();
        using var a = feed.Subscribe(mine, () => Tell("mine"));
        using var b = feed.Subscribe(Guid.NewGuid(), () => Tell("other"));
        using var c = feed.SubscribeToAll(() => Tell("all"));
        await StartedAsync(3);

        await NotifyAsync(Notifications.Runs, mine.ToString());
        Assert.Equal(["all", "mine"], new[] { Heard(), Heard() }.Order());

        await NotifyAsync(Notifications.Runners, "bench-1");
        Assert.Equal("all", Heard());
        Assert.False(heard.TryTake(out _));
    }

    [Fact]
    public async Task After_a_lost_connection_everybody_is_told_to_read_again()
    {
        using var a = feed.Subscribe(Guid.NewGuid(), () => Tell("a"));
        await StartedAsync(1);

        await database.ExecuteAsync("select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'Wobble feed' and datname = current_database()");

        Assert.Equal("a", Heard());
        Assert.True(feed.IsConnected);
    }

    [Fact]
    public void The_more_listen_the_longer_each_is_left_alone()
    {
        var few = Enumerable.Range(0, 2).Select(_ => feed.SubscribeToAll(() => Task.CompletedTask)).ToList();
        Assert.Equal(Subscription.LeastInterval, feed.Interval);

        var many = Enumerable.Range(0, 98).Select(_ => feed.SubscribeToAll(() => Task.CompletedTask)).ToList();
        Assert.All(Enumerable.Range(0, 50).Select(_ => feed.Interval.TotalSeconds), s => Assert.InRange(s, 7.2, 8.8));

        many.ForEach(m => m.Dispose());
        Assert.Equal(Subscription.LeastInterval, feed.Interval);
        few.ForEach(f => f.Dispose());
    }

    [Fact]
    public async Task Who_stopped_listening_is_forgotten()
    {
        var run = Guid.NewGuid();
        var listener = feed.Subscribe(run, () => Tell("gone"));
        using var still = feed.Subscribe(run, () => Tell("still"));
        await StartedAsync(2);

        listener.Dispose();
        await NotifyAsync(Notifications.Runs, run.ToString());

        Assert.Equal("still", Heard());
        Assert.Equal(1, feed.Listeners);
    }

    [Fact]
    public async Task A_payload_that_is_no_run_is_passed_over()
    {
        using var a = feed.SubscribeToAll(() => Tell("a"));
        await StartedAsync(1);

        await NotifyAsync(Notifications.Runs, "nonsense");
        await NotifyAsync(Notifications.Runs, Guid.NewGuid().ToString());

        Assert.Equal("a", Heard());
        Assert.True(feed.IsConnected);
    }

    // Everybody is told once when the connection stands.
    private async Task StartedAsync(int listeners)
    {
        await feed.StartAsync(default);
        for (int i = 0; i < listeners; i++) Assert.NotEqual("nobody", Heard());
    }

    private Task NotifyAsync(string channel, string payload) => database.ExecuteAsync($"select pg_notify('{channel}', '{payload}')");

    private string Heard() => heard.TryTake(out string? who, Limit) ? who : "nobody";

    private Task Tell(string who)
    {
        heard.Add(who);
        return Task.CompletedTask;
    }
}
