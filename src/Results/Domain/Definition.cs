using System.Text.Json.Serialization;

namespace Wobble.Results.Domain;

/// <summary>
/// What a user asks for: stack, workload, load and repetitions of one configuration, in the words that pages, API and command line share.
/// A null stands for the default of the target (see <see cref="Defaults"/>). Immutable; not yet checked (see <see cref="DefinitionRules"/>).
/// </summary>
public sealed record Definition
{
    /// <summary>A server with an app of the same interface, such as <c>uwsgi-http/bottle</c>.</summary>
    public required string Target { get; init; }
    /// <summary>Worker processes of the target; null: 4 × cores for sync and green, 1 × cores for async.</summary>
    public int? Workers { get; init; }
    /// <summary>Closed loop: how many connections ask at once. Open loop: the most that may be open. Null: 100, with a rate 1,000.</summary>
    public int? Connections { get; init; }
    /// <summary>Offered requests a second (open loop); null for a closed loop.</summary>
    public double? Rate { get; init; }
    /// <summary>True: connections are kept and used again. False: one connection a request, as in the article.</summary>
    public bool KeepAlive { get; init; }
    /// <summary>Load before the measurement that is not counted. May be zero.</summary>
    [JsonConverter(typeof(DurationJsonConverter))]
    public TimeSpan Warmup { get; init; } = Defaults.Warmup;
    /// <summary>How long is measured; null when <see cref="Requests"/> is given.</summary>
    [JsonConverter(typeof(NullableDurationJsonConverter))]
    public TimeSpan? For { get; init; }
    /// <summary>How many requests are measured, in place of a duration.</summary>
    public long? Requests { get; init; }
    /// <summary>Stages of load, such as <c>10s@500/s,10s@1000/s</c> or <c>10s@50,10s@100</c> (connections); replaces rate and duration.</summary>
    public string? Stages { get; init; }
    /// <summary><c>row</c>, <c>mixed</c>, <c>slow:MS</c>, <c>slow-tail</c> or <c>cpu:MS</c>.</summary>
    public string Workload { get; init; } = "row";
    /// <summary><c>nginx</c> or <c>none</c>.</summary>
    public string Proxy { get; init; } = "nginx";
    /// <summary><c>none</c>, <c>session:20</c> or <c>transaction:20</c>; the number, server connections, may be left out: 20, or one for each worker where these are more.</summary>
    public string Pooler { get; init; } = "session";
    /// <summary>Options of the server and the app that differ from the article's: <c>driver</c>, <c>pool</c>, <c>loop</c>, <c>http</c>, <c>wait_callback</c> …</summary>
    public IReadOnlyDictionary<string, string> Options { get; init; } = new Dictionary<string, string>();
    /// <summary>How the target is made to fall, one of <see cref="Provocations.All"/>; null: it isn't.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Provoke { get; init; }
    /// <summary>How many runs are made of it.</summary>
    public int Repetitions { get; init; } = 1;

    /// <summary>True when requests are offered at a rate, whatever the answers do.</summary>
    [JsonIgnore]
    public bool IsOpenLoop => Rate is not null || (Stages?.Contains("/s", StringComparison.Ordinal) ?? false);
}

/// <summary>What a definition has when it says nothing.</summary>
public static class Defaults
{
    /// <summary>Connections of a closed loop, as in the article.</summary>
    public const int Connections = 100;
    /// <summary>The most connections of an open loop.</summary>
    public const int OpenLoopConnections = 1_000;
    /// <summary>Load before the measurement.</summary>
    public static readonly TimeSpan Warmup = TimeSpan.FromSeconds(2);
    /// <summary>Length of the measurement.</summary>
    public static readonly TimeSpan For = TimeSpan.FromSeconds(10);
    /// <summary>pgbouncer's server connections, as it comes.</summary>
    public const int PoolSize = 20;

    /// <summary>Workers of a target that nothing was said about: 4 × cores for sync and green, 1 × cores for async.</summary>
    public static int Workers(TargetClass targetClass, int cores) => targetClass == TargetClass.Async ? cores : 4 * cores;
}

/// <summary>How a server takes turns between requests.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<TargetClass>))]
public enum TargetClass
{
    /// <summary>One request at a time in each worker or thread.</summary>
    [JsonStringEnumMemberName("sync")] Sync,
    /// <summary>Green threads: a request gives up its turn when a patched library waits.</summary>
    [JsonStringEnumMemberName("green")] Green,
    /// <summary>An event loop: a request gives up its turn where its code says await.</summary>
    [JsonStringEnumMemberName("async")] Async,
}

/// <summary>A duration that may be absent, as text in JSON.</summary>
public sealed class NullableDurationJsonConverter : JsonConverter<TimeSpan?>
{
    private static readonly DurationJsonConverter Inner = new();
    /// <inheritdoc/>
    public override TimeSpan? Read(ref System.Text.Json.Utf8JsonReader reader, Type typeToConvert, System.Text.Json.JsonSerializerOptions options) =>
        reader.TokenType == System.Text.Json.JsonTokenType.Null ? null : Inner.Read(ref reader, typeof(TimeSpan), options);
    /// <inheritdoc/>
    public override void Write(System.Text.Json.Utf8JsonWriter writer, TimeSpan? value, System.Text.Json.JsonSerializerOptions options)
    {
        ArgumentNullException.ThrowIfNull(writer);
        if (value is { } v) Inner.Write(writer, v, options); else writer.WriteNullValue();
    }
}
