using Microsoft.AspNetCore.Components;
using Wobble.Results.Queries;

namespace Wobble.Dashboard.Components.Pages.Configurations;

/// <summary>A configuration and its runs; no row when there is none of that id.</summary>
public sealed record ConfigurationShown(ConfigurationRow? Row, IReadOnlyList<RunRow> Runs);

/// <summary>One configuration: what it runs, and what came of it over time.</summary>
public sealed partial class ConfigurationPage
{
    private string? problem;

    [Inject] private ConfigurationQueries Configurations { get; set; } = default!;

    /// <summary>Which.</summary>
    [Parameter] public Guid Id { get; set; }

    /// <inheritdoc/>
    protected override object Question => Id;
    /// <inheritdoc/>
    protected override bool IsLive => true;

    private int Older => Answer?.Runs.Count(r => r.ConfigurationVersion < Answer.Row?.Version) ?? 0;

    /// <inheritdoc/>
    protected override async Task<ConfigurationShown> AskAsync(CancellationToken cancel)
    {
        var row = await Configurations.One(Id, cancel);
        return new ConfigurationShown(row, row is null ? [] : await Configurations.RunsOf(Id, cancel));
    }

    private async Task Done(string? wrong)
    {
        problem = wrong;
        await RefreshAsync();
    }
}
