using System.Text.Json;
using Microsoft.AspNetCore.Components;
using Microsoft.JSInterop;
using Wobble.Dashboard.Components.Layout;

namespace Wobble.Dashboard.Components.Charts;

/// <summary>
/// One ApexCharts chart. It is created once, then only what changed crosses over: further points of the same series, or everything when axes or
/// earlier points differ. Without a script there is nothing to see: the page has a table of the same numbers.
/// </summary>
public sealed partial class ApexChart : IAsyncDisposable
{
    private ElementReference element;
    private IJSObjectReference? module;
    private IJSObjectReference? chart;
    private bool starting;
    private bool pushing;
    private bool pushAgain;
    private bool disposed;
    private JsonElement sentOptions;
    private string sentOptionsText = "";
    private IReadOnlyList<ApexSeries> sentSeries = [];
    private double? sentNow;

    [Inject] private IJSRuntime Script { get; set; } = default!;

    /// <summary>Axes, strokes, annotations.</summary>
    [Parameter, EditorRequired] public ApexChartOptions Options { get; set; } = default!;
    /// <summary>Capped before they come here.</summary>
    [Parameter, EditorRequired] public IReadOnlyList<ApexSeries> Series { get; set; } = [];
    /// <summary>What it shows, for those who don't see it.</summary>
    [Parameter, EditorRequired] public string Label { get; set; } = "";
    /// <summary>Where the playhead stands; null: the run has ended.</summary>
    [Parameter] public double? Now { get; set; }

    /// <inheritdoc/>
    protected override bool ShouldRender() => !starting;

    /// <inheritdoc/>
    protected override Task OnParametersSetAsync() => PushAsync();

    // Not firstRender: the element may not be there at the first (the page still waits for its data).
    /// <inheritdoc/>
    protected override async Task OnAfterRenderAsync(bool firstRender)
    {
        if (starting || element.Id is null) return;
        starting = true;
        await Browser.TellAsync(CreateAsync);
        await PushAsync();
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        disposed = true;
        if (chart is { } c) await Browser.TellAsync(async () => { await c.InvokeVoidAsync("dispose"); await c.DisposeAsync(); });
        if (module is { } m) await Browser.TellAsync(m.DisposeAsync);
    }

    private async ValueTask CreateAsync()
    {
        module = await Script.InvokeAsync<IJSObjectReference>("import", "./" + Assets["js/charts.js"]);
        if (disposed)
        {
            // Closed meanwhile: the element is gone, too.
            await DisposeAsync();
            return;
        }
        Remember(OptionsText());
        chart = await module.InvokeAsync<IJSObjectReference>("create", element, "../" + Assets["lib/apexcharts/apexcharts.min.js"], sentOptions, sentSeries, sentNow);
        if (disposed) await DisposeAsync();
    }

    // Parameters may change while the browser still answers the last push: then once more, with the newest.
    private async Task PushAsync()
    {
        if (chart is null || disposed) return;
        if (pushing)
        {
            pushAgain = true;
            return;
        }
        pushing = true;
        do
        {
            pushAgain = false;
            // What didn't arrive is missing there: the next one is whole.
            if (!await Browser.TellAsync(PushOnceAsync)) sentOptionsText = "";
        }
        while (pushAgain && !disposed);
        pushing = false;
    }

    private async ValueTask PushOnceAsync()
    {
        string options = OptionsText();
        var more = ChartDelta.Of(sentSeries, Series);
        if (options != sentOptionsText || more is null)
        {
            Remember(options);
            await chart!.InvokeVoidAsync("update", Browser.PushTimeout, sentOptions, sentSeries, sentNow);
        }
        else if (more.Any(m => m.Count > 0) || Now != sentNow)
        {
            Remember(options);
            await chart!.InvokeVoidAsync("append", Browser.PushTimeout, more, sentNow);
        }
    }

    private string OptionsText() => JsonSerializer.Serialize(Options, ApexChartOptions.Json);

    private void Remember(string options)
    {
        if (options != sentOptionsText) sentOptions = JsonDocument.Parse(options).RootElement;
        (sentOptionsText, sentSeries, sentNow) = (options, Series, Now);
    }
}
