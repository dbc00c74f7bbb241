using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using Wobble.Results.Domain;
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

    private async Task StartAsync(params ComponentPlan[] components)
    {
        var sample = SamplePlans.For(new Definition { Target = "uwsgi-http/bottle" });
        var plan = sample with { Components = components, Layout = sample.Layout with { Sandboxed = false, RunFolder = folder } };
        using var pump = new LogPump();
        await using var facts = new FactWriter(Stream.Null);
        await using var stack = new Stack(plan, pump, facts, new MeasurementClock(TimeSpan.Zero));
        await stack.StartAsync(default);
    }

    private static ComponentPlan Component(string name, ComponentKind kind, int port, params string[] command) => new()
    {
        Name = name, Kind = kind, Command = command, Environment = new Dictionary<string, string>(), Ready = new ReadyProbe("tcp", port, null, Within),
    };

    private static int FreePort()
    {
        using var socket = new TcpListener(IPAddress.Loopback, 0);
        socket.Start();
        return ((IPEndPoint)socket.LocalEndpoint).Port;
    }
}
