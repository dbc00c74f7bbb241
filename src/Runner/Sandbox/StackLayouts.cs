using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using Wobble.Results.Domain;
using Wobble.Runner.Hosting;

namespace Wobble.Runner.Sandbox;

/// <summary>
/// Where a stack's folders and ports are. In the sandbox always the same; without one the run's real folder and ports that are free now.
/// The planner adds what depends on the target (<see cref="StackLayout.AppSource"/>, <see cref="StackLayout.ReadOnlyFolders"/>).
/// </summary>
internal static class StackLayouts
{
    private const int FirstTargetPort = 8001;

    /// <summary>The layout for this machine: in the sandbox where that is allowed. <paramref name="workers"/>: ports the target may need in a row.</summary>
    public static StackLayout Create(DataFolder data, int workers = DefinitionRules.MaxWorkers) =>
        SandboxProbe.Reason is null ? Sandboxed() : Unsandboxed(data, workers);

    /// <summary>Inside bubblewrap's namespaces.</summary>
    public static StackLayout Sandboxed() => new()
    {
        Sandboxed = true,
        RunFolder = "/run/wobble",
        AppFolder = "/app",
        ClusterFolder = "/cluster",
        AppSource = "",
        Ports = new Dictionary<string, int> { ["proxy"] = 8000, ["target"] = FirstTargetPort, ["pooler"] = 6432, ["database"] = 5432 },
    };

    /// <summary>On the machine itself.</summary>
    public static StackLayout Unsandboxed(DataFolder data, int workers)
    {
        int target = FreePorts(workers);
        int others = FreePorts(3, target, workers);
        return new StackLayout
        {
            Sandboxed = false,
            RunFolder = Path.Combine(data.Runs, Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(8))),
            AppFolder = "",
            ClusterFolder = data.Cluster,
            AppSource = "",
            Ports = new Dictionary<string, int> { ["proxy"] = others, ["target"] = target, ["pooler"] = others + 1, ["database"] = others + 2 },
        };
    }

    /// <summary>First of <paramref name="count"/> neighbouring ports below the ephemeral range (which starts at 32768) that nobody listens on.</summary>
    private static int FreePorts(int count, int taken = 0, int takenCount = 0)
    {
        for (int attempt = 0; attempt < 200; attempt++)
        {
            int first = RandomNumberGenerator.GetInt32(10_000, 32_768 - count);
            if (first < taken + takenCount && taken < first + count) continue;
            if (Enumerable.Range(first, count).All(IsFree)) return first;
        }
        throw new IOException($"No {count} free ports in a row between 10000 and 32768 on 127.0.0.1.");
    }

    private static bool IsFree(int port)
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            socket.Bind(new IPEndPoint(IPAddress.Loopback, port));
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }
}
