using Wobble.Results.Domain;
using Wobble.Results.Queries;
using Wobble.Results.Statistics;
using Wobble.Results.Storage;

namespace Wobble.Dashboard.Live;

/// <summary>A percentile's interval, for the band of the distribution.</summary>
public readonly record struct BandPoint(double Nines, double Low, double High);

/// <summary>95% intervals within this run; null where it is too short for one.</summary>
public sealed record RunIntervals(Interval? P50, Interval? P90, Interval? P99, Interval? Throughput, Interval? Wobble, IReadOnlyList<BandPoint> Band)
{
    public static readonly RunIntervals None = new(null, null, null, null, null, []);
}

/// <summary>All that the page of a run shows, at one moment. Never changes: a live page is given the next one.</summary>
public sealed record RunPicture
{
    public required RunHeader Header { get; init; }
    /// <summary>Measured points in order.</summary>
    public required IReadOnlyList<RunPoint> Points { get; init; }
    /// <summary>Seconds that a point stands for.</summary>
    public int Every { get; init; } = 1;
    /// <summary>The last warm-up seconds.</summary>
    public required IReadOnlyList<RunPoint> Warmup { get; init; }
    /// <summary>Measured time, s.</summary>
    public double Seconds { get; init; }
    public required IReadOnlyList<WorkerSum> Workers { get; init; }
    /// <summary>Figures of the whole measurement so far; percentiles the data can't show are null.</summary>
    public required Latencies LatencyMs { get; init; }
    /// <summary>Good answers.</summary>
    public long Requests { get; init; }
    /// <summary>Failures by kind.</summary>
    public required IReadOnlyDictionary<string, long> Errors { get; init; }
    /// <summary>As far as the data can show it.</summary>
    public IReadOnlyList<PercentilePoint> Distribution { get; init; } = [];
    /// <summary>Beyond that, to the slowest request: fewer than 10 lie beyond each point.</summary>
    public IReadOnlyList<PercentilePoint> Tail { get; init; } = [];
    public RunIntervals Intervals { get; init; } = RunIntervals.None;
    /// <summary>By how much the p99.9 of the two halves differ: .31 is 31%; null when it can't be said.</summary>
    public double? HalvesDiffer { get; init; }
    /// <summary>Why it wobbled; null while it goes on, or when nothing was measured.</summary>
    public RunWhy? Why { get; init; }
    /// <summary>Doubts of a run that goes on; null when it has ended or none can be said yet.</summary>
    public Trust? SoFar { get; init; }
    public required IReadOnlyList<RunEvent> Events { get; init; }
    public required IReadOnlyList<LogTail> Logs { get; init; }

    public Run Run => Header.Run;
    public RunState State => Run.State;
    public RunResult? Result => Run.Result;
    public bool IsFinal => State.IsFinal();
    public bool HasMeasured => Points.Count > 0;
    public double? Throughput => Result?.Throughput ?? (Seconds > 0 ? Requests / Seconds : null);
    public double? Wobble => Result?.Wobble ?? (LatencyMs is { P99: { } p99, P50: { } p50 } && p50 > 0 ? p99 / p50 : null);
    public long Failed => Errors.Values.Sum();
    /// <summary>The definition with every default filled in, as soon as it is planned.</summary>
    public Definition Definition => Run.Plan?.Definition ?? Run.Definition;
    /// <summary>Seconds the measurement should take; null when a number of requests is measured.</summary>
    public double? Planned => RunQueries.LengthOf(Definition)?.TotalSeconds;
}
