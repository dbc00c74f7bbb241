using System.Text.Json.Serialization;

namespace Wobble.Results.Domain;

/// <summary>
/// The frozen, complete input of one run: nothing an Execution does depends on anything else. Made by a Runner's planner from a
/// <see cref="Definition"/> and its catalogue; kept with the run.
/// </summary>
public sealed record Plan
{
    /// <summary>Format of this record; a reader refuses a higher one.</summary>
    public int Format { get; init; } = 1;
    /// <summary>The definition with every default filled in: workers, connections, for or requests or stages, options.</summary>
    public required Definition Definition { get; init; }
    /// <summary>sync, green or async.</summary>
    public required TargetClass Class { get; init; }
    /// <summary>Random text that every answer of this stack carries in the header <see cref="NonceHeader"/>.</summary>
    public required string Nonce { get; init; }
    /// <summary>Seed of random keys and of Poisson schedules.</summary>
    public required long Seed { get; init; }
    /// <summary>Where things are: inside the sandbox, or on the machine itself when there is none.</summary>
    public required StackLayout Layout { get; init; }
    /// <summary>The components in the order they start; they stop in reverse.</summary>
    public required IReadOnlyList<ComponentPlan> Components { get; init; }
    /// <summary>What the generator does.</summary>
    public required LoadPlan Load { get; init; }
    /// <summary>Versions of every component and package the stack is made of.</summary>
    public required IReadOnlyDictionary<string, string> Versions { get; init; }
    /// <summary>Wobble's own version and commit.</summary>
    public required string Wobble { get; init; }
    /// <summary>What a reader of the numbers should know of this set-up, a sentence each; an Execution makes them events.</summary>
    public IReadOnlyList<string> Warnings { get; init; } = [];

    /// <summary>The response header that proves which stack an answer came from.</summary>
    public const string NonceHeader = "X-Wobble-Nonce";
}

/// <summary>Folders and ports as the components see them.</summary>
public sealed record StackLayout
{
    /// <summary>True: paths and ports are those inside bubblewrap's namespaces.</summary>
    public required bool Sandboxed { get; init; }
    /// <summary>The run's own folder, the only one that can be written but for the cluster.</summary>
    public required string RunFolder { get; init; }
    /// <summary>The app's source.</summary>
    public required string AppFolder { get; init; }
    /// <summary>The benchmark's PostgreSQL cluster: <c>data</c> below it is PostgreSQL's own folder, beside that lie Wobble's lock and marker.</summary>
    public required string ClusterFolder { get; init; }
    /// <summary>The app's folder on the machine, bound at <see cref="AppFolder"/>.</summary>
    public required string AppSource { get; init; }
    /// <summary>More folders the sandbox shows read-only, at the same path (a virtual environment).</summary>
    public IReadOnlyList<string> ReadOnlyFolders { get; init; } = [];
    /// <summary>Port of each of <c>proxy</c>, <c>target</c> (first of N), <c>pooler</c>, <c>database</c>.</summary>
    public required IReadOnlyDictionary<string, int> Ports { get; init; }
}

/// <summary>What a component is to the stack.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<ComponentKind>))]
public enum ComponentKind
{
    /// <summary>The benchmark's PostgreSQL.</summary>
    [JsonStringEnumMemberName("database")] Database,
    /// <summary>pgbouncer.</summary>
    [JsonStringEnumMemberName("pooler")] Pooler,
    /// <summary>The server under test, with the app in it.</summary>
    [JsonStringEnumMemberName("target")] Target,
    /// <summary>nginx.</summary>
    [JsonStringEnumMemberName("proxy")] Proxy,
    /// <summary>The load generator.</summary>
    [JsonStringEnumMemberName("generator")] Generator,
}

/// <summary>One component: what is started and how one knows that it is ready and gone.</summary>
public sealed record ComponentPlan
{
    /// <summary>Unique in the stack: <c>postgresql</c>, <c>pgbouncer</c>, the server's name (<c>uvicorn-2</c> for the second process), <c>nginx</c>.</summary>
    public required string Name { get; init; }
    /// <summary>What it is to the stack.</summary>
    public required ComponentKind Kind { get; init; }
    /// <summary>Program and arguments, never a shell's line.</summary>
    public required IReadOnlyList<string> Command { get; init; }
    /// <summary>Its whole environment.</summary>
    public required IReadOnlyDictionary<string, string> Environment { get; init; }
    /// <summary>Configuration files, path below the run's folder → content, written before it starts.</summary>
    public IReadOnlyDictionary<string, string> Files { get; init; } = new Dictionary<string, string>();
    /// <summary>Working directory; null: the run's folder.</summary>
    public string? WorkingDirectory { get; init; }
    /// <summary>How one knows that it is ready.</summary>
    public required ReadyProbe Ready { get; init; }
    /// <summary>Signal of an orderly stop: <c>TERM</c>, <c>INT</c> or <c>QUIT</c>.</summary>
    public string StopSignal { get; init; } = "TERM";
    /// <summary>How long it may take to stop before it is killed.</summary>
    [JsonConverter(typeof(DurationJsonConverter))]
    public TimeSpan StopWithin { get; init; } = TimeSpan.FromSeconds(5);
    /// <summary>Worker processes expected below its master; 0 when it has none of its own. A master without workers at the end is a finding.</summary>
    public int Workers { get; init; }
}

/// <summary>How one knows that a component is ready.</summary>
/// <param name="Kind"><c>tcp</c>: its port accepts; <c>http</c>: <paramref name="Path"/> answers 200; <c>postgresql</c>: it accepts a query.</param>
/// <param name="Port">Port on 127.0.0.1.</param>
/// <param name="Path">For <c>http</c>.</param>
/// <param name="Within">How long it may take.</param>
public sealed record ReadyProbe(string Kind, int Port, string? Path, [property: JsonConverter(typeof(DurationJsonConverter))] TimeSpan Within);

/// <summary>Everything the load generator needs; also what <c>wobble load</c> makes of its arguments.</summary>
public sealed record LoadPlan
{
    /// <summary>Address: a host name, an IPv4 or IPv6 address, or <c>unix:/path</c>.</summary>
    public required string Host { get; init; }
    /// <summary>Port; 0 for a unix socket.</summary>
    public required int Port { get; init; }
    /// <summary>Host header; null: made of host and port.</summary>
    public string? HostHeader { get; init; }
    /// <summary>The weighted mix; at least one.</summary>
    public required IReadOnlyList<LoadRequest> Requests { get; init; }
    /// <summary>Connections of a closed loop, or the most of an open one.</summary>
    public required int Connections { get; init; }
    /// <summary>Offered rate; null for a closed loop.</summary>
    public double? Rate { get; init; }
    /// <summary>Intended send times: <c>constant</c> or <c>poisson</c>.</summary>
    public string Schedule { get; init; } = "constant";
    /// <summary>Stages in place of rate and duration; empty when there are none.</summary>
    public IReadOnlyList<LoadStage> Stages { get; init; } = [];
    /// <summary>Connections kept and used again.</summary>
    public bool KeepAlive { get; init; }
    /// <summary>Not counted.</summary>
    [JsonConverter(typeof(DurationJsonConverter))]
    public TimeSpan Warmup { get; init; }
    /// <summary>Measured time; null when a number of requests is measured.</summary>
    [JsonConverter(typeof(NullableDurationJsonConverter))]
    public TimeSpan? For { get; init; }
    /// <summary>Measured requests.</summary>
    public long? Count { get; init; }
    /// <summary>A request without its whole answer by then is the error <c>timeout</c>.</summary>
    [JsonConverter(typeof(DurationJsonConverter))]
    public TimeSpan Deadline { get; init; } = TimeSpan.FromSeconds(10);
    /// <summary>Open loop: requests that may wait for a free connection before further ones are dropped (and counted so).</summary>
    public int MaxWaiting { get; init; } = 100_000;
    /// <summary>Seed of keys, mix and schedule.</summary>
    public long Seed { get; init; } = 1;
    /// <summary>Value that <see cref="Plan.NonceHeader"/> must have in each answer; null: not looked at.</summary>
    public string? Nonce { get; init; }
    /// <summary>Threads of the generator.</summary>
    public int Threads { get; init; } = 1;
    /// <summary><c>auto</c>, <c>io_uring</c> or <c>epoll</c>.</summary>
    public string Engine { get; init; } = "auto";
    /// <summary><c>highest</c> that the generator's threads may have, or <see cref="NormalPriority"/>.</summary>
    public string Priority { get; init; } = "highest";

    /// <summary>For a comparison with other generators, which run at it.</summary>
    public const string NormalPriority = "normal";
}

/// <summary>One kind of request of a mix.</summary>
public sealed record LoadRequest
{
    /// <summary>Name of its histogram.</summary>
    public required string Kind { get; init; }
    /// <summary>Share, in relation to the others.</summary>
    public double Weight { get; init; } = 1;
    /// <summary>HTTP method.</summary>
    public string Method { get; init; } = "GET";
    /// <summary>Path and query; <c>{key}</c> becomes a random whole number of 1 … <see cref="Keys"/>.</summary>
    public required string Path { get; init; }
    /// <summary>Upper end of the random keys.</summary>
    public int Keys { get; init; } = 1_000_000;
    /// <summary>More headers.</summary>
    public IReadOnlyDictionary<string, string> Headers { get; init; } = new Dictionary<string, string>();
    /// <summary>Body text, or null.</summary>
    public string? Body { get; init; }
}
