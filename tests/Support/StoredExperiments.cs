using System.Text.Json;
using Microsoft.EntityFrameworkCore;
using Wobble.Results;
using Wobble.Results.Domain;
using Wobble.Results.Experiments;
using Wobble.Results.Storage;

namespace Wobble.Tests.Support;

/// <summary>Puts experiments into a database with runs whose figures are known, in the order that the product would run them.</summary>
public sealed class StoredExperiments(IDbContextFactory<WobbleDb> contexts)
{
    /// <summary>An experiment with as many of its runs as <paramref name="limit"/> allows; <paramref name="play"/> gives p99 (ms) and throughput of each, or null for one that fails.</summary>
    public async Task<Experiment> PlayAsync(ExperimentDefinition definition, Func<NextRun, (double P99, double Throughput)?> play, string state = "completed", int limit = 1_000)
    {
        var runs = new List<ExperimentRun>();
        while (runs.Count < limit && Schedule.Next(definition, runs) is { } next) runs.Add(RunOf(next, play(next)));
        var experiment = new Experiment
        {
            Slug = Slug.New(),
            Kind = JsonSerializer.SerializeToElement(definition.Kind, WobbleJson.Options).GetString()!,
            Question = definition.Question,
            Definition = JsonSerializer.Serialize(definition, WobbleJson.Options),
            State = state,
        };
        await using var db = await contexts.CreateDbContextAsync();
        db.Add(experiment);
        db.AddRange(runs.Select((run, i) => new Run
        {
            Id = Guid.CreateVersion7(DateTimeOffset.UtcNow.AddMilliseconds(i)),
            Slug = run.Slug!,
            Definition = run.Definition,
            Target = run.Definition.Target,
            Class = definition.Rows[run.Row].Class,
            ExperimentId = experiment.Id,
            Row = run.Row,
            Round = run.Round,
            Purpose = run.Purpose.ToString().ToLowerInvariant(),
            Attempt = run.Attempt,
            State = run.State,
            Failure = run.Failure,
            Result = run.Result,
            Workers = run.Result?.Workers,
            Throughput = run.Result?.Throughput,
            P50 = run.Result?.LatencyMs.P50,
            P99 = run.Result?.LatencyMs.P99,
            TrustVerdict = run.Result?.Trust.Verdict,
            Environment = SamplePlans.Environment,
        }));
        await db.SaveChangesAsync();
        return experiment;
    }

    /// <summary>A run with these figures; failed without.</summary>
    public static ExperimentRun RunOf(NextRun next, (double P99, double Throughput)? figures) => new()
    {
        Row = next.Row,
        Purpose = next.Purpose,
        Round = next.Round,
        Attempt = next.Attempt,
        Definition = next.Definition,
        Slug = Slug.New(),
        State = figures is null ? RunState.Failed : RunState.Completed,
        Failure = figures is null ? "Fell over after 3 seconds" : null,
        Result = figures is not { } f ? null : new RunResult
        {
            Target = next.Definition.Target,
            Workers = next.Definition.Workers ?? 8,
            Connections = 100,
            Rate = next.Definition.Rate,
            KeepAlive = false,
            Requests = 50_000,
            Throughput = f.Throughput,
            LatencyMs = new Latencies(1, f.P99 / 2, f.P99 / 1.7, f.P99 / 1.5, f.P99 / 1.2, f.P99, f.P99 * 1.5, f.P99 * 3, f.P99 / 1.9),
            Errors = new Dictionary<string, long>(),
            Wobble = 2,
            Trust = new Trust("sound", []),
            Generator = new GeneratorCost(6, 0.3) { SentOfOffered = next.Definition.Rate is null ? null : 1 },
            Components = [new ComponentCost(next.Definition.Target.Split('/')[0], 8, 60), new ComponentCost("nginx", 2, 10)],
        },
    };
}
