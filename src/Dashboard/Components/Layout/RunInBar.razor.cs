using System.Data.Common;
using Microsoft.AspNetCore.Components;
using Wobble.Dashboard.Live;
using Wobble.Results.Domain;
using Wobble.Results.Queries;
using Wobble.Results.Storage;

namespace Wobble.Dashboard.Components.Layout;

/// <summary>The run that a Runner has in hand, with its time to go. For who is signed in: its address is nobody else's business.</summary>
public sealed partial class RunInBar : IDisposable
{
    private RunInHand? run;
    private IDisposable? feed;
    private bool closed;

    [Inject] private RunInHandBoard Board { get; set; } = default!;
    [Inject] private RunFeed Feed { get; set; } = default!;
    [Inject] private TimeProvider Clock { get; set; } = default!;

    private TimeSpan? Left => run is { State: RunState.Measuring, MeasuringAt: { } began, For: { } length }
        ? TimeSpan.FromSeconds(Math.Ceiling(Math.Max(0, (length - (Clock.GetUtcNow() - began)).TotalSeconds)))
        : null;

    /// <inheritdoc/>
    protected override Task OnInitializedAsync() => ReadAsync();

    /// <inheritdoc/>
    protected override void OnAfterRender(bool firstRender)
    {
        if (firstRender && !closed) feed = Feed.SubscribeToAll(() => InvokeAsync(RefreshAsync));
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        closed = true;
        feed?.Dispose();
    }

    private async Task RefreshAsync()
    {
        await ReadAsync();
        if (!closed) StateHasChanged();
    }

    private async Task ReadAsync()
    {
        try
        {
            run = await Board.NowAsync();
        }
        catch (Exception e) when (e is DbException or InvalidOperationException || DatabaseFaults.IsAway(e))
        {
            // The database is away: the page itself says so. The bar keeps what it showed.
        }
    }
}
