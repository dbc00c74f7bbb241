using Hangfire;

namespace Wobble.Results.Jobs;

/// <summary>The job that a Dashboard queues and a Runner carries out. Its name and arguments are kept by Hangfire: renaming it loses what is queued.</summary>
public interface IRunJob
{
    /// <summary>Executes a queued run. Never tried again by itself: a run that died is `interrupted`, and whoever wants another asks for one.</summary>
    /// <param name="runId">Key of the run.</param>
    /// <param name="cancellation">Replaced by the Runner's: fires when the job is deleted or the Runner stops.</param>
    [AutomaticRetry(Attempts = 0)]
    Task ExecuteAsync(Guid runId, CancellationToken cancellation);
}

/// <summary>Names of queues.</summary>
public static class RunQueues
{
    /// <summary>For any Runner.</summary>
    public const string Any = "runs";

    /// <summary>For the Runner of that name.</summary>
    public static string For(string runner) => $"{Any}-{runner}";
}
