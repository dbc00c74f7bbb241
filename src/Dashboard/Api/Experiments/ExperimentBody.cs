using System.Globalization;
using System.Text.Json.Nodes;
using Wobble.Results.Domain;
using Wobble.Results.Experiments;
using Wobble.Results.Experiments.Claims;
using Wobble.Results.Statistics;

namespace Wobble.Dashboard.Api.Experiments;

/// <summary>What the body of an experiment may have beside the fields of a definition that its configurations share.</summary>
internal sealed record ExperimentExtras
{
    /// <summary>article, compare, tune, capacity or claim; compare when targets or rows are given, claim when a claim is.</summary>
    public string? Kind { get; init; }
    /// <summary>A claim, 1 to 9, or an objection, A to I: its own prepared configurations.</summary>
    public string? Claim { get; init; }
    /// <summary>Its sentence; made of the targets when left out.</summary>
    public string? Question { get; init; }
    /// <summary>Targets, the reference first; one alone, or twice, is an A/A.</summary>
    public IReadOnlyList<string>? Targets { get; init; }
    /// <summary>Seed of the rounds' order; drawn when left out, and kept.</summary>
    public long? Seed { get; init; }
    /// <summary>The metric of ranking and headline: p50, p90, p99, p99_9, throughput or wobble.</summary>
    public string Headline { get; init; } = "p99";
    /// <summary>Least difference that matters; each metric's own when left out.</summary>
    public double? Delta { get; init; }
    /// <summary>Capacity: p99 stays below it, such as 50ms.</summary>
    public string? Objective { get; init; }
    /// <summary>Tuning: the most workers that are tried.</summary>
    public int MostWorkers { get; init; } = ExperimentDefinition.UsualMostWorkers;
    public string? Runner { get; init; }
    public IReadOnlyList<string> Tags { get; init; } = [];
    public string? Notes { get; init; }
}

/// <summary>
/// The body of <c>POST /api/experiments</c>: a definition's fields, which all configurations share; <see cref="ExperimentExtras"/>; and either targets or
/// rows, objects of <c>name</c> and what differs. <c>workers</c> may also be <c>tune</c> or <c>published</c>.
/// </summary>
internal static class ExperimentBody
{
    private const int UsualRounds = 5;
    private static readonly string[] Kinds = ["article", "compare", "tune", "capacity", "claim"];
    private static readonly string[] ExtraNames = [.. JsonFields.NamesOf<ExperimentExtras>(), "rows"];

    /// <summary>Makes the experiment once there is a catalogue; null with what is wrong.</summary>
    public static (Func<Catalogue, ExperimentDefinition>? Make, string? Runner, IReadOnlyList<FieldError> Errors) Read(JsonObject body)
    {
        var errors = new List<FieldError>();
        var workers = TakeWorkers(body);
        int repetitions = body.ContainsKey("repetitions") ? 0 : UsualRounds;
        var rows = TakeRows(body, errors);
        var shared = Shared(body);
        var (definition, wrong) = JsonFields.Bind<Definition>(shared, ExtraNames);
        errors.AddRange(wrong);
        var (extras, wrongExtras) = JsonFields.Bind<ExperimentExtras>(new JsonObject(body.Where(m => ExtraNames.Contains(m.Key) && m.Key != "rows").Select(m => KeyValuePair.Create(m.Key, m.Value?.DeepClone()))));
        errors.AddRange(wrongExtras);
        if (definition is null || extras is null) return (null, null, errors);
        if (repetitions == 0) repetitions = definition.Repetitions;

        var targets = extras.Targets ?? (definition.Target.Length > 0 ? [definition.Target] : null);
        string kind = extras.Kind ?? (extras.Claim is not null ? "claim" : targets is not null || rows is not null ? "compare" : "");
        if (!Kinds.Contains(kind)) errors.Add(new FieldError("kind", kind, string.Join(", ", Kinds)));
        else CheckWhat(kind, targets, rows, workers, errors);
        var claim = ClaimList.Find(extras.Claim);
        if (kind == "claim" && claim is null) errors.Add(new FieldError("claim", extras.Claim ?? "", $"one of {string.Join(", ", ClaimList.All.Select(c => c.Id))}"));
        if (kind != "claim" && extras.Claim is not null) errors.Add(new FieldError("claim", extras.Claim, "only with the kind claim"));
        if (extras.Runner is "") errors.Add(RunBody.NoRunner);
        if (extras.Tags.Any(t => t is null)) errors.Add(new FieldError("tags", "null", "texts"));
        if (MetricOf(extras.Headline) is not { } headline)
        {
            errors.Add(new FieldError("headline", extras.Headline, string.Join(", ", Enum.GetValues<Metric>().Select(m => m.Word()))));
            headline = Metric.P99;
        }
        if (kind == "capacity" && body.ContainsKey("repetitions") && repetitions != 1) errors.Add(new FieldError("repetitions", $"{repetitions}", "1, or nothing: each rate is run once, and the line through them has the interval"));
        if (kind == "capacity" && headline != Metric.P99) errors.Add(new FieldError("headline", extras.Headline, "p99, or nothing: a capacity is the rate at which p99 stays below the objective"));
        if (kind == "capacity" && extras.Delta is { } delta) errors.Add(new FieldError("delta", delta.ToString(CultureInfo.InvariantCulture), "none: a capacity is a rate with its interval, and no difference is judged"));
        if (kind == "tune" && (definition.Workers is not null || workers == WorkersChoice.Published))
            errors.Add(new FieldError("workers", definition.Workers is { } given ? $"{given}" : "published", "none: the search finds them, and tries at most as many as most_workers says"));
        double objective = ObjectiveOf(kind, extras.Objective, errors);
        if (errors.Count > 0) return (null, null, errors);

        long seed = extras.Seed ?? Random.Shared.NextInt64(1, 1_000_000);
        return (catalogue => kind == "claim" ? Make(catalogue) with { Tags = extras.Tags, Notes = extras.Notes } : Named(Make(catalogue), extras, headline), extras.Runner, errors);

        ExperimentDefinition Make(Catalogue catalogue) => kind switch
        {
            "claim" => claim!.Make(catalogue, repetitions, definition.For ?? Defaults.For, seed),
            "article" => Making.Article(definition, catalogue, repetitions, seed, workers),
            "tune" => Making.Tune(targets![0], definition, catalogue, seed, body.ContainsKey("repetitions") ? repetitions : Making.FreshRuns),
            "capacity" => Making.CapacityOf(targets!, definition, catalogue, objective, seed, workers),
            _ when rows is not null => Making.Of(rows, catalogue, repetitions, seed) with { TuneWorkers = workers == WorkersChoice.Tune },
            _ => Making.Compare(Making.Sides(targets!), definition, catalogue, repetitions, seed, workers),
        };
    }

    private static ExperimentDefinition Named(ExperimentDefinition made, ExperimentExtras extras, Metric headline) => made with
    {
        Question = string.IsNullOrWhiteSpace(extras.Question) ? made.Question : extras.Question.Trim(),
        Headline = headline,
        Delta = extras.Delta,
        MostWorkers = extras.MostWorkers,
        Tags = extras.Tags,
        Notes = extras.Notes,
    };

    private static void CheckWhat(string kind, IReadOnlyList<string>? targets, List<(string?, Definition)>? rows, WorkersChoice workers, List<FieldError> errors)
    {
        string Given() => targets is null ? "" : string.Join(", ", targets);
        if (targets?.Any(t => t is null) == true) errors.Add(new FieldError("targets", "null", "texts"));
        if (kind is "article" or "claim" && (targets is not null || rows is not null)) errors.Add(new FieldError(rows is null ? "targets" : "rows", Given(), kind == "article" ? "none: the article has its own" : "none: a claim has its own"));
        if (rows is not null && workers == WorkersChoice.Published) errors.Add(new FieldError("workers", "published", "tune or a number: rows have no published workers"));
        if (kind is "tune" or "capacity" && rows is not null) errors.Add(new FieldError("rows", $"{rows.Count} configurations", "only with the kind compare"));
        if (kind == "tune" && targets is not { Count: 1 }) errors.Add(new FieldError("targets", Given(), "one target"));
        if (kind == "capacity" && targets is not { Count: > 0 }) errors.Add(new FieldError("targets", Given(), "at least one target"));
        if (kind != "compare") return;
        if (targets is not null && rows is not null) errors.Add(new FieldError("rows", $"{rows.Count} configurations", "either rows or targets"));
        else if (targets is null && rows is null) errors.Add(new FieldError("targets", "", "at least one target, the reference first; one alone, or twice, is an A/A"));
        else if ((targets?.Count ?? rows!.Count) == 0) errors.Add(new FieldError(rows is null ? "targets" : "rows", "[]", "at least one"));
    }

    // "tune" and "published" say how workers are chosen, a number says how many.
    private static WorkersChoice TakeWorkers(JsonObject body)
    {
        if (body["workers"] is not JsonValue value || !value.TryGetValue(out string? word)) return WorkersChoice.Fixed;
        if (word is not ("tune" or "published")) return WorkersChoice.Fixed;
        body.Remove("workers");
        return word == "tune" ? WorkersChoice.Tune : WorkersChoice.Published;
    }

    private static List<(string? Name, Definition Definition)>? TakeRows(JsonObject body, List<FieldError> errors)
    {
        if (!body.ContainsKey("rows")) return null;
        if (body["rows"] is not JsonArray array)
        {
            errors.Add(new FieldError("rows", body["rows"]?.ToJsonString() ?? "null", "a list of objects: name, target and what else differs"));
            return [];
        }
        var rows = new List<(string?, Definition)>();
        for (int i = 0; i < array.Count; i++)
        {
            if (array[i] is not JsonObject row)
            {
                errors.Add(new FieldError($"rows[{i}]", array[i]?.ToJsonString() ?? "null", "an object: name, target and what else differs"));
                continue;
            }
            string? name = row["name"] is JsonValue given && given.TryGetValue(out string? text) ? text.Trim() : null;
            if (row.ContainsKey("name") && string.IsNullOrEmpty(name)) errors.Add(new FieldError($"rows[{i}].name", row["name"]?.ToJsonString() ?? "null", "a text of its own"));
            if (row.ContainsKey("repetitions")) errors.Add(new FieldError($"rows[{i}].repetitions", row["repetitions"]?.ToJsonString() ?? "null", "nothing: all rows have as many rounds"));
            var whole = Shared(body);
            foreach (var (field, value) in row.Where(m => m.Key != "name")) whole[field] = value?.DeepClone();
            var (definition, wrong) = JsonFields.Bind<Definition>(whole, ExtraNames);
            // What all rows share is named once, by the body itself.
            errors.AddRange(wrong.Where(e => row.ContainsKey(e.Field.Split('.')[0])).Select(e => e with { Field = $"rows[{i}].{e.Field}" }));
            if (definition is null) continue;
            if (definition.Target.Length == 0) errors.Add(new FieldError($"rows[{i}].target", "", "a server and an app such as uwsgi-http/bottle"));
            rows.Add((name, definition));
        }
        return rows;
    }

    private static JsonObject Shared(JsonObject body)
    {
        var shared = new JsonObject(body.Where(m => !ExtraNames.Contains(m.Key)).Select(m => KeyValuePair.Create(m.Key, m.Value?.DeepClone())));
        // Its target stands in targets or rows.
        if (!shared.ContainsKey("target")) shared["target"] = "";
        return shared;
    }

    private static Metric? MetricOf(string word) => Enum.GetValues<Metric>().Where(m => m.Word() == word).Select(m => (Metric?)m).FirstOrDefault();

    private static double ObjectiveOf(string kind, string? text, List<FieldError> errors)
    {
        if (kind != "capacity")
        {
            if (text is not null) errors.Add(new FieldError("objective", text, "only with the kind capacity"));
            return 0;
        }
        if (text is null) return ExperimentDefinition.UsualObjectiveMs;
        if (Duration.TryParse(text, out var objective) && objective > TimeSpan.Zero) return objective.TotalMilliseconds;
        errors.Add(new FieldError("objective", text, "a duration above 0, such as 50ms"));
        return 0;
    }
}
