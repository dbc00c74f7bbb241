using System.Text.Json;
using Wobble.Results;
using Wobble.Results.Domain;

namespace Wobble.Runner.Commands;

/// <summary>What <c>--json</c> prints in place of a result that isn't there: the state and why, by the API's names.</summary>
internal static class NotMeasured
{
    public static string Json(RunState state, string failure) => JsonSerializer.Serialize(new { State = state == RunState.Completed ? RunState.Failed : state, Failure = failure }, WobbleJson.Options);
}
