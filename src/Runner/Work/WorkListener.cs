using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Npgsql;
using Wobble.Results.Storage;

namespace Wobble.Runner.Work;

/// <summary>
/// One connection that listens for cancels and for newly queued runs, so that both are acted on at once. What is missed while the connection is
/// broken is looked up when it is back; Hangfire's own polling finds both, too, within a second.
/// </summary>
internal sealed class WorkListener(WorkSettings settings, IDbContextFactory<WobbleDb> contexts, CancelWishes wishes, QueueBell bell, ILogger<WorkListener> logger) : BackgroundService
{
    private static readonly TimeSpan Retry = TimeSpan.FromSeconds(1);

    private bool _isAwaySaid;

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
            catch (Exception e) when (Databases.IsAway(e))
            {
                if (!_isAwaySaid) logger.NotListening(Databases.Reason(e));
                _isAwaySaid = true;
                await Task.Delay(Retry, stoppingToken).ContinueWith(_ => { }, TaskScheduler.Default);
            }
        }
    }

    private async Task ListenAsync(CancellationToken stop)
    {
        await using var connection = new NpgsqlConnection(new NpgsqlConnectionStringBuilder(settings.ConnectionString) { Pooling = false, KeepAlive = 15, ApplicationName = "wobble runner listener" }.ConnectionString);
        await connection.OpenAsync(stop);
        connection.Notification += (_, notice) => Heard(notice.Channel, notice.Payload);
        await using (var listen = new NpgsqlCommand($"listen {Notifications.Cancels}; listen {Notifications.Queue}", connection)) await listen.ExecuteNonQueryAsync(stop);
        _isAwaySaid = false;
        await CatchUpAsync(stop);
        while (true) await connection.WaitAsync(stop);
    }

    private void Heard(string channel, string payload)
    {
        if (channel == Notifications.Queue) bell.Ring();
        else if (Guid.TryParse(payload, out var run) && wishes.Wish(run)) logger.CancelAsked(run);
    }

    private async Task CatchUpAsync(CancellationToken stop)
    {
        bell.Ring();
        var watched = wishes.Watched;
        if (watched.Count == 0) return;
        await using var db = await contexts.CreateDbContextAsync(stop);
        foreach (var run in await db.Runs.Where(r => watched.Contains(r.Id) && r.CancelRequestedAt != null).Select(r => r.Id).ToListAsync(stop)) wishes.Wish(run);
    }
}
