using System.Diagnostics;

namespace Wobble.EndToEnd.Tests;

/// <summary>Processes as /proc shows them. Only descendants of a given process are ever touched.</summary>
internal static class ProcessTree
{
    /// <summary>Process ids below <paramref name="root"/> whose command has that name.</summary>
    public static IReadOnlyList<int> Below(int root, string name)
    {
        var parents = Directory.EnumerateDirectories("/proc").Select(p => int.TryParse(Path.GetFileName(p), out int id) ? id : 0).Where(id => id > 0)
            .Select(id => (Id: id, Stat: StatOf(id))).Where(p => p.Stat is not null).ToDictionary(p => p.Id, p => p.Stat!.Value);
        bool IsBelow(int id)
        {
            for (int at = id, steps = 0; steps < 64 && parents.TryGetValue(at, out var stat); at = stat.Parent, steps++)
                if (stat.Parent == root) return true;
            return false;
        }
        return [.. parents.Where(p => p.Value.Name.StartsWith(name, StringComparison.Ordinal) && IsBelow(p.Key)).Select(p => p.Key)];
    }

    /// <summary>SIGKILL; a process that ended meanwhile is no error.</summary>
    public static void Kill(IEnumerable<int> ids)
    {
        foreach (int id in ids)
        {
            try
            {
                using var process = Process.GetProcessById(id);
                process.Kill();
            }
            catch (Exception e) when (e is ArgumentException or InvalidOperationException)
            {
                // Ended.
            }
        }
    }

    /// <summary>The `up` of a data folder that was started elsewhere.</summary>
    public static int UpOf(string data) => Directory.EnumerateDirectories("/proc").Select(p => int.TryParse(Path.GetFileName(p), out int id) ? id : 0)
        .FirstOrDefault(id => id > 0 && Read(id, "cmdline").Split('\0') is [var program, "up", .. var rest] && Path.GetFileName(program) == "Runner" && rest.Contains(data));

    private static (int Parent, string Name)? StatOf(int id)
    {
        string text = Read(id, "stat");
        int open = text.IndexOf('(', StringComparison.Ordinal), close = text.LastIndexOf(')');
        return open > 0 && close > open && text[(close + 2)..].Split(' ') is [_, var parent, ..] && int.TryParse(parent, out int number) ? (number, text[(open + 1)..close]) : null;
    }

    private static string Read(int id, string file)
    {
        try
        {
            return File.ReadAllText($"/proc/{id}/{file}");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return "";
        }
    }
}
