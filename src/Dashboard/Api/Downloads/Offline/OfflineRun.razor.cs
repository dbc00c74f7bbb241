using System.Globalization;
using Microsoft.AspNetCore.Components;
using Wobble.Dashboard.Components.Charts;
using Wobble.Dashboard.Components.Controls;
using Wobble.Results.Domain;
using Wobble.Results.Queries;

namespace Wobble.Dashboard.Api.Downloads.Offline;

/// <summary>The run page as a file: what it says, without what it does.</summary>
public sealed partial class OfflineRun
{
    private const double Tall = 320, Middle = 220;

    private const string OwnStyles =
        ".lstrip.lines,.lstrip.heat{padding-right:64px}.lstrip.lines .y,.lstrip.heat .y{right:64px}.lstrip.heat svg{height:calc(100% - 20px)}.lstrip.heat svg path{fill:var(--c);stroke:none}" +
        "details{border-top:1px solid var(--line);padding:8px 0}summary{cursor:pointer;font-weight:500}pre{white-space:pre-wrap;overflow-wrap:anywhere}table+table,.scroll+h3{margin-top:24px}h3{margin-bottom:8px}.lstrip+.figs{margin-top:24px}@media print{details>pre{max-height:none}}";

    /// <summary>What is shown.</summary>
    [Parameter, EditorRequired] public required OfflineFacts Facts { get; set; }

    /// <summary>Style sheets, whole.</summary>
    [Parameter, EditorRequired] public required string Styles { get; set; }

    private sealed record Table(string Title, IReadOnlyList<string> Heads, IEnumerable<IReadOnlyList<string>> Rows);

    private Definition Definition => Facts.Run.Plan?.Definition ?? Facts.Run.Definition;

    private string Setup
    {
        get
        {
            var d = Definition;
            string load = d.Stages is { } stages ? $"stages {stages}" : d.Rate is { } rate ? $"open loop, {Numbers.Three(rate)} requests a second" : $"closed loop of {d.Connections ?? Defaults.Connections} connections";
            string length = d.Requests is { } n ? $"{Numbers.Count(n)} requests" : d.For is { } time ? Duration.Format(time) : "";
            return $"{(d.Proxy == "none" ? "no proxy" : d.Proxy)} → {Numbers.Many(Facts.Run.Workers ?? d.Workers ?? 1, "worker")}{string.Concat(d.Options.Select(o => $", {o.Key} {o.Value}"))} → {(d.Pooler == "none" ? "no pooler" : $"pgbouncer, {d.Pooler}")} → PostgreSQL · workload {d.Workload}, {load}, {(d.KeepAlive ? "connections kept" : "one connection a request")}{(length.Length > 0 ? ", " + length : "")}";
        }
    }

    private IEnumerable<(string Name, string? Value, string? Unit, string? Says)> Figures
    {
        get
        {
            var result = Facts.Run.Result;
            var ms = result?.LatencyMs;
            return [
                ("p50", Text(ms?.P50), "ms", "half were faster"), ("p90", Text(ms?.P90), "ms", "1 in 10 was slower"), ("p99", Text(ms?.P99), "ms", "1 in 100 was slower"),
                ("p99.9", Text(ms?.P999), "ms", "1 in 1,000 was slower"), ("max", Text(ms?.Max), "ms", "the slowest of all"),
                ("Throughput", Text(result?.Throughput), "req/s", result is null ? null : $"{Numbers.Count(result.Requests)} good answers"),
                ("Errors", result is null ? null : Numbers.Count(result.Errors.Values.Sum()), null, "kept apart from the times"),
                ("Wobble", Text(result?.Wobble), null, "p99 ÷ p50; 1 is perfectly even"),
            ];
        }
    }

    private IReadOnlyList<StripSecond> Strip => [.. Facts.Slices.Select(s => new StripSecond((int)s.From, (long)s.Throughput, s.P50, s.P90, s.P99))];

    private string Slice => Facts.SliceSeconds == 1 ? "second" : $"{Facts.SliceSeconds} seconds";

    private double Total => Facts.Slices.Count == 0 ? 1 : Facts.Slices[^1].From + Math.Max(Facts.Slices[^1].Length, .001);

    private IReadOnlyList<(double, string)> Times => [.. LargeStripShape.Labels(Math.Ceiling(Total)).Select(s => (Math.Min(1, s / Math.Ceiling(Total)), Numbers.Tick(s) + (s >= Math.Ceiling(Total) ? " s" : "")))];

    private LineShape PercentilesShape => LineShape.Log([Over("p50", s => s.P50), Over("p90", s => s.P90), Over("p99", s => s.P99) with { Weight = 2.25 }, Over("p99.9", s => s.P999) with { Weight = 1, Opacity = .6 }], Middle);

    private LineShape ThroughputShape => LineShape.FromZero([Over(Numbers.Three(Facts.Run.Result?.Throughput), s => s.Throughput)], Middle);

    private LineShape? PoolerShape => Facts.Slices.Any(s => s.PoolerWaiting is not null) ? LineShape.FromZero([Over("clients", s => s.PoolerWaiting)], Middle) : null;

    private LineShape? CoresShape => Facts.Components.Count == 0 ? null : LineShape.FromZero([.. Facts.Components.Select((c, i) => Over(c.Name, s => i < s.Cores.Count ? s.Cores[i] : null) with { Weight = 1.25 })], Middle, .5);

    private double LastNines => Math.Max(1, Facts.Distribution[^1].Nines);

    private LineShape DistributionShape => LineShape.Log([new Line("", [.. Facts.Distribution.Where(p => p.Nines > .04).Select(p => (p.Nines / LastNines, (double?)p.Ms))], 2.25)], Tall);

    private IReadOnlyList<(double, string)> Nines => [.. ((double Nines, string Text)[])[(.046, "p10"), (.301, "p50"), (1, "p90"), (2, "p99"), (3, "p99.9"), (4, "p99.99")] is var all ? all.Where(n => n.Nines <= LastNines + .001).Select(n => (n.Nines / LastNines, n.Text)) : []];

    private IEnumerable<Table> Tables
    {
        get
        {
            if (Facts.Run.Result is { } result)
            {
                string[] heads = ["ms", "min", "p50", "p75", "p90", "p95", "p99", "p99.9", "max", "mean"];
                var rows = new List<IReadOnlyList<string>> { Row("all requests", result.LatencyMs) };
                if (result.ServiceMs is { } service) rows.Add(Row("from the actual send", service));
                rows.AddRange(result.Kinds.Select(k => Row($"kind {k.Kind}", k.LatencyMs)));
                rows.AddRange(result.Stages.Select(s => Row($"stage {s.Stage}, {s.Load}", s.LatencyMs)));
                yield return new Table("Latency", heads, rows);
                if (result.Errors.Count > 0) yield return new Table("Errors", ["kind", "requests"], result.Errors.Select(e => (IReadOnlyList<string>)[e.Key, Numbers.Count(e.Value)]));
            }
            if (Facts.Components.Count > 0)
                yield return new Table("Components", ["component", "CPU, s", "memory at most, MB", "waited for a core, ms", "put off a core"],
                    Facts.Components.Select(c => (IReadOnlyList<string>)[c.Name, Numbers.Three(c.CpuSeconds), Numbers.Three(c.MaxRssMb), Numbers.Three(c.RunQueueMs), Numbers.Count(c.InvoluntarySwitches)]));
        }
    }

    private IEnumerable<(string Key, string Value)> Environment
    {
        get
        {
            if (Facts.Run.Environment is not { } e) return [("", "Not known: the run did not begin.")];
            List<(string, string?)> all = [
                ("Machine", e.Host), ("CPU", $"{e.Cpu}, {e.Cores} of {Numbers.Many(e.CoresOfMachine, "core")}{(e.Virtual ? ", virtual" : "")}"), ("Memory", $"{Numbers.Megabytes(e.MemoryMb)}, {Numbers.Megabytes(e.MemoryAvailableMb)} free"),
                ("System", $"{e.System}, kernel {e.Kernel}"), ("Governor", e.Governor), ("Clock", e.ClockSource), ("Sandbox", e.Sandbox), ("Generator", e.GeneratorPlace), ("User", e.User),
                ("Versions", string.Join(", ", e.Versions.Select(v => $"{v.Key} {v.Value}"))), ("Wobble", e.Wobble)];
            return all.Where(p => !string.IsNullOrEmpty(p.Item2)).Select(p => (p.Item1, p.Item2!));
        }
    }

    private IEnumerable<(string Title, string Text)> Texts =>
        (Facts.Run.Plan?.Components ?? []).Select(c => ($"{c.Name}: command", string.Join(' ', c.Command.Select(Shell))))
            .Concat((Facts.Run.Plan?.Components ?? []).SelectMany(c => c.Files.Select(f => ($"{c.Name}: {f.Key}", f.Value))))
            .Concat(Facts.Logs.Select(l => ($"{l.Component}: log{(l.Dropped > 0 ? $" (its last {Numbers.Count(l.Text.Length)} characters)" : "")}", l.Text)));

    private static string Verdict(Trust trust) => trust.Verdict switch
    {
        "sound" => "Yes: every check passed.",
        "doubtful" => $"With {Numbers.Many(trust.Reasons.Count, "reservation")}.",
        _ => "No: these figures stand in no comparison and no ranking.",
    };

    // An event that came before the measurement, or without a second of its own, by the wall clock.
    private double? SecondOf(Results.Storage.RunEvent e) => e.Second ?? (Facts.Run.MeasuringAt is { } measuring ? (e.At - measuring).TotalSeconds : null);

    private Line Over(string label, Func<OfflineSlice, double?> value) => new(label, [.. Facts.Slices.Select(s => (Math.Min(1, (s.From + s.Length / 2) / Math.Ceiling(Total)), value(s)))]);

    private static IReadOnlyList<string> Row(string name, Latencies l) => [name, .. new[] { l.Min, l.P50, l.P75, l.P90, l.P95, l.P99, l.P999, l.Max, l.Mean }.Select(v => Numbers.Three(v))];

    private static string? Text(double? value) => value is null ? null : Numbers.Three(value);

    private static string Shell(string argument) =>
        argument.Length > 0 && argument.All(c => char.IsAsciiLetterOrDigit(c) || "-_./:=,+@%".Contains(c, StringComparison.Ordinal)) ? argument : $"'{argument.Replace("'", "'\\''", StringComparison.Ordinal)}'";
}
