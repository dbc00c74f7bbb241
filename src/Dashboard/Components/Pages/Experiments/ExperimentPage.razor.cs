using Microsoft.AspNetCore.Components;
using Wobble.Results.Experiments;
using Wobble.Results.Queries;

namespace Wobble.Dashboard.Components.Pages.Experiments;

/// <summary>What the page read: the experiment, or that there is none.</summary>
public sealed record ExperimentAnswer(ExperimentShown? Shown);

/// <summary>An experiment by its permalink: what is asked, what its runs show so far, and every run behind it.</summary>
public sealed partial class ExperimentPage
{
    /// <summary>From the address.</summary>
    [Parameter] public string Slug { get; set; } = "";

    [Inject] private ExperimentQueries Experiments { get; set; } = default!;
    [Inject] private NavigationManager Navigation { get; set; } = default!;

    /// <inheritdoc/>
    protected override object Question => Slug;
    /// <inheritdoc/>
    protected override bool IsLive => Shown is null or { State: "waiting" or "running" or "paused" };

    private ExperimentShown? Shown => Answer?.Shown;
    private string Title => Shown is null ? "Experiment · Wobble" : $"{Shown.Definition.Question} · Wobble";
    /// <inheritdoc/>
    protected override async Task<ExperimentAnswer> AskAsync(CancellationToken cancel) => new(await Experiments.BySlug(Slug, cancel));

    /// <inheritdoc/>
    protected override void OnAnswered()
    {
        if (Shown is null && !RendererInfo.IsInteractive) Navigation.NotFound();
    }

    private string NameOf(ExperimentRun run) => Shown!.Definition.Rows[run.Row].Name;
}
