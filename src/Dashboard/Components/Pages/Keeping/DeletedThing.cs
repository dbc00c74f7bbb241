using Wobble.Dashboard.Access;
using Wobble.Dashboard.Components.Controls;
using Wobble.Results.Domain;
using Wobble.Results.Edits;
using Wobble.Results.Queries;

namespace Wobble.Dashboard.Components.Pages.Keeping;

/// <summary>A run, an experiment or a comparison that was deleted, as a row of Housekeeping.</summary>
/// <param name="Key">Tells it from the others.</param>
/// <param name="Name">What it is.</param>
/// <param name="Run">When it is a run.</param>
/// <param name="State">How it ended; empty for a comparison.</param>
/// <param name="CreatedAt">When it was asked for.</param>
/// <param name="DeletedAt">When it was deleted.</param>
/// <param name="BringBackAsync">Brings it back, or says why it isn't there; null also when somebody else brought it back first.</param>
internal sealed record DeletedThing(string Key, string Name, DeletedRun? Run, string State, DateTimeOffset CreatedAt, DateTimeOffset DeletedAt, Func<Changes, Task<DeletionRefusal?>> BringBackAsync)
{
    /// <summary>All of them, what was deleted last first.</summary>
    public static IReadOnlyList<DeletedThing> Of(DeletedLast deleted) =>
    [
        .. deleted.Runs.Select(r => new DeletedThing(r.Slug, r.Target, r, r.State.Word(), r.CreatedAt, r.DeletedAt,
                async changes => (await changes.RestoreRunsAsync([r.Id], CancellationToken.None)).Missing))
            .Concat(deleted.Experiments.Select(e => new DeletedThing(e.Slug, $"Experiment: {e.Question} ({Numbers.Many(e.Runs, "run")})", null, e.State, e.CreatedAt, e.DeletedAt,
                async changes => (await changes.RestoreExperimentAsync(e.Slug, CancellationToken.None)).Missing)))
            .Concat(deleted.Comparisons.Select(c => new DeletedThing(c.Slug, $"Comparison: {(c.Targets.Count == 0 ? "of runs that were deleted" : string.Join(" against ", c.Targets))}", null, "", c.CreatedAt, c.DeletedAt,
                async changes => (await changes.RestoreComparisonAsync(c.Slug, CancellationToken.None)).Missing)))
            .OrderByDescending(d => d.DeletedAt),
    ];
}
