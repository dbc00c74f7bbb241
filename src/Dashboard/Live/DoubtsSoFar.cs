using HdrHistogram;
using Wobble.Results.Domain;
using Wobble.Results.Facts;
using Wobble.Results.Statistics;
using Wobble.Results.Statistics.Doubts;
using Wobble.Results.Storage;

namespace Wobble.Dashboard.Live;

/// <summary>The checks that can be looked at before a run has ended: those of sums and means. The verdict itself comes at the end. Pure.</summary>
internal static class DoubtsSoFar
{
    private static readonly HashSet<string> Early = ["failures", "generator_busy", "steal", "neighbour"];

    public static Trust? Of(Run run, IReadOnlyList<RunPoint> points, LongHistogram latency)
    {
        if (run.Plan is not { } plan || points.Count == 0) return null;
        var facts = new RunFacts { Plan = plan, Load = plan.Load, Environment = run.Environment, Samples = [] };
        var reading = new RunReading(facts, [Whole(points, latency)]);
        var found = TrustVerdict.All.Where(d => Early.Contains(d.Check)).Select(d => (d.Check, Finding: d.Look(reading))).Where(f => f.Finding is not null).ToList();
        var reasons = found.Where(f => f.Finding!.Grade != Grade.Fine)
            .Select(f => new TrustReason(f.Check, f.Finding!.Grade == Grade.Invalid ? "invalid" : "doubtful", f.Finding.Sentence)).ToList();
        return new Trust(reasons.Count == 0 ? "sound" : "doubtful", reasons) { Passed = [.. found.Where(f => f.Finding!.Grade == Grade.Fine).Select(f => f.Finding!.Sentence)] };
    }

    // All seconds as one sample: these checks look only at sums and means.
    private static SampleFact Whole(IReadOnlyList<RunPoint> points, LongHistogram latency)
    {
        double seconds = points.Sum(p => p.Length);
        bool watched = points.Any(p => p.Steal is not null);
        return new SampleFact
        {
            Stage = 1,
            Second = 0,
            Length = seconds,
            Kinds = [new KindSample { Kind = "all", Requests = latency.TotalCount, Errors = RunEntry.Sum(points), Latency = Histograms.Encode(latency) }],
            Generator = new GeneratorSample { Busy = points.Sum(p => p.GeneratorBusy * p.Length) / seconds, CpuSeconds = points.Sum(p => p.GeneratorCpuSeconds) },
            Host = watched ? new HostSample(0, points.Sum(p => (p.Steal ?? 0) * p.Length) / seconds, points.Sum(p => p.OtherCpuSeconds ?? 0)) : null,
        };
    }
}
