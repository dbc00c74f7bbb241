using Wobble.Results.Domain;
using Wobble.Results.Facts;
using Wobble.Runner.Hosting;

namespace Wobble.Runner.Execution;

/// <summary>
/// Runs a plan in a sandbox of its own and passes its facts on, in order, one at a time; the first is the <see cref="PlanFact"/>, the last the
/// <see cref="EndFact"/>, which is also returned. Guarantees: the end always comes, by a known time, however the sandbox dies; nothing of the stack
/// is left afterwards; one run at a time on this machine (a second waits and says so). A fact that can't be passed on ends the run.
/// </summary>
internal sealed class ExecutionLauncher
{
    /// <summary>Runs <paramref name="plan"/> to its end. A cancel makes the end <see cref="RunState.Cancelled"/>; it is never thrown.</summary>
    public Task<EndFact> RunAsync(Plan plan, DataFolder data, Func<Fact, ValueTask> onFact, CancellationToken cancel) => throw new NotSupportedException("Lands with the sandbox.");
}
