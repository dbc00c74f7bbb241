using System.Diagnostics;
using Wobble.Runner.Hosting;
using Wobble.Runner.Stacks;

namespace Wobble.Runner.Tests.Hosting;

public sealed class ChildTests
{
    [Fact]
    public async Task Stop_kills_a_child_that_ignores_the_signal()
    {
        var ready = new TaskCompletionSource();
        using var child = await Child.StartAsync(Bash("trap '' TERM; echo ready; while :; do sleep 1; done"), _ => ready.TrySetResult());
        await ready.Task.WaitAsync(TimeSpan.FromSeconds(10));

        await child.StopAsync(CancellationToken.None);

        Assert.Equal(128 + 9, await child.Exited);
        Assert.False(child.Identity!.IsAlive);
    }

    [Fact]
    public async Task A_child_that_ends_on_the_signal_is_not_killed()
    {
        var ready = new TaskCompletionSource();
        using var child = await Child.StartAsync(Bash("trap 'exit 7' TERM; echo ready; while :; do sleep 0.05; done"), _ => ready.TrySetResult());
        await ready.Task.WaitAsync(TimeSpan.FromSeconds(10));

        await child.StopAsync(CancellationToken.None);

        Assert.Equal(7, await child.Exited);
    }

    [Fact]
    public async Task A_grandchild_that_keeps_the_output_open_does_not_hide_the_end()
    {
        var grandchild = new TaskCompletionSource<int>();
        using var child = await Child.StartAsync(Bash("sleep 60 & echo $!; exit 3"), line => grandchild.TrySetResult(int.Parse(line)));

        Assert.Equal(3, await child.Exited.WaitAsync(TimeSpan.FromSeconds(10)));
        Assert.Equal(0, Native.Kill(await grandchild.Task, Native.SIGKILL));
    }

    [Fact]
    public async Task A_child_has_a_session_of_its_own_so_that_a_terminals_interrupt_passes_it_by()
    {
        var session = new TaskCompletionSource<string>();
        using var child = await Child.StartAsync(Bash("ps -o sid= -p $$; sleep 60"), line => session.TrySetResult(line.Trim()));

        Assert.Equal(child.Identity!.Pid.ToString(), await session.Task.WaitAsync(TimeSpan.FromSeconds(10)));
        await child.StopAsync(CancellationToken.None);
    }

    [Fact]
    public async Task The_kernel_is_asked_to_end_a_child_when_this_process_dies()
    {
        var signal = new TaskCompletionSource<string>();
        string show = "import ctypes; s = ctypes.c_int(); ctypes.CDLL(None).prctl(2, ctypes.byref(s)); print(s.value, flush=True)";
        using var child = await Child.StartAsync(Spec("/usr/bin/python3", "-c", show), line => signal.TrySetResult(line));

        Assert.Equal("15", await signal.Task.WaitAsync(TimeSpan.FromSeconds(10)));
        await child.Exited;
    }

    [Fact]
    public async Task A_process_that_a_killed_start_left_is_ended_and_one_with_its_number_only_is_not()
    {
        string file = Path.Combine(Path.GetTempPath(), $"wobble-test-{Guid.NewGuid():N}.json");
        using var left = await Child.StartAsync(Spec("/usr/bin/sleep", "60"), _ => { });
        using var other = await Child.StartAsync(Spec("/usr/bin/sleep", "60"), _ => { });
        var former = new LeftBehind(file);
        former.Remember(left.Identity! with { Name = "Runner" });
        former.Remember(other.Identity! with { Name = "Dashboard", StartTicks = other.Identity!.StartTicks - 1 });

        Assert.Equal(["Runner"], await new LeftBehind(file).EndAsync(TimeSpan.FromSeconds(5)));
        Assert.False(left.Identity!.IsAlive);
        Assert.True(other.Identity!.IsAlive);

        await other.StopAsync(CancellationToken.None);
        former.Forget();
    }

    private static ChildSpec Bash(string script) => Spec("/bin/bash", "-c", script);

    private static ChildSpec Spec(params string[] command) => new() { Name = "child", Command = command, Stop = [new(Native.SIGTERM, TimeSpan.FromMilliseconds(500))] };
}
