using System.Text.RegularExpressions;
using Wobble.Results;

namespace Wobble.Runner.Catalog;

/// <summary>
/// A virtual environment for what Debian lacks, on top of Debian's own packages. Its folder's name has the hash of its requirements, so changed
/// requirements are another environment. It counts as installed when its marker is there, which is written last and lies beside the folder, where only
/// who runs Wobble can put anything.
/// </summary>
internal sealed partial record PythonEnvironment(string Folder, IReadOnlyList<string> Requirements)
{
    /// <summary>A failure is remembered this long before it is tried again unasked.</summary>
    public static readonly TimeSpan FailureLasts = TimeSpan.FromHours(1);

    public string Python => Path.Combine(Folder, "bin", "python3");
    public string Marker => Folder + ".installed";
    public string Failure => Folder + ".failed";
    /// <summary>Home and temporary folder of the installation.</summary>
    public string Scratch => Folder + ".build";

    public string SitePackages => Directory.Exists(Path.Combine(Folder, "lib"))
        ? Directory.EnumerateDirectories(Path.Combine(Folder, "lib"), "python3.*").Select(d => Path.Combine(d, "site-packages")).FirstOrDefault() ?? Folder
        : Folder;

    public bool IsInstalled => File.Exists(Marker) && Directory.Exists(Folder);

    /// <summary>What is asked of pip, in the words of its files.</summary>
    public string Wanted => string.Join(", ", Requirements.SelectMany(File.ReadLines).Select(line => line.Trim()).Where(line => line.Length > 0 && line[0] != '#'));

    /// <summary>The failure that is still remembered, or null.</summary>
    public InstallFailure? RememberedFailure(DateTimeOffset now)
    {
        try
        {
            var failure = System.Text.Json.JsonSerializer.Deserialize<InstallFailure>(File.ReadAllText(Failure), WobbleJson.Options);
            return failure is not null && now - failure.At < FailureLasts ? failure : null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or System.Text.Json.JsonException)
        {
            return null;
        }
    }

    /// <summary>Versions of what was installed into it, by package.</summary>
    public IReadOnlyDictionary<string, string> Versions()
    {
        if (!IsInstalled || !Directory.Exists(SitePackages)) return new Dictionary<string, string>();
        return Directory.EnumerateDirectories(SitePackages, "*.dist-info").Select(d => DistInfo.Match(Path.GetFileName(d))).Where(m => m.Success)
            .Where(m => m.Groups[1].Value is not ("pip" or "setuptools" or "wheel"))
            .GroupBy(m => m.Groups[1].Value.Replace('_', '-').ToLowerInvariant()).ToDictionary(g => g.Key, g => g.First().Groups[2].Value);
    }

    [GeneratedRegex(@"^(.+)-([^-]+)\.dist-info$")]
    private static partial Regex DistInfo { get; }
}

/// <summary>Why an environment could not be made: a clause that follows "not installed, because".</summary>
internal sealed record InstallFailure(string Reason, DateTimeOffset At)
{
    /// <summary>The time limit ended it: with more time it may work, so it doesn't make the target unavailable.</summary>
    public bool OutOfTime { get; init; }
}
