using System.Globalization;
using System.Text.Json;
using Wobble.Results;
using Wobble.Results.Domain;
using Wobble.Results.Facts;
using Wobble.Runner.Hosting;
using Wobble.Runner.Measurement;
using Wobble.Runner.Sandbox;
using Wobble.Runner.Stacks;

namespace Wobble.Runner.Execution;

/// <summary>
/// Runs a plan in a sandbox of its own and passes its facts on, in order, one at a time; the first is the <see cref="PlanFact"/>, the last the
/// <see cref="EndFact"/>, which is also returned. Guarantees: the end always comes, by a known time, however the sandbox dies; nothing of the stack
/// is left afterwards; one run at a time on this machine (a second waits and says so). Only what <c>onFact</c> throws is thrown, after the sandbox is ended.
/// </summary>
internal sealed class ExecutionLauncher(string? lockPath = null)
{
    // Beyond what an orderly stop may take, then it is killed.
    private static readonly TimeSpan StopSlack = TimeSpan.FromSeconds(3);
    private static readonly TimeSpan GoneLimit = TimeSpan.FromSeconds(2);

    /// <summary>Runs <paramref name="plan"/> to its end. A cancel makes the end <see cref="RunState.Cancelled"/>; it is never thrown.</summary>
    public async Task<EndFact> RunAsync(Plan plan, DataFolder data, Func<Fact, ValueTask> onFact, CancellationToken cancel)
    {
        await onFact(new PlanFact(plan));
        await onFact(new PhaseFact(RunState.Preparing));
        EndFact end;
        try
        {
            using var machine = await MachineLock.AcquireAsync(lockPath ?? MachineLock.DefaultPath, holder => onFact(WaitingFor(holder)), cancel);
            end = await RunAloneAsync(plan, data, onFact, cancel);
        }
        catch (OperationCanceledException) when (cancel.IsCancellationRequested)
        {
            end = new EndFact { State = RunState.Cancelled, Reason = "Cancelled before it began." };
        }
        catch (Exception e) when (e is StackException or IOException or UnauthorizedAccessException)
        {
            end = Failed(e.Message);
        }
        await onFact(end);
        return end;
    }

    /// <summary>The progress while another has the machine: <c>waiting for another run on this machine (Runner, process 12)</c>.</summary>
    public static ProgressFact WaitingFor(string holder) => new("waiting for another run on this machine" + holder, 0, 0);

    private static EndFact Failed(string reason) => new() { State = RunState.Failed, Reason = reason };

    private static async Task<EndFact> RunAloneAsync(Plan plan, DataFolder data, Func<Fact, ValueTask> onFact, CancellationToken cancel)
    {
        string? noSandbox = plan.Layout.Sandboxed ? null : SandboxProbe.Reason ?? "the plan says so";
        if (plan.Layout.Sandboxed && SandboxProbe.Reason is { } reason) return Failed($"The plan wants a sandbox, but there is none here: {reason}.");
        var user = UnprivilegedUser.EnsureUser();
        var sweep = new StraySweep(data, user.Uid);
        if (noSandbox is not null) await sweep.RunAsync();
        using var folders = RunFolders.Create(plan, data, user);
        using var cluster = new BenchmarkCluster(data.Cluster);
        var limit = Deadlines.Whole(plan, cluster.IsSeeded);
        if (noSandbox is not null) await onFact(new EventFact("wobble", EventKinds.Warning, $"There is no sandbox, because {noSandbox}: stack and load share the machine's ports and processes with everything else."));
        foreach (string warning in plan.Warnings) await onFact(new EventFact("wobble", EventKinds.Warning, warning));
        await onFact(new EventFact("wobble", EventKinds.Phase, string.Create(CultureInfo.InvariantCulture, $"The run has the machine; it ends within {limit.TotalSeconds:0} s, whatever happens.")));

        var (command, environment) = SandboxCommand.Create(plan, folders, data, user);
        string seal = Secrets.New();
        using var guard = noSandbox is null ? null : await GuardAsync(plan, folders, data, user);
        using var sandbox = await SandboxProcess.StartAsync(command, environment);
        try
        {
            var giver = PriorityGiver.Can(plan.Load) ? new PriorityGiver(sandbox.Pid) : null;
            var order = new InsideOrder(plan, EnvironmentReader.Read(plan.Versions, plan.Wobble, noSandbox, user), seal) { GivesPriority = giver is not null };
            sandbox.WriteLine(JsonSerializer.Serialize(order, WobbleJson.Options));
            return await FollowAsync(plan, sandbox, seal, giver, limit, onFact, cancel);
        }
        finally
        {
            sandbox.Kill();
            await sandbox.Exit;
            if (noSandbox is not null) await sweep.RunAsync(folders.Stack);
            guard?.Kill();
            if (guard is not null) await guard.Exit;
            if (!await cluster.LockAsync(GoneLimit, inherited: false, CancellationToken.None)) await onFact(new EventFact("wobble", EventKinds.Warning, $"Processes of the stack still hold the benchmark's cluster {Duration.Format(GoneLimit)} after the run's end."));
        }
    }

    /// <summary>Where the kernel doesn't end the stack with this process, another process does: it waits for the end of its input.</summary>
    private static Task<SandboxProcess> GuardAsync(Plan plan, RunFolders folders, DataFolder data, UnprivilegedUser user)
    {
        var (command, environment) = SandboxCommand.Guard(folders, data, user, Deadlines.StopLoad + Deadlines.Stop(plan) + StopSlack);
        return SandboxProcess.StartAsync(command, environment);
    }

    /// <summary>Passes facts on until the sandbox's end, which comes by itself, after a cancel, or by force at the deadline.</summary>
    private static async Task<EndFact> FollowAsync(Plan plan, SandboxProcess sandbox, string seal, PriorityGiver? giver, TimeSpan limit, Func<Fact, ValueTask> onFact, CancellationToken cancel)
    {
        using var over = new CancellationTokenSource(limit);
        using var forced = new CancellationTokenSource();
        using var silent = new CancellationTokenSource(Deadlines.Silence);
        await using var onOver = over.Token.Register(sandbox.Kill);
        await using var onForced = forced.Token.Register(sandbox.Kill);
        await using var onSilent = silent.Token.Register(sandbox.Kill);
        await using var onCancel = cancel.Register(() =>
        {
            sandbox.WriteLine(InsideOrder.Cancel);
            forced.CancelAfter(Deadlines.StopLoad + Deadlines.Stop(plan) + StopSlack);
        });

        EndFact? end = null;
        await foreach (string line in sandbox.Lines.ReadAllAsync(CancellationToken.None))
        {
            // A line without the seal is not the Execution's word.
            if (!line.StartsWith(seal, StringComparison.Ordinal)) continue;
            silent.CancelAfter(Deadlines.Silence);
            if (!Fact.TryParse(line[seal.Length..], out var fact)) continue;
            if (giver?.Notice(fact!) == true) sandbox.WriteLine(InsideOrder.PriorityGiven);
            if (fact is EndFact last) end = last;
            else if (end is null) await onFact(fact!);
        }
        var exit = await sandbox.Exit;
        if (end is { State: RunState.Cancelled } && !cancel.IsCancellationRequested) return end with { State = RunState.Failed, Reason = "The Execution was told to stop, by a signal from outside of Wobble." };
        if (end is not null) return end;
        string words = await sandbox.LastWordsAsync();
        string said = words.Length > 0 ? $" It said: {words}" : "";
        if (cancel.IsCancellationRequested) return new EndFact { State = RunState.Cancelled, Reason = forced.IsCancellationRequested ? $"Cancelled; it did not stop in time and was killed.{said}" : "Cancelled." };
        if (silent.IsCancellationRequested) return Failed($"The Execution said nothing for {Duration.Format(Deadlines.Silence)} and was killed.{said}");
        return Failed(over.IsCancellationRequested ? $"The run did not end within {limit.TotalSeconds:0} s and was killed.{said}" : $"The Execution {exit.Unwrapped()} before its end.{said}");
    }
}
