using Microsoft.AspNetCore.Components;
using Wobble.Results.Queries;

namespace Wobble.Dashboard.Components.Pages.Runners;

/// <summary>The runners and what they have in hand.</summary>
public sealed record RunnersShown(IReadOnlyList<RunnerState> Runners, IReadOnlyList<GoingOn> Going);

/// <summary>Each machine, what it does now, and how another joins.</summary>
public sealed partial class RunnersPage
{
    [Inject] private RunnerQueries Runners { get; set; } = default!;
    [Inject] private HomeQueries Home { get; set; } = default!;

    /// <inheritdoc/>
    protected override bool IsLive => true;
    // "seen 3 seconds ago" moves, and a runner that stops speaking sends no word of it.
    /// <inheritdoc/>
    protected override bool Ticks => Answer is { Runners.Count: > 0 };

    private string Suggested => Answer?.Runners.Any(r => r.Name == "bench-2") == true ? "bench-3" : "bench-2";

    /// <inheritdoc/>
    protected override async Task<RunnersShown> AskAsync(CancellationToken cancel) => new(await Runners.All(cancel), await Home.GoingOn(cancel));
}
