using Microsoft.AspNetCore.Components;
using Wobble.Dashboard.Api;
using Wobble.Dashboard.Components.Pages.RunParts;
using Wobble.Dashboard.Live;
using Wobble.Results.Domain;
using Wobble.Results.Queries;

namespace Wobble.Dashboard.Components.Pages;

/// <summary>What the page of a run read; no picture: there is no such run.</summary>
public sealed record RunShown(RunPicture? Picture);

/// <summary>The permalink of a run. Live and historical are one page: a live one is told when there is more.</summary>
public sealed partial class RunPage
{
    private RunPhases? phases;
    private IReadOnlyList<StripSecond> strip = [];
    private IReadOnlyList<double> failing = [];
    private IDisposable? feed;
    private Guid? listensTo;
    private bool told;

    [Inject] private RunPictures Pictures { get; set; } = default!;
    [Inject] private RunFeed Feed { get; set; } = default!;
    [Inject] private Links Links { get; set; } = default!;
    [Inject] private NavigationManager Navigation { get; set; } = default!;

    /// <summary>22 characters.</summary>
    [Parameter] public string Slug { get; set; } = "";

    /// <inheritdoc/>
    protected override object Question => Slug;

    private RunPicture? Picture => Answer?.Picture;
    private string Link => Links.Page(Navigation.BaseUri, $"r/{Slug}");
    private bool IsFinding => Picture is { State: RunState.Failed or RunState.Cancelled or RunState.Interrupted };
    private string BeforeTitle => Picture?.State == RunState.Failed ? "Before it fell" : "What was measured";
    private double StripEvery => Picture is { HasMeasured: true } p ? p.Every : 1;
    private double Total => Picture is { HasMeasured: true } p ? Math.Max(p.Points[^1].From + p.Points[^1].Length, p.IsFinal && p.State == RunState.Completed ? 0 : p.Planned ?? 0) : Picture?.Definition.Warmup.TotalSeconds ?? 1;
    private double? FellOverAt => Picture is { State: RunState.Failed, HasMeasured: true } p ? RunWords.AnsweredUntil(p) : null;
    private string FellOverSays => failing.Count > 0 ? "no more good answers" : "";

    /// <inheritdoc/>
    protected override async Task<RunShown> AskAsync(CancellationToken cancel)
    {
        bool wasTold = told;
        told = false;
        return new(await (wasTold ? Pictures.ToldAsync(Slug, cancel) : Pictures.OfAsync(Slug, cancel)));
    }

    /// <inheritdoc/>
    protected override void OnAnswered()
    {
        if (Picture is not { } picture)
        {
            if (!RendererInfo.IsInteractive) Navigation.NotFound();
            return;
        }
        phases = picture.IsFinal ? null : RunPhases.Of(picture, Clock.GetUtcNow());
        var points = picture.HasMeasured ? picture.Points : picture.IsFinal ? [] : picture.Warmup;
        strip = [.. points.Select(p => new StripSecond(p.From, p.Throughput, p.P50, p.P90, p.P99))];
        failing = [.. points.Where(p => p.Requests == 0 && p.Failed > 0).Select(p => p.From + p.Length / 2)];
    }

    /// <inheritdoc/>
    protected override async Task OnAfterRenderAsync(bool firstRender)
    {
        // What came between the last reading and a new subscription was told to nobody.
        if (Listen()) await RefreshAsync();
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing) feed?.Dispose();
        feed = null;
        base.Dispose(disposing);
    }

    // A queued run's place depends on other runs. A run that has ended can still be edited, so it is listened to as well.
    private bool Listen()
    {
        if (Picture is not { } picture || Closed.IsCancellationRequested) return false;
        Guid? wanted = picture.State == RunState.Queued ? null : picture.Run.Id;
        if (feed is not null && listensTo == wanted) return false;
        bool missedNothing = feed is null && picture.IsFinal;
        feed?.Dispose();
        listensTo = wanted;
        feed = wanted is { } id ? Feed.Subscribe(id, () => InvokeAsync(TakeAsync)) : Feed.SubscribeToAll(() => InvokeAsync(TakeAsync));
        return !missedNothing;
    }

    private Task TakeAsync()
    {
        told = true;
        return RefreshAsync();
    }
}
