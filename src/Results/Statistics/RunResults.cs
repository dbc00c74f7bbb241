using HdrHistogram;
using Wobble.Results.Domain;
using Wobble.Results.Facts;
using Wobble.Results.Statistics.Doubts;

namespace Wobble.Results.Statistics;

/// <summary>
/// Facts in, result out; pure. Guarantees: every percentile comes from one merged histogram, failed requests are in no latency, a percentile the data
/// can't show is null, and the verdict is that of every check in <see cref="TrustVerdict"/>.
/// </summary>
public static class RunResults
{
    /// <summary>The result, or null when not one measured second is there.</summary>
    public static RunResult? From(RunFacts facts)
    {
        ArgumentNullException.ThrowIfNull(facts);
        var sums = new RunSums(facts, facts.Samples.Count(s => s.Stage > 0 && RunReading.IsWhole(s)));
        foreach (var sample in facts.Samples) sums.Take(sample);
        return sums.Result();
    }

    internal static RunResult Of(RunReading reading, RunSums sums)
    {
        var facts = reading.Facts;
        var totals = facts.Totals;
        var latency = Percentiles.Of(reading.Latency, totals?.MinNs, totals?.MaxNs, totals?.MeanNs);
        var definition = facts.Plan?.Definition;
        return new RunResult
        {
            Target = definition?.Target,
            Workers = definition?.Workers,
            Connections = facts.Load.Connections,
            Rate = facts.Load.Rate,
            KeepAlive = facts.Load.KeepAlive,
            Requests = reading.Answered,
            Throughput = reading.Throughput,
            LatencyMs = latency,
            ServiceMs = sums.Service,
            Errors = reading.Errors,
            Wobble = latency is { P99: { } p99, P50: { } p50 } && p50 > 0 ? p99 / p50 : null,
            Trust = TrustVerdict.Of(reading),
            Generator = CostOf(reading),
            Kinds = sums.Kinds(reading.Seconds),
            Stages = sums.Stages(),
            Components = facts.Plan is null ? null : sums.Components(),
            Freezes = reading.Freezes,
            // JSON has no infinity: a part without answers is told by the verdict.
            Drift = reading.Drift is { } drift && double.IsFinite(drift.P50) && double.IsFinite(drift.Throughput) ? drift : null,
            WorkersOnCores = reading.WorkersOnCores,
            Pooler = reading.Pooler,
            Environment = facts.Environment,
            Plan = facts.Plan,
        };
    }

    private static GeneratorCost CostOf(RunReading reading)
    {
        double cpu = reading.GeneratorCpuSeconds;
        return new GeneratorCost(reading.Answered > 0 ? cpu * 1e6 / reading.Answered : null, reading.GeneratorBusy)
        {
            Engine = reading.Facts.Totals?.Engine,
            Priority = reading.Facts.Totals?.Priority,
            SentOfOffered = reading.SentOfOffered,
            LateP50Us = reading.Lateness is { TotalCount: > 0 } late ? late.GetValueAtPercentile(50) / 1e3 : null,
            LateP99Us = reading.Lateness is { TotalCount: > 0 } late99 ? late99.GetValueAtPercentile(99) / 1e3 : null,
        };
    }

    internal static IReadOnlyDictionary<string, long> Sum(IEnumerable<IReadOnlyDictionary<string, long>> counts) =>
        counts.SelectMany(c => c).GroupBy(c => c.Key).Select(c => (c.Key, Count: c.Sum(e => e.Value))).Where(c => c.Count > 0)
            .OrderBy(c => c.Key, StringComparer.Ordinal).ToDictionary(c => c.Key, c => c.Count);
}
