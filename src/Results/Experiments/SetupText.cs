using System.Globalization;
using Wobble.Results.Domain;

namespace Wobble.Results.Experiments;

/// <summary>All of a definition that a number of workers holds for, as one text: everything but the workers, the lengths and the repetitions.</summary>
public static class SetupText
{
    /// <summary>The text.</summary>
    public static string Of(Definition definition)
    {
        ArgumentNullException.ThrowIfNull(definition);
        string options = string.Join(",", definition.Options.OrderBy(o => o.Key, StringComparer.Ordinal).Select(o => $"{o.Key}={o.Value}"));
        string load = definition.Rate is { } rate ? string.Create(CultureInfo.InvariantCulture, $"{rate}/s") : $"{definition.Connections ?? Defaults.Connections}";
        return $"{definition.Workload} {definition.Proxy} {definition.Pooler} {load} {(definition.KeepAlive ? "keep-alive" : "close")} {options}".TrimEnd();
    }
}
