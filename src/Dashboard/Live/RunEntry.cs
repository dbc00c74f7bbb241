using HdrHistogram;
using Wobble.Results.Domain;
using Wobble.Results.Queries;
using Wobble.Results.Statistics;
using Wobble.Results.Storage;

namespace Wobble.Dashboard.Live;

/// <summary>
/// One run as it was read so far, for all who look at it. <see cref="ReadAsync"/> reads only what is new. Whoever asks gets a picture whose reading
/// began after the question, so nothing that was announced is missed; those who ask during a reading share the next one. Pages that were told that
/// there is more share one reading of it, however far apart they ask (<see cref="ReadToldAsync"/>).
/// </summary>
internal sealed class RunEntry(string slug, RunQueries queries, Func<long?> told)
{
    private const int LogCharacters = 20_000;
    /// <summary>Intervals of a live run with more points are renewed at every tenth second only.</summary>
    private const int EverySecondUpTo = 300;

    private readonly Lock _lock = new();
    private readonly RunTally _tally = new();
    private readonly List<RunEvent> _events = [];
    private RunIntervals _intervals = RunIntervals.None;
    private double? _halvesDiffer;
    private int _intervalsAt = -1;
    private RunWhy? _why;
    private Task<RunPicture?>? _reading;
    private Task<RunPicture?>? _next;
    private long? _toldAt;

    /// <summary>The picture as of now; null when the run isn't there.</summary>
    public Task<RunPicture?> ReadAsync()
    {
        lock (_lock)
        {
            if (_reading is null or { IsCompleted: true }) return Begin();
            return _next ??= FollowAsync(_reading);
        }
    }

    /// <summary>A picture that holds all that was announced (<see cref="RunFeed.Told"/>), the last one if nothing was since; null when the run isn't there.</summary>
    public Task<RunPicture?> ReadToldAsync()
    {
        lock (_lock)
        {
            if (told() is { } now && now == _toldAt && _reading is { IsFaulted: false, IsCanceled: false }) return _reading;
            return ReadAsync();
        }
    }

    // Under the lock. The number first: what is announced while it reads may be missing.
    private Task<RunPicture?> Begin()
    {
        _toldAt = told();
        return _reading = Task.Run(ReadNewAsync);
    }

    private async Task<RunPicture?> FollowAsync(Task<RunPicture?> before)
    {
        await ((Task)before).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        Task<RunPicture?> mine;
        lock (_lock)
        {
            mine = Begin();
            _next = null;
        }
        return await mine;
    }

    private async Task<RunPicture?> ReadNewAsync()
    {
        // The header first: read last, it could say completed before the last seconds were read.
        if (await queries.BySlug(slug, CancellationToken.None) is not { } header) return null;
        var run = header.Run;
        // Known beforehand, a long run's seconds are merged as they are read, not one by one and then again.
        if (_tally.LastMeasured < 0) _tally.Expect(await queries.MeasuredSeconds(run.Id, CancellationToken.None));
        while (true)
        {
            var seconds = await queries.SecondsAfter(run.Id, _tally.LastWarmup, _tally.LastMeasured, CancellationToken.None);
            _tally.Take(seconds);
            if (seconds.Count < RunQueries.SecondsAtOnce) break;
        }
        _events.AddRange(await queries.EventsAfter(run.Id, _events.Count == 0 ? 0 : _events[^1].FactNumber, CancellationToken.None));
        var logs = await queries.LogTails(run.Id, LogCharacters, CancellationToken.None);
        RenewIntervals(run.State.IsFinal());
        // Once: what has ended changes no more.
        if (run.State.IsFinal() && _tally.Points.Count > 0) _why ??= RunWhy.Of(run, _tally.Points, _tally.Latency);
        return Draw(header, logs);
    }

    private RunPicture Draw(RunHeader header, IReadOnlyList<LogTail> logs)
    {
        var run = header.Run;
        var whole = run.End?.Totals is { Latency.Length: > 0 } totals ? Histograms.Decode(totals.Latency) : _tally.Latency;
        var distribution = DistributionCurve.Of(whole);
        return new RunPicture
        {
            Header = header,
            Points = [.. _tally.Points],
            Every = _tally.Every,
            Warmup = [.. _tally.Warmup],
            Seconds = run.End?.Totals?.Seconds ?? _tally.Seconds,
            Workers = [.. _tally.Workers],
            LatencyMs = run.Result?.LatencyMs ?? Percentiles.Of(_tally.Latency),
            Requests = run.Result?.Requests ?? _tally.Latency.TotalCount,
            Errors = run.Result?.Errors ?? Sum(_tally.Points),
            Distribution = distribution,
            Tail = TailOf(whole, distribution),
            Intervals = _intervals,
            HalvesDiffer = _halvesDiffer,
            Why = _why,
            SoFar = run.State.IsFinal() ? null : DoubtsSoFar.Of(run, _tally.Points, _tally.Latency),
            Events = [.. _events],
            Logs = logs,
        };
    }

    private void RenewIntervals(bool isFinal)
    {
        int points = _tally.Points.Count;
        if (_tally.Seconds < WithinRun.LeastSeconds || points < 8 || _intervalsAt == _tally.LastMeasured) return;
        if (!isFinal && points > EverySecondUpTo && _tally.LastMeasured - _intervalsAt < 10) return;
        _intervalsAt = _tally.LastMeasured;
        var sections = _tally.Sections();
        _intervals = RunSections.Intervals(_tally.Latency, _tally.Seconds, sections);
        _halvesDiffer = RunSections.HalvesDiffer(sections);
    }

    private static List<PercentilePoint> TailOf(LongHistogram whole, IReadOnlyList<PercentilePoint> shown)
    {
        const double mostNines = 4, step = 1 / 40d;
        if (whole.TotalCount < 2) return [];
        double from = shown.Count == 0 ? 0 : shown[^1].Nines, to = Math.Min(mostNines, Math.Log10(whole.TotalCount));
        var quantiles = new List<double>();
        for (double nines = from; nines < to; nines += step) quantiles.Add(Quantile(nines));
        if (to >= mostNines) quantiles.Add(Quantile(to));
        List<PercentilePoint> tail = [.. quantiles.Zip(Percentiles.Many(whole, [.. quantiles.Select(q => q * 100)]), (q, ms) => new PercentilePoint(q, ms))];
        // One in all of them: the slowest itself, which the histogram's rounding of ranks could miss.
        if (to < mostNines) tail.Add(new PercentilePoint(1 - (1d / whole.TotalCount), whole.GetMaxValue() / 1e6));
        return tail.Count < 2 || to <= from ? [] : tail;

        static double Quantile(double nines) => 1 - Math.Pow(10, -nines);
    }

    internal static Dictionary<string, long> Sum(IReadOnlyList<RunPoint> points) =>
        points.SelectMany(p => p.Errors).GroupBy(e => e.Key).OrderBy(g => g.Key, StringComparer.Ordinal).ToDictionary(g => g.Key, g => g.Sum(e => e.Value));
}
