using System.Diagnostics;
using System.Globalization;
using Wobble.Results.Domain;

namespace Wobble.Runner.Execution;

/// <summary>Seconds since the measurement began, for events. During the warm-up they are negative: its length is known.</summary>
internal sealed class MeasurementClock(TimeSpan warmup)
{
    private readonly Lock _gate = new();
    private TimeSpan _offset;
    private long? _since;

    /// <summary>True once requests are counted.</summary>
    public bool IsMeasuring { get; private set; }

    /// <summary>Null before any load.</summary>
    public double? Second
    {
        get
        {
            lock (_gate)
                return _since is { } since ? Math.Round((Stopwatch.GetElapsedTime(since) - _offset).TotalSeconds, 3) : null;
        }
    }

    /// <summary>The load moved on.</summary>
    public void Enter(RunState phase)
    {
        lock (_gate)
        {
            if (phase is not (RunState.Warming or RunState.Measuring)) return;
            IsMeasuring = phase == RunState.Measuring;
            _offset = IsMeasuring ? TimeSpan.Zero : warmup;
            _since = Stopwatch.GetTimestamp();
        }
    }

    /// <summary>To follow "Fell over".</summary>
    public string When() => Second switch
    {
        null => "before the load began",
        _ when !IsMeasuring => "during the warm-up",
        { } second when (int)second == 1 => "after 1 second",
        { } second => string.Create(CultureInfo.InvariantCulture, $"after {(int)second} seconds"),
    };
}
