using HdrHistogram;
using Wobble.Results.Facts;
using Wobble.Results.Queries;
using Wobble.Results.Statistics;

namespace Wobble.Dashboard.Live;

/// <summary>A component over one point: time and switches summed, memory and files the greatest.</summary>
public sealed record ComponentPoint(string Name, double CpuSeconds, double RssMb, int OpenFiles, double RunQueueMs, long InvoluntarySwitches);

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
    /// <summary>Share of all cores that the hypervisor gave to others.</summary>
    public double? Steal { get; init; }
    /// <summary>CPU time of processes that are no part of the run, s.</summary>
    public double? OtherCpuSeconds { get; init; }

    public double Throughput => Length > 0 ? Requests / Length : 0;
    public long Failed => Errors.Values.Sum();

    public static RunPoint Of(RecordedSecond recorded, LongHistogram latency)
    {
        var (second, parts) = recorded;
        var watched = second.Watched;
        return new RunPoint
        {
            Stage = second.Stage,
            From = second.Number,
            Length = second.Length,
            Requests = second.Requests,
            Errors = second.Errors,
            P50 = second.P50, P90 = second.P90, P99 = second.P99, P999 = second.P999, Max = second.Max,
            Latency = parts.Count == 1 ? parts[0] : Histograms.Encode(latency),
            Heat = HeatBins.Cells(latency),
            Components = [.. watched.Components.Select(c => new ComponentPoint(c.Name, c.CpuSeconds, c.RssMb, c.OpenFiles, c.RunQueueMs, c.InvoluntarySwitches))],
            GeneratorBusy = watched.Generator.Busy,
            GeneratorCpuSeconds = watched.Generator.CpuSeconds,
            GeneratorRunQueueMs = watched.Generator.RunQueueMs,
            Waiting = watched.Pooler?.ClientsWaiting,
            Steal = watched.Host?.StealShare,
            OtherCpuSeconds = watched.Host?.OtherCpuSeconds,
        };
    }

    /// <summary>This and the point after it as one.</summary>
    public RunPoint With(RunPoint next)
    {
        var latency = Histograms.Decode(Latency);
        latency.Add(Histograms.Decode(next.Latency));
        double? At(double percentile) => latency.TotalCount == 0 ? null : Percentiles.Ms(latency, percentile);
        double length = Length + next.Length;
        return new RunPoint
        {
            Stage = Stage,
            From = From,
            Length = length,
            Requests = Requests + next.Requests,
            Errors = Errors.Concat(next.Errors).GroupBy(e => e.Key).ToDictionary(g => g.Key, g => g.Sum(e => e.Value)),
            P50 = At(50), P90 = At(90), P99 = At(99), P999 = At(99.9), Max = At(100),
            Latency = Histograms.Encode(latency),
            Heat = HeatBins.Add(Heat, next.Heat),
            Components = [.. Components.Concat(next.Components).GroupBy(c => c.Name).Select(g => new ComponentPoint(
                g.Key, g.Sum(c => c.CpuSeconds), g.Max(c => c.RssMb), g.Max(c => c.OpenFiles), g.Sum(c => c.RunQueueMs), g.Sum(c => c.InvoluntarySwitches)))],
            GeneratorBusy = (GeneratorBusy * Length + next.GeneratorBusy * next.Length) / length,
            GeneratorCpuSeconds = GeneratorCpuSeconds + next.GeneratorCpuSeconds,
            GeneratorRunQueueMs = GeneratorRunQueueMs + next.GeneratorRunQueueMs,
            Waiting = Waiting is null ? next.Waiting : Math.Max(Waiting.Value, next.Waiting ?? 0),
            Steal = Steal is null ? next.Steal : (Steal * Length + (next.Steal ?? 0) * next.Length) / length,
            OtherCpuSeconds = OtherCpuSeconds is null ? next.OtherCpuSeconds : OtherCpuSeconds + (next.OtherCpuSeconds ?? 0),
        };
    }
}
