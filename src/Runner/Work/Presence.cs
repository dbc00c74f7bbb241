using System.Collections.Concurrent;
using System.Reflection;
using System.Text.Json;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Wobble.Results;
using Wobble.Results.Domain;
using Wobble.Results.Storage;

namespace Wobble.Runner.Work;

/// <summary>
/// The Runner's row: its catalogue, its machine, what it does, and that it lives. Written at the start, whenever what it does changes, and every
/// <see cref="Beat"/>; on an orderly stop it says so. The catalogue is read again while nothing runs, so that an added target shows without a restart.
/// </summary>
internal sealed class Presence(WorkSettings settings, IDbContextFactory<WobbleDb> contexts, IExecutions executions, TimeProvider time, ILogger<Presence> logger) : BackgroundService
{
    /// <summary>Between two signs of life.</summary>
    public static readonly TimeSpan Beat = TimeSpan.FromSeconds(5);
    /// <summary>What a run says.</summary>
    public const string Running = "1 running";
    /// <summary>What seeding says.</summary>
    public const string Seeding = "2 seeding";

    private const int BeatsBetweenCatalogues = 6;

    // What each part of the Runner does now; the first in order is shown.
    private readonly ConcurrentDictionary<string, string> _doing = new();
    private readonly SemaphoreSlim _changed = new(0);

    /// <summary>What the row shows.</summary>
    public string Doing => _doing.OrderBy(d => d.Key, StringComparer.Ordinal).Select(d => d.Value).FirstOrDefault("idle");

    /// <summary>Says what a part of the Runner does now; null: nothing.</summary>
    public void Say(string part, string? doing)
    {
        if (doing is null) _doing.TryRemove(part, out _);
        else _doing[part] = doing;
        _changed.Release();
    }

    /// <summary>Writes the whole row, so that runs can be queued for this Runner.</summary>
    public async Task JoinAsync(CancellationToken cancellation)
    {
        var now = time.GetUtcNow();
        await using var db = await contexts.CreateDbContextAsync(cancellation);
        var row = await db.Runners.AsTracking().SingleOrDefaultAsync(r => r.Name == settings.Name, cancellation);
        if (row is null) db.Runners.Add(row = new RunnerRow { Name = settings.Name });
        row.Host = Environment.MachineName;
        row.Catalogue = await executions.CatalogueAsync(cancellation);
        row.Environment = await executions.EnvironmentAsync(cancellation);
        row.Wobble = typeof(Presence).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? "unknown";
        row.Doing = Doing;
        row.StartedAt = now;
        row.SeenAt = now;
        await db.SaveChangesAsync(cancellation);
        await NotifyAsync(db, cancellation);
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        string shown = "";
        bool isAway = false;
        for (int beat = 1; !stoppingToken.IsCancellationRequested; beat++)
        {
            try
            {
                string doing = Doing;
                await BeatAsync(doing, doing != shown, stoppingToken);
                (shown, isAway) = (doing, false);
                if (beat % BeatsBetweenCatalogues == 0 && _doing.IsEmpty) await PublishCatalogueAsync(stoppingToken);
                await _changed.WaitAsync(Beat, stoppingToken);
                // What changed in the same moment is one change.
                while (_changed.Wait(0, stoppingToken)) { }
            }
            catch (Exception e) when (Databases.IsAway(e))
            {
                if (!isAway) logger.PresenceFailed(Databases.Reason(e));
                isAway = true;
                await Task.Delay(Beat, stoppingToken).ContinueWith(_ => { }, TaskScheduler.Default);
            }
            catch (OperationCanceledException)
            {
                return;
            }
        }
    }

    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        await base.StopAsync(cancellationToken);
        try
        {
            await using var db = await contexts.CreateDbContextAsync(cancellationToken);
            // Not seen any more, so that nothing is queued for it as for one that is there.
            var gone = time.GetUtcNow() - Results.Jobs.RunQueue.GoneAfter;
            await db.Runners.Where(r => r.Name == settings.Name).ExecuteUpdateAsync(r => r.SetProperty(x => x.Doing, "stopped").SetProperty(x => x.SeenAt, gone), cancellationToken);
            await NotifyAsync(db, cancellationToken);
        }
        catch (Exception e) when (Databases.IsAway(e) || e is OperationCanceledException)
        {
            logger.PresenceFailed(Databases.Reason(e));
        }
    }

    private async Task BeatAsync(string doing, bool isNew, CancellationToken cancellation)
    {
        var now = time.GetUtcNow();
        await using var db = await contexts.CreateDbContextAsync(cancellation);
        await db.Runners.Where(r => r.Name == settings.Name).ExecuteUpdateAsync(r => r.SetProperty(x => x.Doing, doing).SetProperty(x => x.SeenAt, now), cancellation);
        if (isNew) await NotifyAsync(db, cancellation);
    }

    private async Task PublishCatalogueAsync(CancellationToken cancellation)
    {
        Catalogue catalogue;
        try
        {
            catalogue = await executions.CatalogueAsync(cancellation);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or JsonException)
        {
            logger.CatalogueFailed(e.Message);
            return;
        }
        await using var db = await contexts.CreateDbContextAsync(cancellation);
        var row = await db.Runners.AsTracking().SingleOrDefaultAsync(r => r.Name == settings.Name, cancellation);
        if (row is null || JsonSerializer.Serialize(row.Catalogue, WobbleJson.Options) == JsonSerializer.Serialize(catalogue, WobbleJson.Options)) return;
        row.Catalogue = catalogue;
        await db.SaveChangesAsync(cancellation);
        await NotifyAsync(db, cancellation);
    }

    private Task<int> NotifyAsync(WobbleDb db, CancellationToken cancellation) => db.Database.ExecuteSqlAsync($"select pg_notify({Notifications.Runners}, {settings.Name})", cancellation);
}
