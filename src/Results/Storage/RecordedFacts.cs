using Microsoft.EntityFrameworkCore;
using Wobble.Results.Facts;

namespace Wobble.Results.Storage;

/// <summary>Reads a run's rows back as the facts they came from.</summary>
internal static class RecordedFacts
{
    /// <summary>All samples of a run in order, histograms included. Their wall-clock time is made from the run's and their place in it.</summary>
    public static async Task<IReadOnlyList<SampleFact>> SamplesOfAsync(WobbleDb db, Guid runId, CancellationToken cancellation)
    {
        var run = await db.Runs.AsNoTracking().Where(r => r.Id == runId).Select(r => new { r.CreatedAt, r.WarmingAt, r.MeasuringAt }).SingleAsync(cancellation);
        var kinds = (await db.Samples.AsNoTracking().Where(s => s.RunId == runId).ToListAsync(cancellation)).ToLookup(s => (s.Stage, s.Second));
        var samples = new List<SampleFact>();
        await foreach (var second in db.Seconds.AsNoTracking().Where(s => s.RunId == runId).OrderBy(s => s.Stage).ThenBy(s => s.Number).AsAsyncEnumerable().WithCancellation(cancellation))
            samples.Add(Sample((second.Stage == 0 ? run.WarmingAt : run.MeasuringAt) ?? run.CreatedAt, second, kinds[(second.Stage, second.Number)]));
        return samples;
    }

    /// <summary>One sample of a run.</summary>
    public static SampleFact Sample(Run run, Second second, IEnumerable<Sample> kinds) =>
        Sample((second.Stage == 0 ? run.WarmingAt : run.MeasuringAt) ?? run.CreatedAt, second, kinds);

    private static SampleFact Sample(DateTimeOffset phase, Second second, IEnumerable<Sample> kinds) => new()
    {
        At = phase.AddSeconds(second.Number + second.Length),
        Stage = second.Stage,
        Second = second.Number,
        Length = second.Length,
        Kinds = [.. kinds.OrderBy(k => k.Kind, StringComparer.Ordinal).Select(k => new KindSample { Kind = k.Kind, Requests = k.Requests, Errors = k.Errors, Latency = k.Latency, Service = k.Service })],
        Generator = second.Watched.Generator with { Lateness = second.Lateness },
        Components = second.Watched.Components,
        Pooler = second.Watched.Pooler,
        Host = second.Watched.Host,
    };
}
