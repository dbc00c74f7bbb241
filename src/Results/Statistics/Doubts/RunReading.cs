using HdrHistogram;
using Wobble.Results.Domain;
using Wobble.Results.Facts;

namespace Wobble.Results.Statistics.Doubts;

/// <summary>What the checks look at, computed once: the measured seconds, their merged histograms and sums. Seconds and nanoseconds as named.</summary>
public sealed class RunReading
{
    /// <summary>Reads the measured seconds of a run.</summary>
    public RunReading(RunFacts facts, IReadOnlyList<SampleFact> measured)
    {
        ArgumentNullException.ThrowIfNull(facts);
        ArgumentNullException.ThrowIfNull(measured);
        Facts = facts;
        Measured = measured;
        SecondHistograms = [.. measured.Select(s => Histograms.Merge(s.Kinds.Select(k => k.Latency)))];
        Latency = Histograms.Create();
        foreach (var second in SecondHistograms) Latency.Add(second);
        Errors = RunResults.Sum(measured.SelectMany(s => s.Kinds).Select(k => k.Errors));
        Failed = Errors.Values.Sum();
        Answered = Latency.TotalCount;
        Seconds = facts.Totals?.Seconds ?? measured.Sum(s => s.Length);
        var lateness = measured.Where(s => s.Generator.Lateness is not null).Select(s => s.Generator.Lateness!).ToList();
        Lateness = lateness.Count == 0 ? null : Histograms.Merge(lateness);
    }

    /// <summary>The facts.</summary>
    public RunFacts Facts { get; }
    /// <summary>Measured seconds in order.</summary>
    public IReadOnlyList<SampleFact> Measured { get; }
    /// <summary>The histogram of each measured second, all kinds.</summary>
    public IReadOnlyList<LongHistogram> SecondHistograms { get; }
    /// <summary>All measured latencies, ns.</summary>
    public LongHistogram Latency { get; }
    /// <summary>Open loop: actual minus intended send, ns; null in a closed loop.</summary>
    public LongHistogram? Lateness { get; }
    /// <summary>Good answers.</summary>
    public long Answered { get; }
    /// <summary>Failed requests by kind.</summary>
    public IReadOnlyDictionary<string, long> Errors { get; }
    /// <summary>Failed requests.</summary>
    public long Failed { get; }
    /// <summary>T, s.</summary>
    public double Seconds { get; }
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
    public double GeneratorCpuSeconds => Facts.Totals?.CpuSeconds ?? Measured.Sum(s => s.Generator.CpuSeconds);
    /// <summary>Share of its core, 0–1.</summary>
    public double GeneratorBusy => Facts.Totals?.Busy ?? (Measured.Count > 0 ? Measured.Average(s => s.Generator.Busy) : 0);
    /// <summary>Cores the run may use; null for <c>wobble load</c>.</summary>
    public int? Cores => Facts.Environment?.Cores;
}
