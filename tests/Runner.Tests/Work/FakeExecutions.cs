using Wobble.Results.Domain;
using Wobble.Results.Facts;
using Wobble.Runner.Work;
using Wobble.Tests.Support;

namespace Wobble.Runner.Tests.Work;

/// <summary>Executions without a stack: they tell made-up facts, and by wish stay measuring until they are cancelled.</summary>
internal sealed class FakeExecutions : IExecutions
{
    private static readonly FactsBuilder Facts = new();

    /// <summary>Good answers in each second.</summary>
    public int PerSecond { get; init; } = 50;
    /// <summary>True: a run measures until it is cancelled.</summary>
    public bool StaysMeasuring { get; set; }
    /// <summary>Thrown while a run measures.</summary>
    public Exception? Failure { get; set; }
    /// <summary>Waited for by seeding.</summary>
    public TaskCompletionSource Seeded { get; set; } = Done();
    /// <summary>Waited for while measuring.</summary>
    public Task Gate { get; set; } = Task.CompletedTask;
    /// <summary>Targets in the order they were executed.</summary>
    public List<string> Executed { get; } = [];

    public Task<Catalogue> CatalogueAsync(CancellationToken cancel) => Task.FromResult(SamplePlans.Catalogue);

    public Task<RunEnvironment> EnvironmentAsync(CancellationToken cancel) => Task.FromResult(SamplePlans.Environment);

    public async Task SeedAsync(Func<Fact, ValueTask> onFact, CancellationToken cancel)
    {
        if (!Seeded.Task.IsCompleted) await onFact(new ProgressFact("seeding 1,000,000 rows", 430_000, 1_000_000));
        await Seeded.Task.WaitAsync(cancel);
    }

    public Task<Plan> PlanAsync(Definition definition, Func<Fact, ValueTask> onFact, CancellationToken cancel) => Task.FromResult(SamplePlans.For(definition));

    public async Task<EndFact> RunAsync(Plan plan, Func<Fact, ValueTask> onFact, CancellationToken cancel)
    {
        lock (Executed) Executed.Add(plan.Definition.Target);
        var facts = (Facts with { Definition = plan.Definition, PerSecond = PerSecond }).Build();
        foreach (var fact in facts.TakeWhile(f => f is not PhaseFact { Phase: RunState.Finishing })) await onFact(fact);
        if (Failure is not null) throw Failure;
        await Gate.WaitAsync(cancel).ContinueWith(_ => { }, TaskScheduler.Default);
        if (StaysMeasuring) await Task.Delay(Timeout.Infinite, cancel).ContinueWith(_ => { }, TaskScheduler.Default);
        await onFact(new PhaseFact(RunState.Finishing));
        var end = cancel.IsCancellationRequested ? new EndFact { State = RunState.Cancelled } : (EndFact)facts[^1];
        await onFact(end);
        return end;
    }

    private static TaskCompletionSource Done()
    {
        var done = new TaskCompletionSource();
        done.SetResult();
        return done;
    }
}
