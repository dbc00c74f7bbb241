using Wobble.Results.Queries;

namespace Wobble.Dashboard.Live;

/// <summary>What runs now, for the bar of every page: asked at most twice a second, however many pages are open.</summary>
internal sealed class RunInHandBoard(RunQueries queries, TimeProvider clock)
{
    private static readonly TimeSpan GoodFor = TimeSpan.FromMilliseconds(500);

    private readonly Lock _lock = new();
    private Task<RunInHand?> _asked = Task.FromResult<RunInHand?>(null);
    private long? _askedAt;

    public Task<RunInHand?> NowAsync()
    {
        lock (_lock)
        {
            if (_askedAt is { } at && clock.GetElapsedTime(at) < GoodFor && !_asked.IsFaulted) return _asked;
            _askedAt = clock.GetTimestamp();
            return _asked = Task.Run(() => queries.InHand(CancellationToken.None));
        }
    }
}
