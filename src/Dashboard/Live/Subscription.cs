using System.Threading.Channels;

namespace Wobble.Dashboard.Live;

/// <summary>
/// One listener of the feed. A signal says only that there is more: signals that come while the callback runs, or within an
/// interval after it began (<see cref="LeastInterval"/>, or more where many listen), become one call. Calls never overlap; nothing is called after <see cref="Dispose"/> returned but a
/// call already under way. A callback that throws is logged and called again at the next signal.
/// </summary>
internal sealed class Subscription : IDisposable
{
    /// <summary>At most five calls a second, however fast signals come.</summary>
    public static readonly TimeSpan LeastInterval = TimeSpan.FromMilliseconds(200);

    private readonly Channel<bool> _signals = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite, SingleReader = true });
    private readonly CancellationTokenSource _end = new();
    private readonly Func<Task> _onChanged;
    private readonly Action<Subscription> _forget;
    private readonly Func<TimeSpan> _interval;
    private readonly TimeProvider _clock;
    private readonly ILogger _log;

    public Subscription(Guid? runId, Func<Task> onChanged, Action<Subscription> forget, Func<TimeSpan> interval, TimeProvider clock, ILogger log)
    {
        RunId = runId;
        (_onChanged, _forget, _interval, _clock, _log) = (onChanged, forget, interval, clock, log);
        Pump = Task.Run(PumpAsync);
    }

    /// <summary>The run that is listened to; null: all runs and runners.</summary>
    public Guid? RunId { get; }

    /// <summary>Ends some time after <see cref="Dispose"/>.</summary>
    internal Task Pump { get; }

    public void Signal() => _signals.Writer.TryWrite(true);

    public void Dispose()
    {
        _forget(this);
        _signals.Writer.TryComplete();
        _end.Cancel();
    }

    private async Task PumpAsync()
    {
        try
        {
            while (await _signals.Reader.WaitToReadAsync(_end.Token))
            {
                var again = Task.Delay(_interval(), _clock, _end.Token);
                _signals.Reader.TryRead(out _);
                await CallAsync();
                await again;
            }
        }
        catch (OperationCanceledException)
        {
            // Disposed.
        }
    }

    private async Task CallAsync()
    {
        try
        {
            await _onChanged();
        }
        catch (Exception e) when (e is OperationCanceledException or ObjectDisposedException or Microsoft.JSInterop.JSDisconnectedException)
        {
            // Its page closed meanwhile.
        }
        catch (Exception e)
        {
            _log.LogWarning(e, "A page that listens to run {RunId} failed to take a change; it is told again at the next one.", RunId);
        }
    }
}
