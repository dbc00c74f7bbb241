using Wobble.Results.Domain;
using Wobble.Results.Facts;
using Wobble.Results.Statistics;
using Wobble.Runner.Work;

namespace Wobble.Runner.Experiments;

/// <summary>What became of a run on the command line.</summary>
/// <param name="Result">Null when nothing was measured.</param>
/// <param name="End">How it ended.</param>
/// <param name="Facts">All of its facts, the end last.</param>
internal sealed record RunOutcome(RunResult? Result, EndFact End, IReadOnlyList<Fact> Facts);

/// <summary>One run from the command line, without a database: the same for <c>run</c> and for experiments.</summary>
internal static class OneRun
{
    public static async Task<RunOutcome> RunAsync(IExecutions machine, Definition definition, Action<Fact>? onFact, CancellationToken cancel)
    {
        var facts = new List<Fact>();
        ValueTask Note(Fact fact)
        {
            facts.Add(fact);
            onFact?.Invoke(fact);
            return ValueTask.CompletedTask;
        }
        EndFact end;
        try
        {
            var plan = await machine.PlanAsync(definition, Note, cancel);
            end = await machine.RunAsync(plan, Note, cancel);
        }
        catch (ExecutionException e)
        {
            end = new EndFact { State = RunState.Failed, Reason = e.Message };
        }
        catch (OperationCanceledException) when (cancel.IsCancellationRequested)
        {
            end = new EndFact { State = RunState.Cancelled, Reason = "Cancelled before it began." };
        }
        if (facts is not [.., EndFact]) facts.Add(end);
        return new RunOutcome(RunFacts.Gather(facts) is { } gathered ? RunResults.From(gathered) : null, end, facts);
    }
}
