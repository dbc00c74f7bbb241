using System.Globalization;
using Wobble.Dashboard.Components.Controls;
using Wobble.Results.Domain;

namespace Wobble.Dashboard.Components.Pages.Words;

/// <summary>A definition in words, the same in every list.</summary>
internal static class DefinitionWords
{
    /// <summary>For a column: closed 100, open 2,000/s, 3 stages.</summary>
    public static string Load(Definition definition)
    {
        if (definition.Stages is { } stages) return Numbers.Many(stages.Split(',', StringSplitOptions.RemoveEmptyEntries).Length, "stage");
        return definition.Rate is { } rate ? $"open {Numbers.Tick(rate)}/s" : $"closed {Numbers.Count(definition.Connections ?? Defaults.Connections)}";
    }

    /// <summary>For a sentence: closed loop of 100 connections, open loop of 2,000 requests a second.</summary>
    public static string LoadAtLength(Definition definition)
    {
        if (definition.Stages is { } stages) return $"stages of load: {stages}";
        return definition.Rate is { } rate
            ? $"open loop of {Numbers.Tick(rate)} requests a second"
            : $"closed loop of {Numbers.Many(definition.Connections ?? Defaults.Connections, "connection")}";
    }

    /// <summary>How long or how much is measured: 10 s, 100,000 requests.</summary>
    public static string Measure(Definition definition)
    {
        if (definition.Requests is { } requests) return $"{Numbers.Count(requests)} requests";
        if (definition.Stages is not null) return Span(RunTimes.Measured(definition, null) ?? TimeSpan.Zero);
        return Span(definition.For ?? Defaults.For);
    }

    /// <summary>The whole in one line, without the target: 8 workers, nginx, session:20, row, closed 100, 2 s + 10 s.</summary>
    /// <param name="definition">Of a run, or of several.</param>
    /// <param name="load">In place of its load, where its runs have others.</param>
    public static string Summary(Definition definition, string? load = null)
    {
        var parts = new List<string>
        {
            definition.Workers is { } workers ? Numbers.Many(workers, "worker") : "default workers",
            definition.Proxy == "none" ? "no proxy" : definition.Proxy,
            Pooler(definition.Pooler),
            definition.Workload,
            load ?? Load(definition),
            KeepAlive(definition.KeepAlive),
            $"{Span(definition.Warmup)} + {Measure(definition)}",
        };
        if (definition.Repetitions > 1) parts.Add($"{Numbers.Count(definition.Repetitions)} repetitions");
        parts.AddRange(definition.Options.Select(o => $"{o.Key}={o.Value}"));
        return string.Join(", ", parts);
    }

    /// <summary>session 20, transaction 20, no pooler.</summary>
    public static string Pooler(string pooler) =>
        PoolerSetting.TryParse(pooler, out var setting) ? setting.IsNone ? "no pooler" : string.Create(CultureInfo.InvariantCulture, $"{setting.Mode} {setting.Size}") : pooler;

    /// <summary>kept connections, one a request.</summary>
    public static string KeepAlive(bool keepAlive) => keepAlive ? "kept connections" : "a connection a request";

    /// <summary>10 s, 1 min, 500 ms: with a space, as people write units.</summary>
    public static string Span(TimeSpan span)
    {
        string text = Duration.Format(span);
        int digits = text.TakeWhile(c => char.IsAsciiDigit(c) || c == '.').Count();
        string unit = text[digits..];
        return $"{text[..digits]} {(unit == "m" ? "min" : unit)}";
    }
}
