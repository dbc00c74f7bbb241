using System.Globalization;
using Wobble.Results.Domain;

namespace Wobble.Dashboard.Components.Pages.RunParts;

/// <summary>Commands as a shell takes them, so that a run can be done again by hand. Pure.</summary>
internal static class CommandLines
{
    /// <summary>Quoted where a shell would read more into it.</summary>
    public static string Quote(string argument) =>
        argument.Length > 0 && argument.All(c => char.IsAsciiLetterOrDigit(c) || "-_./:=,@%+".Contains(c, StringComparison.Ordinal)) ? argument : "'" + argument.Replace("'", "'\\''", StringComparison.Ordinal) + "'";

    public static string Join(IEnumerable<string> arguments) => string.Join(' ', arguments.Select(Quote));

    /// <summary>The whole run, on the command line of Wobble.</summary>
    public static string Run(Definition definition)
    {
        var words = new List<string> { "./wobble", "run", definition.Target };
        Add(words, "--workers", definition.Workers);
        AddLoad(words, definition.Connections, definition.Rate, definition.KeepAlive, definition.Warmup, definition.For, definition.Requests, definition.Stages);
        words.AddRange(["--workload", definition.Workload, "--proxy", definition.Proxy, "--pooler", definition.Pooler]);
        foreach (var (name, value) in definition.Options) words.AddRange(["--option", $"{name}={value}"]);
        return Join(words);
    }

    /// <summary>The load alone, against a stack that stands already.</summary>
    public static string Load(LoadPlan load)
    {
        string url = load.Host.StartsWith("unix:", StringComparison.Ordinal) ? load.Host : string.Create(CultureInfo.InvariantCulture, $"http://{load.Host}:{load.Port}{load.Requests[0].Path}");
        var words = new List<string> { "./wobble", "load", url };
        string? stages = load.Stages.Count == 0 ? null : string.Join(',', load.Stages.Select(s => string.Create(CultureInfo.InvariantCulture, $"{Duration.Format(s.For)}@{(s.Rate is { } rate ? $"{rate}/s" : s.Connections)}")));
        AddLoad(words, load.Connections, load.Rate, load.KeepAlive, load.Warmup, load.For, load.Count, stages);
        return Join(words);
    }

    private static void AddLoad(List<string> words, int? connections, double? rate, bool keepAlive, TimeSpan warmup, TimeSpan? length, long? requests, string? stages)
    {
        Add(words, "--connections", connections);
        Add(words, "--rate", rate);
        words.Add(keepAlive ? "--keep-alive" : "--no-keep-alive");
        words.AddRange(["--warmup", Duration.Format(warmup)]);
        if (stages is not null) words.AddRange(["--stages", stages]);
        else if (requests is not null) Add(words, "--requests", requests);
        else if (length is { } time) words.AddRange(["--for", Duration.Format(time)]);
    }

    private static void Add<T>(List<string> words, string option, T? value) where T : struct, IFormattable
    {
        if (value is { } v) words.AddRange([option, v.ToString(null, CultureInfo.InvariantCulture)]);
    }
}
