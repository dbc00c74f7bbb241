using HdrHistogram;
using Wobble.Results.Queries;
using Wobble.Results.Statistics;

namespace Wobble.Dashboard.Live;

/// <summary>One worker process of the target over the measurement.</summary>
public sealed record WorkerSum(string Component, int Pid, string Role, double CpuSeconds, double RunQueueMs, long InvoluntarySwitches);

/// <summary>
/// What a run's seconds add up to, taken in one after another. Bounded: of a run longer than <see cref="MostPoints"/> seconds neighbours are merged,
/// 2, 4, 8 … seconds a point, histogram by histogram, so that a day of measuring takes no more memory than 20 minutes. Not thread-safe.
/// </summary>
internal sealed class RunTally
{
    /// <summary>The most points of the measurement; more can't be told apart on a page.</summary>
    public const int MostPoints = 1_200;
    /// <summary>The most warm-up seconds that are kept, the last ones.</summary>
    public const int MostWarmup = 120;

    private readonly List<RunPoint> _points = [];
    private readonly Queue<RunPoint> _warmup = new();
    private readonly Dictionary<(string, int), WorkerSum> _workers = [];
    private int _secondsInLast;

    /// <summary>Measured points in order.</summary>
    public IReadOnlyList<RunPoint> Points => _points;
    /// <summary>Warm-up seconds in order.</summary>
    public IReadOnlyCollection<RunPoint> Warmup => _warmup;
    /// <summary>Seconds that a point stands for.</summary>
    public int Every { get; private set; } = 1;
    /// <summary>All measured latencies, ns.</summary>
    public LongHistogram Latency { get; } = Histograms.Create();
    /// <summary>Number of the last warm-up second, −1 for none.</summary>
    public int LastWarmup { get; private set; } = -1;
    /// <summary>Number of the last measured second, −1 for none.</summary>
    public int LastMeasured { get; private set; } = -1;
    /// <summary>Measured time, s.</summary>
    public double Seconds { get; private set; }
    /// <summary>Processes of all components that have several.</summary>
    public IReadOnlyCollection<WorkerSum> Workers => _workers.Values;

    /// <summary>Says how many measured seconds will come at least, before the first of them.</summary>
    public void Expect(int seconds)
    {
        if (_points.Count > 0) return;
        while ((seconds + Every - 1) / Every > MostPoints) Every *= 2;
    }

    /// <summary>Takes in the next seconds in order; those that were taken in before change nothing.</summary>
    public void Take(IReadOnlyList<RecordedSecond> seconds)
    {
        int at = 0;
        while (at < seconds.Count)
        {
            var second = seconds[at].Second;
            if (second.Number <= (second.Stage == 0 ? LastWarmup : LastMeasured)) at++;
            else if (second.Stage == 0) AddWarmup(seconds[at++]);
            else at += AddMeasured(seconds, at);
        }
    }

    private void AddWarmup(RecordedSecond recorded)
    {
        LastWarmup = recorded.Second.Number;
        _warmup.Enqueue(RunPoint.Of([recorded], Histograms.Merge(recorded.Latencies)));
        if (_warmup.Count > MostWarmup) _warmup.Dequeue();
    }

    // As many as fit into one point, with one histogram for all of them.
    private int AddMeasured(IReadOnlyList<RecordedSecond> seconds, int at)
    {
        int room = _points.Count > 0 && _secondsInLast < Every ? Every - _secondsInLast : Every;
        List<RecordedSecond> together = [.. seconds.Skip(at).Take(room)];
        var latency = Histograms.Merge(together.SelectMany(s => s.Latencies));
        LastMeasured = together[^1].Second.Number;
        Seconds += together.Sum(s => s.Second.Length);
        Latency.Add(latency);
        foreach (var recorded in together) AddWorkers(recorded);
        Append(RunPoint.Of(together, latency), together.Count);
        return together.Count;
    }

    /// <summary>Histograms of four contiguous sections of the measurement, from which an interval within the run is made.</summary>
    public IReadOnlyList<(LongHistogram Latency, double Seconds)> Sections()
    {
        const int sections = 4;
        var all = new List<(LongHistogram, double)>(sections);
        for (int i = 0; i < sections; i++)
        {
            var part = _points[(i * _points.Count / sections)..((i + 1) * _points.Count / sections)];
            all.Add((Histograms.Merge(part.Select(p => p.Latency)), part.Sum(p => p.Length)));
        }
        return all;
    }

    private void Append(RunPoint point, int seconds)
    {
        if (_points.Count > 0 && _secondsInLast < Every)
        {
            _points[^1] = _points[^1].With(point);
            _secondsInLast += seconds;
            return;
        }
        if (_points.Count == MostPoints) Halve();
        _points.Add(point);
        _secondsInLast = seconds;
    }

    private void Halve()
    {
        for (int i = 0; i < MostPoints / 2; i++) _points[i] = _points[2 * i].With(_points[2 * i + 1]);
        _points.RemoveRange(MostPoints / 2, MostPoints / 2);
        Every *= 2;
    }

    private void AddWorkers(RecordedSecond recorded)
    {
        foreach (var component in recorded.Second.Watched.Components.Where(c => c.Processes.Count > 1))
        foreach (var process in component.Processes)
        {
            var key = (component.Name, process.Pid);
            var sum = _workers.GetValueOrDefault(key) ?? new WorkerSum(component.Name, process.Pid, process.Role, 0, 0, 0);
            _workers[key] = sum with
            {
                CpuSeconds = sum.CpuSeconds + process.CpuSeconds,
                RunQueueMs = sum.RunQueueMs + process.RunQueueMs,
                InvoluntarySwitches = sum.InvoluntarySwitches + process.InvoluntarySwitches,
            };
        }
    }
}
