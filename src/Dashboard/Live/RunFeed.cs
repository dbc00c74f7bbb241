using System.Collections.Concurrent;
using Npgsql;
using Wobble.Results.Storage;

namespace Wobble.Dashboard.Live;

/// <summary>
/// Tells pages that a run or a runner has more to read, over the one connection that LISTENs. A signal carries no data, so nothing can be lost in
/// it: whoever subscribes first and reads after misses nothing, and after a reconnect, when signals may have been missed, everybody is told.
/// Signals of one run come in the order of its commits, coalesced (see <see cref="Subscription"/>).
/// </summary>
internal sealed class RunFeed(IConfiguration configuration, TimeProvider clock, ILogger<RunFeed> log) : BackgroundService
{
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);
    // Who looks changes what is measured (bench/observer): all pages together are called no more than 12.5 times a second, so up to 12 pages move each second, 50
    // each fourth. bench/viewers has the same number.
    private static readonly TimeSpan ShareOfEach = TimeSpan.FromMilliseconds(80);

    private readonly ConcurrentDictionary<Subscription, bool> _subscriptions = new();
    private long _told;

    /// <summary>Listens to one run until the answer is disposed.</summary>
    public IDisposable Subscribe(Guid runId, Func<Task> onChanged) => Add(runId, onChanged);

    /// <summary>Listens to all runs and runners until the answer is disposed.</summary>
    public IDisposable SubscribeToAll(Func<Task> onChanged) => Add(null, onChanged);

    /// <summary>How many listen now.</summary>
    public int Listeners => _subscriptions.Count;

    /// <summary>How long a listener that was called is left alone: the longer, the more there are.</summary>
    internal TimeSpan Interval
    {
        get
        {
            var fair = ShareOfEach * _subscriptions.Count;
            // A little more or less each time, so that pages that were opened together don't stay together.
            return fair <= Subscription.LeastInterval ? Subscription.LeastInterval : fair * (0.9 + (0.2 * Random.Shared.NextDouble()));
        }
    }

    /// <summary>True while the database's notifications arrive.</summary>
    public bool IsConnected { get; private set; }

    /// <summary>
    /// Grows before listeners are told of a run: what was read at a number or after is still the newest while the number stays. Null while
    /// notifications don't arrive, when nobody can know.
    /// </summary>
    public long? Told => IsConnected ? Interlocked.Read(ref _told) : null;

    internal void Notify(Guid? runId)
    {
        Interlocked.Increment(ref _told);
        foreach (var subscription in _subscriptions.Keys)
            if (subscription.RunId is null || runId is null || subscription.RunId == runId) subscription.Signal();
    }

    /// <inheritdoc/>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                await ListenAsync(stoppingToken);
            }
            catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
            {
                return;
            }
            catch (Exception e)
            {
                if (IsConnected) log.LogWarning(e, "The connection that listens for changes was lost: open pages stand still until it is back. Trying each second.");
                IsConnected = false;
                await Task.Delay(Pause, clock, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
    }

    private async Task ListenAsync(CancellationToken stop)
    {
        var builder = new NpgsqlConnectionStringBuilder(Hosting.WobbleData.ConnectionString(configuration)) { Pooling = false, KeepAlive = 15, ApplicationName = "Wobble feed" };
        await using var connection = new NpgsqlConnection(builder.ConnectionString);
        connection.Notification += (_, notification) => Take(notification.Channel, notification.Payload);
        await connection.OpenAsync(stop);
        await using (var listen = new NpgsqlCommand($"listen {Notifications.Runs}; listen {Notifications.Runners}", connection)) await listen.ExecuteNonQueryAsync(stop);
        IsConnected = true;
        Notify(null);
        while (true) await connection.WaitAsync(stop);
    }

    private void Take(string channel, string payload)
    {
        if (channel == Notifications.Runners) TellThoseOfAll();
        else if (Guid.TryParse(payload, out var runId)) Notify(runId);
    }

    private void TellThoseOfAll()
    {
        foreach (var subscription in _subscriptions.Keys)
            if (subscription.RunId is null) subscription.Signal();
    }

    private Subscription Add(Guid? runId, Func<Task> onChanged)
    {
        var subscription = new Subscription(runId, onChanged, s => _subscriptions.TryRemove(s, out _), () => Interval, clock, log);
        _subscriptions[subscription] = true;
        return subscription;
    }
}
