using System.Globalization;
using Wobble.Results.Domain;
using Wobble.Results.Facts;
using Wobble.Runner.Measurement;
using Wobble.Runner.Stacks;

namespace Wobble.Runner.Execution;

/// <summary>
/// All components of a plan: started in two waves (database and pooler; then target and proxy, each wave at once), watched, stopped in reverse (target and proxy at once).
/// Guarantees: a component that ends unasked is an event at once, and <see cref="FellOver"/> when the run can't go on without it.
/// </summary>
internal sealed class Stack : IAsyncDisposable
{
    private static readonly TimeSpan LookAgain = TimeSpan.FromMilliseconds(100);
    // Beside a worker's own threads and its connections, each of which is a process of PostgreSQL: what a runtime starts by itself, and much for everything else.
    private const int ProcessesEachWorker = 16, ProcessesBeside = 4096;

    private readonly Plan _plan;
    private readonly FactWriter _facts;
    private readonly MeasurementClock _clock;
    private readonly Func<string?> _shortage;
    private readonly TaskCompletionSource<string> _fellOver = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly List<Task> _watches = [];
    private readonly List<string> _killed = [];
    private Task _shortageWatch = Task.CompletedTask;
    private readonly CancellationTokenSource _stopping = new();

    /// <param name="plan">What it is made of.</param>
    /// <param name="pump">Reads its outputs.</param>
    /// <param name="facts">Where events go.</param>
    /// <param name="clock">Their seconds.</param>
    /// <param name="shortage">Why it must end for the machine's sake, if it must; asked now and then.</param>
    public Stack(Plan plan, LogPump pump, FactWriter facts, MeasurementClock clock, Func<string?> shortage)
    {
        _plan = plan;
        _facts = facts;
        _clock = clock;
        _shortage = shortage;
        var cores = Cores.Allowed();
        var ofStack = Cores.OfStack(cores);
        // Outside of a sandbox the limit would count all that its user runs.
        int? processes = plan.Layout.Sandboxed ? MostProcesses(plan.Definition) : null;
        Components = [.. plan.Components.Select(c => new Component(c, plan.Layout, pump, ofStack.Count == cores.Count ? null : ofStack) { MostProcesses = processes })];
    }

    public IReadOnlyList<Component> Components { get; }

    /// <summary>Why it was ended for the machine's sake, as a run's failure; whatever came of it is told elsewhere, and less of a reason.</summary>
    public string? CutShort { get; private set; }

    /// <summary>Completes with the reason when the run can't go on: the proxy, the pooler or the database ended, nothing of the target is left, or the machine can't bear it.</summary>
    public Task<string> FellOver => _fellOver.Task;

    /// <summary>What happened to a part of the target, if anything; the rest of it may still answer.</summary>
    public string? TargetCrash { get; private set; }

    /// <summary>Starts all of it; each probe is answered when this returns. Throws <see cref="StackException"/>.</summary>
    public async Task StartAsync(CancellationToken cancel)
    {
        _shortageWatch = WatchShortageAsync();
        foreach (var wave in Components.GroupBy(c => c.Plan.Kind is ComponentKind.Database or ComponentKind.Pooler))
        {
            foreach (var component in wave)
            {
                cancel.ThrowIfCancellationRequested();
                if (CutShort is not null) throw new StackException(CutShort);
                component.Start();
                await TellAsync(component.Name, EventKinds.Started, $"Started as process {component.Family.Root}: {string.Join(' ', component.Plan.Command)}");
                _watches.Add(WatchAsync(component));
            }
            foreach (var component in wave)
            {
                await WaitUntilReadyAsync(component, cancel);
                await TellAsync(component.Name, EventKinds.Ready, string.Create(CultureInfo.InvariantCulture, $"Ready {component.RanFor.TotalMilliseconds:0} ms after its start."));
            }
        }
    }

    // What stands before something that is gone, or behind it, would wait for it until its deadline.
    private async Task WaitUntilReadyAsync(Component component, CancellationToken cancel)
    {
        using var giveUp = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        var ready = component.WaitUntilReadyAsync(giveUp.Token);
        if (await Task.WhenAny(ready, FellOver) != ready && !component.Exit.IsCompleted)
        {
            await giveUp.CancelAsync();
            await ready.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            throw new StackException($"{await FellOver} before {component.Name} was ready.{component.Quote()}");
        }
        await ready;
    }

    /// <summary>Makes the target fall as the plan asks; what comes of it is watched like any fall. Nothing to do for what its command already is.</summary>
    public async Task ProvokeAsync(string provocation)
    {
        var target = Components.First(c => c.Plan.Kind == ComponentKind.Target);
        int root = target.Family.Root;
        var workers = target.Family.Members(ProcessTable.Read()).Where(m => m.Pid != root).ToList();
        // The busiest: helpers of a runtime (Python's resource tracker) are below the master, too.
        int worker = workers.Count == 0 ? root : workers.MaxBy(m => m.CpuTicks).Pid;
        var (pid, signal, what) = provocation switch
        {
            Provocations.KillMaster => (root, Native.SIGKILL, "Killed on purpose"),
            Provocations.KillWorker => (worker, Native.SIGKILL, "A worker killed on purpose"),
            Provocations.StopLoaded => (root, Signals.Number(target.Plan.StopSignal), $"Asked to stop ({target.Plan.StopSignal}) on purpose while loaded"),
            _ => (0, 0, ""),
        };
        if (pid == 0) return;
        await TellAsync(target.Name, EventKinds.Provoked, $"{what}: process {pid}.");
        _ = Native.Kill(pid, signal);
    }

    /// <summary>A master that is up without a worker: it holds its port and answers nobody.</summary>
    public async Task<IReadOnlyList<string>> LookForIdleMastersAsync()
    {
        var all = ProcessTable.Read();
        var found = new List<string>();
        foreach (var component in Components.Where(c => c is { State: ComponentState.Ready, Plan.Workers: > 0 } && !c.Exit.IsCompleted))
        {
            int below = component.Family.Members(all).Count - 1;
            if (below > 0) continue;
            found.Add($"{component.Name}'s master ({component.Family.Root}) was still up at the end of the load, but without a worker");
            await TellAsync(component.Name, EventKinds.Warning, found[^1] + ".");
        }
        return found;
    }

    /// <summary>Stops all of it, the last started first. Returns what was left behind though asked to stop.</summary>
    public async Task<IReadOnlyList<string>> StopAsync()
    {
        await _stopping.CancelAsync();
        await _shortageWatch;
        var leftovers = new List<string>(_killed);
        _killed.Clear();
        // Without load the proxy and the target need not wait for each other; the database waits for the pooler, the pooler for them.
        foreach (var wave in Components.Reverse().GroupBy(c => c.Plan.Kind is ComponentKind.Proxy ? ComponentKind.Target : c.Plan.Kind))
        {
            var stops = wave.Where(c => c.State is not (ComponentState.Planned or ComponentState.Gone)).Select(async c => (Component: c, Stop: await c.StopAsync())).ToList();
            foreach (var (component, stop) in await Task.WhenAll(stops))
            {
                await TellStopAsync(component, stop);
                leftovers.AddRange(stop.Leftovers);
            }
        }
        await Task.WhenAll(_watches);
        return leftovers;
    }

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        _stopping.Dispose();
    }

    private async Task TellStopAsync(Component component, ComponentStop stop)
    {
        var exit = await component.Exit;
        if (stop.Killed) await TellAsync(component.Name, EventKinds.Killed, $"{stop.Leftovers[0]}.");
        else if (!component.Crashed) await TellAsync(component.Name, EventKinds.Stopped, string.Create(CultureInfo.InvariantCulture, $"Stopped in {stop.Took.TotalMilliseconds:0} ms: {exit.Status}."));
        foreach (string left in stop.Leftovers.Skip(stop.Killed ? 1 : 0)) await TellAsync(component.Name, EventKinds.LeftOrphans, left + ".");
    }

    // The target is what takes it all, if anything does. It is ended first, without being asked: each moment counts, and the rest can then stop in order.
    private async Task WatchShortageAsync()
    {
        while (!_stopping.IsCancellationRequested)
        {
            if (_shortage() is { } why)
            {
                CutShort = $"Fell over {_clock.When()}: {why}.";
                var targets = Components.Where(c => c.Plan.Kind == ComponentKind.Target && c.State != ComponentState.Planned).ToList();
                foreach (var (component, leftovers) in await Task.WhenAll(targets.Select(async c => (Component: c, Leftovers: await c.KillAsync()))))
                {
                    await TellAsync(component.Name, EventKinds.Killed, $"Killed: {why}.");
                    foreach (string left in leftovers) await TellAsync(component.Name, EventKinds.LeftOrphans, left + ".");
                    _killed.AddRange(leftovers);
                }
                _fellOver.TrySetResult(why);
                return;
            }
            await Task.Delay(Shortage.Every, _stopping.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private async Task WatchAsync(Component component)
    {
        var exit = await component.Exit;
        if (!component.Crashed) return;
        string what = $"{component.Name} {exit.Status}";
        await TellAsync(component.Name, EventKinds.Crashed, string.Create(CultureInfo.InvariantCulture, $"{what} after {exit.RanFor.TotalSeconds:0.0} s.{component.Quote()}"));
        if (component.Plan.Kind != ComponentKind.Target)
        {
            _fellOver.TrySetResult(what);
            return;
        }
        TargetCrash ??= what;
        var target = Components.Where(c => c.Plan.Kind == ComponentKind.Target && c.State != ComponentState.Planned).ToList();
        while (!_stopping.IsCancellationRequested && target.All(c => c.Exit.IsCompleted))
        {
            if (target.All(c => c.Living().Count == 0))
            {
                _fellOver.TrySetResult(what);
                return;
            }
            await Task.Delay(LookAgain);
        }
    }

    // The options have their defaults by now.
    private static int MostProcesses(Definition definition) =>
        ProcessesBeside + (definition.Workers ?? 1) * (ProcessesEachWorker + Option(definition, "threads") + Option(definition, "pool"));

    private static int Option(Definition definition, string name) =>
        int.TryParse(definition.Options.GetValueOrDefault(name), NumberStyles.None, CultureInfo.InvariantCulture, out int value) ? value : 0;

    private ValueTask TellAsync(string component, string kind, string text) => _facts.AddAsync(new EventFact(component, kind, text, _clock.Second));
}
