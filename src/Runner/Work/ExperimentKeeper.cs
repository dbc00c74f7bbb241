using Microsoft.Extensions.Logging;
using Wobble.Results.Jobs;

namespace Wobble.Runner.Work;

/// <summary>
/// Moves running experiments on: as soon as the last run of one has ended, its next is queued; after a restart it goes on where it stopped. It only asks
/// for what is next, so any number of Runners may do so at once.
/// </summary>
internal sealed class ExperimentKeeper(ExperimentQueue experiments, ILogger<ExperimentKeeper> logger) : Keeper(TimeSpan.FromMilliseconds(500), "Experiments wait", logger)
{
    protected override Task KeepAsync(CancellationToken cancel) => experiments.AdvanceAllAsync(cancel);
}
