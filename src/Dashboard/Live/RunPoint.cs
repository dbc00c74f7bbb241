using HdrHistogram;
using Wobble.Results.Facts;
using Wobble.Results.Queries;
using Wobble.Results.Statistics;
using Wobble.Results.Storage;

namespace Wobble.Dashboard.Live;

/// <summary>A component over one point: time and switches summed, memory and files the greatest.</summary>
public sealed record ComponentPoint(string Name, double CpuSeconds, double RssMb, int OpenFiles, double RunQueueMs, long InvoluntarySwitches)
{
    /// <summary>Jain's index of the CPU time of its workers; null when it has no several. Of several seconds, their mean.</summary>
    public double? Evenness { get; init; }
}

/// <summary>How many requests fell into one bin of <see cref="HeatBins"/>.</summary>
public readonly record struct HeatCell(byte Bin, int Count);

/// <summary>
/// One second of a run as its page draws it, or several merged ones of a long run. Percentiles come from the merged histogram, never from averages.
/// </summary>
public sealed record RunPoint
{
    public required int Stage { get; init; }
    /// <summary>Second it begins at.</summary>
    public required int From { get; init; }
    /// <summary>s</summary>
    public required double Length { get; init; }
    public required long Requests { get; init; }
    public required IReadOnlyDictionary<string, long> Errors { get; init; }
    /// <summary>ms; null without answers.</summary>
    public double? P50 { get; init; }
    public double? P90 { get; init; }
    public double? P99 { get; init; }
    public double? P999 { get; init; }
    public double? Max { get; init; }
    /// <summary>All kinds, HDR V2 compressed.</summary>
    public required byte[] Latency { get; init; }
    public required IReadOnlyList<HeatCell> Heat { get; init; }
    public IReadOnlyList<ComponentPoint> Components { get; init; } = [];
    /// <summary>Share of its core that the generator was busy.</summary>
    public double GeneratorBusy { get; init; }
    public double GeneratorCpuSeconds { get; init; }
    public double GeneratorRunQueueMs { get; init; }
    /// <summary>Clients that wait in the pooler, the most; null without a pooler.</summary>
    public int? Waiting { get; init; }
    /// <summary>The longest that a client waited in the pooler, ms; null without a pooler.</summary>
    public double? PoolerWaitMs { get; init; }
    /// <summary>Own pauses of the generator for garbage collection, ms.</summary>
    public double GcPauseMs { get; init; }
    /// <summary>Its other pauses: no core, or unknown, ms.</summary>
    public double OtherPauseMs { get; init; }
    /// <summary>Share of all cores that the hypervisor gave to others.</summary>
    public double? Steal { get; init; }
    /// <summary>CPU time of processes that are no part of the run, s.</summary>
    public double? OtherCpuSeconds { get; init; }

    public double Throughput => Length > 0 ? Requests / Length : 0;
    public long Failed => Errors.Values.Sum();

    /// <summary>One second, or several that follow one another as one point.</summary>
    /// <param name="seconds">At least one.</param>
    /// <param name="latency">Their latencies, merged.</param>
    public static RunPoint Of(IReadOnlyList<RecordedSecond> seconds, LongHistogram latency)
    {
        if (seconds.Count > 1) return Merge([.. seconds.Select(s => Of(s.Second, [], []))], latency);
        var (second, parts) = seconds[0];
        return Of(second, parts.Count == 1 ? parts[0] : Histograms.Encode(latency), HeatBins.Cells(latency));
    }

    private static RunPoint Of(Second second, byte[] latency, IReadOnlyList<HeatCell> heat)
    {
        var watched = second.Watched;
        return new RunPoint
        {
            Stage = second.Stage,
            From = second.Number,
            Length = second.Length,
            Requests = second.Requests,
            Errors = second.Errors,
            P50 = second.P50, P90 = second.P90, P99 = second.P99, P999 = second.P999, Max = second.Max,
            Latency = latency,
            Heat = heat,
            Components = [.. watched.Components.Select(c => new ComponentPoint(c.Name, c.CpuSeconds, c.RssMb, c.OpenFiles, c.RunQueueMs, c.InvoluntarySwitches)
            {
                Evenness = Results.Statistics.Evenness.Of([.. c.Processes.Where(p => p.Role != "master").Select(p => p.CpuSeconds)]),
            })],
            GeneratorBusy = watched.Generator.Busy,
            GeneratorCpuSeconds = watched.Generator.CpuSeconds,
            GeneratorRunQueueMs = watched.Generator.RunQueueMs,
            Waiting = watched.Pooler?.ClientsWaiting,
            PoolerWaitMs = watched.Pooler?.LongestWaitMs,
            GcPauseMs = watched.Generator.Pauses.Where(p => p.Cause == "gc").Sum(p => p.Ms),
            OtherPauseMs = watched.Generator.Pauses.Where(p => p.Cause != "gc").Sum(p => p.Ms),
            Steal = watched.Host?.StealShare,
            OtherCpuSeconds = watched.Host?.OtherCpuSeconds,
        };
    }

    /// <summary>This and the point after it as one.</summary>
    public RunPoint With(RunPoint next) => Merge([this, next], Histograms.Merge([Latency, next.Latency]));

    private static RunPoint Merge(IReadOnlyList<RunPoint> parts, LongHistogram latency)
    {
        double? At(double percentile) => latency.TotalCount == 0 ? null : Percentiles.Ms(latency, percentile);
        double length = parts.Sum(p => p.Length);
        return new RunPoint
        {
            Stage = parts[0].Stage,
            From = parts[0].From,
            Length = length,
            Requests = parts.Sum(p => p.Requests),
            Errors = parts.SelectMany(p => p.Errors).GroupBy(e => e.Key).ToDictionary(g => g.Key, g => g.Sum(e => e.Value)),
            P50 = At(50), P90 = At(90), P99 = At(99), P999 = At(99.9), Max = At(100),
            Latency = Histograms.Encode(latency),
            Heat = HeatBins.Cells(latency),
            Components = [.. parts.SelectMany(p => p.Components).GroupBy(c => c.Name).Select(g => new ComponentPoint(
                g.Key, g.Sum(c => c.CpuSeconds), g.Max(c => c.RssMb), g.Max(c => c.OpenFiles), g.Sum(c => c.RunQueueMs), g.Sum(c => c.InvoluntarySwitches)) { Evenness = g.Average(c => c.Evenness) })],
            GeneratorBusy = parts.Sum(p => p.GeneratorBusy * p.Length) / length,
            GeneratorCpuSeconds = parts.Sum(p => p.GeneratorCpuSeconds),
            GeneratorRunQueueMs = parts.Sum(p => p.GeneratorRunQueueMs),
            Waiting = parts.Max(p => p.Waiting),
            PoolerWaitMs = parts.Max(p => p.PoolerWaitMs),
            GcPauseMs = parts.Sum(p => p.GcPauseMs),
            OtherPauseMs = parts.Sum(p => p.OtherPauseMs),
            Steal = Mean(parts, p => p.Steal),
            OtherCpuSeconds = parts.All(p => p.OtherCpuSeconds is null) ? null : parts.Sum(p => p.OtherCpuSeconds ?? 0),
        };
    }

    // Over the parts that have it, weighted by their length.
    private static double? Mean(IReadOnlyList<RunPoint> parts, Func<RunPoint, double?> value)
    {
        var known = parts.Where(p => value(p) is not null).ToList();
        return known.Count == 0 ? null : known.Sum(p => value(p)!.Value * p.Length) / known.Sum(p => p.Length);
    }
}
