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
        var measured = facts.Samples.Where(s => s.Stage > 0).ToList();
        if (measured.Count == 0) return null;

        var reading = new RunReading(facts, measured);
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
            ServiceMs = ServiceOf(measured),
            Errors = reading.Errors,
            Wobble = latency is { P99: { } p99, P50: { } p50 } && p50 > 0 ? p99 / p50 : null,
            Trust = TrustVerdict.Of(reading),
            Generator = CostOf(reading),
            Kinds = KindsOf(measured, reading.Seconds),
            Stages = StagesOf(facts.Load, measured),
            Components = facts.Plan is null ? null : ComponentsOf(measured, totals),
            Environment = facts.Environment,
            Plan = facts.Plan,
        };
    }

    private static Latencies? ServiceOf(List<SampleFact> measured)
    {
        var parts = measured.SelectMany(s => s.Kinds).Where(k => k.Service is not null).Select(k => k.Service!).ToList();
        return parts.Count == 0 ? null : Percentiles.Of(Histograms.Merge(parts));
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

    private static List<KindResult> KindsOf(List<SampleFact> measured, double seconds)
    {
        var kinds = measured.SelectMany(s => s.Kinds).GroupBy(k => k.Kind).ToList();
        if (kinds.Count < 2) return [];
        return [.. kinds.Select(k =>
        {
            var histogram = Histograms.Merge(k.Select(s => s.Latency));
            return new KindResult(k.Key, histogram.TotalCount, histogram.TotalCount / seconds, Percentiles.Of(histogram), Sum(k.Select(s => s.Errors)));
        })];
    }

    private static List<StageResult> StagesOf(LoadPlan load, List<SampleFact> measured)
    {
        if (load.Stages.Count < 2) return [];
        return [.. measured.GroupBy(s => s.Stage).OrderBy(s => s.Key).Select(stage =>
        {
            var histogram = Histograms.Merge(stage.SelectMany(s => s.Kinds).Select(k => k.Latency));
            double seconds = stage.Sum(s => s.Length);
            string text = stage.Key <= load.Stages.Count ? Word(load.Stages[stage.Key - 1]) : "";
            return new StageResult(stage.Key, text, histogram.TotalCount, histogram.TotalCount / seconds, Percentiles.Of(histogram), Sum(stage.SelectMany(s => s.Kinds).Select(k => k.Errors)));
        })];
    }

    private static string Word(LoadStage stage) => string.Create(System.Globalization.CultureInfo.InvariantCulture,
        $"{Duration.Format(stage.For)}@{(stage.Rate is { } rate ? $"{rate}/s" : stage.Connections)}");

    private static List<ComponentCost> ComponentsOf(List<SampleFact> measured, LoadTotals? totals)
    {
        var costs = measured.SelectMany(s => s.Components).GroupBy(c => c.Name)
            .Select(c => new ComponentCost(c.Key, c.Sum(s => s.CpuSeconds), c.Max(s => s.RssMb))).ToList();
        if (totals is not null && costs.All(c => c.Name != "generator")) costs.Add(new ComponentCost("generator", totals.CpuSeconds, totals.MaxRssMb));
        return costs;
    }

    internal static IReadOnlyDictionary<string, long> Sum(IEnumerable<IReadOnlyDictionary<string, long>> counts) =>
        counts.SelectMany(c => c).GroupBy(c => c.Key).Select(c => (c.Key, Count: c.Sum(e => e.Value))).Where(c => c.Count > 0)
            .OrderBy(c => c.Key, StringComparer.Ordinal).ToDictionary(c => c.Key, c => c.Count);
}
