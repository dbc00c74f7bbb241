using System.Globalization;
using System.Text.RegularExpressions;

namespace Wobble.Runner.Catalog;

/// <summary>Makes one short true clause, to follow "not installed, because", of what pip said when it failed.</summary>
internal static partial class PipErrors
{
    private const int MaxLength = 240;

    public static string OfVenv(ShortProcessResult result)
    {
        if (result.TimedOut) return "making the virtual environment took too long";
        if (result.Output.Contains("ensurepip is not available", StringComparison.Ordinal) || result.Output.Contains("No module named venv", StringComparison.Ordinal)) return "Debian's python3-venv is missing: apt-get install python3-venv";
        return Short($"the virtual environment could not be made ({LastLine(result.Output)})");
    }

    public static string Of(ShortProcessResult result, TimeSpan limit)
    {
        string output = Credentials.Replace(result.Output, "://");
        string? unreachable = Unreachable(output);
        if (result.TimedOut) return Short(string.Create(CultureInfo.InvariantCulture, $"pip took longer than {limit.TotalSeconds:0} s{(unreachable is null ? "" : $" ({unreachable})")}"));
        if (output.Contains("No module named pip", StringComparison.Ordinal)) return "Debian's python3-pip is missing: apt-get install python3-pip";
        if (output.Contains("No space left on device", StringComparison.Ordinal)) return "the disk is full";
        if (NoVersion.Match(output) is { Success: true } none)
        {
            string requirement = none.Groups[1].Value.Trim();
            string versions = none.Groups[2].Value;
            if (versions != "none") return Short($"pip finds no {requirement}, only {versions}");
            return Short(unreachable is null ? $"pip finds no {requirement} where it looks ({Places(output)})" : $"pip can't reach its package index for {requirement} ({unreachable})");
        }
        if (unreachable is not null && !output.Contains("Failed building", StringComparison.Ordinal)) return Short($"pip can't reach its package index ({unreachable})");
        if (Building.Match(output) is { Success: true } building) return Short($"{building.Groups["package"].Value} can't be built ({BuildError(output)})");
        if (output.Contains("metadata-generation-failed", StringComparison.Ordinal)) return Short($"a package's own setup fails ({BuildError(output)})");
        string? error = output.Split('\n').LastOrDefault(l => l.StartsWith("ERROR: ", StringComparison.Ordinal));
        return Short(error is null ? $"pip failed with exit code {result.ExitCode} ({LastLine(output)})" : $"pip failed: {error["ERROR: ".Length..].Trim()}");
    }

    /// <summary>Why the index could not be reached: the innermost message of pip's connection warnings.</summary>
    private static string? Unreachable(string output)
    {
        if (HttpStatus.Match(output) is { Success: true } status) return $"it answers {status.Groups["status"].Value}";
        if (!output.Contains("connection broken by", StringComparison.Ordinal) && !output.Contains("Could not fetch URL", StringComparison.Ordinal)) return null;
        foreach (string known in (string[])["Name or service not known", "Temporary failure in name resolution", "Connection refused", "Network is unreachable", "No route to host", "timed out", "certificate verify failed", "Tunnel connection failed"])
            if (output.Contains(known, StringComparison.Ordinal)) return known;
        return "no connection";
    }

    private static string Places(string output)
    {
        var places = Looking.Matches(output).Select(m => m.Groups[1].Value.Trim()).Distinct().ToList();
        return places.Count == 0 ? "its package index" : string.Join(", ", places);
    }

    /// <summary>What the compiler said first, or else what the build said last.</summary>
    private static string BuildError(string output)
    {
        var lines = output.Split('\n').Select(l => l.Trim()).ToList();
        return lines.Find(l => CompilerLine.IsMatch(l)) ?? lines.FindLast(l => BuildLine.IsMatch(l)) ?? "see pip's own output";
    }

    private static string LastLine(string output) => output.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).LastOrDefault() ?? "it said nothing";

    private static string Short(string text) => text.Length <= MaxLength ? text : text[..(MaxLength - 1)] + "…";

    [GeneratedRegex(@"://[^/\s@]+@")]
    private static partial Regex Credentials { get; }
    [GeneratedRegex(@"Could not find a version that satisfies the requirement ([^\n(]+)\(from versions: ([^)\n]*)\)")]
    private static partial Regex NoVersion { get; }
    [GeneratedRegex(@"HTTP error (?<status>\d+) while getting|(?<status>[45]\d\d) (?:Client|Server) Error")]
    private static partial Regex HttpStatus { get; }
    [GeneratedRegex(@"Looking in (?:links|indexes): ([^\n]+)")]
    private static partial Regex Looking { get; }
    [GeneratedRegex(@"Failed building wheel for (?<package>\S+)|Could not build wheels for (?<package>[^\s,]+)|Failed to build (?<package>\S+)")]
    private static partial Regex Building { get; }
    [GeneratedRegex(@"^\S+:\d+:\d+: (?:fatal )?error: ")]
    private static partial Regex CompilerLine { get; }
    [GeneratedRegex(@"^(?:[A-Za-z_.]*(?:Error|Exception): |error: command |unable to execute)")]
    private static partial Regex BuildLine { get; }
}
