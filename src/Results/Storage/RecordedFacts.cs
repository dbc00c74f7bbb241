using System.Runtime.CompilerServices;
using Microsoft.EntityFrameworkCore;
using Wobble.Results.Facts;

namespace Wobble.Results.Storage;

/// <summary>Reads a run's rows back as the facts they came from.</summary>
internal static class RecordedFacts
{
    private const int SecondsAtOnce = 300;

    /// <summary>
    /// All samples of a run in order, histograms included, some hundred in memory at once. Their wall-clock time is made from the run's and their place in it.
    /// </summary>
    public static async IAsyncEnumerable<SampleFact> SamplesOfAsync(WobbleDb db, Run run, [EnumeratorCancellation] CancellationToken cancellation)
    {
        int stage = -1, number = -1;
        while (true)
        {
            // From where the last piece ended, in the order of the key.
            var seconds = await db.Seconds.AsNoTracking()
                .Where(s => s.RunId == run.Id && EF.Functions.GreaterThan(ValueTuple.Create(s.Stage, s.Number), ValueTuple.Create(stage, number)))
                .OrderBy(s => s.Stage).ThenBy(s => s.Number).Take(SecondsAtOnce).ToListAsync(cancellation);
            if (seconds.Count == 0) yield break;
            var (first, last) = (seconds[0], seconds[^1]);
            var kinds = (await db.Samples.AsNoTracking()
                .Where(s => s.RunId == run.Id && EF.Functions.GreaterThanOrEqual(ValueTuple.Create(s.Stage, s.Second), ValueTuple.Create(first.Stage, first.Number))
                    && EF.Functions.LessThanOrEqual(ValueTuple.Create(s.Stage, s.Second), ValueTuple.Create(last.Stage, last.Number)))
                .ToListAsync(cancellation)).ToLookup(s => (s.Stage, s.Second));
            foreach (var second in seconds) yield return Sample(run, second, kinds[(second.Stage, second.Number)]);
            (stage, number) = (last.Stage, last.Number);
        }
    }

    private static SampleFact Sample(Run run, Second second, IEnumerable<Sample> kinds) => new()
    {
        At = ((second.Stage == 0 ? run.WarmingAt : run.MeasuringAt) ?? run.CreatedAt).AddSeconds(second.Number + second.Length),
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
