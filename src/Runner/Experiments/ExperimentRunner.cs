using System.Diagnostics;
using Wobble.Results.Domain;
using Wobble.Results.Experiments;
using Wobble.Results.Facts;
using Wobble.Runner.Work;

namespace Wobble.Runner.Experiments;

/// <summary>Why an experiment stopped.</summary>
internal enum ExperimentEnd
{
    /// <summary>Nothing is left to run.</summary>
    Completed,
    /// <summary>The time it was given is used up; it can go on.</summary>
    OutOfTime,
    /// <summary>Ctrl-C or SIGTERM.</summary>
    Cancelled,
    /// <summary>A Runner goes on with it.</summary>
    TakenOver,
}

/// <summary>
/// Runs an experiment on this machine to its end, one run after the other; what is next is <see cref="Schedule.Next"/>, so one that was stopped goes on
/// where its runs end. A run that was cancelled is not kept.
/// </summary>
internal sealed class ExperimentRunner(IExecutions machine, IExperimentStore store, ExperimentProgress progress, TimeSpan? budget = null)
{
    public async Task<ExperimentEnd> RunAsync(CancellationToken cancel)
    {
        var used = Stopwatch.StartNew();
        while (true)
        {
            if (cancel.IsCancellationRequested) return ExperimentEnd.Cancelled;
            // Nothing is next while a run goes on, and that isn't the end: a Runner has it.
            if (store.Runs.Any(r => !r.State.IsFinal())) return ExperimentEnd.TakenOver;
            if (Schedule.Next(store.Definition, store.Runs) is not { } next) return ExperimentEnd.Completed;
            // Of a first run whose length nobody knows only its beginning can be bounded.
            if (budget is { } limit && used.Elapsed + (ExperimentRules.TimeOf(next.Definition, next.Row, store.Runs) ?? TimeSpan.Zero) > limit) return ExperimentEnd.OutOfTime;
            if (!await store.MayGoOnAsync(cancel)) return ExperimentEnd.TakenOver;

            progress.Begin(next, store.Runs);
            var began = DateTimeOffset.UtcNow;
            var outcome = await OneRun.RunAsync(machine, next.Definition, progress.Show, cancel);
            var run = AsRun(next, outcome);
            progress.End(next, outcome);
            if (run.State == RunState.Cancelled) return ExperimentEnd.Cancelled;
            await store.AddAsync(run, outcome, began);
        }
    }

    // Plan and environment are the same in all of them, and large.
    private static ExperimentRun AsRun(NextRun next, RunOutcome outcome) => new()
    {
        Row = next.Row,
        Purpose = next.Purpose,
        Round = next.Round,
        Attempt = next.Attempt,
        Definition = next.Definition,
        // A run without one measured second shows nothing, whatever it ended as.
        State = outcome.End.State == RunState.Completed && outcome.Result is null ? RunState.Failed : outcome.End.State,
        Result = outcome.Result is { } result ? result with { Plan = null, Environment = null } : null,
        Leftovers = outcome.End.Leftovers,
        Machine = outcome.Facts.OfType<EnvironmentFact>().LastOrDefault() is { Environment: var environment } ? MachineText.Of(environment) : null,
        Failure = outcome.End.Reason ?? (outcome.Result is null ? "Nothing was measured." : null),
    };
}
