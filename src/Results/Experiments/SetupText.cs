using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Wobble.Results.Domain;

namespace Wobble.Results.Experiments;

/// <summary>All of a definition that a number of workers holds for, as one text: everything but the workers, the lengths and the repetitions.</summary>
public static class SetupText
{
    private const int LongestStages = 200;

    /// <summary>The text.</summary>
    public static string Of(Definition definition)
    {
        ArgumentNullException.ThrowIfNull(definition);
        string options = string.Join(",", definition.Options.OrderBy(o => o.Key, StringComparer.Ordinal).Select(o => $"{o.Key}={o.Value}"));
        string load = string.Create(CultureInfo.InvariantCulture, $"{definition.Connections ?? (definition.IsOpenLoop ? Defaults.OpenLoopConnections : Defaults.Connections)}");
        if (definition.Rate is { } rate) load = string.Create(CultureInfo.InvariantCulture, $"{rate}/s on {load}");
        if (definition.Stages is { } stages) load = $"{Short(stages)} on {load}";
        return $"{definition.Workload} {definition.Proxy} {definition.Pooler} {load} {(definition.KeepAlive ? "keep-alive" : "close")} {options}".TrimEnd();
    }

    // Stages may be longer than what is kept.
    private static string Short(string stages) => stages.Length <= LongestStages ? stages : $"{stages[..LongestStages]}… {Convert.ToHexString(SHA256.HashData(Encoding.UTF8.GetBytes(stages)))[..16]}";
}
