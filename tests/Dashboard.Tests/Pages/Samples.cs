using CsCheck;
using Wobble.Results.Domain;
using Wobble.Results.Queries;
using Wobble.Tests.Support;

namespace Wobble.Dashboard.Tests.Pages;

/// <summary>Answers of queries as pages get them, with only what a test says.</summary>
internal static class Samples
{
    public static readonly DateTimeOffset Noon = new(2026, 11, 24, 12, 0, 0, TimeSpan.Zero);

    public static RunRow Row(string target = "uwsgi-http/bottle", RunState state = RunState.Completed, string? trust = "sound", TargetClass targetClass = TargetClass.Sync,
        double? p50 = 20, double? p99 = 30, double? throughput = 5_000, Definition? definition = null, DateTimeOffset? at = null, int? version = null) => new()
    {
        Id = Guid.CreateVersion7(),
        Slug = Results.Storage.Slug.New(),
        Target = target,
        Class = targetClass,
        State = state,
        Trust = trust,
        Definition = definition ?? new Definition { Target = target },
        P50 = p50,
        P99 = p99,
        Throughput = throughput,
        Wobble = p99 / p50,
        Tags = [],
        CreatedAt = at ?? Noon,
        ConfigurationVersion = version,
    };

    public static ComparedRun Compared(string target = "uwsgi-http/bottle", TargetClass targetClass = TargetClass.Sync, RunState state = RunState.Completed, string trust = "sound",
        Definition? asked = null, Definition? planned = null, Dictionary<string, string>? versions = null, RunEnvironment? environment = null, RunResult? result = null, string wobble = "0.1.0") => new()
    {
        Row = Row(target, state, trust, targetClass, definition: asked),
        Definition = planned ?? new Definition { Target = target, Workers = 8, Connections = 100, For = TimeSpan.FromSeconds(10) },
        Versions = versions ?? new() { ["nginx"] = "1.22.1", ["python"] = "3.11.2", [target.Split('/')[1]] = "1.0" },
        Wobble = wobble,
        Environment = environment ?? SamplePlans.Environment,
        Result = result ?? Result(),
    };

    public static RunResult Result(double p50 = 20, double? p99 = 30, double? p999 = null, double throughput = 5_000, long requests = 5_000, Dictionary<string, long>? errors = null) => new()
    {
        Connections = 100,
        KeepAlive = false,
        Requests = requests,
        Throughput = throughput,
        LatencyMs = new Latencies(p50 / 2, p50, p50, p50 * 1.2, p50 * 1.3, p99, p999, (p99 ?? p50) * 2, p50),
        Errors = errors ?? [],
        Wobble = p99 / p50,
        Trust = new Trust("sound", []),
        Generator = new GeneratorCost(50, .3) { Engine = "epoll" },
    };
}

/// <summary>One of a few values.</summary>
internal static class Pick
{
    public static Gen<T> Of<T>(params T[] values) => Gen.Int[0, values.Length - 1].Select(i => values[i]);
}
