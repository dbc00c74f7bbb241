using System.Text.Json;
using Wobble.Runner.Stacks;

namespace Wobble.Runner.Hosting;

/// <summary>
/// Remembers which processes an <c>up</c> started, in a file, so that the next one can end what a killed one left. Only a process whose number, start
/// time and boot are those recorded is touched.
/// </summary>
internal sealed class LeftBehind(string path)
{
    private readonly Dictionary<string, ProcessIdentity> _children = [];

    /// <summary>A child was started: it takes the place of its name's former one.</summary>
    public void Remember(ProcessIdentity child)
    {
        lock (_children)
        {
            _children[child.Name] = child;
            string draft = path + ".new";
            File.WriteAllText(draft, JsonSerializer.Serialize(_children.Values));
            File.Move(draft, path, overwrite: true);
        }
    }

    /// <summary>All children are gone.</summary>
    public void Forget() => File.Delete(path);

    /// <summary>Ends what the file names and is still there; the names of what was.</summary>
    public async Task<IReadOnlyList<string>> EndAsync(TimeSpan within)
    {
        var alive = Read().Where(child => child.IsAlive).ToList();
        bool[] gone = await Task.WhenAll(alive.Select(child => child.EndAsync(Native.SIGTERM, within)));
        if (Array.IndexOf(gone, false) is >= 0 and var stuck)
            throw new HostingException($"The {alive[stuck].Name} that a former start left (process {alive[stuck].Pid}) doesn't end, not even when killed: it waits in the kernel, likely for a disk.");
        return [.. alive.Select(child => child.Name)];
    }

    private ProcessIdentity[] Read()
    {
        try
        {
            return JsonSerializer.Deserialize<ProcessIdentity[]>(File.ReadAllText(path)) ?? [];
        }
        catch (Exception e) when (e is FileNotFoundException or JsonException)
        {
            return [];
        }
    }
}
