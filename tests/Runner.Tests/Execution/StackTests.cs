using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Wobble.Results.Domain;
using Wobble.Results.Facts;
using Wobble.Runner.Execution;
using Wobble.Runner.Stacks;
using Wobble.Tests.Support;

namespace Wobble.Runner.Tests.Execution;

/// <summary>Small programs in the place of servers.</summary>
public sealed class StackTests : IDisposable
{
    private static readonly TimeSpan Within = TimeSpan.FromSeconds(60);
    private readonly string folder = Directory.CreateTempSubdirectory("wobble-stack-").FullName;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Fact]
    public async Task A_target_that_falls_while_the_proxy_starts_ends_the_start_with_its_name()
    {
        int port = FreePort();
        string listens = $"import socket, sys, time; s = socket.create_server(('127.0.0.1', {port})); s.accept(); time.sleep(.3); sys.exit(3)";
        var target = Component("shortlived", ComponentKind.Target, port, "/usr/bin/python3", "-c", listens);
        var proxy = Component("patient", ComponentKind.Proxy, FreePort(), "/usr/bin/sleep", "100");
        var took = Stopwatch.StartNew();

        var failure = await Assert.ThrowsAsync<StackException>(() => StartAsync(target, proxy));

        Assert.StartsWith("shortlived ", failure.Message);
        Assert.Contains(" before patient was ready.", failure.Message);
        Assert.True(took.Elapsed < Within / 2, $"It took {took.Elapsed.TotalSeconds:0} s.");
    }

    [Fact]
    public async Task What_ends_by_itself_before_it_is_ready_is_named_as_that()
    {
        var failure = await Assert.ThrowsAsync<StackException>(() => StartAsync(Component("shortlived", ComponentKind.Target, FreePort(), "/usr/bin/false")));

        Assert.StartsWith("shortlived ", failure.Message);
        Assert.Contains(" before it was ready.", failure.Message);
    }

    [Fact]
    public async Task A_target_that_takes_what_the_machine_has_is_killed_and_named_and_the_rest_stops_in_order()
    {
        int port = FreePort();
        string children = $"import os, socket, time; [os.fork() for _ in range(3)]; s = socket.socket(); s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1); s.bind(('127.0.0.1', {port})); s.listen(); time.sleep(1000)";
        var target = Component("greedy", ComponentKind.Target, port, "/usr/bin/python3", "-c", children);
        var proxy = Component("patient", ComponentKind.Proxy, FreePort(), "/usr/bin/sleep", "100");
        string? why = null;
        var events = new MemoryStream();

        var started = StartAsync([target, proxy], () => why, events, async stack =>
        {
            await Poll.UntilAsync("eight processes", () => Task.FromResult(stack.Components[1].State != ComponentState.Planned && stack.Components[0].Living().Count == 8), Within);
            why = "the machine ran out of memory: 0.9 of 24.0 GB were left, 21.0 when the stack started";
            Assert.Equal(why, await stack.FellOver.WaitAsync(Within));
            Assert.Equal($"Fell over before the load began: {why}.", stack.CutShort);
            Assert.Empty(stack.Components[0].Living());
            Assert.Single(stack.Components[1].Living());
        });
        var failure = await Assert.ThrowsAsync<StackException>(() => started);

        Assert.Contains(" before patient was ready.", failure.Message);
        var told = Encoding.UTF8.GetString(events.ToArray()).Split('\n').Select(l => Fact.TryParse(l, out var fact) ? fact as EventFact : null).OfType<EventFact>().ToList();
        Assert.Equal($"Killed: {why}.", Assert.Single(told, e => e is { Component: "greedy", Kind: EventKinds.Killed }).Text);
        Assert.DoesNotContain(told, e => e.Component == "greedy" && e.Kind is EventKinds.Crashed or EventKinds.LeftOrphans);
        Assert.Single(told, e => e is { Component: "patient", Kind: EventKinds.Stopped });
    }

    [Fact]
    public async Task A_target_that_takes_what_the_machine_has_before_it_is_ready_is_no_fall_of_its_own()
    {
        var target = Component("greedy", ComponentKind.Target, FreePort(), "/usr/bin/sleep", "100");
        var after = Component("never", ComponentKind.Target, FreePort(), "/usr/bin/sleep", "100");
        string? why = null, cutShort = null;

        await Assert.ThrowsAsync<StackException>(() => StartAsync([target, after], () => why, Stream.Null, async stack =>
        {
            await Poll.UntilAsync("a start", () => Task.FromResult(stack.Components[1].State == ComponentState.Started), Within);
            why = "the disk of the run's folder ran full";
            await stack.FellOver.WaitAsync(Within);
            cutShort = stack.CutShort;
            Assert.All(stack.Components, c => Assert.Equal(ComponentState.Gone, c.State));
        }));

        Assert.EndsWith(": the disk of the run's folder ran full.", cutShort);
    }

    private Task StartAsync(params ComponentPlan[] components) => StartAsync(components, () => null, Stream.Null, _ => Task.CompletedTask);

    private async Task StartAsync(ComponentPlan[] components, Func<string?> shortage, Stream events, Func<Stack, Task> meanwhile)
    {
        var sample = SamplePlans.For(new Definition { Target = "uwsgi-http/bottle" });
        var plan = sample with { Components = components, Layout = sample.Layout with { Sandboxed = false, RunFolder = folder } };
        using var pump = new LogPump();
        await using var facts = new FactWriter(events);
        await using var stack = new Stack(plan, pump, facts, new MeasurementClock(TimeSpan.Zero), shortage);
        var start = stack.StartAsync(default);
        await meanwhile(stack);
        await start;
    }

    private static ComponentPlan Component(string name, ComponentKind kind, int port, params string[] command) => new()
    {
        Name = name, Kind = kind, Command = command, Environment = new Dictionary<string, string>(), Ready = new ReadyProbe("tcp", port, null, Within),
    };

    internal static int FreePort()
    {
        using var socket = new TcpListener(IPAddress.Loopback, 0);
        socket.Start();
        return ((IPEndPoint)socket.LocalEndpoint).Port;
    }
}
