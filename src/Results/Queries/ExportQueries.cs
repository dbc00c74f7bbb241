using System.Runtime.CompilerServices;
using HdrHistogram;
using Microsoft.EntityFrameworkCore;
using Wobble.Results.Domain;
using Wobble.Results.Facts;
using Wobble.Results.Statistics;
using Wobble.Results.Storage;

namespace Wobble.Results.Queries;

/// <summary>
/// A run whole, for the API and its downloads. What may be long is read in pieces, so that a run of a day costs no more memory than one of a second, and
/// whoever takes them slowly keeps no connection meanwhile.
/// </summary>
public sealed class ExportQueries(IDbContextFactory<WobbleDb> databases)
{
    /// <summary>Rows of a piece.</summary>
    public const int AtOnce = 300;

    /// <summary>The run of that slug; null when there is none, or it was deleted.</summary>
    public async Task<Run?> Run(string slug, CancellationToken cancel)
    {
        if (!Slug.IsValid(slug)) return null;
        await using var db = await databases.CreateDbContextAsync(cancel);
        return await db.Runs.AsNoTracking().FirstOrDefaultAsync(r => r.Slug == slug && r.DeletedAt == null, cancel);
    }

    /// <summary>Key of the run of that slug, deleted or not; null when there is none.</summary>
    public async Task<Guid?> Key(string slug, CancellationToken cancel)
    {
        if (!Slug.IsValid(slug)) return null;
        await using var db = await databases.CreateDbContextAsync(cancel);
        return await db.Runs.AsNoTracking().Where(r => r.Slug == slug).Select(r => (Guid?)r.Id).FirstOrDefaultAsync(cancel);
    }

    /// <summary>Its experiment's slug; null when it belongs to none.</summary>
    public async Task<string?> ExperimentOf(Run run, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(run);
        if (run.ExperimentId is not { } id) return null;
        await using var db = await databases.CreateDbContextAsync(cancel);
        return await db.Experiments.AsNoTracking().Where(e => e.Id == id).Select(e => e.Slug).FirstOrDefaultAsync(cancel);
    }

    /// <summary>Its seconds in order, those of the warm-up (stage 0) only if asked for.</summary>
    /// <param name="run">Key of the run.</param>
    /// <param name="warmup">True: with the warm-up.</param>
    /// <param name="after">Only measured seconds above this number; null: all.</param>
    /// <param name="cancel">Ends the reading.</param>
    public async IAsyncEnumerable<Second> Seconds(Guid run, bool warmup, int? after, [EnumeratorCancellation] CancellationToken cancel)
    {
        await using var db = await databases.CreateDbContextAsync(cancel);
        var seconds = db.Seconds.AsNoTracking().Where(s => s.RunId == run && (warmup || s.Stage > 0));
        if (after is { } known) seconds = seconds.Where(s => s.Stage > 0 && s.Number > known);
        int stage = -1, number = -1;
        while (true)
        {
            // From where the last piece ended, in the order of the key.
            var piece = await seconds.Where(s => EF.Functions.GreaterThan(ValueTuple.Create(s.Stage, s.Number), ValueTuple.Create(stage, number)))
                .OrderBy(s => s.Stage).ThenBy(s => s.Number).Take(AtOnce).ToListAsync(cancel);
            foreach (var second in piece) yield return second;
            if (piece.Count < AtOnce) yield break;
            (stage, number) = (piece[^1].Stage, piece[^1].Number);
        }
    }

    /// <summary>The histograms of its measured seconds in order, each kind of request by itself.</summary>
    public async IAsyncEnumerable<Sample> Samples(Guid run, [EnumeratorCancellation] CancellationToken cancel)
    {
        await using var db = await databases.CreateDbContextAsync(cancel);
        int stage = 0, second = int.MaxValue;
        string kind = "";
        while (true)
        {
            var piece = await db.Samples.AsNoTracking()
                .Where(s => s.RunId == run && EF.Functions.GreaterThan(ValueTuple.Create(s.Stage, s.Second, s.Kind), ValueTuple.Create(stage, second, kind)))
                .OrderBy(s => s.Stage).ThenBy(s => s.Second).ThenBy(s => s.Kind).Take(AtOnce).ToListAsync(cancel);
            foreach (var sample in piece) yield return sample;
            if (piece.Count < AtOnce) yield break;
            (stage, second, kind) = (piece[^1].Stage, piece[^1].Second, piece[^1].Kind);
        }
    }

    /// <summary>How long each measured second was.</summary>
    public async Task<IReadOnlyDictionary<(int Stage, int Second), double>> Lengths(Guid run, CancellationToken cancel)
    {
        await using var db = await databases.CreateDbContextAsync(cancel);
        return await db.Seconds.AsNoTracking().Where(s => s.RunId == run && s.Stage > 0).Select(s => new { s.Stage, s.Number, s.Length }).ToDictionaryAsync(s => (s.Stage, s.Number), s => s.Length, cancel);
    }

    /// <summary>Names of the components that its seconds watched, in the stack's order.</summary>
    public async Task<IReadOnlyList<string>> ComponentNames(Guid run, CancellationToken cancel)
    {
        await using var db = await databases.CreateDbContextAsync(cancel);
        return await db.Database.SqlQuery<string>($"""
            select c.value->>'name' as "Value" from seconds s, jsonb_array_elements(s.watched->'components') with ordinality c
            where s.run_id = {run} group by 1 order by min(c.ordinality), 1
            """).ToListAsync(cancel);
    }

    /// <summary>All measured latencies in one histogram, ns.</summary>
    public async Task<LongHistogram> Latencies(Guid run, CancellationToken cancel)
    {
        var all = Histograms.Create();
        await foreach (var sample in Samples(run, cancel)) Histograms.Add(all, sample.Latency);
        return all;
    }

    /// <summary>Its events in order.</summary>
    public async IAsyncEnumerable<RunEvent> Events(Guid run, [EnumeratorCancellation] CancellationToken cancel)
    {
        await using var db = await databases.CreateDbContextAsync(cancel);
        int number = -1;
        while (true)
        {
            var piece = await db.Events.AsNoTracking().Where(e => e.RunId == run && e.FactNumber > number).OrderBy(e => e.FactNumber).Take(AtOnce).ToListAsync(cancel);
            foreach (var one in piece) yield return one;
            if (piece.Count < AtOnce) yield break;
            number = piece[^1].FactNumber;
        }
    }

    /// <summary>What its components wrote, by name.</summary>
    public async Task<IReadOnlyList<ComponentLog>> Logs(Guid run, CancellationToken cancel)
    {
        await using var db = await databases.CreateDbContextAsync(cancel);
        return await db.Logs.AsNoTracking().Where(l => l.RunId == run).OrderBy(l => l.Component).ToListAsync(cancel);
    }

    /// <summary>
    /// The run as the facts it came from, in order. Times of samples are made from their place in the run; logs are what was kept of them, in one
    /// piece each, before the end.
    /// </summary>
    public async IAsyncEnumerable<Fact> Facts(Run run, [EnumeratorCancellation] CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(run);
        var began = run.StartedAt ?? run.CreatedAt;
        if (run.Plan is { } plan) yield return new PlanFact(plan) { At = began };
        if (run.Environment is { } environment) yield return new EnvironmentFact(environment) { At = began };

        await using var others = PhasesAndEvents(run, cancel).GetAsyncEnumerator(cancel);
        bool isMore = await others.MoveNextAsync();
        var last = began;
        await foreach (var sample in SampleFacts(run, cancel))
        {
            for (; isMore && others.Current.At < sample.At; isMore = await others.MoveNextAsync()) yield return others.Current;
            yield return sample;
            last = sample.At;
        }
        for (; isMore; isMore = await others.MoveNextAsync())
        {
            last = others.Current.At > last ? others.Current.At : last;
            yield return others.Current;
        }
        foreach (var log in await Logs(run.Id, cancel)) yield return new LogFact(log.Component, log.Text) { At = last };
        if (run.State.IsFinal()) yield return run.End ?? new EndFact { At = run.FinishedAt ?? last, State = run.State, Reason = run.Failure };
    }

    // By their times, a phase before events of the same moment.
    private async IAsyncEnumerable<Fact> PhasesAndEvents(Run run, [EnumeratorCancellation] CancellationToken cancel)
    {
        var phases = new Queue<Fact>(Phases(run).OrderBy(f => f.At));
        await foreach (var e in Events(run.Id, cancel))
        {
            while (phases.TryPeek(out var phase) && phase.At <= e.At) yield return phases.Dequeue();
            yield return new EventFact(e.Component, e.Kind, e.Text, e.Second) { At = e.At };
        }
        foreach (var phase in phases) yield return phase;
    }

    private static IEnumerable<Fact> Phases(Run run)
    {
        if (run.StartedAt is { } preparing) yield return new PhaseFact(RunState.Preparing) { At = preparing };
        if (run.WarmingAt is { } warming) yield return new PhaseFact(RunState.Warming) { At = warming };
        if (run.MeasuringAt is { } measuring) yield return new PhaseFact(RunState.Measuring) { At = measuring };
        if (run.FinishingAt is { } finishing) yield return new PhaseFact(RunState.Finishing) { At = finishing };
    }

    private async IAsyncEnumerable<SampleFact> SampleFacts(Run run, [EnumeratorCancellation] CancellationToken cancel)
    {
        await using var db = await databases.CreateDbContextAsync(cancel);
        await foreach (var sample in RecordedFacts.SamplesOfAsync(db, run, cancel)) yield return sample;
    }
}
