namespace Wobble.Runner.Catalog;

/// <summary>A folder with <c>servers/*.json</c> and <c>apps/*/app.json</c>: Wobble's own or a user's.</summary>
internal sealed record TargetFolder(string Path, bool IsWobbles)
{
    /// <summary>Null for Wobble's own.</summary>
    public string? AddedFrom => IsWobbles ? null : Path;

    public IEnumerable<string> ServerFiles() => Files(System.IO.Path.Combine(Path, "servers"), folder => Directory.EnumerateFiles(folder, "*.json"));

    public IEnumerable<string> AppFiles() => Files(System.IO.Path.Combine(Path, "apps"), folder =>
        Directory.EnumerateDirectories(folder).Where(d => System.IO.Path.GetFileName(d) is not ("__pycache__" or ".git")).Select(d => System.IO.Path.Combine(d, "app.json")));

    private static List<string> Files(string folder, Func<string, IEnumerable<string>> list) =>
        Directory.Exists(folder) ? list(folder).Order(StringComparer.Ordinal).ToList() : [];

    /// <summary>
    /// The first file or folder of each target folder that the stack's user can't read; nothing for a folder that it can read. One process for all
    /// of them, which asks the kernel as that user: modes, owners and access lists are its business.
    /// </summary>
    public static async Task<IReadOnlyDictionary<string, string>> UnreadableAsync(IReadOnlyList<TargetFolder> folders, TimeSpan limit)
    {
        var unreadable = new Dictionary<string, string>();
        if (folders.Count == 0 || !StackUser.Exists) return unreadable;
        string[] test = ["(", "-type", "d", "(", "!", "-readable", "-o", "!", "-executable", ")", ")", "-o", "(", "-type", "f", "!", "-readable", ")"];
        var found = await ShortProcess.RunAsync(
            StackUser.Command(["/usr/bin/find", .. folders.Select(f => f.Path), "-name", "__pycache__", "-prune", "-o", "(", .. test, ")", "-printf", @"%p\n", "-prune"]),
            new Dictionary<string, string> { ["LC_ALL"] = "C" }, limit);
        foreach (string line in found.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            string path = Quoted(line);
            var folder = folders.FirstOrDefault(f => path == f.Path || path.StartsWith(f.Path + "/", StringComparison.Ordinal));
            if (folder is not null) unreadable.TryAdd(folder.Path, path);
        }
        return unreadable;
    }

    /// <summary>The path in <c>find: 'PATH': Permission denied</c>, or the line itself.</summary>
    private static string Quoted(string line)
    {
        const string Before = "find: '";
        int end = line.LastIndexOf("': ", StringComparison.Ordinal);
        return line.StartsWith(Before, StringComparison.Ordinal) && end > 0 ? line[Before.Length..end] : line;
    }
}
