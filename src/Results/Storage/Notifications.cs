namespace Wobble.Results.Storage;

/// <summary>Channels of LISTEN / NOTIFY. A message says only that there is more; the reader asks the tables.</summary>
public static class Notifications
{
    /// <summary>A run has more: payload is its id (uuid text).</summary>
    public const string Runs = "wobble_runs";
    /// <summary>Runs were queued: no payload. Runners look into their queues.</summary>
    public const string Queue = "wobble_queue";
    /// <summary>A cancel was asked for: payload is the run's id.</summary>
    public const string Cancels = "wobble_cancels";
    /// <summary>A runner's row changed: payload is its name.</summary>
    public const string Runners = "wobble_runners";
}
