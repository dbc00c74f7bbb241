using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Wobble.Results.Jobs;

namespace Wobble.Runner.Work;

/// <summary>
/// Moves running experiments on: as soon as the last run of one has ended, its next is queued; after a restart it goes on where it stopped. It only asks
/// for what is next, so any number of Runners may do so at once. A PostgreSQL that is away is asked again.
/// </summary>
internal sealed class ExperimentKeeper(ExperimentQueue experiments, ILogger<ExperimentKeeper> logger) : BackgroundService
{
    private static readonly TimeSpan Every = TimeSpan.FromMilliseconds(500);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var tick = new PeriodicTimer(Every);
        bool said = false;
        while (await tick.WaitForNextTickAsync(stoppingToken))
        {
            try
            {
                await experiments.AdvanceAllAsync(stoppingToken);
                said = false;
            }
            catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
            {
                return;
            }
#pragma warning disable CA1031 // An experiment must not end because PostgreSQL was away for a moment.
            catch (Exception e)
#pragma warning restore CA1031
            {
                if (!said) logger.LogWarning("Experiments wait: {Reason}", e.Message);
                said = true;
            }
        }
    }
}
