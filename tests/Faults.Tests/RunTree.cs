using Microsoft.Win32.SafeHandles;

namespace Wobble.Faults.Tests;

/// <summary>
/// Every process of a run that was seen, and the networks that they were in: a run's ports are in a network namespace of its own, which is there as long as
/// anybody is in it. The namespaces are held open, since the number of one that is gone is given to the next.
/// </summary>
internal sealed class RunTree : IDisposable
{
    private readonly HashSet<Seen> _seen = [];
    private readonly Dictionary<string, SafeFileHandle> _networks = [];

    /// <summary>Those that are still there.</summary>
    public IEnumerable<Seen> Left => _seen.Where(p => p.IsAlive);
    /// <summary>Networks of its own that it was seen in.</summary>
    public int Networks => _networks.Count;
    /// <summary>Whoever is in one of them now, seen before or not.</summary>
    public IReadOnlyList<Seen> Holders => [.. Processes.All().Values.Where(p => NetworkOf(p.Pid) is { } network && _networks.ContainsKey(network))];

    /// <summary>Notes what is there of it: every process below the Runner belongs to the run.</summary>
    public void Note(Product product, Dictionary<int, Seen> all)
    {
        if (Victims.Find(Victims.Execution, product, all) is not { } execution) return;
        foreach (var process in Processes.Tree(execution.Pid, all))
        {
            if (!_seen.Any(p => p.Pid == process.Pid && p.Started == process.Started)) _seen.Add(process);
        }
        Hold(execution.Pid);
    }

    public void Dispose()
    {
        foreach (var network in _networks.Values) network.Dispose();
    }

    private void Hold(int pid)
    {
        if (NetworkOf(pid) is not { } name || _networks.ContainsKey(name) || name == NetworkOf(Environment.ProcessId)) return;
        try
        {
            var handle = File.OpenHandle($"/proc/{pid}/ns/net", share: FileShare.ReadWrite | FileShare.Delete);
            // It may be another's meanwhile.
            if (NameOf($"/proc/self/fd/{handle.DangerousGetHandle()}") == name) _networks.Add(name, handle);
            else handle.Dispose();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // It is gone.
        }
    }

    private static string? NetworkOf(int pid) => NameOf($"/proc/{pid}/ns/net");

    private static string? NameOf(string link)
    {
        try
        {
            return new FileInfo(link).LinkTarget;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }
}
