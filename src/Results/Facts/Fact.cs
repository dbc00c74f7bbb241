using System.Text.Json;
using System.Text.Json.Serialization;
using Wobble.Results.Domain;

namespace Wobble.Results.Facts;

/// <summary>
/// One line of what happened in a run: JSON, one object a line, told apart by <c>"fact"</c>. Facts are only ever added; read in order they give the
/// whole run again. <see cref="At"/> is wall-clock UTC for people; everything that is measured uses the monotonic clock.
/// </summary>
[JsonPolymorphic(TypeDiscriminatorPropertyName = "fact", UnknownDerivedTypeHandling = JsonUnknownDerivedTypeHandling.FailSerialization)]
[JsonDerivedType(typeof(PlanFact), "plan")]
[JsonDerivedType(typeof(PhaseFact), "phase")]
[JsonDerivedType(typeof(ProgressFact), "progress")]
[JsonDerivedType(typeof(EnvironmentFact), "environment")]
[JsonDerivedType(typeof(EventFact), "event")]
[JsonDerivedType(typeof(LogFact), "log")]
[JsonDerivedType(typeof(SampleFact), "sample")]
[JsonDerivedType(typeof(EndFact), "end")]
public abstract record Fact
{
    /// <summary>When it was noted, UTC.</summary>
    public DateTimeOffset At { get; init; } = DateTimeOffset.UtcNow;

    /// <summary>As one line of JSON, without the line's end.</summary>
    public string ToLine() => JsonSerializer.Serialize(this, WobbleJson.Options);

    /// <summary>Reads one line. False for what is no fact: a torn line, another program's output.</summary>
    public static bool TryParse(string line, out Fact? fact)
    {
        fact = null;
        if (string.IsNullOrWhiteSpace(line) || line[0] != '{') return false;
        try
        {
            fact = JsonSerializer.Deserialize<Fact>(line, WobbleJson.Options);
            return fact is not null;
        }
        catch (Exception e) when (e is JsonException or NotSupportedException or InvalidOperationException)
        {
            return false;
        }
    }
}

/// <summary>The plan the run follows; the first fact. Commands and configuration files of every component are in it.</summary>
public sealed record PlanFact(Plan Plan) : Fact;

/// <summary>The run moved on. Only the states an Execution goes through: preparing, warming, measuring, finishing.</summary>
public sealed record PhaseFact(RunState Phase) : Fact;

/// <summary>How far a long preparation is ("seeding 1,000,000 rows"). Total 0: unknown.</summary>
public sealed record ProgressFact(string Task, long Done, long Total) : Fact
{
    /// <summary>As a page shows it: <c>Seeding 1,000,000 rows, 43%</c>.</summary>
    public string Words()
    {
        string task = Task.Length > 0 ? char.ToUpperInvariant(Task[0]) + Task[1..] : Task;
        return Total <= 0 ? task : string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{task}, {Math.Clamp(100 * Done / Total, 0, 100)}%");
    }
}

/// <summary>The machine as the run found it.</summary>
public sealed record EnvironmentFact(RunEnvironment Environment) : Fact;

/// <summary>Something a person wants to read.</summary>
/// <param name="Component">Who: a component's name, <c>generator</c> or <c>wobble</c>.</param>
/// <param name="Kind">One of <see cref="EventKinds"/>.</param>
/// <param name="Text">A sentence.</param>
/// <param name="Second">Seconds since the measurement began (negative before); null when it hasn't.</param>
public sealed record EventFact(string Component, string Kind, string Text, double? Second = null) : Fact;

/// <summary>Kinds of events.</summary>
public static class EventKinds
{
    /// <summary>A component was started.</summary>
    public const string Started = "started";
    /// <summary>A component answered its probe.</summary>
    public const string Ready = "ready";
    /// <summary>The app's answer was checked against the database.</summary>
    public const string Checked = "checked";
    /// <summary>A phase of the load began or ended.</summary>
    public const string Phase = "phase";
    /// <summary>A component ended unasked.</summary>
    public const string Crashed = "crashed";
    /// <summary>A worker process was replaced by its master.</summary>
    public const string Restarted = "restarted";
    /// <summary>A component was made to fall, as the definition asked.</summary>
    public const string Provoked = "provoked";
    /// <summary>A component stopped when asked.</summary>
    public const string Stopped = "stopped";
    /// <summary>A component had to be killed.</summary>
    public const string Killed = "killed";
    /// <summary>Processes or a listening port remained after a stop.</summary>
    public const string LeftOrphans = "left_orphans";
    /// <summary>A component ran out of file descriptors.</summary>
    public const string DescriptorsExhausted = "descriptors_exhausted";
    /// <summary>A cancel was asked for.</summary>
    public const string Cancelled = "cancelled";
    /// <summary>Something a reader of the numbers should know.</summary>
    public const string Warning = "warning";
    /// <summary>Why the run can't go on.</summary>
    public const string Failed = "failed";
}

/// <summary>Output of a component, in pieces; a reader keeps the last 256 KB of each.</summary>
public sealed record LogFact(string Component, string Text) : Fact;

/// <summary>The end. After it no fact follows.</summary>
public sealed record EndFact : Fact
{
    /// <summary>completed, failed or cancelled (interrupted is for the Runner to say).</summary>
    public required RunState State { get; init; }
    /// <summary>Why, when it isn't completed: a sentence.</summary>
    public string? Reason { get; init; }
    /// <summary>The generator's own totals; null when no load was measured.</summary>
    public LoadTotals? Totals { get; init; }
    /// <summary>What the stack left behind when it was asked to stop; empty is well.</summary>
    public IReadOnlyList<string> Leftovers { get; init; } = [];
}
