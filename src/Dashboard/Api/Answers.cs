using System.ComponentModel;
using Wobble.Results.Domain;
using Wobble.Results.Facts;
using Wobble.Results.Queries;
using Wobble.Results.Storage;

namespace Wobble.Dashboard.Api;

[Description("A run that was queued.")]
internal sealed record QueuedRun(string Slug, string Url, RunState State);

[Description("What was queued: a run; or with repetitions an experiment, whose slug, url and state these are, and which stands in experiment too. Its later runs are queued one after the other.")]
internal sealed record QueuedRuns(string Slug, string Url, string State, string? Experiment, IReadOnlyList<QueuedRun> Runs);

[Description("The state of a run after a change.")]
internal sealed record ChangedRun(string Slug, string Url, RunState State);

[Description("A run that was brought back. It is pinned when retention would delete it again.")]
internal sealed record RestoredRun(string Slug, string Url, RunState State, bool Pinned);

[Description("One page of runs, newest first unless sorted otherwise. Ask for the next with after=NEXT.")]
internal sealed record RunList(IReadOnlyList<RunSummary> Runs, int Total, bool TotalIsMore, string? Next, string? Previous);

[Description("A run as lists show it: the same names as the whole run.")]
internal sealed record RunSummary
{
    public required string Slug { get; init; }
    public required string Url { get; init; }
    public required RunState State { get; init; }
    public required string Target { get; init; }
    public required TargetClass Class { get; init; }
    public int? Workers { get; init; }
    public int? Connections { get; init; }
    public double? Rate { get; init; }
    public bool KeepAlive { get; init; }
    public double? Throughput { get; init; }
    public required SummaryLatencies LatencyMs { get; init; }
    [Description("p99 ÷ p50")]
    public double? Wobble { get; init; }
    public SummaryTrust? Trust { get; init; }
    public required Definition Definition { get; init; }
    public string? Runner { get; init; }
    public string? Progress { get; init; }
    public string? Failure { get; init; }
    public required IReadOnlyList<string> Tags { get; init; }
    public string? Notes { get; init; }
    public required DateTimeOffset CreatedAt { get; init; }
    public DateTimeOffset? StartedAt { get; init; }
    public DateTimeOffset? FinishedAt { get; init; }

    public static RunSummary Of(RunRow row, string url) => new()
    {
        Slug = row.Slug,
        Url = url,
        State = row.State,
        Target = row.Target,
        Class = row.Class,
        Workers = row.Workers,
        Connections = row.Definition.Connections ?? (row.Definition.IsOpenLoop ? Defaults.OpenLoopConnections : Defaults.Connections),
        Rate = row.Definition.Rate,
        KeepAlive = row.Definition.KeepAlive,
        Throughput = row.Throughput,
        LatencyMs = new SummaryLatencies(row.P50, row.P99),
        Wobble = row.Wobble,
        Trust = row.Trust is null ? null : new SummaryTrust(row.Trust),
        Definition = row.Definition,
        Runner = row.Runner,
        Progress = row.Progress,
        Failure = row.Failure,
        Tags = row.Tags,
        Notes = row.Notes,
        CreatedAt = row.CreatedAt,
        StartedAt = row.StartedAt,
        FinishedAt = row.FinishedAt,
    };
}

internal sealed record SummaryLatencies(double? P50, double? P99);

[Description("sound, doubtful or invalid; the reasons are with the whole run.")]
internal sealed record SummaryTrust(string Verdict);

[Description("A run whole: the names of wobble run --json, and what became of it. What wasn't measured (yet) is null.")]
internal sealed record RunAnswer
{
    public required string Slug { get; init; }
    public required string Url { get; init; }
    public required RunState State { get; init; }
    [Description("What a long preparation does now.")]
    public string? Progress { get; init; }
    [Description("Why it isn't completed.")]
    public string? Failure { get; init; }
    public required string Target { get; init; }
    public required TargetClass Class { get; init; }
    public int? Workers { get; init; }
    public int? Connections { get; init; }
    public double? Rate { get; init; }
    public bool KeepAlive { get; init; }
    [Description("Good answers of the measured time.")]
    public long? Requests { get; init; }
    [Description("Good answers a second of measured time.")]
    public double? Throughput { get; init; }
    [Description("Latencies, ms. Open loop: from the intended send time. A percentile that the data can't show is null.")]
    public Latencies? LatencyMs { get; init; }
    [Description("Open loop: latencies from the actual send.")]
    public Latencies? ServiceMs { get; init; }
    [Description("Failed requests by kind; {} when there were none.")]
    public IReadOnlyDictionary<string, long>? Errors { get; init; }
    [Description("p99 ÷ p50")]
    public double? Wobble { get; init; }
    public Trust? Trust { get; init; }
    public GeneratorCost? Generator { get; init; }
    [Description("Seconds in which hardly anything was answered, as a rate with its exact Poisson interval.")]
    public FreezeRate? Freezes { get; init; }
    [Description("ln of the last half ÷ the first sixth of the seconds.")]
    public RunDrift? Drift { get; init; }
    public WorkersOnCores? WorkersOnCores { get; init; }
    public PoolerWait? Pooler { get; init; }
    public IReadOnlyList<KindResult>? Kinds { get; init; }
    public IReadOnlyList<StageResult>? Stages { get; init; }
    public IReadOnlyList<ComponentCost>? Components { get; init; }
    public required Definition Definition { get; init; }
    [Description("Id of the configuration it was made of; only for who is signed in.")]
    public Guid? Configuration { get; init; }
    [Description("The configuration's version then; only for who is signed in.")]
    public int? ConfigurationVersion { get; init; }
    [Description("Slug of the experiment it belongs to; only for who is signed in.")]
    public string? Experiment { get; init; }
    public int? Round { get; init; }
    public string? Runner { get; init; }
    public required IReadOnlyList<string> Tags { get; init; }
    public string? Notes { get; init; }
    [Description("What the stack left behind when it was asked to stop.")]
    public IReadOnlyList<string>? Leftovers { get; init; }
    public required DateTimeOffset CreatedAt { get; init; }
    public DateTimeOffset? StartedAt { get; init; }
    public DateTimeOffset? WarmingAt { get; init; }
    public DateTimeOffset? MeasuringAt { get; init; }
    public DateTimeOffset? FinishedAt { get; init; }
    public DateTimeOffset? CancelRequestedAt { get; init; }
    public RunEnvironment? Environment { get; init; }
    public Plan? Plan { get; init; }

    public static RunAnswer Of(Run run, string url, bool isSignedIn, string? experiment)
    {
        var result = run.Result;
        var definition = run.Plan?.Definition ?? run.Definition;
        return new RunAnswer
        {
            Slug = run.Slug,
            Url = url,
            State = run.State,
            Progress = run.Progress,
            Failure = run.Failure,
            Target = run.Target,
            Class = run.Class,
            Workers = result?.Workers ?? run.Workers ?? definition.Workers,
            Connections = result?.Connections ?? definition.Connections ?? (definition.IsOpenLoop ? Defaults.OpenLoopConnections : Defaults.Connections),
            Rate = result is null ? definition.Rate : result.Rate,
            KeepAlive = result?.KeepAlive ?? definition.KeepAlive,
            Requests = result?.Requests,
            Throughput = result?.Throughput,
            LatencyMs = result?.LatencyMs,
            ServiceMs = result?.ServiceMs,
            Errors = result?.Errors,
            Wobble = result?.Wobble,
            Trust = result?.Trust,
            Generator = result?.Generator,
            Freezes = result?.Freezes,
            Drift = result?.Drift,
            WorkersOnCores = result?.WorkersOnCores,
            Pooler = result?.Pooler,
            Kinds = result?.Kinds,
            Stages = result?.Stages,
            Components = result?.Components,
            Definition = run.Definition,
            Configuration = isSignedIn ? run.ConfigurationId : null,
            ConfigurationVersion = isSignedIn ? run.ConfigurationVersion : null,
            Experiment = experiment,
            Round = run.Round,
            Runner = run.RunnerName ?? run.WantedRunner,
            Tags = run.Tags,
            Notes = run.Notes,
            Leftovers = run.End?.Leftovers,
            CreatedAt = run.CreatedAt,
            StartedAt = run.StartedAt,
            WarmingAt = run.WarmingAt,
            MeasuringAt = run.MeasuringAt,
            FinishedAt = run.FinishedAt,
            CancelRequestedAt = run.CancelRequestedAt,
            Environment = run.Environment,
            Plan = run.Plan,
        };
    }
}

[Description("The seconds of a run in order. Measured ones only, unless warmup=true.")]
internal sealed record SampleList(IAsyncEnumerable<SampleAnswer> Samples);

[Description("One second of load, all kinds of request together. Percentiles are of that second, ms.")]
internal sealed record SampleAnswer
{
    [Description("From 0, since the measurement began; of the warm-up, since that began.")]
    public required int Second { get; init; }
    [Description("0: warm-up; from 1: stages of the measurement.")]
    public required int Stage { get; init; }
    [Description("Length in seconds, below 1 only for the last.")]
    public required double Length { get; init; }
    public required long Requests { get; init; }
    public required IReadOnlyDictionary<string, long> Errors { get; init; }
    public required double Throughput { get; init; }
    public double? P50 { get; init; }
    public double? P90 { get; init; }
    public double? P99 { get; init; }
    [System.Text.Json.Serialization.JsonPropertyName("p99_9")]
    public double? P999 { get; init; }
    public double? Max { get; init; }
    public required IReadOnlyList<ComponentSample> Components { get; init; }
    public PoolerSample? Pooler { get; init; }
    public required GeneratorSample Generator { get; init; }
    public HostSample? Host { get; init; }

    public static SampleAnswer Of(Second second) => new()
    {
        Second = second.Number,
        Stage = second.Stage,
        Length = second.Length,
        Requests = second.Requests,
        Errors = second.Errors,
        Throughput = second.Length > 0 ? second.Requests / second.Length : 0,
        P50 = second.P50,
        P90 = second.P90,
        P99 = second.P99,
        P999 = second.P999,
        Max = second.Max,
        Components = second.Watched.Components,
        Pooler = second.Watched.Pooler,
        Generator = second.Watched.Generator,
        Host = second.Watched.Host,
    };
}
