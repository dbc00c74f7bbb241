using HdrHistogram;
using Wobble.Results.Domain;
using Wobble.Results.Facts;
using Wobble.Results.Statistics.Doubts;

namespace Wobble.Results.Statistics;

/// <summary>
/// A run's result, made of its samples one after another. Guarantees: as <see cref="RunResults"/>; none of the samples is kept, so memory depends on the
/// kinds of request and the stages, never on how long the run is.
/// </summary>
/// <param name="facts">The facts; their samples are not looked at.</param>
/// <param name="whole">How many measured seconds are whole (<see cref="RunReading.IsWhole"/>).</param>
public sealed class RunSums(RunFacts facts, int whole)
{
    private sealed class Part
    {
        public LongHistogram Latency { get; } = Histograms.Create();
        public Dictionary<string, long> Errors { get; } = [];
        public double Seconds { get; set; }

        public void Take(KindSample kind)
        {
            Histograms.Add(Latency, kind.Latency);
            foreach (var (error, count) in kind.Errors) Errors[error] = Errors.GetValueOrDefault(error) + count;
        }
    }

    private readonly RunReading _reading = new(facts, whole);
    private readonly Dictionary<string, Part> _kinds = [];
    private readonly SortedDictionary<int, Part> _stages = [];
    private readonly Dictionary<string, (double Cpu, double Rss)> _components = [];
    private LongHistogram? _service;
    private int _taken;

    /// <summary>Takes in the next sample; those of the warm-up are not counted.</summary>
    public void Take(SampleFact sample)
    {
        ArgumentNullException.ThrowIfNull(sample);
        if (sample.Stage <= 0) return;
        _taken++;
        _reading.Take(sample);
        var stage = PartOf(_stages, sample.Stage);
        stage.Seconds += sample.Length;
        foreach (var kind in sample.Kinds)
        {
            PartOf(_kinds, kind.Kind).Take(kind);
            if (HasStages) stage.Take(kind);
            if (kind.Service is { } service) Histograms.Add(_service ??= Histograms.Create(), service);
        }
        foreach (var component in sample.Components)
        {
            var (cpu, rss) = _components.GetValueOrDefault(component.Name);
            _components[component.Name] = (cpu + component.CpuSeconds, Math.Max(rss, component.RssMb));
        }
    }

    /// <summary>The result, or null when not one measured second was taken in.</summary>
    public RunResult? Result() => _taken == 0 ? null : RunResults.Of(_reading, this);

    internal Latencies? Service => _service is null ? null : Percentiles.Of(_service);

    internal List<KindResult> Kinds(double seconds) => _kinds.Count < 2 ? [] :
        [.. _kinds.Select(k => new KindResult(k.Key, k.Value.Latency.TotalCount, k.Value.Latency.TotalCount / seconds, Percentiles.Of(k.Value.Latency), RunResults.Sum([k.Value.Errors])))];

    internal List<StageResult> Stages() => !HasStages ? [] :
        [.. _stages.Select(s => new StageResult(s.Key, s.Key <= facts.Load.Stages.Count ? Word(facts.Load.Stages[s.Key - 1]) : "", s.Value.Latency.TotalCount,
            s.Value.Latency.TotalCount / s.Value.Seconds, Percentiles.Of(s.Value.Latency), RunResults.Sum([s.Value.Errors])))];

    internal List<ComponentCost> Components()
    {
        var costs = _components.Select(c => new ComponentCost(c.Key, c.Value.Cpu, c.Value.Rss)).ToList();
        if (facts.Totals is { } totals && costs.All(c => c.Name != "generator")) costs.Add(new ComponentCost("generator", totals.CpuSeconds, totals.MaxRssMb));
        return costs;
    }

    private bool HasStages => facts.Load.Stages.Count >= 2;

    private static Part PartOf<TKey>(IDictionary<TKey, Part> parts, TKey key)
    {
        if (!parts.TryGetValue(key, out var part)) parts[key] = part = new Part();
        return part;
    }

    private static string Word(LoadStage stage) => string.Create(System.Globalization.CultureInfo.InvariantCulture,
        $"{Duration.Format(stage.For)}@{(stage.Rate is { } rate ? $"{rate}/s" : stage.Connections)}");
}
