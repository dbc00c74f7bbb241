using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Wobble.Runner.Work;

/// <summary>Does something again and again as long as the Runner lives. A turn that fails, as while PostgreSQL is away, is said once and tried again.</summary>
/// <param name="every">Between two turns.</param>
/// <param name="waits">What waits while turns fail, as its sentence begins.</param>
/// <param name="logger">Where that is said.</param>
internal abstract class Keeper(TimeSpan every, string waits, ILogger logger) : BackgroundService
{
    /// <summary>One turn.</summary>
    protected abstract Task KeepAsync(CancellationToken cancel);

    protected sealed override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var tick = new PeriodicTimer(every);
        bool said = false;
        while (await tick.WaitForNextTickAsync(stoppingToken))
        {
            try
            {
                await KeepAsync(stoppingToken);
                said = false;
            }
            catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
            {
                return;
            }
#pragma warning disable CA1031 // What is kept must not end because PostgreSQL was away for a moment.
            catch (Exception e)
#pragma warning restore CA1031
            {
                if (!said) logger.LogWarning("{What}: {Reason}", waits, e.Message);
                said = true;
            }
        }
    }
}
