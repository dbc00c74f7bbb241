namespace Wobble.Results.Facts;

/// <summary>
/// One second of load. Guarantees: seconds of a stage follow one another without a gap; merging all kinds of all measured seconds gives the run's
/// histogram to the request. A second is a second of the generator's monotonic clock since its phase began.
/// </summary>
public sealed record SampleFact : Fact
{
    /// <summary>0: warm-up, not counted. From 1: the stages of the measurement (1 when there are no stages).</summary>
    public required int Stage { get; init; }
    /// <summary>From 0, since the measurement began (goes on through the stages), or since the warm-up began.</summary>
    public required int Second { get; init; }
    /// <summary>Length in seconds; below 1 only for the last.</summary>
    public double Length { get; init; } = 1;
    /// <summary>Each kind of request that was answered or failed in this second.</summary>
    public required IReadOnlyList<KindSample> Kinds { get; init; }
    /// <summary>The generator's look at itself.</summary>
    public required GeneratorSample Generator { get; init; }
    /// <summary>Each component of the stack; empty for <c>wobble load</c>.</summary>
    public IReadOnlyList<ComponentSample> Components { get; init; } = [];
    /// <summary>What waits in the pooler; null without one.</summary>
    public PoolerSample? Pooler { get; init; }
    /// <summary>The whole machine.</summary>
    public HostSample? Host { get; init; }
}

/// <summary>One kind of request in one second.</summary>
public sealed record KindSample
{
    /// <summary><c>row</c>, <c>cpu</c>, <c>slow</c> …</summary>
    public required string Kind { get; init; }
    /// <summary>Good answers.</summary>
    public required long Requests { get; init; }
    /// <summary>Failures by kind (<see cref="ErrorKinds"/>); empty when there were none.</summary>
    public IReadOnlyDictionary<string, long> Errors { get; init; } = new Dictionary<string, long>();
    /// <summary>Latencies of the good answers, ns: HDR V2 compressed, base64 in JSON. See <see cref="Statistics.Histograms"/>.</summary>
    public required byte[] Latency { get; init; }
    /// <summary>Open loop: times from the actual send; null in a closed loop.</summary>
    public byte[]? Service { get; init; }
}

/// <summary>Kinds of failed requests. They never enter the latencies.</summary>
public static class ErrorKinds
{
    /// <summary>No connection.</summary>
    public const string Connect = "connect";
    /// <summary>The connection was reset or closed before the whole answer.</summary>
    public const string Reset = "reset";
    /// <summary>No whole answer by the deadline.</summary>
    public const string Timeout = "timeout";
    /// <summary>A whole answer with a status of 400–499.</summary>
    public const string Status4xx = "status_4xx";
    /// <summary>A whole answer with a status of 500–599.</summary>
    public const string Status5xx = "status_5xx";
    /// <summary>An answer that isn't HTTP/1.1, or with another length than it says.</summary>
    public const string Malformed = "malformed";
    /// <summary>An answer without the run's nonce: it came from another stack.</summary>
    public const string Nonce = "nonce";
    /// <summary>Open loop: never sent, too many were waiting.</summary>
    public const string Dropped = "dropped";
}

/// <summary>The generator in one second.</summary>
public sealed record GeneratorSample
{
    /// <summary>Requests sent.</summary>
    public long Sent { get; init; }
    /// <summary>Requests due (open loop); equals sent in a closed loop.</summary>
    public long Due { get; init; }
    /// <summary>In flight at the second's end.</summary>
    public int InFlight { get; init; }
    /// <summary>Open loop: mean over time of the requests in the system, from intended time to end; includes those that wait for a connection.</summary>
    public double? InFlightMean { get; init; }
    /// <summary>Connections open at the second's end.</summary>
    public int Open { get; init; }
    /// <summary>User + system time of the process, s.</summary>
    public double CpuSeconds { get; init; }
    /// <summary>Share of its core that the hot threads were busy, 0–1.</summary>
    public double Busy { get; init; }
    /// <summary>Time the hot thread waited for a core, ms.</summary>
    public double RunQueueMs { get; init; }
    /// <summary>Open loop: actual minus intended send, ns, HDR V2 compressed; null in a closed loop.</summary>
    public byte[]? Lateness { get; init; }
    /// <summary>Own pauses above 1 ms.</summary>
    public IReadOnlyList<GeneratorPause> Pauses { get; init; } = [];
    /// <summary>Bytes allocated by the hot threads; 0 is the rule.</summary>
    public long AllocatedBytes { get; init; }
}

/// <summary>A pause of the generator above 1 ms.</summary>
/// <param name="AtMs">Since the second began.</param>
/// <param name="Ms">Length.</param>
/// <param name="Cause"><c>gc</c>, <c>scheduler</c> or <c>unknown</c>.</param>
public sealed record GeneratorPause(double AtMs, double Ms, string Cause);

/// <summary>A component in one second; sums over its processes.</summary>
public sealed record ComponentSample
{
    /// <summary>The component's name; the processes of <c>uvicorn-1 … N</c> are one component, <c>uvicorn</c>.</summary>
    public required string Name { get; init; }
    /// <summary>User + system time, s.</summary>
    public double CpuSeconds { get; init; }
    /// <summary>Resident memory at the second's end, MB (shared pages count in each process).</summary>
    public double RssMb { get; init; }
    /// <summary>Open files at the second's end.</summary>
    public int OpenFiles { get; init; }
    /// <summary>Time its threads waited for a core, ms (<c>/proc/PID/schedstat</c>, second field).</summary>
    public double RunQueueMs { get; init; }
    /// <summary>Times a thread was put off a core against its will.</summary>
    public long InvoluntarySwitches { get; init; }
    /// <summary>Each process: the target's master and workers apart.</summary>
    public IReadOnlyList<ProcessSample> Processes { get; init; } = [];
}

/// <summary>A process in one second.</summary>
public sealed record ProcessSample(int Pid, string Role, double CpuSeconds, double RunQueueMs, long InvoluntarySwitches);

/// <summary>pgbouncer's <c>SHOW POOLS</c>, the benchmark's database.</summary>
/// <param name="ClientsActive">Clients with a server connection, or idle.</param>
/// <param name="ClientsWaiting">Clients that wait for one.</param>
/// <param name="ServersActive">Server connections in use.</param>
/// <param name="ServersIdle">Server connections free.</param>
/// <param name="LongestWaitMs">How long the first in the queue has waited.</param>
public sealed record PoolerSample(int ClientsActive, int ClientsWaiting, int ServersActive, int ServersIdle, double LongestWaitMs);

/// <summary>The machine in one second.</summary>
/// <param name="BusyCores">Cores busy, all processes.</param>
/// <param name="StealShare">Share of all cores' time that the hypervisor gave to others, 0–1.</param>
/// <param name="OtherCpuSeconds">CPU time of processes that are neither the stack nor the generator, s.</param>
public sealed record HostSample(double BusyCores, double StealShare, double OtherCpuSeconds);

/// <summary>The generator's totals over the measurement, counted apart from the seconds, so that one proves the other.</summary>
public sealed record LoadTotals
{
    /// <summary>Measured time, s.</summary>
    public required double Seconds { get; init; }
    /// <summary>Requests sent in the measured time.</summary>
    public required long Sent { get; init; }
    /// <summary>Requests due by the schedule; equals sent in a closed loop.</summary>
    public required long Offered { get; init; }
    /// <summary>Good answers in the measured time.</summary>
    public required long Answered { get; init; }
    /// <summary>Failures by kind in the measured time.</summary>
    public required IReadOnlyDictionary<string, long> Errors { get; init; }
    /// <summary>In flight when the measurement began (sent in the warm-up, answered and counted in the measurement).</summary>
    public required long InFlightAtStart { get; init; }
    /// <summary>In flight when the measurement ended; neither good nor failed.</summary>
    public required long InFlightAtEnd { get; init; }
    /// <summary>Exact least latency, ns; 0 without answers.</summary>
    public required long MinNs { get; init; }
    /// <summary>Exact greatest latency, ns.</summary>
    public required long MaxNs { get; init; }
    /// <summary>Exact mean latency, ns.</summary>
    public required double MeanNs { get; init; }
    /// <summary>All latencies, HDR V2 compressed.</summary>
    public required byte[] Latency { get; init; }
    /// <summary>Open loop: mean over time of the requests in the system, from intended time to end, waiting ones included; an integral counted apart from the latencies.</summary>
    public double? InFlightMean { get; init; }
    /// <summary>User + system time of the whole generator process over the measurement, s.</summary>
    public required double CpuSeconds { get; init; }
    /// <summary>Share of its core, 0–1.</summary>
    public required double Busy { get; init; }
    /// <summary><c>io_uring</c> or <c>epoll</c>.</summary>
    public required string Engine { get; init; }
    /// <summary>Why not io_uring, when it is epoll; else null.</summary>
    public string? EngineReason { get; init; }
    /// <summary>Scheduling class and place: <c>fifo 1, core 1</c>, <c>normal, core 1</c> …</summary>
    public string? Priority { get; init; }
    /// <summary>Own pauses above 1 ms over the measurement: how many and the longest, ms.</summary>
    public int Pauses { get; init; }
    /// <summary>Longest own pause, ms.</summary>
    public double LongestPauseMs { get; init; }
    /// <summary>Peak resident memory, MB.</summary>
    public double MaxRssMb { get; init; }
}
