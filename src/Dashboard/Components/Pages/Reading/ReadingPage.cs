using System.Data.Common;
using Microsoft.AspNetCore.Components;
using Wobble.Dashboard.Live;

namespace Wobble.Dashboard.Components.Pages.Reading;

/// <summary>
/// A page that asks the database one question. Guarantees: it asks again only when <see cref="Question"/> changes or something says that there is more;
/// the newest question wins; what was read stays on the page when a later reading fails.
/// </summary>
/// <typeparam name="T">The answer.</typeparam>
public abstract class ReadingPage<T> : ComponentBase, IDisposable where T : class
{
    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan TryAgainAfter = TimeSpan.FromSeconds(5);

    private readonly CancellationTokenSource _closed = new();
    private object? _asked;
    private int _askings;
    private IDisposable? _feed;
    private bool _isTicking, _isTryingAgain;

    /// <summary>Name of the answer that prerendering left; read by the framework.</summary>
    [PersistentState] public string? Handoff { get; set; }

    [Inject] private Handoffs Handoffs { get; set; } = default!;
    [Inject] private IServiceProvider Services { get; set; } = default!;
    [Inject] private ILoggerFactory Logs { get; set; } = default!;

    /// <summary>The time.</summary>
    [Inject] protected TimeProvider Clock { get; set; } = default!;

    /// <summary>What was read; null while it is read for the first time.</summary>
    protected T? Answer { get; private set; }
    /// <summary>When reading failed; null: it didn't.</summary>
    protected DateTimeOffset? FailedAt { get; private set; }
    /// <summary>Ends when the page is closed.</summary>
    protected CancellationToken Closed => _closed.Token;

    /// <summary>What the answer depends on, compared by value.</summary>
    protected virtual object Question => "";
    /// <summary>True for a page that changes while runs go on.</summary>
    protected virtual bool IsLive => false;
    /// <summary>True while a clock on the page moves.</summary>
    protected virtual bool Ticks => false;

    /// <summary>Asks.</summary>
    protected abstract Task<T> AskAsync(CancellationToken cancel);

    /// <summary>Called after each reading, before the page renders.</summary>
    protected virtual void OnAnswered()
    {
    }

    /// <inheritdoc/>
    protected override async Task OnParametersSetAsync()
    {
        if (Equals(_asked, Question)) return;
        bool first = _asked is null;
        _asked = Question;
        if (first && Handoffs.Take<T>(Handoff) is { } left)
        {
            (Handoff, Answer) = (null, left);
            OnAnswered();
            return;
        }
        await ReadAsync();
        if (first && !RendererInfo.IsInteractive && Answer is not null) Handoff = Handoffs.Keep(Answer);
    }

    /// <inheritdoc/>
    protected override void OnAfterRender(bool firstRender)
    {
        if (IsLive && _feed is null && !_closed.IsCancellationRequested) _feed = Services.GetService<RunFeed>()?.SubscribeToAll(() => InvokeAsync(RefreshAsync));
        if (Ticks && !_isTicking) _ = TickAsync();
        if (FailedAt is not null && !_isTryingAgain && !_closed.IsCancellationRequested) _ = TryAgainAsync();
    }

    // Nobody tells a page that couldn't be read that it could now: it asks by itself, until it could or is closed.
    private async Task TryAgainAsync()
    {
        _isTryingAgain = true;
        try
        {
            while (FailedAt is not null)
            {
                await Task.Delay(TryAgainAfter, Clock, _closed.Token);
                await InvokeAsync(RefreshAsync);
            }
        }
        catch (OperationCanceledException)
        {
            // Closed.
        }
        _isTryingAgain = false;
    }

    /// <summary>Asks again and renders.</summary>
    protected async Task RefreshAsync()
    {
        if (_closed.IsCancellationRequested) return;
        await ReadAsync();
        if (!_closed.IsCancellationRequested) StateHasChanged();
    }

    private async Task ReadAsync()
    {
        int asking = ++_askings;
        try
        {
            var answer = await AskAsync(_closed.Token);
            if (asking != _askings) return;
            (Answer, FailedAt) = (answer, null);
            OnAnswered();
        }
        catch (OperationCanceledException) when (_closed.IsCancellationRequested)
        {
            // Closed meanwhile: nobody reads the answer.
        }
        catch (Exception e) when (IsDatabaseAway(e))
        {
            // Of readings that overtook one another the last one asked for counts; a failed earlier one must not end the page either.
            if (asking != _askings) return;
            FailedAt ??= Clock.GetUtcNow();
            Logs.CreateLogger(GetType()).LogWarning(e, "{Page} could not be read: the page says so and tries again", GetType().Name);
        }
    }

    // EF wraps what it takes for transient in an InvalidOperationException.
    private static bool IsDatabaseAway(Exception e) => e is DbException or TimeoutException or System.Net.Sockets.SocketException || (e.InnerException is { } inner && IsDatabaseAway(inner));

    private async Task TickAsync()
    {
        _isTicking = true;
        using var timer = new PeriodicTimer(Second, Clock);
        try
        {
            while (Ticks && await timer.WaitForNextTickAsync(_closed.Token)) await InvokeAsync(StateHasChanged);
        }
        catch (OperationCanceledException)
        {
            // Closed.
        }
        _isTicking = false;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Dispose(true);
        GC.SuppressFinalize(this);
    }

    /// <summary>Ends feed, clock and what is being asked.</summary>
    protected virtual void Dispose(bool disposing)
    {
        if (!disposing) return;
        _feed?.Dispose();
        _closed.Cancel();
        _closed.Dispose();
    }
}
