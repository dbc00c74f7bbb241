using HdrHistogram;
using Wobble.Results.Domain;
using Wobble.Results.Facts;

namespace Wobble.Results.Statistics.Doubts;

/// <summary>
/// What the checks look at: sums over the measured seconds and merged histograms. Seconds and nanoseconds as named. Taken in one second after another,
/// of which only the number of answers is kept, so that a run of a day costs hardly more memory than a run of a second.
/// </summary>
public sealed class RunReading
{
    /// <summary>A second longer than this is whole.</summary>
    public const double WholeLength = 0.999;

    private readonly Dictionary<string, long> _errors = [];
    private readonly List<long> _answers = [];
    private readonly WatchSums _watched;
    private readonly int _firstUntil, _lastFrom;
    private double _seconds, _generatorCpu, _generatorBusy, _steal;
    private int _taken, _wholeTaken;
    private LongHistogram? _lateness;

    /// <summary>Reads the measured seconds of a run.</summary>
    public RunReading(RunFacts facts, IReadOnlyList<SampleFact> measured) : this(facts, (measured ?? throw new ArgumentNullException(nameof(measured))).Count(IsWhole))
    {
        foreach (var sample in measured) Take(sample);
    }

    /// <summary>Begins to read; <see cref="Take"/> gives it the measured seconds in order.</summary>
    /// <param name="facts">The facts; their samples are not looked at.</param>
    /// <param name="whole">How many of the measured seconds <see cref="IsWhole"/> will hold for: that says where the first sixth ends and the last half begins.</param>
    public RunReading(RunFacts facts, int whole)
    {
        ArgumentNullException.ThrowIfNull(facts);
        Facts = facts;
        _watched = new WatchSums(facts.Plan);
        WholeSeconds = whole;
        (_firstUntil, _lastFrom) = (Math.Max(1, whole / 6), whole - (whole / 2));
    }

    /// <summary>True for all but a last second cut short, which would look like a fall of throughput.</summary>
    public static bool IsWhole(SampleFact sample) => sample?.Length > WholeLength;

    /// <summary>Takes in the next measured second.</summary>
    public void Take(SampleFact sample)
    {
        ArgumentNullException.ThrowIfNull(sample);
        foreach (var kind in sample.Kinds) TakeKind(sample, kind);
        foreach (var (kind, count) in sample.Kinds.SelectMany(k => k.Errors)) _errors[kind] = _errors.GetValueOrDefault(kind) + count;
        if (IsWhole(sample))
        {
            _wholeTaken++;
            _answers.Add(sample.Kinds.Sum(k => k.Requests));
        }
        _watched.Take(sample);
        _taken++;
        _seconds += sample.Length;
        _generatorCpu += sample.Generator.CpuSeconds;
        _generatorBusy += sample.Generator.Busy;
        if (sample.Generator.Lateness is { } lateness) Histograms.Add(_lateness ??= Histograms.Create(), lateness);
        foreach (var pause in sample.Generator.Pauses)
        {
            Pauses++;
            PausedMs += pause.Ms;
            LongestPauseMs = Math.Max(LongestPauseMs, pause.Ms);
        }
        HasComponents |= sample.Components.Count > 0;
        StackCpuSeconds += sample.Components.Where(c => c.Name != "generator").Sum(c => c.CpuSeconds);
        if (sample.Host is not { } host) return;
        HostSeconds++;
        _steal += host.StealShare;
        OtherCpuSeconds += host.OtherCpuSeconds;
    }

    private void TakeKind(SampleFact sample, KindSample kind)
    {
        Histograms.Add(Latency, kind.Latency);
        if (!IsWhole(sample)) return;
        if (_wholeTaken < _firstUntil) Histograms.Add(FirstSixth, kind.Latency);
        if (_wholeTaken >= _lastFrom) Histograms.Add(LastHalf, kind.Latency);
    }

    /// <summary>The facts.</summary>
    public RunFacts Facts { get; }
    /// <summary>Measured seconds that are whole.</summary>
    public int WholeSeconds { get; }
    /// <summary>All measured latencies, ns.</summary>
    public LongHistogram Latency { get; } = Histograms.Create();
    /// <summary>Latencies of the first sixth of the whole seconds, ns.</summary>
    public LongHistogram FirstSixth { get; } = Histograms.Create();
    /// <summary>How many seconds that is.</summary>
    public int FirstSeconds => _firstUntil;
    /// <summary>Latencies of the last half of the whole seconds, ns.</summary>
    public LongHistogram LastHalf { get; } = Histograms.Create();
    /// <summary>How many seconds that is.</summary>
    public int LastSeconds => WholeSeconds - _lastFrom;
    /// <summary>Frozen seconds; null when none is whole, with stages (a lower rate is no freeze), and where chance alone would freeze some.</summary>
    public FreezeRate? Freezes => Facts.Load.Stages.Count > 1 ? null : Statistics.Freezes.RateOf(_answers);
    /// <summary>The last half against the first sixth; null where they can't be compared: below 10 s, with stages, without answers, where a part has none (its ends are infinite then).</summary>
    public RunDrift? Drift => WholeSeconds < 10 || Facts.Load.Stages.Count > 1 || Answered == 0 ? null : new RunDrift(
        Math.Log(Percentiles.Ms(LastHalf, 50) / Percentiles.Ms(FirstSixth, 50)), Math.Log((double)LastHalf.TotalCount / LastSeconds / ((double)FirstSixth.TotalCount / FirstSeconds)));
    /// <summary>How the target's processes got their cores; null when they weren't watched.</summary>
    public WorkersOnCores? WorkersOnCores => _watched.Workers;
    /// <summary>What waited in the pooler; null without one.</summary>
    public PoolerWait? Pooler => _watched.Pooler;
    /// <summary>Open loop: actual minus intended send, ns; null in a closed loop.</summary>
    public LongHistogram? Lateness => _lateness;
    /// <summary>Own pauses of the generator above 1 ms.</summary>
    public int Pauses { get; private set; }
    /// <summary>Their sum, ms.</summary>
    public double PausedMs { get; private set; }
    /// <summary>The longest, ms.</summary>
    public double LongestPauseMs { get; private set; }
    /// <summary>True when components were watched.</summary>
    public bool HasComponents { get; private set; }
    /// <summary>CPU time of all components but the generator, s.</summary>
    public double StackCpuSeconds { get; private set; }
    /// <summary>Seconds in which the machine was watched.</summary>
    public int HostSeconds { get; private set; }
    /// <summary>Mean share of all cores' time that the hypervisor gave to others, 0–1; null when the machine wasn't watched.</summary>
    public double? Steal => HostSeconds > 0 ? _steal / HostSeconds : null;
    /// <summary>CPU time of processes that are no part of the run, s.</summary>
    public double OtherCpuSeconds { get; private set; }
    /// <summary>Good answers.</summary>
    public long Answered => Latency.TotalCount;
    /// <summary>Failed requests by kind.</summary>
    public IReadOnlyDictionary<string, long> Errors => RunResults.Sum([_errors]);
    /// <summary>Failed requests.</summary>
    public long Failed => _errors.Values.Sum();
    /// <summary>T, s.</summary>
    public double Seconds => Facts.Totals?.Seconds ?? _seconds;
    /// <summary>X, good answers a second.</summary>
    public double Throughput => Seconds > 0 ? Answered / Seconds : 0;
    /// <summary>W, s.</summary>
    public double MeanSeconds => (Facts.Totals?.MeanNs ?? (Answered > 0 ? Latency.GetMean() : 0)) / 1e9;
    /// <summary>Least latency, s.</summary>
    public double MinSeconds => (Facts.Totals?.MinNs ?? (Answered > 0 ? Latency.GetValueAtPercentile(0) : 0)) / 1e9;
    /// <summary>Greatest latency, s.</summary>
    public double MaxSeconds => (Facts.Totals?.MaxNs ?? (Answered > 0 ? Latency.GetMaxValue() : 0)) / 1e9;
    /// <summary>True when requests are offered at a rate.</summary>
    public bool IsOpenLoop => Facts.Load.Rate is not null || Facts.Load.Stages.Any(s => s.Rate is not null);
    /// <summary>N: connections of a closed loop, time-weighted over its stages.</summary>
    public double Connections
    {
        get
        {
            var stages = Facts.Load.Stages.Where(s => s.Connections is not null).ToList();
            double length = stages.Sum(s => s.For.TotalSeconds);
            return length > 0 ? stages.Sum(s => s.For.TotalSeconds * s.Connections!.Value) / length : Facts.Load.Connections;
        }
    }

    /// <summary>Open loop: sent ÷ offered; null in a closed loop or without totals.</summary>
    public double? SentOfOffered => IsOpenLoop && Facts.Totals is { Offered: > 0 } totals ? (double)totals.Sent / totals.Offered : null;
    /// <summary>CPU time of the generator's process over the measurement, s.</summary>
    public double GeneratorCpuSeconds => Facts.Totals?.CpuSeconds ?? _generatorCpu;
    /// <summary>Share of its core, 0–1.</summary>
    public double GeneratorBusy => Facts.Totals?.Busy ?? (_taken > 0 ? _generatorBusy / _taken : 0);
    /// <summary>Cores the run may use; null for <c>wobble load</c>.</summary>
    public int? Cores => Facts.Environment?.Cores;
}
