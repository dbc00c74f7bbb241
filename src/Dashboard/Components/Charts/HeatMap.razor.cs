using Microsoft.AspNetCore.Components;
using Microsoft.JSInterop;
using Wobble.Dashboard.Components.Controls;
using Wobble.Dashboard.Components.Layout;
using Wobble.Dashboard.Live;
using Wobble.Results.Domain;

namespace Wobble.Dashboard.Components.Charts;

/// <summary>Every request, by second and latency, on a canvas: too many cells for SVG. Sends only columns that are new.</summary>
public sealed partial class HeatMap : IAsyncDisposable
{
    private ElementReference element;
    private IJSObjectReference? module;
    private IJSObjectReference? canvas;
    private bool starting;
    private bool disposed;
    private HeatModel? sent;
    private IReadOnlyList<HeatColumn> sentColumns = [];

    [Inject] private IJSRuntime Script { get; set; } = default!;

    /// <summary>Measured points in order.</summary>
    [Parameter, EditorRequired] public IReadOnlyList<RunPoint> Points { get; set; } = [];
    /// <summary>Gives the hue.</summary>
    [Parameter] public TargetClass Class { get; set; }
    /// <summary>Seconds of the whole width.</summary>
    [Parameter] public double Total { get; set; }
    /// <summary>Where the playhead stands; null: the run has ended.</summary>
    [Parameter] public double? Now { get; set; }

    private string Label => $"Requests by second and latency: {Numbers.Count(Points.Sum(p => p.Requests))} in {Numbers.Many((long)Points.Sum(p => p.Length), "second")}, darker where there are more";

    /// <inheritdoc/>
    protected override bool ShouldRender() => !starting;

    /// <inheritdoc/>
    protected override async Task OnParametersSetAsync()
    {
        // What didn't arrive is missing there: the next one is whole.
        if (canvas is not null && !await Browser.TellAsync(PushAsync)) sent = null;
    }

    /// <inheritdoc/>
    protected override async Task OnAfterRenderAsync(bool firstRender)
    {
        if (starting || element.Id is null) return;
        starting = true;
        await Browser.TellAsync(CreateAsync);
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        disposed = true;
        if (canvas is { } c) await Browser.TellAsync(async () => { await c.InvokeVoidAsync("dispose"); await c.DisposeAsync(); });
        if (module is { } m) await Browser.TellAsync(m.DisposeAsync);
    }

    private async ValueTask CreateAsync()
    {
        module = await Script.InvokeAsync<IJSObjectReference>("import", "./" + Assets["js/heat.js"]);
        if (disposed)
        {
            // Closed meanwhile: the element is gone, too.
            await DisposeAsync();
            return;
        }
        (sent, sentColumns) = HeatModel.Of(Points, Total, "--" + Class.Word(), Now);
        canvas = await module.InvokeAsync<IJSObjectReference>("create", element, sent, sentColumns);
        if (disposed) await DisposeAsync();
    }

    private async ValueTask PushAsync()
    {
        var (model, columns) = HeatModel.Of(Points, Total, "--" + Class.Word(), Now);
        int known = sentColumns.Count;
        bool adds = sent is not null && model.KeepsColumnsOf(sent) && columns.Count >= known && (known == 0 || (columns[known - 1].From.Equals(sentColumns[^1].From) && columns[known - 1].Length.Equals(sentColumns[^1].Length)));
        if (adds && columns.Count == known && model.Now == sent!.Now) return;
        (sent, sentColumns) = (model, columns);
        IReadOnlyList<HeatColumn> more = adds ? [.. columns.Skip(known)] : columns;
        await canvas!.InvokeVoidAsync("draw", Browser.PushTimeout, model, more, adds);
    }
}
