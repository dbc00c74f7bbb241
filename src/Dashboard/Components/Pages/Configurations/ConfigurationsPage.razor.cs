using Microsoft.AspNetCore.Components;
using Wobble.Dashboard.Components.Pages.Targets;
using Wobble.Dashboard.Components.Pages.Words;
using Wobble.Results.Domain;
using Wobble.Results.Queries;

namespace Wobble.Dashboard.Components.Pages.Configurations;

/// <summary>Configurations, and the runners that tell the class of their targets.</summary>
public sealed record ConfigurationsShown(IReadOnlyList<ConfigurationRow> Rows, IReadOnlyList<RunnerState> Runners);

/// <summary>The named definitions: to run, edit, copy and archive.</summary>
public sealed partial class ConfigurationsPage
{
    private (double From, double To) axis = StripAxis.Of(null);
    private Catalogue catalogue = new();
    private string? problem;

    [Inject] private ConfigurationQueries Configurations { get; set; } = default!;
    [Inject] private RunnerQueries Runners { get; set; } = default!;

    /// <summary>"true": the archived ones. A text: a mistyped address is no fault.</summary>
    [SupplyParameterFromQuery] public string? Archived { get; set; }

    /// <inheritdoc/>
    protected override object Question => IsArchive;

    private bool IsArchive => bool.TryParse(Archived, out bool archived) && archived;

    /// <inheritdoc/>
    protected override async Task<ConfigurationsShown> AskAsync(CancellationToken cancel) => new(await Configurations.All(IsArchive, cancel), await Runners.All(cancel));

    /// <inheritdoc/>
    protected override void OnAnswered()
    {
        axis = StripAxis.Of(Answer?.Rows.Select(r => r.Last).OfType<RunRow>());
        catalogue = Catalogues.Of(Answer?.Runners ?? [], null, Clock.GetUtcNow());
    }

    private TargetClass ClassOf(ConfigurationRow row) => catalogue.Find(row.Definition.Target)?.Class ?? row.Last?.Class ?? TargetClass.Sync;

    private async Task Done(string? wrong)
    {
        problem = wrong;
        await RefreshAsync();
    }
}
