using Microsoft.AspNetCore.Components;
using Microsoft.AspNetCore.Components.Authorization;
using Wobble.Results.Domain;
using Wobble.Results.Queries;

namespace Wobble.Dashboard.Components.Pages.Home;

/// <summary>What Home shows to who is signed in.</summary>
/// <param name="Going">Runs in hand.</param>
/// <param name="Queued">The first of the runs that wait.</param>
/// <param name="Waiting">How many wait.</param>
/// <param name="Recent">The results that came last.</param>
/// <param name="All">How many runs there are.</param>
/// <param name="Runners">Machines that could run.</param>
public sealed record HomeShown(IReadOnlyList<GoingOn> Going, IReadOnlyList<RunRow> Queued, BoundedCount Waiting, IReadOnlyList<RunRow> Recent, BoundedCount All, IReadOnlyList<RunnerState> Runners)
{
    /// <summary>For who is signed out.</summary>
    public static readonly HomeShown Nothing = new([], [], default, [], default, []);
}

/// <summary>What Wobble is, what it does now, and what came last.</summary>
public sealed partial class HomePage
{
    private const int Results = 10;
    private const int Next = 4;

    private bool _isSignedIn;

    [Inject] private HomeQueries Home { get; set; } = default!;
    [Inject] private RunsQueries Runs { get; set; } = default!;
    [Inject] private RunnerQueries Runners { get; set; } = default!;
    [CascadingParameter] private Task<AuthenticationState>? Who { get; set; }

    /// <inheritdoc/>
    protected override object Question => _isSignedIn;
    /// <inheritdoc/>
    protected override bool IsLive => _isSignedIn;
    /// <inheritdoc/>
    protected override bool Ticks => Answer?.Going.Count > 0;

    /// <inheritdoc/>
    protected override async Task OnParametersSetAsync()
    {
        _isSignedIn = Who is not null && (await Who).User.Identity?.IsAuthenticated == true;
        await base.OnParametersSetAsync();
    }

    /// <inheritdoc/>
    protected override async Task<HomeShown> AskAsync(CancellationToken cancel)
    {
        if (!_isSignedIn) return HomeShown.Nothing;
        var going = Home.GoingOn(cancel);
        var queued = Home.Queued(Next, cancel);
        var waiting = Runs.Count(new RunsFilter { States = [RunState.Queued] }, cancel);
        var recent = Home.Recent(Results, cancel);
        var all = Runs.Count(new RunsFilter(), cancel);
        var runners = Runners.All(cancel);
        return new HomeShown(await going, await queued, await waiting, await recent, await all, await runners);
    }
}
