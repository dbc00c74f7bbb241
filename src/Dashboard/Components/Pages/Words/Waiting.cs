using Wobble.Dashboard.Components.Controls;
using Wobble.Results.Queries;

namespace Wobble.Dashboard.Components.Pages.Words;

/// <summary>What stands before a run that is queued now.</summary>
/// <param name="Runs">Runs before it, in hand or queued.</param>
/// <param name="Left">Their time to go; null when one of them can't tell.</param>
/// <param name="IsMore">True when more wait than were read.</param>
internal sealed record Waiting(int Runs, TimeSpan? Left, bool IsMore = false)
{
    public static Waiting For(IReadOnlyList<GoingOn> going, IReadOnlyList<RunRow> queued, DateTimeOffset now)
    {
        TimeSpan? left = TimeSpan.Zero;
        foreach (var run in going) left += RunTimes.Left(run.Run, now, run.Seconds.Count > 0 ? run.Seconds[^1].Requests : null);
        foreach (var run in queued) left += RunTimes.Left(run, now, null);
        bool isMore = queued.Count >= HomeQueries.QueueLimit;
        return new Waiting(going.Count + queued.Count, isMore ? null : left, isMore);
    }

    /// <summary>A sentence: "Starts at once." or "Starts in about 0:41, after one run."</summary>
    public override string ToString()
    {
        if (Runs == 0) return "Starts at once.";
        string after = IsMore ? $"{Numbers.Many(Runs, "run")} or more" : Runs == 1 ? "one run" : Numbers.Many(Runs, "run");
        return Left is { } left ? $"Starts in about {Numbers.Clock(left)}, after {after}." : $"Starts after {after}; how long is not known.";
    }
}
