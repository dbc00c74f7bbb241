using Microsoft.AspNetCore.Components;
using MudBlazor;
using Wobble.Dashboard.Access;
using Wobble.Dashboard.Components.Controls;
using Wobble.Results.Domain;
using Wobble.Results.Queries;

namespace Wobble.Dashboard.Components.Pages.Runs;

/// <summary>What the history shows.</summary>
/// <param name="Page">The runs.</param>
/// <param name="Count">How many match.</param>
/// <param name="Chosen">The chosen ones, also when they stand on another page.</param>
/// <param name="Tags">Tags to filter by.</param>
/// <param name="Configuration">Name of the configuration filtered by.</param>
public sealed record RunsShown(PageOfRuns Page, BoundedCount Count, IReadOnlyList<RunRow> Chosen, IReadOnlyList<string> Tags, string? Configuration);

/// <summary>Every run that was made, to find and to choose from.</summary>
public sealed partial class RunsPage
{
    private const int TagsOffered = 8;

    private RunsUrl url = new();
    private bool isDeleting;

    [Inject] private RunsQueries Runs { get; set; } = default!;
    [Inject] private ConfigurationQueries Configurations { get; set; } = default!;
    [Inject] private Changes Changes { get; set; } = default!;
    [Inject] private NavigationManager Navigation { get; set; } = default!;
    [Inject] private ISnackbar Snackbar { get; set; } = default!;

    /// <summary>One of the filters; that the address is read at all makes the page hear of its changes.</summary>
    [SupplyParameterFromQuery(Name = "q")] public string? Query { get; set; }

    /// <inheritdoc/>
    protected override object Question => url.ToString();
    /// <inheritdoc/>
    protected override bool IsLive => true;

    private string Counted => Answer is not { Count: var count } ? "" : Numbers.Bounded(count, "run") + (url.Filter.IsEmpty ? "" : count is { IsMore: false, Value: 1 } ? " matches" : " match");

    /// <inheritdoc/>
    protected override Task OnParametersSetAsync()
    {
        url = RunsUrl.Parse(Navigation.Uri);
        return base.OnParametersSetAsync();
    }

    /// <inheritdoc/>
    protected override async Task<RunsShown> AskAsync(CancellationToken cancel)
    {
        var page = Runs.Page(url.Filter, cancel);
        var count = Runs.Count(url.Filter, cancel);
        var chosen = url.Chosen.Count == 0 ? Task.FromResult<IReadOnlyList<RunRow>>([]) : Runs.Rows(url.Chosen, cancel);
        var tags = Runs.RecentTags(TagsOffered, cancel);
        var configuration = url.Filter.Configuration is { } id ? (await Configurations.One(id, cancel))?.Name : null;
        return new RunsShown(await page, await count, await chosen, await tags, configuration);
    }

    private void Search(string text) => Navigation.NavigateTo(url.With(f => f with { Search = text.Trim() }).ToString());

    private void Toggle(string slug) => Navigation.NavigateTo(url.Toggle(slug).ToString()[1..], replace: true);

    private async Task DeleteChosen()
    {
        if (Answer is null || isDeleting) return;
        isDeleting = true;
        var chosen = Answer.Chosen;
        Guid[] ids = [.. chosen.Select(r => r.Id)];
        int deleted;
        try
        {
            deleted = await Changes.DeleteRunsAsync(ids, Closed);
        }
        catch (NotChangedException e)
        {
            Snackbar.Add(e.Message);
            return;
        }
        finally
        {
            isDeleting = false;
        }
        int goingOn = Math.Min(ids.Length - deleted, chosen.Count(r => !r.State.IsFinal())), gone = ids.Length - deleted - goingOn;
        string left = (goingOn > 0 ? $" {Numbers.Many(goingOn, "run")} still going on can’t be deleted: cancel first." : "")
            + (gone > 0 ? $" {Numbers.Many(gone, "run")} {(gone == 1 ? "was" : "were")} gone already." : "");
        if (deleted == 0)
        {
            Snackbar.Add($"Nothing was deleted.{left}");
        }
        else
        {
            Snackbar.Add($"Deleted {Numbers.Many(deleted, "run")}; the links end.{left}", Severity.Normal, options =>
            {
                options.Action = "Undo";
                options.OnClick = _ => UndoAsync(ids);
            });
        }
        Navigation.NavigateTo((url with { Chosen = [] }).ToString()[1..], replace: true);
    }

    // This page may be closed by then: a message says what came of it.
    private async Task UndoAsync(Guid[] ids)
    {
        try
        {
            var restored = await Changes.RestoreRunsAsync(ids, CancellationToken.None);
            Snackbar.Add($"Restored {Numbers.Many(restored.Count, "run")}.{(restored.Missing is { } why ? $" {why}" : null)}");
        }
        catch (NotChangedException e)
        {
            Snackbar.Add(e.Message);
        }
        if (!Closed.IsCancellationRequested) await InvokeAsync(RefreshAsync);
    }
}
