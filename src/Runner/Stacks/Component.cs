using System.Diagnostics;
using System.Globalization;
using Wobble.Results.Domain;

namespace Wobble.Runner.Stacks;

/// <summary>Where a component stands.</summary>
internal enum ComponentState
{
    /// <summary>Not started.</summary>
    Planned,
    /// <summary>Its process runs; moved by <see cref="Component.Start"/>.</summary>
    Started,
    /// <summary>Its probe was answered; moved by <see cref="Component.WaitUntilReadyAsync"/>.</summary>
    Ready,
    /// <summary>It was asked to stop; an exit from here on is no crash. Moved by <see cref="Component.StopAsync"/>.</summary>
    Stopping,
    /// <summary>No process of it is left.</summary>
    Gone,
}

/// <summary>How a component's first process ended.</summary>
internal sealed record ComponentExit(ExitStatus Status, TimeSpan RanFor);

/// <summary>How a stop went. <see cref="Leftovers"/>: what was still there though it was asked to stop, a sentence each; all of it is gone now unless a sentence says so.</summary>
internal sealed record ComponentStop(bool Killed, TimeSpan Took, IReadOnlyList<string> Leftovers);

/// <summary>
/// One process of the stack and all that comes from it, from its configuration files to the proof that nothing of it is left.
/// <see cref="StopAsync"/> is bounded: the signal, a wait, the kill, the look for what remains.
/// </summary>
internal sealed class Component(ComponentPlan plan, StackLayout layout, LogPump pump, IReadOnlyList<int>? cores)
{
    // A worker whose master has just ended needs a moment to notice; what is still there after it is a finding.
    private static readonly TimeSpan OrphanGrace = TimeSpan.FromMilliseconds(300);
    private static readonly TimeSpan KillLimit = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan DrainLimit = TimeSpan.FromMilliseconds(100);

    private readonly Stopwatch _ran = new();
    private Task _drained = Task.CompletedTask;
    private ChildProcess? _process;

    public ComponentPlan Plan => plan;
    public string Name => plan.Name;
    public ComponentState State { get; private set; }
    public LogBuffer Log { get; } = new();
    /// <summary>Processes and threads that its user may have before it gets no more of them; null: the Execution's own limit.</summary>
    public int? MostProcesses { get; init; }
    /// <summary>Its processes; only once it is started.</summary>
    public ProcessFamily Family { get; private set; } = null!;
    /// <summary>True when its first process ended though nobody had asked it to stop.</summary>
    public bool Crashed { get; private set; }
    /// <summary>Completes when its first process ended, asked or not.</summary>
    public Task<ComponentExit> Exit { get; private set; } = null!;

    /// <summary>Writes its files and starts it.</summary>
    public void Start()
    {
        foreach (var (path, content) in plan.Files)
        {
            string file = Path.GetFullPath(Path.Combine(layout.RunFolder, path));
            if (!file.StartsWith(layout.RunFolder + "/", StringComparison.Ordinal)) throw new StackException($"{Name}'s file {path} lies outside the run's folder.");
            Directory.CreateDirectory(Path.GetDirectoryName(file)!);
            File.WriteAllText(file, content);
        }
        try
        {
            _process = ChildProcess.Start(new ChildStart { Command = plan.Command, Environment = plan.Environment, WorkingDirectory = plan.WorkingDirectory ?? layout.RunFolder, Cores = cores, MostProcesses = MostProcesses });
        }
        catch (IOException e)
        {
            throw new StackException($"{Name} did not start: {e.Message}");
        }
        _ran.Start();
        _drained = pump.Add(_process.Output, Log);
        Family = new ProcessFamily(_process.Pid);
        Exit = WaitAsync(_process.Pid);
        State = ComponentState.Started;
    }

    /// <summary>Waits for the probe, the exit or the deadline, whichever is first. Throws <see cref="StackException"/> but for the first.</summary>
    public async Task WaitUntilReadyAsync(CancellationToken cancel)
    {
        string? why = "not asked yet";
        while (_ran.Elapsed < plan.Ready.Within)
        {
            var asked = ReadyProbes.AskAsync(plan.Ready, cancel);
            await Task.WhenAny(asked, Exit);
            if (Exit.IsCompleted) throw new StackException($"{Name} {(await Exit).Status} before it was ready.{Quote()}");
            why = await asked;
            if (why is null)
            {
                if (State == ComponentState.Started) State = ComponentState.Ready;
                return;
            }
            var pause = TimeSpan.FromMilliseconds(_ran.ElapsedMilliseconds < 1_000 ? 5 : 25);
            await Task.WhenAny(Task.Delay(pause, cancel), Exit);
            cancel.ThrowIfCancellationRequested();
        }
        throw new StackException($"{Name} was not ready within {Duration.Format(plan.Ready.Within)}: {why}.{Quote()}");
    }

    /// <summary>How long since its start.</summary>
    public TimeSpan RanFor => _ran.Elapsed;

    /// <summary>Its last lines, to follow a sentence; empty when it said nothing.</summary>
    public string Quote() => Log.LastLines(6) is { Length: > 0 } lines ? $" It said: {lines}" : "";

    /// <summary>Asks it to stop, waits, kills what doesn't, proves it gone, reports what was left. Never throws, never hangs.</summary>
    public async Task<ComponentStop> StopAsync()
    {
        if (_process is null || State == ComponentState.Gone) return new ComponentStop(false, TimeSpan.Zero, []);
        var took = Stopwatch.StartNew();
        var leftovers = new List<string>();
        bool wasRunning = !Exit.IsCompleted;
        State = ComponentState.Stopping;
        Family.Members(ProcessTable.Read());
        bool killed = false;
        if (wasRunning)
        {
            _process.Signal(Signals.Number(plan.StopSignal));
            killed = !await Within(Exit, plan.StopWithin);
            if (killed) leftovers.Add($"{Name} did not stop within {Duration.Format(plan.StopWithin)} of {Signals.Name(Signals.Number(plan.StopSignal))} and was killed");
        }
        if (!killed) leftovers.AddRange(await LookForLeftoversAsync(wasRunning));
        leftovers.AddRange(await EndAsync());
        return new ComponentStop(killed, took.Elapsed, leftovers);
    }

    /// <summary>Ends it at once, without asking; answers what could not be ended. Never throws, never hangs.</summary>
    public async Task<IReadOnlyList<string>> KillAsync()
    {
        if (_process is null || State == ComponentState.Gone) return [];
        State = ComponentState.Stopping;
        return await EndAsync();
    }

    /// <summary>Its living processes now.</summary>
    public IReadOnlyList<ProcessStat> Living() => Family.Members(ProcessTable.Read());

    private async Task<ComponentExit> WaitAsync(int pid)
    {
        var status = await ChildReaper.Watch(pid);
        Crashed = State < ComponentState.Stopping;
        return new ComponentExit(status, _ran.Elapsed);
    }

    private async Task<IReadOnlyList<string>> LookForLeftoversAsync(bool wasAsked)
    {
        var waited = Stopwatch.StartNew();
        while (true)
        {
            var left = Living();
            bool listening = ListeningPorts.Contains(plan.Ready.Port);
            if (left.Count == 0 && !listening) return [];
            if (waited.Elapsed < OrphanGrace)
            {
                await Task.Delay(5);
                continue;
            }
            string after = wasAsked ? "after it had stopped" : "after it had crashed";
            var found = new List<string>();
            if (left.Count > 0) found.Add($"{Name} left {left.Count} process{(left.Count == 1 ? "" : "es")} {after}: {Describe(left)}");
            if (listening) found.Add($"{Name}'s port {plan.Ready.Port.ToString(CultureInfo.InvariantCulture)} was still listened on {after}");
            return found;
        }
    }

    private async Task<IReadOnlyList<string>> EndAsync()
    {
        bool ended = await KillAllAsync();
        await LogPump.DrainAsync(_drained, DrainLimit);
        State = ComponentState.Gone;
        return ended ? [] : [$"{Name}: processes could not be ended within {Duration.Format(KillLimit)}: {Describe(Living())}"];
    }

    private async Task<bool> KillAllAsync()
    {
        var waited = Stopwatch.StartNew();
        while (true)
        {
            var left = Living();
            if (left.Count == 0 && Exit.IsCompleted) return true;
            if (waited.Elapsed > KillLimit) return false;
            _process!.SignalGroup(Native.SIGKILL);
            foreach (var process in left) _ = Native.Kill(process.Pid, Native.SIGKILL);
            await Task.Delay(2);
        }
    }

    private static string Describe(IReadOnlyList<ProcessStat> processes) =>
        string.Join(", ", processes.Take(8).Select(p => $"{p.Name} ({p.Pid})")) + (processes.Count > 8 ? ", …" : "");

    private static async Task<bool> Within(Task task, TimeSpan limit) => await Task.WhenAny(task, Task.Delay(limit)) == task;
}
