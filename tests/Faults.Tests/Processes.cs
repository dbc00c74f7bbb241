using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;

namespace Wobble.Faults.Tests;

/// <summary>A process as <c>/proc</c> shows it. Its number comes again, with its start time it is one process.</summary>
internal sealed record Seen(int Pid, int Parent, char State, long Started, string Name, IReadOnlyList<string> Arguments)
{
    public bool IsAlive => Processes.Read(Pid) is { State: not ('Z' or 'X') } now && now.Started == Started;
    public bool Has(string argument) => Arguments.Contains(argument);
    public override string ToString() => $"{Name} ({Pid}: {string.Join(' ', Arguments).AsSpan() switch { { Length: > 120 } longer => $"{longer[..120]}…", var all => all.ToString() }})";
}

/// <summary>What runs, and signals to it.</summary>
internal static partial class Processes
{
    public const int SIGINT = 2, SIGKILL = 9, SIGTERM = 15, SIGCONT = 18, SIGSTOP = 19;

    public static Dictionary<int, Seen> All()
    {
        var all = new Dictionary<int, Seen>();
        foreach (string folder in Directory.EnumerateDirectories("/proc"))
            if (int.TryParse(folder.AsSpan(6), NumberStyles.None, CultureInfo.InvariantCulture, out int pid) && Read(pid) is { } seen) all[pid] = seen;
        return all;
    }

    /// <summary>A process and all below it.</summary>
    public static List<Seen> Tree(int root, Dictionary<int, Seen> all)
    {
        var tree = new List<Seen>();
        var children = all.Values.ToLookup(p => p.Parent);
        var next = new Queue<int>([root]);
        while (next.TryDequeue(out int pid))
        {
            if (all.TryGetValue(pid, out var seen)) tree.Add(seen);
            foreach (var child in children[pid]) next.Enqueue(child.Pid);
        }
        return tree;
    }

    public static Seen? Read(int pid)
    {
        try
        {
            string stat = File.ReadAllText($"/proc/{pid}/stat");
            int close = stat.LastIndexOf(')');
            string[] fields = stat[(close + 2)..].Split(' ');
            string[] arguments = Encoding.UTF8.GetString(File.ReadAllBytes($"/proc/{pid}/cmdline")).TrimEnd('\0').Split('\0');
            return new Seen(pid, int.Parse(fields[1], CultureInfo.InvariantCulture), fields[0][0], long.Parse(fields[19], CultureInfo.InvariantCulture), stat[(stat.IndexOf('(') + 1)..close], arguments);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    /// <summary>Processes whose command line, working directory or environment has the text.</summary>
    public static IReadOnlyList<Seen> With(string text) => [.. All().Values.Where(p => p.State is not ('Z' or 'X') && p.Pid != Environment.ProcessId && Traces(p.Pid).Any(trace => trace.Contains(text, StringComparison.Ordinal)))];

    public static bool Signal(int pid, int signal) => Kill(pid, signal) == 0;

    private static IEnumerable<string> Traces(int pid)
    {
        foreach (string file in (string[])["cmdline", "environ", "cwd"])
        {
            string trace = "";
            try
            {
                trace = file == "cwd" ? new FileInfo($"/proc/{pid}/cwd").LinkTarget ?? "" : Encoding.UTF8.GetString(File.ReadAllBytes($"/proc/{pid}/{file}"));
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                // It is gone.
            }
            yield return trace;
        }
    }

    [LibraryImport("libc", EntryPoint = "kill")]
    private static partial int Kill(int pid, int signal);
}
