using System.Text.Json.Serialization;

namespace Wobble.Results.Domain;

/// <summary>Where a run stands. Only a Runner moves it forward; the last four are final.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<RunState>))]
public enum RunState
{
    /// <summary>Asked for; the Dashboard or the API put it there.</summary>
    [JsonStringEnumMemberName("queued")] Queued,
    /// <summary>A Runner took it: planning, seeding, starting the stack, checking its answer.</summary>
    [JsonStringEnumMemberName("preparing")] Preparing,
    /// <summary>Load that isn't counted.</summary>
    [JsonStringEnumMemberName("warming")] Warming,
    /// <summary>Load that is counted.</summary>
    [JsonStringEnumMemberName("measuring")] Measuring,
    /// <summary>Stopping each component, looking for what was left behind.</summary>
    [JsonStringEnumMemberName("finishing")] Finishing,
    /// <summary>Final: measured to the end. Whether it can be trusted is the verdict's matter.</summary>
    [JsonStringEnumMemberName("completed")] Completed,
    /// <summary>Final: could not start, or fell over.</summary>
    [JsonStringEnumMemberName("failed")] Failed,
    /// <summary>Final: somebody asked for it.</summary>
    [JsonStringEnumMemberName("cancelled")] Cancelled,
    /// <summary>Final: its Runner or Execution died, or was stopped.</summary>
    [JsonStringEnumMemberName("interrupted")] Interrupted,
}

/// <summary>Questions about states.</summary>
public static class RunStates
{
    /// <summary>True when nothing will change any more.</summary>
    public static bool IsFinal(this RunState state) => state >= RunState.Completed;

    /// <summary>The state as it is written everywhere: <c>queued</c> …</summary>
    public static string Word(this RunState state) => state.ToString().ToLowerInvariant();
}
