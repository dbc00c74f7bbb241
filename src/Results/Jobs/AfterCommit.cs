using Hangfire;
using Wobble.Results.Storage;

namespace Wobble.Results.Jobs;

/// <summary>
/// What follows a commit. What was asked for stands then: were it told as a failure because PostgreSQL went away just now, it would be asked for again and
/// made twice. What is left out is made good by a Runner, which queues runs without a job and moves experiments on.
/// </summary>
internal static class AfterCommit
{
    /// <summary>Does it if that can be done now.</summary>
    public static async Task TryAsync(Func<Task> step)
    {
        try
        {
            await step();
        }
        catch (Exception e) when (CanWait(e))
        {
            // A Runner does it.
        }
    }

    /// <summary>The same with an answer; null when it can't be done now.</summary>
    public static async Task<T?> TryGetAsync<T>(Func<Task<T?>> step) where T : class
    {
        try
        {
            return await step();
        }
        catch (Exception e) when (CanWait(e))
        {
            return null;
        }
    }

    // Hangfire says so of its own tables, when they aren't there yet, too.
    private static bool CanWait(Exception e) => e is BackgroundJobClientException || DatabaseFaults.IsAway(e);
}
