using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Wobble.Results.Facts;
using Wobble.Results.Storage;

namespace Wobble.Runner.Work;

/// <summary>
/// Makes the benchmark's cluster ready when the Runner starts, and again before a run when that failed. One attempt at a time; whoever needs the
/// cluster waits for it and is told its progress.
/// </summary>
internal sealed class Seeding(IExecutions executions, Presence presence, IHostApplicationLifetime lifetime, ILogger<Seeding> logger) : BackgroundService
{
    private static readonly TimeSpan TellEvery = TimeSpan.FromMilliseconds(500);

    private readonly Lock _lock = new();
    private Task? _attempt;
    private volatile ProgressFact? _progress;

    /// <summary>Returns when the cluster is ready.</summary>
    /// <exception cref="ExecutionException">It can't be made ready, and why.</exception>
    public async Task EnsureAsync(Action<ProgressFact> onProgress, CancellationToken cancel)
    {
        var attempt = Attempt();
        ProgressFact? told = null;
        while (!attempt.IsCompleted)
        {
            if (_progress is { } progress && progress != told) onProgress(told = progress);
            await Task.WhenAny(attempt, Task.Delay(TellEvery, cancel));
            cancel.ThrowIfCancellationRequested();
        }
        await attempt;
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        try
        {
            await EnsureAsync(_ => { }, stoppingToken);
        }
        catch (Exception e) when (e is OperationCanceledException or ExecutionException)
        {
            // The next run tries again, and says why it can't.
        }
    }

    private Task Attempt()
    {
        lock (_lock)
        {
            if (_attempt is null or { IsFaulted: true } or { IsCanceled: true }) _attempt = Task.Run(SeedAsync);
            return _attempt;
        }
    }

    private async Task SeedAsync()
    {
        try
        {
            await executions.SeedAsync(OnFact, lifetime.ApplicationStopping);
            bool wasMade = _progress is not null;
            logger.Seeded();
            if (wasMade) Console.Out.WriteLine(Hosting.ImportantLines.Spoken + "The benchmark's database is ready");
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            logger.SeedingFailed(e.Message);
            throw e as ExecutionException ?? new ExecutionException($"The benchmark's cluster can't be made ready: {e.Message}");
        }
        finally
        {
            _progress = null;
            presence.Say(Presence.Seeding, null);
        }
    }

    // To the console of `up`: what began, and each quarter of it.
    private void Tell(ProgressFact progress)
    {
        long quarter = progress.Total > 0 ? progress.Done * 4 / progress.Total : 0;
        if (_progress is { } last && last.Task == progress.Task && quarter == (last.Total > 0 ? last.Done * 4 / last.Total : 0)) return;
        Console.Out.WriteLine(Hosting.ImportantLines.Spoken + progress.Words());
    }

    private ValueTask OnFact(Fact fact)
    {
        if (fact is ProgressFact progress)
        {
            Tell(progress);
            _progress = progress;
            presence.Say(Presence.Seeding, progress.Words());
        }
        return ValueTask.CompletedTask;
    }
}
