using Microsoft.Extensions.Logging;

namespace Wobble.Runner.Work;

/// <summary>All that the Runner's work logs.</summary>
internal static partial class WorkLog
{
    [LoggerMessage(1, LogLevel.Information, "Runner {Name} is at work: queues {Queues}, data folder {Folder}")]
    public static partial void AtWork(this ILogger logger, string name, string queues, string folder);

    [LoggerMessage(2, LogLevel.Warning, "PostgreSQL can't be reached ({Reason}); trying again")]
    public static partial void DatabaseAway(this ILogger logger, string reason);

    [LoggerMessage(3, LogLevel.Information, "Runner {Name} stopped")]
    public static partial void Stopped(this ILogger logger, string name);

    [LoggerMessage(10, LogLevel.Information, "Run {Run} of {Target}: taken")]
    public static partial void RunTaken(this ILogger logger, Guid run, string target);

    [LoggerMessage(11, LogLevel.Information, "Run {Run}: {State} ({Reason})")]
    public static partial void RunEnded(this ILogger logger, Guid run, string state, string reason);

    [LoggerMessage(12, LogLevel.Warning, "Run {Run} was handed out again although an earlier attempt took it: {Outcome}")]
    public static partial void HandedOutAgain(this ILogger logger, Guid run, string outcome);

    [LoggerMessage(13, LogLevel.Error, "Run {Run} failed in the Runner itself")]
    public static partial void RunFailed(this ILogger logger, Exception exception, Guid run);

    [LoggerMessage(14, LogLevel.Information, "Run {Run}: a cancel was asked for")]
    public static partial void CancelAsked(this ILogger logger, Guid run);

    [LoggerMessage(20, LogLevel.Warning, "Run {Run}: facts can't be recorded ({Reason}); they wait in the journal")]
    public static partial void RecordingWaits(this ILogger logger, Guid run, string reason);

    [LoggerMessage(21, LogLevel.Information, "Run {Run}: recording again after {Seconds:0.0} s")]
    public static partial void RecordingAgain(this ILogger logger, Guid run, double seconds);

    [LoggerMessage(22, LogLevel.Error, "Run {Run}: fact {Number} can't be recorded and is left out")]
    public static partial void FactLeftOut(this ILogger logger, Exception exception, Guid run, int number);

    [LoggerMessage(23, LogLevel.Warning, "Journal {Path} belongs to no run of this database and is kept as {Kept}")]
    public static partial void JournalUnknown(this ILogger logger, string path, string kept);

    [LoggerMessage(24, LogLevel.Warning, "Run {Run} was under way when its Runner died: {Facts} facts kept, now {State}")]
    public static partial void Recovered(this ILogger logger, Guid run, int facts, string state);

    [LoggerMessage(25, LogLevel.Information, "Journal {Path} belongs to a run of this database after all and is {Back} again")]
    public static partial void JournalKnown(this ILogger logger, string path, string back);

    [LoggerMessage(30, LogLevel.Warning, "The lock of this Runner's name was lost with its connection ({Reason}); taking it again")]
    public static partial void LockLost(this ILogger logger, string reason);

    [LoggerMessage(31, LogLevel.Information, "The lock of this Runner's name is held again")]
    public static partial void LockHeldAgain(this ILogger logger);

    [LoggerMessage(32, LogLevel.Critical, "Another Runner took the name {Name} while PostgreSQL was away: this one stops")]
    public static partial void NameTaken(this ILogger logger, string name);

    [LoggerMessage(40, LogLevel.Warning, "The Runner's row can't be written ({Reason})")]
    public static partial void PresenceFailed(this ILogger logger, string reason);

    [LoggerMessage(41, LogLevel.Warning, "The catalogue can't be read ({Reason})")]
    public static partial void CatalogueFailed(this ILogger logger, string reason);

    [LoggerMessage(42, LogLevel.Warning, "Not listening to PostgreSQL ({Reason}); trying again")]
    public static partial void NotListening(this ILogger logger, string reason);

    [LoggerMessage(43, LogLevel.Warning, "Sweeping failed ({Reason}); trying again")]
    public static partial void SweepFailed(this ILogger logger, string reason);

    [LoggerMessage(44, LogLevel.Information, "{Count} runs had been queued without a job; they have one now")]
    public static partial void ForgottenQueued(this ILogger logger, int count);

    [LoggerMessage(45, LogLevel.Warning, "Runner {Name} has been gone since {Since:u}: its run {Run} is interrupted")]
    public static partial void RunnerGone(this ILogger logger, string name, DateTimeOffset since, Guid run);

    [LoggerMessage(50, LogLevel.Information, "The benchmark's cluster is ready")]
    public static partial void Seeded(this ILogger logger);

    [LoggerMessage(51, LogLevel.Error, "The benchmark's cluster can't be made ready: {Reason}")]
    public static partial void SeedingFailed(this ILogger logger, string reason);

    [LoggerMessage(60, LogLevel.Information, "{Count} runs were deleted by retention; they can be brought back for a while")]
    public static partial void Expired(this ILogger logger, int count);

    [LoggerMessage(61, LogLevel.Information, "Removed for good: {Count} runs, experiments and comparisons that had been deleted")]
    public static partial void Purged(this ILogger logger, int count);

    [LoggerMessage(62, LogLevel.Information, "Removed what killed processes had left: {Paths}")]
    public static partial void SweptLeftovers(this ILogger logger, string paths);

    [LoggerMessage(63, LogLevel.Warning, "What the data folder holds can't be told ({Reason})")]
    public static partial void DataFolderFailed(this ILogger logger, string reason);
}
