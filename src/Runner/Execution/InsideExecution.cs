using Wobble.Results.Domain;
using Wobble.Results.Facts;
using Wobble.Runner.Sandbox;
using Wobble.Runner.Stacks;

namespace Wobble.Runner.Execution;

/// <summary>
/// The Execution proper, inside the sandbox: seeds the cluster when it must, starts the stack, checks its answers, loads it, stops it, and tells it all in
/// facts. A generic interpreter of plans: it knows no server by name. Never throws; the end is always told.
/// </summary>
internal sealed class InsideExecution(InsideOrder order, FactWriter facts, IReadOnlyList<string> generatorCommand, Task priorityGiven, CancellationToken cancel)
{
    private static readonly TimeSpan ClusterFree = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan GeneratorReady = TimeSpan.FromSeconds(20);
    // The launcher answers within some ms; without its answer the load begins all the same, and says which priority it had.
    private static readonly TimeSpan PriorityWithin = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan LogPiece = TimeSpan.FromSeconds(1);

    private readonly Plan _plan = order.Plan.Layout.Sandboxed ? order.Plan : Marked(order.Plan);
    private readonly MeasurementClock _clock = new(order.Plan.Load.Warmup);
    private GeneratorProcess? _generator;

    /// <summary>Runs the plan to its end, which is told and returned.</summary>
    public async Task<EndFact> RunAsync()
    {
        await facts.AddAsync(new EnvironmentFact(order.Environment with { Somaxconn = ReadLine("/proc/sys/net/core/somaxconn") }));
        using var pump = new LogPump();
        using var cluster = new BenchmarkCluster(_plan.Layout.ClusterFolder);
        await using var stack = new Stack(_plan, pump, facts, _clock, new Shortage(_plan.Layout).Look);
        using var logging = new CancellationTokenSource();
        var logs = PassLogsOnAsync(stack, logging.Token);

        var (outcome, isCancelled) = await TryAsync(stack, cluster, pump);
        if (outcome.Failure is not null && stack.CutShort is { } why) outcome = outcome with { Failure = why };
        await facts.AddAsync(new PhaseFact(RunState.Finishing));
        if (isCancelled) await facts.AddAsync(new EventFact("wobble", EventKinds.Cancelled, "A cancel was asked for.", _clock.Second));
        else if (outcome.Failure is { } failure) await facts.AddAsync(new EventFact("wobble", EventKinds.Failed, failure, _clock.Second));
        List<string> leftovers = [.. await stack.LookForIdleMastersAsync()];
        if (_generator is not null) await _generator.StopAsync(Deadlines.StopLoad);
        leftovers.AddRange(await stack.StopAsync());
        if (stack.CutShort is not null) leftovers.AddRange(Discard(cluster));
        await logging.CancelAsync();
        await logs;
        var end = new EndFact
        {
            State = isCancelled ? RunState.Cancelled : outcome.Failure is null ? RunState.Completed : RunState.Failed,
            Reason = isCancelled ? "Cancelled." : outcome.Failure,
            Totals = outcome.Totals,
            Leftovers = leftovers,
        };
        await facts.AddAsync(end);
        return end;
    }

    private async Task<(LoadOutcome Outcome, bool IsCancelled)> TryAsync(Stack stack, BenchmarkCluster cluster, LogPump pump)
    {
        try
        {
            return (await PrepareAndLoadAsync(stack, cluster, pump), false);
        }
        catch (StackException e)
        {
            return (new LoadOutcome(null, e.Message), cancel.IsCancellationRequested);
        }
        catch (OperationCanceledException) when (cancel.IsCancellationRequested)
        {
            return (new LoadOutcome(null, null), true);
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            return (new LoadOutcome(null, $"Wobble itself failed: {e}"), false);
        }
    }

    private async Task<LoadOutcome> PrepareAndLoadAsync(Stack stack, BenchmarkCluster cluster, LogPump pump)
    {
        if (!await cluster.LockAsync(ClusterFree, inherited: true, cancel)) throw new StackException($"The benchmark's cluster is still held by processes of another run after {Duration.Format(ClusterFree)}.");
        cluster.RemoveStrange();
        if (!cluster.IsSeeded) await SeedAsync(cluster, pump);
        // A plan of the database alone is for seeding it.
        if (_plan.Components.All(c => c.Kind == ComponentKind.Database)) return new LoadOutcome(null, null);
        cluster.RemoveStalePid();
        _generator = GeneratorProcess.Start(generatorCommand, _plan.Load, pump);
        await _generator.WaitUntilHiddenAsync(GeneratorReady, cancel);
        await stack.StartAsync(cancel);
        var check = new AnswerCheck(_plan).RunAsync(cancel);
        if (await Task.WhenAny(check, stack.FellOver) != check) throw new StackException($"Fell over {_clock.When()}: {await stack.FellOver}.");
        await facts.AddAsync(new EventFact("wobble", EventKinds.Checked, await check));
        foreach (var said in await _generator.WaitUntilReadyAsync(GeneratorReady, cancel)) await facts.AddAsync(said);
        if (order.GivesPriority) await Task.WhenAny(priorityGiven, Task.Delay(PriorityWithin, cancel));
        return await new LoadPhase(_plan, _generator, stack, facts, _clock).RunAsync(cancel);
    }

    // It was killed for what it took; some of that may lie in the only other folder that it could write.
    private static IEnumerable<string> Discard(BenchmarkCluster cluster)
    {
        try
        {
            cluster.Discard();
            return [];
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return [$"the benchmark's database, which the target may have filled, could not be removed: {e.Message.TrimEnd('.')}"];
        }
    }

    private async Task SeedAsync(BenchmarkCluster cluster, LogPump pump)
    {
        const string task = "seeding the benchmark's database";
        var database = _plan.Components.First(c => c.Kind == ComponentKind.Database);
        await facts.AddAsync(new ProgressFact(task, 0, BenchmarkDatabase.Rows));
        await cluster.SeedAsync(database, _plan.Layout, pump, done => facts.AddAsync(new ProgressFact(task, done, BenchmarkDatabase.Rows)), cancel);
    }

    /// <summary>Each component's output once a second, and what is left of it at the end.</summary>
    private async Task PassLogsOnAsync(Stack stack, CancellationToken end)
    {
        bool isLast;
        do
        {
            await Task.WhenAny(Task.Delay(LogPiece, end));
            isLast = end.IsCancellationRequested;
            foreach (var component in stack.Components)
                if (component.Log.Take() is { } text) await facts.AddAsync(new LogFact(component.Name, text));
            if (_generator?.Log.Take() is { } said) await facts.AddAsync(new LogFact(GeneratorProcess.Name, said));
        }
        while (!isLast);
    }

    /// <summary>Without a sandbox the run's processes carry its folder, so that a sweep finds them whatever became of their parents.</summary>
    private static Plan Marked(Plan plan) => plan with
    {
        Components = [.. plan.Components.Select(c => c with { Environment = new Dictionary<string, string>(c.Environment) { [StraySweep.Marker] = plan.Layout.RunFolder } })],
    };

    private static string? ReadLine(string file) => File.Exists(file) ? File.ReadAllText(file).Trim() : null;
}
