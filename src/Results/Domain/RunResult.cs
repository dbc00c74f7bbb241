using System.Text.Json.Serialization;

namespace Wobble.Results.Domain;

/// <summary>The result of one run, with the names that <c>--json</c> prints and the API answers. Good answers of the measured time only, unless a member says otherwise.</summary>
public sealed record RunResult
{
    /// <summary>Left out for <c>wobble load</c>.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Target { get; init; }
    /// <summary>Left out for <c>wobble load</c>.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public int? Workers { get; init; }
    /// <summary>Connections of the load.</summary>
    public required int Connections { get; init; }
    /// <summary>Offered rate, or null in a closed loop.</summary>
    public double? Rate { get; init; }
    /// <summary>Connections kept.</summary>
    public required bool KeepAlive { get; init; }
    /// <summary>Good answers.</summary>
    public required long Requests { get; init; }
    /// <summary>Good answers a second of measured time.</summary>
    public required double Throughput { get; init; }
    /// <summary>Latencies, ms. Open loop: from the intended send time.</summary>
    public required Latencies LatencyMs { get; init; }
    /// <summary>Open loop: latencies from the actual send; null in a closed loop.</summary>
    public Latencies? ServiceMs { get; init; }
    /// <summary>Failed requests by kind; empty when there were none.</summary>
    public required IReadOnlyDictionary<string, long> Errors { get; init; }
    /// <summary>p99 ÷ p50; null when p99 can't be shown.</summary>
    public double? Wobble { get; init; }
    /// <summary>How far the run can be trusted.</summary>
    public required Trust Trust { get; init; }
    /// <summary>What the generator cost.</summary>
    public required GeneratorCost Generator { get; init; }
    /// <summary>Each kind of request of a mix by itself; empty when there is one kind.</summary>
    public IReadOnlyList<KindResult> Kinds { get; init; } = [];
    /// <summary>Each stage by itself; empty when there is one.</summary>
    public IReadOnlyList<StageResult> Stages { get; init; } = [];
    /// <summary>CPU and memory of each component over the measurement; left out for <c>wobble load</c>.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyList<ComponentCost>? Components { get; init; }
    /// <summary>Seconds in which hardly anything was answered; null when not one second was whole, and in results of earlier releases.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public FreezeRate? Freezes { get; init; }
    /// <summary>How far the run's end differs from its beginning; null below 10 s, with stages, and in results of earlier releases.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public RunDrift? Drift { get; init; }
    /// <summary>How the target's processes got their cores; null when they weren't watched.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public WorkersOnCores? WorkersOnCores { get; init; }
    /// <summary>What waited in the pooler; null without one.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public PoolerWait? Pooler { get; init; }
    /// <summary>The machine as it was found.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public RunEnvironment? Environment { get; init; }
    /// <summary>The plan; left out for <c>wobble load</c>.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public Plan? Plan { get; init; }

    /// <summary>Cores that components used, on average over the measured time (CPU seconds ÷ seconds); null for <c>wobble load</c> and when nothing was answered.</summary>
    /// <param name="which">The components meant; null: all.</param>
    public double? CoresOf(Func<ComponentCost, bool>? which = null) =>
        this is { Components: { } components, Throughput: > 0, Requests: > 0 } ? components.Where(which ?? (_ => true)).Sum(c => c.CpuSeconds) / (Requests / Throughput) : null;
}

/// <summary>Latencies in ms. A percentile that the data can't show (fewer than 10 expected exceedances) is null.</summary>
public sealed record Latencies(double? Min, double? P50, double? P75, double? P90, double? P95, double? P99, [property: JsonPropertyName("p99_9")] double? P999, double? Max, double? Mean);

/// <summary>One kind of request.</summary>
public sealed record KindResult(string Kind, long Requests, double Throughput, Latencies LatencyMs, IReadOnlyDictionary<string, long> Errors);

/// <summary>One stage of load.</summary>
/// <param name="Stage">From 1.</param>
/// <param name="Load">As written: <c>10s@500/s</c>.</param>
/// <param name="Requests">Good answers.</param>
/// <param name="Throughput">A second.</param>
/// <param name="LatencyMs">Latencies.</param>
/// <param name="Errors">By kind.</param>
public sealed record StageResult(int Stage, string Load, long Requests, double Throughput, Latencies LatencyMs, IReadOnlyDictionary<string, long> Errors);

/// <summary>What the generator cost.</summary>
/// <param name="CpuUsPerRequest">User + system time of the whole generator process over the measurement ÷ requests, µs; null without requests.</param>
/// <param name="Busy">Share of its core, 0–1.</param>
public sealed record GeneratorCost(double? CpuUsPerRequest, double Busy)
{
    /// <summary><c>io_uring</c> or <c>epoll</c>.</summary>
    public string? Engine { get; init; }
    /// <summary>Open loop: sent ÷ offered; null in a closed loop.</summary>
    public double? SentOfOffered { get; init; }
    /// <summary>Open loop: actual minus intended send, µs, median.</summary>
    public double? LateP50Us { get; init; }
    /// <summary>Open loop: actual minus intended send, µs, p99.</summary>
    public double? LateP99Us { get; init; }
    /// <summary>Scheduling class it had: <c>fifo</c>, <c>nice -10</c>, <c>normal</c> …</summary>
    public string? Priority { get; init; }
}

/// <summary>CPU and memory of a component.</summary>
public sealed record ComponentCost(string Name, double CpuSeconds, double MaxRssMb);

/// <summary>Seconds that answered fewer than half of the run's median second.</summary>
/// <param name="Count">How many.</param>
/// <param name="Seconds">Of so many measured, whole seconds.</param>
/// <param name="PerMinute">Rate.</param>
/// <param name="Low">Lower end of its exact 95% Poisson interval.</param>
/// <param name="High">Upper end; without a freeze, what the rate is below.</param>
public sealed record FreezeRate(int Count, int Seconds, double PerMinute, double Low, double High);

/// <summary>ln of the last half ÷ the first sixth of the seconds.</summary>
/// <param name="P50">Of p50.</param>
/// <param name="Throughput">Of throughput.</param>
public sealed record RunDrift(double P50, double Throughput);

/// <summary>How the target's processes got their cores, over the measured time.</summary>
/// <param name="WaitMsPerSecond">Time their threads waited for a core, ms a second, all of them together.</param>
/// <param name="PutOffPerSecond">Times a thread was put off a core against its will, a second.</param>
/// <param name="Evenness">Jain's index of their CPU time, mean over the seconds: 1 is even, 1/n is one worker for all; null for one worker.</param>
public sealed record WorkersOnCores(double WaitMsPerSecond, double PutOffPerSecond, double? Evenness);

/// <summary>What waited in the pooler, by <c>SHOW POOLS</c> each second.</summary>
/// <param name="ClientsWaiting">Clients that waited for a server connection, mean over the seconds.</param>
/// <param name="LongestWaitMs">The longest that one was seen to wait.</param>
/// <param name="ShareOfTime">Share of the time in which somebody waited, 0–1.</param>
public sealed record PoolerWait(double ClientsWaiting, double LongestWaitMs, double ShareOfTime);

/// <summary>The verdict on a run.</summary>
/// <param name="Verdict"><c>sound</c>, <c>doubtful</c> or <c>invalid</c>.</param>
/// <param name="Reasons">One for each check that found something, gravest first; the checks that passed are in <see cref="Passed"/>.</param>
public sealed record Trust(string Verdict, IReadOnlyList<TrustReason> Reasons)
{
    /// <summary>Sentences of the checks that passed, with their measured values.</summary>
    public IReadOnlyList<string> Passed { get; init; } = [];
    /// <summary>True when the run has no numbers in comparisons and rankings.</summary>
    [System.Text.Json.Serialization.JsonIgnore]
    public bool IsInvalid => Verdict == "invalid";
}

/// <summary>One doubt.</summary>
/// <param name="Check">Name of the check, such as <c>little</c> or <c>generator_busy</c>.</param>
/// <param name="Grade"><c>invalid</c> or <c>doubtful</c>.</param>
/// <param name="Sentence">What was measured, with its value and the limit.</param>
public sealed record TrustReason(string Check, string Grade, string Sentence);
