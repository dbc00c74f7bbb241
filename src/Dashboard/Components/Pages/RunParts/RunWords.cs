using System.Globalization;
using Wobble.Dashboard.Components.Controls;
using Wobble.Dashboard.Components.Pages.Words;
using Wobble.Dashboard.Live;
using Wobble.Results.Domain;
using Wobble.Results.Facts;

namespace Wobble.Dashboard.Components.Pages.RunParts;

/// <summary>What the page of a run says in sentences. Pure.</summary>
internal static class RunWords
{
    private static readonly HashSet<string> Names = ["Wobble", "Debian", "Postgres", "Python", "Linux"];

    /// <summary>The result in one sentence, for link previews and for those who read nothing else.</summary>
    public static string Sentence(RunPicture run) => run.State switch
    {
        RunState.Completed => $"{Figures(run)}. {Trusted(run)}",
        RunState.Failed => Finding(run),
        RunState.Cancelled => $"Cancelled{After(run)}.",
        RunState.Interrupted => $"Interrupted{After(run)}: {Lower(run.Run.Failure ?? "its Runner ended")}".TrimEnd('.') + ".",
        RunState.Queued => "Waits for a runner.",
        RunState.Measuring => $"Measuring: {Figures(run)} so far.",
        _ => $"{Upper(run.State.Word())}.",
    };

    /// <summary>For the tab: time to go, what it fell over with, or p99.</summary>
    public static string Title(RunPicture run, TimeSpan? left) => run.State switch
    {
        RunState.Measuring when left is { } time => $"{Numbers.Clock(time)} left, {run.Run.Target}",
        RunState.Completed when run.LatencyMs.P99 is { } p99 => $"{run.Run.Target}, p99 {Numbers.Latency(p99)}",
        RunState.Completed => run.Run.Target,
        RunState.Failed when run.HasMeasured => $"fell over: {run.Run.Target}",
        _ => $"{run.State.Word()}: {run.Run.Target}",
    };

    /// <summary>The stack, from the load to the database.</summary>
    public static IReadOnlyList<string> Stack(RunPicture run)
    {
        var definition = run.Definition;
        var stack = new List<string>();
        if (definition.Proxy != "none") stack.Add(definition.Proxy);
        var target = new List<string> { definition.Workers is { } workers ? Numbers.Many(workers, "worker") : "default workers" };
        // The plan names every option; those that somebody chose, and the driver, are worth the place.
        target.AddRange(definition.Options.Where(o => o.Key == "driver" || run.Run.Definition.Options.ContainsKey(o.Key)).Select(o => $"{o.Key} {o.Value}"));
        stack.Add(string.Join(", ", target));
        if (PoolerSetting.TryParse(definition.Pooler, out var pooler) && !pooler.IsNone) stack.Add(string.Create(CultureInfo.InvariantCulture, $"pgbouncer, {pooler.Mode}, {pooler.Size}"));
        stack.Add("PostgreSQL");
        return stack;
    }

    /// <summary>closed loop of 100 connections, a connection a request, 2 s + 10 s</summary>
    public static string Load(RunPicture run)
    {
        var definition = run.Definition;
        string most = definition.IsOpenLoop ? $", at most {Numbers.Many(definition.Connections ?? Defaults.OpenLoopConnections, "connection")}" : "";
        return $"{DefinitionWords.LoadAtLength(definition)}{most}, {DefinitionWords.KeepAlive(definition.KeepAlive)}, {(definition.Warmup > TimeSpan.Zero ? $"{DefinitionWords.Span(definition.Warmup)} of warm-up, then " : "")}{DefinitionWords.Measure(definition)}";
    }

    /// <summary>Why it isn't completed, beginning with when.</summary>
    public static string Finding(RunPicture run)
    {
        string why = Lower(run.Run.Failure ?? "it did not say why").TrimEnd('.');
        return run switch
        {
            // The Execution says itself when, where it was there to see it.
            { State: RunState.Failed } when why.StartsWith("fell over", StringComparison.Ordinal) => $"{Upper(why)}.",
            { State: RunState.Failed, HasMeasured: true } => $"Fell over after {Numbers.Many((long)Math.Round(AnsweredUntil(run)), "second")}: {why}.",
            { State: RunState.Failed } => $"Could not start: {why}.",
            { State: RunState.Interrupted } => $"Interrupted{After(run)}: {why}.",
            { State: RunState.Cancelled } => $"Cancelled{After(run)}.",
            _ => "",
        };
    }

    /// <summary>The second after which nothing was answered any more.</summary>
    public static double AnsweredUntil(RunPicture run) => run.Points.LastOrDefault(p => p.Requests > 0) is { } last ? last.From + last.Length : 0;

    /// <summary>The highest percentile that the data can show: p99.9.</summary>
    public static string? Highest(RunPicture run) => run.LatencyMs switch
    {
        { P999: not null } => "p99.9",
        { P99: not null } => "p99",
        { P95: not null } => "p95",
        { P90: not null } => "p90",
        { P50: not null } => "p50",
        _ => null,
    };

    /// <summary>One kind of failure in words.</summary>
    public static string Error(string kind, Plan? plan) => kind switch
    {
        ErrorKinds.Connect => "no connection",
        ErrorKinds.Reset => "reset",
        ErrorKinds.Timeout => $"no answer in {DefinitionWords.Span(plan?.Load.Deadline ?? TimeSpan.FromSeconds(10))}",
        ErrorKinds.Status4xx => "status 400–499",
        ErrorKinds.Status5xx => "status 500–599",
        ErrorKinds.Malformed => "malformed answer",
        ErrorKinds.Nonce => "answer of another stack",
        ErrorKinds.Dropped => "never sent",
        _ => kind,
    };

    /// <summary>A check's sentence, and the limit that stands in brackets at its end.</summary>
    public static (string Words, string Limit) WithoutLimit(string sentence)
    {
        int open = sentence.EndsWith(')') ? sentence.LastIndexOf('(') : -1;
        return open > 0 ? (sentence[..open].TrimEnd(), sentence[open..]) : (sentence, "");
    }

    /// <summary>As it stands within a sentence: names (PostgreSQL, Wobble, a server's own) and what is written in capitals keep theirs.</summary>
    public static string Lower(string text)
    {
        if (text.Length < 2 || !char.IsUpper(text[0])) return text;
        string first = text.Split(' ', 2)[0].TrimEnd('.', ',', ':', ';');
        if (first.EndsWith("'s", StringComparison.Ordinal) || first.EndsWith("’s", StringComparison.Ordinal)) first = first[..^2];
        bool isName = first.Length > 1 && first.Skip(1).Any(c => char.IsUpper(c)) || Names.Contains(first);
        return isName ? text : char.ToLowerInvariant(text[0]) + text[1..];
    }

    public static string Upper(string text) => text.Length > 0 ? char.ToUpperInvariant(text[0]) + text[1..] : text;

    private static string Figures(RunPicture run)
    {
        var parts = new List<string>();
        if (run.LatencyMs.P50 is { } p50) parts.Add($"p50 {Numbers.Latency(p50)}");
        if (run.LatencyMs.P99 is { } p99) parts.Add($"p99 {Numbers.Latency(p99)}");
        if (run.Throughput is { } rate) parts.Add($"{Numbers.Three(rate)} requests a second");
        parts.Add(run.Failed == 0 ? "no errors" : $"{Numbers.Many(run.Failed, "error")}");
        return string.Join(", ", parts);
    }

    private static string Trusted(RunPicture run) => run.Result?.Trust switch
    {
        { Verdict: "sound" } => "Every check passed.",
        { Verdict: "doubtful" } trust => $"With {Reservations(trust)}.",
        { Verdict: "invalid" } trust => $"Invalid: {Lower(trust.Reasons[0].Sentence)}.",
        _ => "",
    };

    /// <summary>one reservation, 3 reservations</summary>
    public static string Reservations(Trust trust) => trust.Reasons.Count == 1 ? "one reservation" : Numbers.Many(trust.Reasons.Count, "reservation");

    private static string After(RunPicture run) => run.HasMeasured ? $" after {Numbers.Many((long)Math.Round(run.Seconds), "second")} of measuring" : "";
}
