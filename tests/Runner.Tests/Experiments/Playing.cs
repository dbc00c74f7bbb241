using Wobble.Results.Domain;
using Wobble.Results.Experiments;
using Wobble.Results.Facts;
using Wobble.Runner.Experiments;
using Wobble.Runner.Tests.Work;
using Wobble.Runner.Work;
using Wobble.Tests.Support;

namespace Wobble.Runner.Tests.Experiments;

/// <summary>Experiments over executions without a stack.</summary>
internal static class Playing
{
    public static ExperimentDefinition Compare(int repetitions = 3, long seed = 7, params string[] targets) =>
        Making.Compare(targets.Length > 0 ? targets : ["uwsgi-http/bottle", "uvicorn/starlette"], new Definition { Target = "", For = TimeSpan.FromSeconds(2) }, SamplePlans.Catalogue, repetitions, seed);

    /// <summary>Runs it until nothing is left, or until <paramref name="stopIn"/> runs have begun: the last of these is cancelled, as by Ctrl-C.</summary>
    public static async Task<ExperimentEnd> PlayAsync(IExperimentStore store, int? stopIn = null, TimeSpan? budget = null, TextWriter? said = null)
    {
        using var cancel = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        return await new ExperimentRunner(new Stopping(stopIn, cancel), store, new ExperimentProgress(said ?? TextWriter.Null, false, store.Definition), budget).RunAsync(cancel.Token);
    }

    public static IEnumerable<(int Row, int Round)> Made(IExperimentStore store) => store.Runs.Select(r => (r.Row, r.Round));

    private sealed class Stopping(int? stopIn, CancellationTokenSource cancel) : IExecutions
    {
        private readonly FakeExecutions _inner = new() { PerSecond = 2_000 };

        public Task<Catalogue> CatalogueAsync(CancellationToken stop) => _inner.CatalogueAsync(stop);
        public Task<RunEnvironment> EnvironmentAsync(CancellationToken stop) => _inner.EnvironmentAsync(stop);
        public Task SeedAsync(Func<Fact, ValueTask> onFact, CancellationToken stop) => _inner.SeedAsync(onFact, stop);

        // A target that vanished after the experiment was checked.
        public Task<Plan> PlanAsync(Definition definition, Func<Fact, ValueTask> onFact, CancellationToken stop) =>
            definition.Target == "daphne/starlette" ? throw new ExecutionException("It can't run here: target: daphne/starlette is not allowed; no such target") : _inner.PlanAsync(definition, onFact, stop);

        public async Task<EndFact> RunAsync(Plan plan, Func<Fact, ValueTask> onFact, CancellationToken stop)
        {
            if (_inner.Executed.Count + 1 == stopIn) await cancel.CancelAsync();
            return await _inner.RunAsync(plan, fact => onFact(Honest(fact)), stop);
        }

        // The made-up components use more CPU time than two cores have, which would make each run invalid.
        private static Fact Honest(Fact fact) => fact is SampleFact sample ? sample with { Components = [.. sample.Components.Select(c => c with { CpuSeconds = c.CpuSeconds / 4 })] } : fact;
    }
}
