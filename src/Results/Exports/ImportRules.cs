using System.Globalization;
using Wobble.Results.Domain;
using Wobble.Results.Facts;
using Wobble.Results.Statistics;
using Wobble.Results.Storage;

namespace Wobble.Results.Exports;

/// <summary>What an imported run may hold: nothing that a page, the statistics or PostgreSQL would stumble over. Each error names the field by its path.</summary>
internal static class ImportRules
{
    private const int MaxName = 64;
    private const int MaxText = 10_000;
    private const int MaxItems = 1_000;
    private const int MaxSecond = 100 * 86_400;
    private const double MaxNumber = 1e15;
    private const int MaxTarget = 128;

    /// <summary>What is wrong with the header; null when nothing is.</summary>
    public static FieldError? Check(ExportHeader header, DateTimeOffset now)
    {
        if (header.Format != ExportHeader.CurrentFormat) return Wrong("wobble_run", header.Format, $"format {ExportHeader.CurrentFormat}: a newer Wobble wrote this file, import it there");
        if (header.Id == Guid.Empty) return Wrong("id", header.Id, "the run's uuid");
        if (!Slug.IsValid(header.Slug)) return Wrong("slug", header.Slug, $"{Slug.Length} letters, digits, - and _");
        if ((Text("definition.target", header.Definition.Target, MaxTarget) ?? Storable("definition.target", header.Definition.Target)) is { } target) return target;
        if (Check("definition", header.Definition) is { } asked) return asked;
        if (header.Definition.Options.Count > MaxItems) return Wrong("definition.options", header.Definition.Options.Count, $"at most {MaxItems}");
        if (header.Attempt is < 1 or > 100) return Wrong("attempt", header.Attempt, "1 to 100");
        if (header.Runner is { } runner && !RunnerName.IsValid(runner)) return Wrong("runner", runner, RunnerName.Allowed);
        if (header.Notes is { Length: > Edits.RunEdits.LongestNotes } notes) return Wrong("notes", $"{notes.Length} characters", $"at most {Edits.RunEdits.LongestNotes} characters");
        if (Storable("notes", header.Notes ?? "") is { } note) return note;
        if (TagRules.Normalise(header.Tags, out var tag) is null) return tag;
        if (header.Tags.Select(t => Storable("tags", t)).FirstOrDefault(e => e is not null) is { } text) return text;
        return Time("created_at", header.CreatedAt, now) ?? (header.StartedAt is { } started ? Time("started_at", started, now) : null);
    }

    /// <summary>What is wrong with a fact; null when nothing is.</summary>
    public static FieldError? Check(Fact fact, DateTimeOffset now) => Time("at", fact.At, now) ?? fact switch
    {
        PlanFact f => Check(f.Plan),
        EnvironmentFact f => Check(f.Environment),
        PhaseFact f => f.Phase is RunState.Preparing or RunState.Warming or RunState.Measuring or RunState.Finishing ? null : Wrong("phase", f.Phase.Word(), "preparing, warming, measuring or finishing"),
        EventFact f => Text("component", f.Component, MaxName) ?? Text("kind", f.Kind, 32) ?? Text("text", f.Text, MaxText) ?? Number("second", f.Second ?? 0),
        LogFact f => Text("component", f.Component, MaxName) ?? (Characters(f.Text) is > ComponentLog.Limit and var many ? Wrong("text", $"{many} characters", $"at most {ComponentLog.Limit} characters") : null),
        SampleFact f => Check(f),
        EndFact f => Check(f),
        _ => null,
    };

    private static FieldError? Check(RunEnvironment e)
    {
        (string Name, string? Value)[] texts = [("host", e.Host), ("cpu", e.Cpu), ("kernel", e.Kernel), ("system", e.System), ("governor", e.Governor), ("clock_source", e.ClockSource), ("somaxconn", e.Somaxconn), ("sandbox", e.Sandbox), ("generator_place", e.GeneratorPlace)];
        return texts.Select(t => t.Value is { } value ? Text($"environment.{t.Name}", value, MaxText) : null).FirstOrDefault(w => w is not null)
            ?? Count("environment.versions", e.Versions.Count)
            ?? e.Versions.Select(v => Text("environment.versions", v.Key, MaxText) ?? Text($"environment.versions.{v.Key}", v.Value, MaxText)).FirstOrDefault(w => w is not null);
    }

    internal static FieldError? Check(Plan plan)
    {
        if (plan.Format != 1) return Wrong("plan.format", plan.Format, "format 1");
        if (Text("plan.definition.target", plan.Definition.Target, MaxTarget) is { } target) return target;
        if (Check("plan.definition", plan.Definition) is { } asked) return asked;
        if ((Count("plan.components", plan.Components.Count) ?? Count("plan.versions", plan.Versions.Count) ?? Count("plan.warnings", plan.Warnings.Count)) is { } many) return many;
        if (plan.Load.Connections is < 1 or > DefinitionRules.MaxConnections) return Wrong("plan.load.connections", plan.Load.Connections, $"1 to {DefinitionRules.MaxConnections}");
        if (plan.Load.Rate is { } rate && !(rate > 0 && rate <= DefinitionRules.MaxRate)) return Wrong("plan.load.rate", rate, $"above 0, at most {DefinitionRules.MaxRate:0}");
        if (plan.Load.Requests.Count is 0 or > MaxName) return Wrong("plan.load.requests", plan.Load.Requests.Count, $"1 to {MaxName}");
        if (plan.Load.Stages.Count > 100) return Wrong("plan.load.stages", plan.Load.Stages.Count, "at most 100");
        return plan.Load.Requests.Select(r => Text("plan.load.requests.kind", r.Kind, MaxName) ?? Number("plan.load.requests.weight", r.Weight)).FirstOrDefault(e => e is not null)
            ?? plan.Components.Select(c => Text("plan.components.name", c.Name, MaxName)).FirstOrDefault(e => e is not null);
    }

    // By the rules of those who ask for runs, but for what depends on the machine: pages read definitions as if they had been checked.
    private static FieldError? Check(string at, Definition definition) =>
        DefinitionRules.Check(definition, new Catalogue()).FirstOrDefault(e => e.Field != "target" && !e.Field.StartsWith("options", StringComparison.Ordinal)) is { } wrong ? wrong with { Field = $"{at}.{wrong.Field}" } : null;

    private static FieldError? Check(SampleFact sample)
    {
        if (sample.Stage is < 0 or > 100) return Wrong("stage", sample.Stage, "0 to 100");
        if (sample.Second is < 0 or > MaxSecond) return Wrong("second", sample.Second, $"0 to {MaxSecond}");
        if (!(sample.Length is > 0 and <= 2)) return Wrong("length", sample.Length, "above 0, at most 2 (seconds)");
        if (sample.Kinds.Count > MaxName) return Wrong("kinds", sample.Kinds.Count, $"at most {MaxName}");
        if (sample.Kinds.Select(k => k.Kind).Distinct().Count() < sample.Kinds.Count) return Wrong("kinds", sample.Kinds[0].Kind, "each kind once");
        foreach (var kind in sample.Kinds)
        {
            var wrong = Text("kinds.kind", kind.Kind, MaxName) ?? Counted("kinds.requests", kind.Requests) ?? Errors("kinds.errors", kind.Errors)
                ?? Histogram("kinds.latency", kind.Latency) ?? Histogram("kinds.service", kind.Service);
            if (wrong is not null) return wrong;
        }
        var g = sample.Generator;
        return Counted("generator.sent", g.Sent) ?? Counted("generator.due", g.Due) ?? Number("generator.cpu_seconds", g.CpuSeconds) ?? Number("generator.busy", g.Busy)
            ?? Number("generator.run_queue_ms", g.RunQueueMs) ?? Count("generator.pauses", g.Pauses.Count) ?? Histogram("generator.lateness", g.Lateness)
            ?? Count("components", sample.Components.Count)
            ?? sample.Components.Select(c => Text("components.name", c.Name, MaxName) ?? Number("components.cpu_seconds", c.CpuSeconds) ?? Number("components.rss_mb", c.RssMb) ?? Count("components.processes", c.Processes.Count)).FirstOrDefault(e => e is not null)
            ?? (sample.Host is { } host ? Number("host.busy_cores", host.BusyCores) ?? Number("host.steal_share", host.StealShare) ?? Number("host.other_cpu_seconds", host.OtherCpuSeconds) : null)
            ?? (sample.Pooler is { } pooler ? Number("pooler.longest_wait_ms", pooler.LongestWaitMs) : null);
    }

    private static FieldError? Check(EndFact end)
    {
        if (!end.State.IsFinal()) return Wrong("state", end.State.Word(), "completed, failed, cancelled or interrupted");
        if (((end.Reason is { } reason ? Text("reason", reason, MaxText) : null) ?? Count("leftovers", end.Leftovers.Count)) is { } wrong) return wrong;
        return end.Totals is not { } t ? null
            : Number("totals.seconds", t.Seconds) ?? Counted("totals.sent", t.Sent) ?? Counted("totals.offered", t.Offered) ?? Counted("totals.answered", t.Answered) ?? Errors("totals.errors", t.Errors)
            ?? Counted("totals.min_ns", t.MinNs) ?? Counted("totals.max_ns", t.MaxNs) ?? Number("totals.mean_ns", t.MeanNs) ?? Number("totals.cpu_seconds", t.CpuSeconds) ?? Histogram("totals.latency", t.Latency);
    }

    private static FieldError? Errors(string field, IReadOnlyDictionary<string, long> errors) =>
        errors.Count > MaxName ? Wrong(field, errors.Count, $"at most {MaxName} kinds") : errors.Select(e => Text(field, e.Key, MaxName) ?? Counted($"{field}.{e.Key}", e.Value)).FirstOrDefault(e => e is not null);

    private static FieldError? Histogram(string field, byte[]? bytes) => bytes is not null && Histograms.Refuse(bytes) is { } why ? Wrong(field, $"{bytes.Length} bytes", why) : null;

    private static FieldError? Text(string field, string text, int longest) =>
        text.Length > longest ? Wrong(field, $"{text.Length} characters", $"at most {longest} characters") : null;

    // As PostgreSQL counts them, which cut it: a pair of surrogates is one.
    private static int Characters(string text) => text.Length <= ComponentLog.Limit ? text.Length : text.EnumerateRunes().Count();

    // What is a column of its own; text within facts is cleaned.
    private static FieldError? Storable(string field, string text) =>
        StoredText.Clean(text) == text ? null : Wrong(field, StoredText.Clean(text), "text without NUL and without half of a surrogate pair");

    private static FieldError? Count(string field, int count) => count > MaxItems ? Wrong(field, count, $"at most {MaxItems}") : null;

    private static FieldError? Counted(string field, long count) => count is < 0 or > (long)MaxNumber ? Wrong(field, count, "0 to 1,000,000,000,000,000") : null;

    private static FieldError? Number(string field, double number) => double.IsFinite(number) && Math.Abs(number) <= MaxNumber ? null : Wrong(field, number, "a finite number");

    private static FieldError? Time(string field, DateTimeOffset at, DateTimeOffset now) =>
        at < Earliest || at > now.AddDays(1) ? Wrong(field, at.ToString("u", CultureInfo.InvariantCulture), "a time from 2020 to now") : null;

    private static readonly DateTimeOffset Earliest = new(2020, 1, 1, 0, 0, 0, TimeSpan.Zero);

    private static FieldError Wrong(string field, object? value, string allowed)
    {
        string shown = Convert.ToString(value, CultureInfo.InvariantCulture) ?? "";
        return new(field, shown.Length > 80 ? shown[..79] + "…" : shown, allowed);
    }
}
