using Microsoft.AspNetCore.Components;
using Microsoft.AspNetCore.Components.Authorization;
using Wobble.Dashboard.Access;
using Wobble.Dashboard.Components.Controls;
using Wobble.Results.Domain;
using Wobble.Results.Queries;

namespace Wobble.Dashboard.Components.Pages.Targets;

/// <summary>What the runners can run.</summary>
/// <param name="Runners">All that ever joined, those that spoke last first.</param>
/// <param name="Here">Name of the runner that is meant, when there is one and it may be told.</param>
public sealed record TargetsShown(IReadOnlyList<RunnerState> Runners, string? Here);

/// <summary>What can be measured here, in which version, and what is missing and why. Open to everyone; names of machines, and where things lie on them, are for who is signed in.</summary>
public sealed partial class TargetsPage
{
    private bool _isSignedIn, _mayRead;
    private Catalogue? catalogue;
    private IReadOnlyList<(string Folder, string Names)> own = [];

    [Inject] private RunnerQueries Runners { get; set; } = default!;
    [Inject] private Operator Operator { get; set; } = default!;
    [CascadingParameter] private Task<AuthenticationState>? Who { get; set; }

    /// <inheritdoc/>
    protected override object Question => _mayRead;

    private string Counted => catalogue is null
        ? ""
        : $"{Numbers.Count(catalogue.Targets.Count(t => t.Unavailable is null))} of {Numbers.Many(catalogue.Targets.Count, "target")} can run here.";

    /// <inheritdoc/>
    protected override async Task OnParametersSetAsync()
    {
        _isSignedIn = Who is not null && (await Who).User.Identity?.IsAuthenticated == true;
        _mayRead = await Operator.MayReadAsync();
        await base.OnParametersSetAsync();
    }

    /// <inheritdoc/>
    protected override async Task<TargetsShown> AskAsync(CancellationToken cancel)
    {
        bool mayRead = _mayRead;
        var runners = await Runners.All(cancel);
        return mayRead
            ? new TargetsShown(runners, runners.Count == 1 ? runners[0].Name : null)
            : new TargetsShown([.. runners.Select(r => r with { Catalogue = r.Catalogue.ForStrangers() })], null);
    }

    /// <inheritdoc/>
    protected override void OnAnswered()
    {
        catalogue = Answer is null ? null : Catalogues.Of(Answer.Runners, null, Clock.GetUtcNow());
        own = [.. (catalogue?.Targets ?? []).Where(t => t.AddedFrom is not null).GroupBy(t => t.AddedFrom!).Select(g => (g.Key, string.Join(", ", g.Select(t => t.Name))))];
    }
}
