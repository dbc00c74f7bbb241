using Microsoft.AspNetCore.Components;
using Wobble.Results.Queries;
using Wobble.Results.Statistics;

namespace Wobble.Dashboard.Components.Pages.Configurations;

/// <summary>A configuration and its runs; no row when there is none of that id.</summary>
public sealed record ConfigurationShown(ConfigurationRow? Row, IReadOnlyList<RunRow> Runs, Trend? Trend = null)
{
    /// <summary>When it runs by itself.</summary>
    public IReadOnlyList<RecurrenceRow> Recurrences { get; init; } = [];
}

/// <summary>One configuration: what it runs, and what came of it over time.</summary>
public sealed partial class ConfigurationPage
{
    private string? problem;

    [Inject] private ConfigurationQueries Configurations { get; set; } = default!;
    [Inject] private RecurrenceQueries Recurrences { get; set; } = default!;
    [Inject] private TrendQueries Trends { get; set; } = default!;

    /// <summary>Which.</summary>
    [Parameter] public Guid Id { get; set; }

    /// <summary>The figure whose trend is shown; p99 unless it names another.</summary>
    [SupplyParameterFromQuery] public string? Metric { get; set; }

    private Metric Figure => TrendQueries.Figures.FirstOrDefault(m => m.Word() == Metric, Results.Statistics.Metric.P99);

    /// <inheritdoc/>
    protected override object Question => (Id, Figure);
    /// <inheritdoc/>
    protected override bool IsLive => true;

    private int Older => Answer?.Runs.Count(r => r.ConfigurationVersion < Answer.Row?.Version) ?? 0;

    /// <inheritdoc/>
    protected override async Task<ConfigurationShown> AskAsync(CancellationToken cancel)
    {
        var row = await Configurations.One(Id, cancel);
        return row is null ? new ConfigurationShown(null, []) : new ConfigurationShown(row, await Configurations.RunsOf(Id, cancel), await Trends.Of(Id, Figure, cancel)) { Recurrences = await Recurrences.All(cancel, configuration: Id) };
    }

    private async Task Done(string? wrong)
    {
        problem = wrong;
        await RefreshAsync();
    }
}
