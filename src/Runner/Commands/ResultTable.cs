using System.Globalization;
using Wobble.Results.Domain;

namespace Wobble.Runner.Commands;

/// <summary>A result as a person reads it in a terminal: latencies as a table, then errors, what the generator cost, and how far it can be trusted.</summary>
internal static class ResultTable
{
    private static readonly string[] Columns = ["", "requests", "per second", "min", "p50", "p75", "p90", "p95", "p99", "p99.9", "max", "mean"];

    public static void Write(RunResult result, TextWriter output)
    {
        var rows = new List<string[]> { Columns, Row("latency, ms", result.Requests, result.Throughput, result.LatencyMs) };
        if (result.ServiceMs is { } service) rows.Add(Row("from actual send", null, null, service));
        foreach (var kind in result.Kinds) rows.Add(Row($"  {kind.Kind}", kind.Requests, kind.Throughput, kind.LatencyMs));
        foreach (var stage in result.Stages) rows.Add(Row($"  {stage.Load}", stage.Requests, stage.Throughput, stage.LatencyMs));
        WriteAligned(rows, output);
        output.WriteLine();
        output.WriteLine($"errors      {(result.Errors.Count == 0 ? "none" : string.Join(", ", result.Errors.Select(e => $"{Figures.Count(e.Value)} {e.Key}")))}");
        output.WriteLine($"generator   {CostOf(result)}");
        output.WriteLine($"trust       {result.Trust.Verdict}");
        foreach (var reason in result.Trust.Reasons) output.WriteLine(Printable.Of($"            {reason.Grade}: {reason.Sentence}"));
    }

    private static string CostOf(RunResult result)
    {
        var cost = result.Generator;
        var parts = new List<string> { $"{cost.Engine}, {cost.Priority}, {Figures.Percent(cost.Busy)} of its core busy" };
        if (cost.CpuUsPerRequest is { } cpu) parts.Add($"{Figures.Text(cpu)} µs of CPU a request");
        if (cost.SentOfOffered is { } sent) parts.Add($"{(sent * 100).ToString("0.00", CultureInfo.InvariantCulture)}% of the offered requests sent");
        if (cost.LateP50Us is { } late && cost.LateP99Us is { } late99) parts.Add($"late by {Figures.Text(late)} µs (p50), {Figures.Text(late99)} µs (p99)");
        return string.Join("; ", parts);
    }

    private static string[] Row(string name, long? requests, double? throughput, Latencies ms) =>
    [
        name, requests is { } r ? Figures.Count(r) : "", throughput is { } t ? Figures.Text(t) : "",
        .. ((double?[])[ms.Min, ms.P50, ms.P75, ms.P90, ms.P95, ms.P99, ms.P999, ms.Max, ms.Mean]).Select(Figures.Text),
    ];

    private static void WriteAligned(List<string[]> rows, TextWriter output)
    {
        int[] widths = [.. Enumerable.Range(0, Columns.Length).Select(i => rows.Max(r => r[i].Length))];
        foreach (string[] row in rows)
        {
            output.WriteLine(string.Join("  ", row.Select((cell, i) => i == 0 ? cell.PadRight(widths[i]) : cell.PadLeft(widths[i]))).TrimEnd());
        }
    }
}
