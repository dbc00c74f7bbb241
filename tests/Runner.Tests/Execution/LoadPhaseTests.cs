using Wobble.Results.Domain;
using Wobble.Results.Facts;
using Wobble.Runner.Execution;
using Wobble.Runner.Stacks;
using Wobble.Tests.Support;

namespace Wobble.Runner.Tests.Execution;

/// <summary>A script in the place of the generator, a small server in that of the stack, which is killed: before the load is over, or after.</summary>
public sealed class LoadPhaseTests : IDisposable
{
    private static readonly TimeSpan Within = TimeSpan.FromSeconds(60);
    private readonly string folder = Directory.CreateTempSubdirectory("wobble-load-").FullName;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Fact]
    public async Task What_falls_once_the_load_is_over_is_no_fall_of_the_run_however_late_the_end_is_read()
    {
        // Its output stays open for a second after its end, as if nobody had come to read it.
        var outcome = await RunAsync("sleep 1 & exit 0", generator => generator.Exit);

        Assert.Null(outcome.Failure);
    }

    [Fact]
    public async Task What_falls_while_the_load_goes_on_ends_the_run_also_when_the_generator_then_ends_in_order()
    {
        var outcome = await RunAsync("trap 'kill $!; exit 0' TERM; sleep 60 >/dev/null 2>&1 & wait", _ => Task.CompletedTask);

        Assert.StartsWith("Fell over ", outcome.Failure);
        Assert.Contains("was ended by SIGKILL", outcome.Failure);
    }

    private async Task<LoadOutcome> RunAsync(string end, Func<GeneratorProcess, Task> ready)
    {
        int port = StackTests.FreePort();
        var sample = SamplePlans.For(new Definition { Target = "uwsgi-http/bottle" });
        var server = new ComponentPlan
        {
            Name = "postgresql", Kind = ComponentKind.Database, Environment = new Dictionary<string, string>(), Ready = new ReadyProbe("tcp", port, null, Within),
            Command = ["/usr/bin/python3", "-c", $"import socket, time; s = socket.create_server(('127.0.0.1', {port})); time.sleep(1000)"],
        };
        var plan = sample with { Components = [server], Layout = sample.Layout with { Sandboxed = false, RunFolder = folder } };
        string script = Path.Combine(folder, "generator");
        string[] said = [new PhaseFact(RunState.Measuring).ToLine(), new EndFact { State = RunState.Completed }.ToLine()];
        File.WriteAllText(script, $"read plan; read go; cat <<'SAID'\n{string.Join('\n', said)}\nSAID\n{end}\n");
        using var pump = new LogPump();
        await using var facts = new FactWriter(Stream.Null);
        var clock = new MeasurementClock(TimeSpan.Zero);
        await using var generator = GeneratorProcess.Start(["/bin/bash", script], plan.Load, pump);
        await using var stack = new Stack(plan, pump, facts, clock, () => null);
        await stack.StartAsync(TestContext.Current.CancellationToken);

        var load = new LoadPhase(plan, generator, stack, facts, clock).RunAsync(TestContext.Current.CancellationToken);
        await ready(generator);
        _ = Native.Kill(stack.Components[0].Family.Root, Native.SIGKILL);
        return await load.WaitAsync(Within, TestContext.Current.CancellationToken);
    }
}
