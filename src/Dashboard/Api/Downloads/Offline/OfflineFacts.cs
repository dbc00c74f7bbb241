using HdrHistogram;
using Wobble.Results.Facts;
using Wobble.Results.Queries;
using Wobble.Results.Statistics;
using Wobble.Results.Storage;

namespace Wobble.Dashboard.Api.Downloads.Offline;

/// <summary>One or more measured seconds, merged: percentiles come from their histograms, never from averages.</summary>
public sealed record OfflineSlice(double From, double Length, long Requests, long Errors, double? P50, double? P90, double? P99, double? P999, double? Max)
{
    public double Throughput => Length > 0 ? Requests / Length : 0;
    /// <summary>The most clients that waited in the pooler; null without one.</summary>
    public int? PoolerWaiting { get; init; }
    /// <summary>Cores that each component used, in the order of <see cref="OfflineFacts.Components"/>.</summary>
    public IReadOnlyList<double> Cores { get; init; } = [];
}

/// <summary>A component over the measured time.</summary>
public sealed record OfflineComponent(string Name, double CpuSeconds, double MaxRssMb, double RunQueueMs, long InvoluntarySwitches);

/// <summary>What the offline file shows, of bounded size however long the run was.</summary>
public sealed record OfflineFacts
{
    /// <summary>The most slices of time: more can't be told apart on a page.</summary>
    public const int MostSlices = 300;
    /// <summary>The most events: a server that crashes every second for a day tells no more.</summary>
    public const int MostEvents = 10_000;

    public required Run Run { get; init; }
    public required string Url { get; init; }
    public required IReadOnlyList<OfflineSlice> Slices { get; init; }
    /// <summary>Seconds of a slice.</summary>
    public required int SliceSeconds { get; init; }
    public required IReadOnlyList<OfflineComponent> Components { get; init; }
    public required IReadOnlyList<PercentilePoint> Distribution { get; init; }
    public required HeatShape Heat { get; init; }
    public required IReadOnlyList<RunEvent> Events { get; init; }
    public required IReadOnlyList<ComponentLog> Logs { get; init; }

    internal static async Task<OfflineFacts> ReadAsync(ExportQueries queries, Run run, string url, CancellationToken cancel)
    {
        var lengths = await queries.Lengths(run.Id, cancel);
        int seconds = lengths.Count == 0 ? 0 : lengths.Keys.Max(k => k.Second) + 1;
        int every = Math.Max(1, (seconds + MostSlices - 1) / MostSlices);
        var parts = Enumerable.Range(0, (seconds + every - 1) / every).Select(_ => new Part()).ToArray();
        var all = Histograms.Create();
        foreach (var ((_, second), length) in lengths) parts[second / every].Length += length;
        await foreach (var sample in queries.Samples(run.Id, cancel))
        {
            var histogram = Histograms.Decode(sample.Latency);
            all.Add(histogram);
            parts[sample.Second / every].Latency.Add(histogram);
            parts[sample.Second / every].Errors += sample.Errors.Values.Sum();
        }
        var components = new Dictionary<string, OfflineComponent>(StringComparer.Ordinal);
        foreach (string name in await queries.ComponentNames(run.Id, cancel)) components[name] = new OfflineComponent(name, 0, 0, 0, 0);
        await foreach (var second in queries.Seconds(run.Id, warmup: false, after: null, cancel)) parts[second.Number / every].Watch(second.Watched, components);
        return new OfflineFacts
        {
            Run = run,
            Url = url,
            Slices = [.. parts.Select((p, i) => p.Slice(i * every, components.Keys))],
            SliceSeconds = every,
            Components = [.. components.Values],
            Distribution = DistributionCurve.Of(all),
            Heat = HeatShape.Of([.. parts.Select(p => p.Latency)]),
            Events = await queries.Events(run.Id, cancel).Take(MostEvents).ToListAsync(cancel),
            Logs = await queries.Logs(run.Id, cancel),
        };
    }

    private sealed class Part
    {
        private readonly Dictionary<string, double> _cpu = [];
        private int? _waiting;

        public LongHistogram Latency { get; } = Histograms.Create();
        public double Length { get; set; }
        public long Errors { get; set; }

        public void Watch(Watched watched, Dictionary<string, OfflineComponent> components)
        {
            foreach (var c in watched.Components)
            {
                _cpu[c.Name] = _cpu.GetValueOrDefault(c.Name) + c.CpuSeconds;
                if (!components.TryGetValue(c.Name, out var so)) continue;
                components[c.Name] = new OfflineComponent(c.Name, so.CpuSeconds + c.CpuSeconds, Math.Max(so.MaxRssMb, c.RssMb), so.RunQueueMs + c.RunQueueMs, so.InvoluntarySwitches + c.InvoluntarySwitches);
            }
            if (watched.Pooler is { } pooler) _waiting = Math.Max(_waiting ?? 0, pooler.ClientsWaiting);
        }

        public OfflineSlice Slice(double from, IEnumerable<string> components)
        {
            bool any = Latency.TotalCount > 0;
            double? At(double percentile) => any ? Percentiles.Ms(Latency, percentile) : null;
            return new OfflineSlice(from, Length, Latency.TotalCount, Errors, At(50), At(90), At(99), At(99.9), At(100))
            {
                PoolerWaiting = _waiting,
                Cores = [.. components.Select(c => Length > 0 ? _cpu.GetValueOrDefault(c) / Length : 0)],
            };
        }
    }
}
