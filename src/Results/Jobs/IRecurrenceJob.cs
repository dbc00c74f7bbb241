using Hangfire;

namespace Wobble.Results.Jobs;

/// <summary>What Hangfire calls when the time of a recurrence has come. Its name and arguments are kept by Hangfire.</summary>
public interface IRecurrenceJob
{
    /// <summary>Queues the run or makes the experiment. Nothing when it is paused or gone.</summary>
    /// <param name="recurrence">Key of the recurrence.</param>
    /// <param name="cancellation">Replaced by the Runner's.</param>
    [AutomaticRetry(Attempts = 3)]
    [Queue(RunQueues.Any)]
    Task ExecuteAsync(Guid recurrence, CancellationToken cancellation);
}
