using Wobble.Results.Domain;
using Wobble.Results.Facts;

namespace Wobble.Results.Storage;

/// <summary>A named definition that a user edits and reuses. Editing raises <see cref="Version"/>; runs keep the definition they were made of.</summary>
public sealed class Configuration
{
    /// <summary>Key, uuid v7.</summary>
    public Guid Id { get; init; } = Guid.CreateVersion7();
    /// <summary>Unique among those that aren't archived.</summary>
    public required string Name { get; set; }
    /// <summary>The present version's definition.</summary>
    public required Definition Definition { get; set; }
    /// <summary>From 1.</summary>
    public int Version { get; set; } = 1;
    /// <summary>When it was made.</summary>
    public DateTimeOffset CreatedAt { get; init; } = DateTimeOffset.UtcNow;
    /// <summary>When it was last edited.</summary>
    public DateTimeOffset EditedAt { get; set; } = DateTimeOffset.UtcNow;
    /// <summary>When it was archived; null: in use.</summary>
    public DateTimeOffset? ArchivedAt { get; set; }
}

/// <summary>Runs that answer one question together.</summary>
public sealed class Experiment
{
    /// <summary>Key, uuid v7.</summary>
    public Guid Id { get; init; } = Guid.CreateVersion7();
    /// <summary>Its permalink.</summary>
    public required string Slug { get; init; }
    /// <summary><c>repetitions</c>, <c>compare</c>, <c>article</c>, <c>tune</c>, <c>capacity</c> …</summary>
    public required string Kind { get; init; }
    /// <summary>What it asks, one sentence.</summary>
    public required string Question { get; set; }
    /// <summary>Its own settings, JSON.</summary>
    public string Definition { get; set; } = "{}";
    /// <summary><c>waiting</c> (for another experiment), <c>running</c>, <c>paused</c>, <c>completed</c>, <c>cancelled</c>.</summary>
    public string State { get; set; } = "running";
    /// <summary>When it was asked for.</summary>
    public DateTimeOffset CreatedAt { get; init; } = DateTimeOffset.UtcNow;
    /// <summary>When it was deleted; null: kept. Each run of a deleted experiment is deleted.</summary>
    public DateTimeOffset? DeletedAt { get; set; }
    /// <summary>How many runs were deleted with it; null: it wasn't deleted.</summary>
    public int? DeletedRuns { get; set; }
}

/// <summary>One run: what was asked, what became of it, and the figures that lists sort by. Its facts stand in the other tables.</summary>
public sealed class Run
{
    /// <summary>Key, uuid v7: sorts by time.</summary>
    public Guid Id { get; init; } = Guid.CreateVersion7();
    /// <summary>The permalink: 22 random url-safe characters.</summary>
    public required string Slug { get; init; }
    /// <summary>The configuration it was started from, if any.</summary>
    public Guid? ConfigurationId { get; init; }
    /// <summary>The configuration's version then.</summary>
    public int? ConfigurationVersion { get; init; }
    /// <summary>The experiment it belongs to, if any.</summary>
    public Guid? ExperimentId { get; init; }
    /// <summary>Round within the experiment, from 1; in a search the number of its step.</summary>
    public int? Round { get; init; }
    /// <summary>Position of its configuration within the experiment, from 0.</summary>
    public int? Row { get; init; }
    /// <summary>What it is for within the experiment: <c>round</c>, <c>tune</c>, <c>saturate</c>, <c>capacity</c>.</summary>
    public string? Purpose { get; init; }
    /// <summary>1, or 2 when the first attempt failed or was invalid.</summary>
    public int Attempt { get; init; } = 1;
    /// <summary>Where it stands.</summary>
    public RunState State { get; set; } = RunState.Queued;
    /// <summary>What was asked.</summary>
    public required Definition Definition { get; init; }
    /// <summary>The target's name, for lists.</summary>
    public required string Target { get; init; }
    /// <summary>sync, green or async.</summary>
    public TargetClass Class { get; init; }
    /// <summary>The Runner it is meant for; null: any.</summary>
    public string? WantedRunner { get; init; }
    /// <summary>The Runner that took it.</summary>
    public string? RunnerName { get; set; }
    /// <summary>Hangfire's job.</summary>
    public string? JobId { get; set; }
    /// <summary>Null until a Runner planned it.</summary>
    public Plan? Plan { get; set; }
    /// <summary>Null until the run began.</summary>
    public RunEnvironment? Environment { get; set; }
    /// <summary>What a long preparation does now ("Seeding 1,000,000 rows, 43%"); null otherwise.</summary>
    public string? Progress { get; set; }
    /// <summary>Why it isn't completed.</summary>
    public string? Failure { get; set; }
    /// <summary>When a cancel was asked for.</summary>
    public DateTimeOffset? CancelRequestedAt { get; set; }
    /// <summary>Notes of its users, plain text.</summary>
    public string? Notes { get; set; }
    /// <summary>Tags, lower case.</summary>
    public List<string> Tags { get; set; } = [];
    /// <summary>Exempt from housekeeping.</summary>
    public bool Pinned { get; set; }
    /// <summary>When it was asked for.</summary>
    public DateTimeOffset CreatedAt { get; init; } = DateTimeOffset.UtcNow;
    /// <summary>When a Runner took it.</summary>
    public DateTimeOffset? StartedAt { get; set; }
    /// <summary>When its warm-up began.</summary>
    public DateTimeOffset? WarmingAt { get; set; }
    /// <summary>When its measurement began.</summary>
    public DateTimeOffset? MeasuringAt { get; set; }
    /// <summary>When its measurement ended and the stack was asked to stop.</summary>
    public DateTimeOffset? FinishingAt { get; set; }
    /// <summary>When it reached a final state.</summary>
    public DateTimeOffset? FinishedAt { get; set; }
    /// <summary>When it was deleted; null: kept.</summary>
    public DateTimeOffset? DeletedAt { get; set; }
    /// <summary>True: its experiment was deleted, and it with that; it comes back with it.</summary>
    public bool DeletedWithExperiment { get; set; }

    /// <summary>The result, without plan and environment, which have columns of their own (see <see cref="WholeResult"/>); null until the end, or when nothing was measured.</summary>
    public RunResult? Result { get; set; }
    /// <summary>What was left behind, and the generator's totals.</summary>
    public EndFact? End { get; set; }
    /// <summary>Workers, for lists.</summary>
    public int? Workers { get; set; }
    /// <summary>Good answers a second.</summary>
    public double? Throughput { get; set; }
    /// <summary>ms</summary>
    public double? P50 { get; set; }
    /// <summary>ms</summary>
    public double? P90 { get; set; }
    /// <summary>ms</summary>
    public double? P99 { get; set; }
    /// <summary>ms</summary>
    public double? P999 { get; set; }
    /// <summary>ms</summary>
    public double? Max { get; set; }
    /// <summary>p99 ÷ p50, computed by PostgreSQL.</summary>
    public double? Wobble { get; private set; }
    /// <summary>Good answers.</summary>
    public long? Requests { get; set; }
    /// <summary>Failed requests, all kinds.</summary>
    public long? Errors { get; set; }
    /// <summary><c>sound</c>, <c>doubtful</c>, <c>invalid</c>; null until the end.</summary>
    public string? TrustVerdict { get; set; }
    /// <summary>For strips in lists: p50 and p99 of each second in turn, ms, at most 120 pairs (of a longer run each pair is of several seconds, merged); NaN where nothing was answered.</summary>
    public double[]? Strip { get; set; }

    /// <summary>The result with plan and environment, as the API answers it.</summary>
    public RunResult? WholeResult() => Result is null ? null : Result with { Plan = Plan, Environment = Environment };
}

/// <summary>One measured (or warming) second of a run, all kinds of request together. Percentiles come from the merged histogram of that second.</summary>
public sealed class Second
{
    /// <summary>The run.</summary>
    public required Guid RunId { get; init; }
    /// <summary>0: warm-up; from 1: stages.</summary>
    public required int Stage { get; init; }
    /// <summary>From 0.</summary>
    public required int Number { get; init; }
    /// <summary>Length, s.</summary>
    public double Length { get; init; } = 1;
    /// <summary>Good answers.</summary>
    public long Requests { get; init; }
    /// <summary>Failures by kind.</summary>
    public IReadOnlyDictionary<string, long> Errors { get; init; } = new Dictionary<string, long>();
    /// <summary>ms; null without answers.</summary>
    public double? P50 { get; init; }
    /// <summary>ms</summary>
    public double? P90 { get; init; }
    /// <summary>ms</summary>
    public double? P99 { get; init; }
    /// <summary>ms</summary>
    public double? P999 { get; init; }
    /// <summary>ms</summary>
    public double? Max { get; init; }
    /// <summary>Generator (without its histogram), components, pooler and host of that second.</summary>
    public required Watched Watched { get; init; }
    /// <summary>The generator's lateness, HDR V2 compressed, ns; null in a closed loop. Apart from <see cref="Watched"/>, so that pages don't read it.</summary>
    public byte[]? Lateness { get; init; }
}

/// <summary>What was watched beside the load in one second.</summary>
public sealed record Watched(GeneratorSample Generator, IReadOnlyList<ComponentSample> Components, PoolerSample? Pooler, HostSample? Host);

/// <summary>One kind of request in one second, with its histograms.</summary>
public sealed class Sample
{
    /// <summary>The run.</summary>
    public required Guid RunId { get; init; }
    /// <summary>0: warm-up; from 1: stages.</summary>
    public required int Stage { get; init; }
    /// <summary>From 0.</summary>
    public required int Second { get; init; }
    /// <summary><c>row</c> …</summary>
    public required string Kind { get; init; }
    /// <summary>Good answers.</summary>
    public long Requests { get; init; }
    /// <summary>Failures by kind.</summary>
    public IReadOnlyDictionary<string, long> Errors { get; init; } = new Dictionary<string, long>();
    /// <summary>HDR V2 compressed, ns.</summary>
    public required byte[] Latency { get; init; }
    /// <summary>HDR V2 compressed, ns; null in a closed loop.</summary>
    public byte[]? Service { get; init; }
}

/// <summary>An event of a run.</summary>
public sealed class RunEvent
{
    /// <summary>Key.</summary>
    public long Id { get; init; }
    /// <summary>The run.</summary>
    public required Guid RunId { get; init; }
    /// <summary>Order of its fact in the run's journal, from 1: with <see cref="RunId"/> unique, so that a fact recorded twice is one event.</summary>
    public required int FactNumber { get; init; }
    /// <summary>Wall clock, UTC.</summary>
    public required DateTimeOffset At { get; init; }
    /// <summary>Seconds since the measurement began; null when unknown.</summary>
    public double? Second { get; init; }
    /// <summary>Who.</summary>
    public required string Component { get; init; }
    /// <summary>One of <see cref="EventKinds"/>.</summary>
    public required string Kind { get; init; }
    /// <summary>A sentence.</summary>
    public required string Text { get; init; }
}

/// <summary>The last 256 KB of what a component wrote.</summary>
public sealed class ComponentLog
{
    /// <summary>Most characters kept.</summary>
    public const int Limit = 256 * 1024;
    /// <summary>The run.</summary>
    public required Guid RunId { get; init; }
    /// <summary>The component.</summary>
    public required string Component { get; init; }
    /// <summary>Its text.</summary>
    public string Text { get; set; } = "";
    /// <summary>Number of the last fact in it, so that a fact recorded twice is added once.</summary>
    public int LastFact { get; set; }
    /// <summary>Characters that fell off the front.</summary>
    public long Dropped { get; set; }
}

/// <summary>Runs set beside each other, kept so that the link lasts.</summary>
public sealed class Comparison
{
    /// <summary>Key, uuid v7.</summary>
    public Guid Id { get; init; } = Guid.CreateVersion7();
    /// <summary>Its permalink.</summary>
    public required string Slug { get; init; }
    /// <summary>Slugs of 2–5 runs, the reference first.</summary>
    public required List<string> Runs { get; init; }
    /// <summary>When it was made.</summary>
    public DateTimeOffset CreatedAt { get; init; } = DateTimeOffset.UtcNow;
    /// <summary>When it was deleted; null: kept.</summary>
    public DateTimeOffset? DeletedAt { get; set; }
}

/// <summary>A machine that executes runs.</summary>
public sealed class RunnerRow
{
    /// <summary>Its name, also of its queue: lower case letters, digits, _ and -.</summary>
    public required string Name { get; init; }
    /// <summary>Host name.</summary>
    public string Host { get; set; } = "";
    /// <summary>What it can run.</summary>
    public Catalogue Catalogue { get; set; } = new();
    /// <summary>The machine.</summary>
    public RunEnvironment? Environment { get; set; }
    /// <summary><c>idle</c>, <c>seeding 43%</c>, <c>running SLUG</c>, <c>waiting for the machine</c> …</summary>
    public string Doing { get; set; } = "idle";
    /// <summary>Wobble's version there.</summary>
    public string Wobble { get; set; } = "";
    /// <summary>When it last said that it lives; older than 15 s: gone.</summary>
    public DateTimeOffset SeenAt { get; set; } = DateTimeOffset.UtcNow;
    /// <summary>When it started.</summary>
    public DateTimeOffset StartedAt { get; set; } = DateTimeOffset.UtcNow;
    /// <summary>What its data folder holds, as it last told; null: it never did.</summary>
    public DataFolderUse? DataFolder { get; set; }
}

/// <summary>A number of workers that a search found, so that it isn't repeated for nothing.</summary>
public sealed class Tuning
{
    /// <summary>The target.</summary>
    public required string Target { get; init; }
    /// <summary>The Runner it was found on.</summary>
    public required string Runner { get; init; }
    /// <summary>Workload, proxy, pooler, options and load it holds for, as one text.</summary>
    public required string Setup { get; init; }
    /// <summary>What was found.</summary>
    public required int Workers { get; set; }
    /// <summary>Runs that it took.</summary>
    public required int Runs { get; set; }
    /// <summary>The experiment that found it.</summary>
    public required string Experiment { get; set; }
    /// <summary>When.</summary>
    public required DateTimeOffset At { get; set; }
}
