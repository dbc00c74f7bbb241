using Wobble.Results.Domain;
using Wobble.Results.Facts;

namespace Wobble.Runner.Work;

/// <summary>What the Runner's work asks of this machine: what can run here, a plan, and its execution. Tests put their own in its place.</summary>
internal interface IExecutions
{
    /// <summary>What can run here now.</summary>
    Task<Catalogue> CatalogueAsync(CancellationToken cancel);

    /// <summary>The machine.</summary>
    Task<RunEnvironment> EnvironmentAsync(CancellationToken cancel);

    /// <summary>Makes sure that the benchmark's cluster has its rows; at once when it has.</summary>
    /// <exception cref="ExecutionException">It can't be made, and why.</exception>
    Task SeedAsync(Func<Fact, ValueTask> onFact, CancellationToken cancel);

    /// <summary>The plan of a definition. May install what the target needs first.</summary>
    /// <exception cref="ExecutionException">It can't run here, and why.</exception>
    Task<Plan> PlanAsync(Definition definition, Func<Fact, ValueTask> onFact, CancellationToken cancel);

    /// <summary>Runs a plan; the end always comes, also when cancelled.</summary>
    Task<EndFact> RunAsync(Plan plan, Func<Fact, ValueTask> onFact, CancellationToken cancel);
}

/// <summary>Something about this machine keeps runs from being executed: a sentence for people.</summary>
internal sealed class ExecutionException(string message) : Exception(message);
