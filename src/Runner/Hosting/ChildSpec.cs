using Wobble.Runner.Stacks;

namespace Wobble.Runner.Hosting;

/// <summary>A process that <c>up</c> starts and watches.</summary>
internal sealed record ChildSpec
{
    /// <summary>As the console and the log's file name it.</summary>
    public required string Name { get; init; }
    /// <summary>Program (a whole path) and arguments.</summary>
    public required IReadOnlyList<string> Command { get; init; }
    /// <summary>What its environment has on top of this process's; null removes a variable.</summary>
    public Func<IReadOnlyDictionary<string, string?>> Environment { get; init; } = () => new Dictionary<string, string?>();
    /// <summary>Who runs it; null: the user of this process.</summary>
    public UnprivilegedUser? User { get; init; }
    /// <summary>True: it may listen on ports below 1024 although <see cref="User"/> is not root.</summary>
    public bool MayBindLowPorts { get; init; }
    /// <summary>Signals of an orderly stop, each given its time, before SIGKILL. The first is also what the kernel sends when this process dies.</summary>
    public required IReadOnlyList<StopStep> Stop { get; init; }
    /// <summary>Done before each start.</summary>
    public Func<Task>? Prepare { get; init; }
    /// <summary>How a hang is found; null: nobody looks.</summary>
    public HealthCheck? Health { get; init; }
    /// <summary>Lines that also go to the console.</summary>
    public Func<string, bool> IsImportant { get; init; } = static _ => false;
    /// <summary>The exit code that says "starting me again is of no use".</summary>
    public int? FinalExitCode { get; init; }

    /// <summary>The arguments of setsid and setpriv around the command: a session of its own, so that a terminal's Ctrl-C and hang-up reach only this process; a user; a signal when this process dies.</summary>
    public IReadOnlyList<string> Wrapped()
    {
        List<string> line = ["/usr/bin/setsid", "/usr/bin/setpriv", "--pdeathsig", Stop[0].Name];
        if (User is { } user)
        {
            line.AddRange([$"--reuid={user.Uid}", $"--regid={user.Gid}", "--clear-groups"]);
            if (MayBindLowPorts) line.AddRange(["--inh-caps=+net_bind_service", "--ambient-caps=+net_bind_service"]);
        }
        line.Add("--");
        line.AddRange(Command);
        return line;
    }
}

/// <summary>One step of an orderly stop.</summary>
internal sealed record StopStep(int Signal, TimeSpan Within)
{
    /// <summary>As setpriv and kill write it.</summary>
    public string Name => Signal switch
    {
        Native.SIGINT => "INT",
        Native.SIGQUIT => "QUIT",
        Native.SIGTERM => "TERM",
        _ => throw new InvalidOperationException($"Signal {Signal} stops nothing in an orderly way."),
    };
}
