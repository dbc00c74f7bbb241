using System.Reflection;
using Wobble.Results.Domain;
using Wobble.Results.Experiments;
using Wobble.Results.Facts;
using Wobble.Runner.Catalog;
using Wobble.Runner.Execution;
using Wobble.Runner.Hosting;
using Wobble.Runner.Measurement;
using Wobble.Runner.Sandbox;
using Wobble.Runner.Stacks;

namespace Wobble.Runner.Work;

/// <summary>The executions of this machine: real stacks in sandboxes.</summary>
internal sealed class StackExecutions(DataFolder data, CatalogueReader reader, ExecutionLauncher launcher) : IExecutions
{
    public async Task<Catalogue> CatalogueAsync(CancellationToken cancel) => (await reader.ReadAsync()).Catalogue;

    public async Task<RunEnvironment> EnvironmentAsync(CancellationToken cancel)
    {
        var parts = (await reader.ReadAsync()).Catalogue.Parts.Where(p => p.Version is not null).ToDictionary(p => p.Name, p => p.Version!);
        string wobble = typeof(StackExecutions).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? "unknown";
        return EnvironmentReader.Read(parts, wobble, SandboxProbe.Reason, Hosting.UnprivilegedUser.EnsureUser());
    }

    public async Task SeedAsync(Func<Fact, ValueTask> onFact, CancellationToken cancel)
    {
        using (var cluster = new BenchmarkCluster(data.Cluster)) if (cluster.IsSeeded) return;
        var loaded = await reader.ReadAsync();
        var any = loaded.Targets.FirstOrDefault(t => t.Target.Unavailable is null && t.Environment is null or { IsInstalled: true })
            ?? throw new ExecutionException("Not one target can run here; ./wobble doctor says what is missing.");
        var plan = Planner.Plan(new Definition { Target = any.Target.Name }, loaded, StackLayouts.Create(data));
        var end = await launcher.RunAsync(plan with { Components = [.. plan.Components.Where(c => c.Kind == ComponentKind.Database)] }, data, onFact, cancel);
        cancel.ThrowIfCancellationRequested();
        if (end.State != RunState.Completed) throw new ExecutionException($"The benchmark's database can't be made: {end.Reason}");
    }

    public async Task<Plan> PlanAsync(Definition definition, Func<Fact, ValueTask> onFact, CancellationToken cancel)
    {
        var loaded = await reader.ReadAsync();
        if (loaded.Find(definition.Target) is { Target.Unavailable: null, Environment: { IsInstalled: false } environment })
        {
            await onFact(new ProgressFact($"installing {Path.GetFileName(environment.Folder)}", 0, 0));
            loaded = await reader.ReadAndInstallAsync(definition.Target, PythonEnvironments.FullLimit, holder => onFact(ExecutionLauncher.WaitingFor(holder)), cancel);
        }
        try
        {
            return Planner.Plan(definition, loaded, StackLayouts.Create(data));
        }
        catch (PlanRefusedException e)
        {
            throw new ExecutionException(ExperimentRun.CannotRun + string.Join("; ", e.Errors));
        }
    }

    public Task<EndFact> RunAsync(Plan plan, Func<Fact, ValueTask> onFact, CancellationToken cancel) => launcher.RunAsync(plan, data, onFact, cancel);
}
