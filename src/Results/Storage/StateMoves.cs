using Wobble.Results.Domain;

namespace Wobble.Results.Storage;

/// <summary>Which state a run may come from. Every change of <c>runs.state</c> is an update guarded by this table, so a fact that comes twice or late moves nothing.</summary>
public static class StateMoves
{
    /// <summary>The states a run may be in when it becomes <paramref name="to"/>.</summary>
    public static IReadOnlyList<RunState> From(RunState to) => to switch
    {
        RunState.Queued => [],
        RunState.Preparing => [RunState.Queued],
        RunState.Warming => [RunState.Preparing],
        // Without a warm-up there is no warming.
        RunState.Measuring => [RunState.Preparing, RunState.Warming],
        RunState.Finishing => [RunState.Preparing, RunState.Warming, RunState.Measuring],
        RunState.Completed => [RunState.Measuring, RunState.Finishing],
        RunState.Cancelled => [RunState.Queued, RunState.Preparing, RunState.Warming, RunState.Measuring, RunState.Finishing],
        RunState.Failed or RunState.Interrupted => [RunState.Preparing, RunState.Warming, RunState.Measuring, RunState.Finishing],
        _ => throw new ArgumentOutOfRangeException(nameof(to), to, "Not a state of a run."),
    };

    /// <summary>The states from which a run still goes on. In queries use this list: states are stored as words, which don't sort.</summary>
    public static readonly IReadOnlyList<RunState> Unfinished = [RunState.Queued, RunState.Preparing, RunState.Warming, RunState.Measuring, RunState.Finishing];

    /// <summary>The states in which a Runner has the run.</summary>
    public static readonly IReadOnlyList<RunState> UnderWay = [RunState.Preparing, RunState.Warming, RunState.Measuring, RunState.Finishing];

    internal static string[] Words(RunState to) => [.. From(to).Select(s => s.Word())];
}
