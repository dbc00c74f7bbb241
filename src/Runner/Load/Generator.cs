using System.Runtime.InteropServices;
using System.Text.Json;
using Wobble.Results;
using Wobble.Results.Domain;
using Wobble.Results.Facts;

namespace Wobble.Runner.Load;

/// <summary>
/// The generator as a child process: a load plan on stdin, <c>ready</c>, the word <c>go</c>, facts on stdout, an <see cref="EndFact"/> whatever happens.
/// SIGTERM, SIGINT, or an end of stdin cancels.
/// </summary>
internal sealed class Generator(TextReader input, TextWriter output)
{
    public const string Component = "generator";
    public const string GoWord = "go";
    /// <summary>The first word of the process: from then on no other process of its user can write into its files or memory.</summary>
    public const string HiddenWord = "hidden";

    private readonly Lock mutex = new();
    private LoadSession? session;
    private bool isCancelled;

    public RunState Run()
    {
        using var facts = new FactWriter(output, Cancel);
        using var terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, OnSignal);
        using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, OnSignal);
        using var hangUp = PosixSignalRegistration.Create(PosixSignal.SIGHUP, OnSignal);
        EndFact end;
        try
        {
            end = Run(facts);
        }
        catch (Exception e) when (e is IOException or JsonException or InvalidOperationException or ArgumentException)
        {
            end = new EndFact { State = RunState.Failed, Reason = e.Message };
        }
        facts.Write(end);
        return end.State;
    }

    private EndFact Run(FactWriter facts)
    {
        string line = input.ReadLine() ?? throw new IOException("There was no load plan on stdin.");
        var plan = JsonSerializer.Deserialize<LoadPlan>(line, WobbleJson.Options) ?? throw new IOException("The load plan on stdin was empty.");
        LoadRules.RequireFiles(plan);
        var choice = EngineChoice.For(plan);
        WarmUp.Run(plan, choice);
        using var made = new LoadSession(plan, choice, facts.Write);
        made.Prepare();
        facts.Write(new EventFact(Component, EventKinds.Ready, "ready to load"));
        if (!WaitForGo()) return new EndFact { State = RunState.Cancelled };

        lock (mutex)
        {
            session = made;
            if (isCancelled) return new EndFact { State = RunState.Cancelled };
        }
        WatchInput();
        GC.Collect(GC.MaxGeneration, GCCollectionMode.Forced, blocking: true, compacting: true);
        var totals = made.Run();
        lock (mutex) session = null;
        return new EndFact { State = isCancelled ? RunState.Cancelled : RunState.Completed, Totals = totals };
    }

    private bool WaitForGo()
    {
        // A signal ends the wait too, though nobody may ever write a line again.
        var reading = Task.Factory.StartNew(input.ReadLine, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
        while (!reading.Wait(20))
        {
            if (Volatile.Read(ref isCancelled)) return false;
        }
        return reading.Result?.Trim() == GoWord && !Volatile.Read(ref isCancelled);
    }

    private void WatchInput() => new Thread(() =>
    {
        try
        {
            while (input.ReadLine() is not null) { }
        }
        catch (IOException)
        {
            // Gone is gone.
        }
        Cancel();
    })
    { IsBackground = true, Name = "stdin" }.Start();

    private void OnSignal(PosixSignalContext context)
    {
        context.Cancel = true;
        Cancel();
    }

    private void Cancel()
    {
        lock (mutex)
        {
            Volatile.Write(ref isCancelled, true);
            session?.Cancel();
        }
    }
}
