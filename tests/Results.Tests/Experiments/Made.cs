using Wobble.Results.Domain;
using Wobble.Results.Experiments;

namespace Wobble.Results.Tests.Experiments;

/// <summary>Experiments and runs with known figures.</summary>
internal static class Made
{
    public static ExperimentDefinition Compare(int rows, int repetitions, long seed) => new()
    {
        Kind = ExperimentKind.Compare,
        Question = "Which is first?",
        Seed = seed,
        Repetitions = repetitions,
        Rows = [.. Enumerable.Range(0, rows).Select(i => new ExperimentRow { Name = ((char)('A' + i)).ToString(), Class = TargetClass.Sync, Definition = new Definition { Target = $"server/{(char)('a' + i)}" } })],
    };

    public static List<ExperimentRun> Play(ExperimentDefinition experiment, List<ExperimentRun>? before = null, Func<NextRun, ExperimentRun>? play = null)
    {
        List<ExperimentRun> runs = [.. before ?? []];
        while (Schedule.Next(experiment, runs) is { } next)
        {
            runs.Add(play?.Invoke(next) ?? Run(next, 20));
            if (runs.Count > 1_000) throw new InvalidOperationException("It never ends.");
        }
        return runs;
    }

    public static ExperimentRun Run(NextRun next, double p99, double throughput = 5_000, bool failed = false, bool invalid = false) => new()
    {
        Row = next.Row,
        Purpose = next.Purpose,
        Round = next.Round,
        Attempt = next.Attempt,
        Definition = next.Definition,
        State = failed ? RunState.Failed : RunState.Completed,
        Failure = failed ? "Fell over after 3 seconds" : null,
        Result = failed ? null : new RunResult
        {
            Target = next.Definition.Target,
            Workers = next.Definition.Workers ?? 8,
            Connections = 100,
            KeepAlive = false,
            Requests = 50_000,
            Throughput = throughput,
            LatencyMs = new Latencies(1, p99 / 2, p99 / 1.7, p99 / 1.5, p99 / 1.2, p99, p99 * 1.5, p99 * 3, p99 / 1.9),
            Errors = new Dictionary<string, long>(),
            Wobble = 2,
            Trust = new Trust(invalid ? "invalid" : "sound", invalid ? [new TrustReason("failures", "invalid", "2% of requests failed (limit 1%)")] : []),
            Generator = new GeneratorCost(6, 0.3) { SentOfOffered = next.Definition.Rate is null ? null : 1 },
        },
    };
}
