using System.Globalization;
using Wobble.Results.Domain;

namespace Wobble.Results.Experiments;

/// <summary>The limits of an experiment, the same for pages, API and command line; each error names field, value and what is allowed.</summary>
public static class ExperimentRules
{
    /// <summary>Start, warm-up, stop of one run beside its measurement: what an estimate of time adds, s.</summary>
    public const double SecondsAround = 4;

    // Longer than anybody waits, and what a page shows beside a number that is refused.
    private static readonly TimeSpan LongestTold = TimeSpan.FromDays(3_650_000);

    /// <summary>All that is wrong; empty when nothing is. Unavailable rows are allowed: they keep their reason.</summary>
    public static IReadOnlyList<FieldError> Check(ExperimentDefinition experiment, Catalogue catalogue)
    {
        ArgumentNullException.ThrowIfNull(experiment);
        ArgumentNullException.ThrowIfNull(catalogue);
        var errors = new List<FieldError>();
        if (experiment.Repetitions is < 1 or > ExperimentDefinition.MostRepetitions)
        {
            var wanted = experiment with { Repetitions = Math.Max(1, experiment.Repetitions) };
            errors.Add(new FieldError("repetitions", experiment.Repetitions.ToString(CultureInfo.InvariantCulture), $"1 to {ExperimentDefinition.MostRepetitions}{(experiment.Repetitions > 0 && Estimate(wanted) is { } takes ? $"; it would take {Text(takes)}" : "")}"));
        }
        CheckText("question", experiment.Question, ExperimentDefinition.LongestQuestion, errors);
        foreach (var row in experiment.Rows) CheckText("rows.name", row.Name, ExperimentDefinition.LongestName, errors);
        if (experiment.Rows.Count is < 1 or > ExperimentDefinition.MostRows) errors.Add(new FieldError("rows", experiment.Rows.Count.ToString(CultureInfo.InvariantCulture), $"1 to {ExperimentDefinition.MostRows} configurations"));
        if (experiment.Rows.Count > 0 && experiment.Rows.All(r => r.Unavailable is not null)) errors.Add(new FieldError("rows", string.Join(", ", experiment.Rows.Select(r => r.Name)), "at least one that can run here"));
        foreach (var twice in experiment.Rows.GroupBy(r => r.Name).Where(g => g.Count() > 1))
            errors.Add(new FieldError("rows.name", twice.Key, "a name of its own for each configuration (an A/A is told apart by #1 and #2)"));
        if (experiment.MostWorkers is < 1 or > DefinitionRules.MaxWorkers) errors.Add(new FieldError("most_workers", experiment.MostWorkers.ToString(CultureInfo.InvariantCulture), $"1 to {DefinitionRules.MaxWorkers}"));
        if (experiment.Delta is { } delta && !(delta > 0 && delta < 10)) errors.Add(new FieldError("delta", delta.ToString(CultureInfo.InvariantCulture), "above 0, below 10 (0.1 is 10%)"));
        if (experiment.Kind == ExperimentKind.Capacity && experiment.ObjectiveMs is not > 0) errors.Add(new FieldError("objective", experiment.ObjectiveMs?.ToString(CultureInfo.InvariantCulture) ?? "", "a duration above 0, such as 50ms"));
        if (experiment.Kind == ExperimentKind.Capacity)
        {
            // Each run of the search has a rate of its own, which nothing else may set.
            const string none = "none: the search chooses the rates, after a closed loop of its own";
            // All rows share one load.
            var load = experiment.Rows.Count > 0 ? experiment.Rows[0].Definition : null;
            if (load?.Stages is { Length: > 0 } stages) errors.Add(new FieldError("stages", stages, none));
            if (load?.Rate is { } rate) errors.Add(new FieldError("rate", rate.ToString(CultureInfo.InvariantCulture), none));
            if (load?.Connections is { } connections) errors.Add(new FieldError("connections", connections.ToString(CultureInfo.InvariantCulture), none));
        }
        foreach (var row in experiment.Rows.Where(r => r.Unavailable is null))
            errors.AddRange(DefinitionRules.Check(row.Definition with { Repetitions = 1 }, catalogue).Select(e => e with { Field = $"{row.Name}: {e.Field}" }));
        return errors;
    }

    private static void CheckText(string field, string text, int longest, List<FieldError> errors)
    {
        if (text.Length > longest || text.Any(char.IsControl)) errors.Add(new FieldError(field, text.Length > longest ? text[..longest] + "…" : text, $"at most {longest} characters on one line; this has {text.Length}"));
    }

    /// <summary>How long one run takes, start and stop of its stack included; null for a number of requests of which nobody knows how fast they are answered.</summary>
    /// <param name="definition">What is run.</param>
    /// <param name="throughput">Requests a second that were answered before; null: unknown.</param>
    public static TimeSpan? TimeOf(Definition definition, double? throughput = null)
    {
        ArgumentNullException.ThrowIfNull(definition);
        TimeSpan? measured = definition.Stages is { } text && LoadStage.TryParse(text, out var stages, out _) ? LoadStage.Length(stages)
            : definition.Requests is { } requests ? OfRequests(requests, throughput ?? definition.Rate)
            : definition.For ?? Defaults.For;
        return measured + definition.Warmup + TimeSpan.FromSeconds(SecondsAround);
    }

    /// <summary>The same of a row after these runs: those of the row itself tell best.</summary>
    public static TimeSpan? TimeOf(Definition definition, int row, IReadOnlyList<ExperimentRun> runs)
    {
        ArgumentNullException.ThrowIfNull(definition);
        if (definition.Requests is null) return TimeOf(definition);
        var measured = runs.Where(r => r.Result is { Throughput: > 0 }).ToList();
        var mine = measured.Where(r => r.Row == row).ToList() is { Count: > 0 } own ? own : measured;
        return TimeOf(definition, mine.Count == 0 ? null : mine.Average(r => r.Result!.Throughput));
    }

    /// <summary>How long it takes, as far as that is known beforehand; null when it isn't: a number of requests is measured, and no run was made yet.</summary>
    public static TimeSpan? Estimate(ExperimentDefinition experiment, IReadOnlyList<ExperimentRun>? runs = null)
    {
        ArgumentNullException.ThrowIfNull(experiment);
        var each = Enumerable.Range(0, experiment.Rows.Count).Where(row => experiment.Rows[row].Unavailable is null).Select(row => TimeOf(experiment.Rows[row].Definition, row, runs ?? [])).ToList();
        if (each.Count == 0) return TimeSpan.Zero;
        if (each.Contains(null)) return null;
        return TimeSpan.FromSeconds(Math.Min(each.Average(t => t!.Value.TotalSeconds) * Schedule.RunsExpected(experiment), LongestTold.TotalSeconds));
    }

    /// <summary>What is said in place of a time that <see cref="Estimate"/> doesn't know.</summary>
    public const string CantTell = "how long can't be told before a run has shown how fast requests are answered";

    private static TimeSpan? OfRequests(long requests, double? rate) => rate > 0 ? TimeSpan.FromSeconds(Math.Min(requests / rate.Value, DefinitionRules.MaxFor.TotalSeconds)) : null;

    /// <summary>A length of time as people say it: "40 s", "18 minutes", "3 h 5 min".</summary>
    public static string Text(TimeSpan time)
    {
        if (time.TotalSeconds < 90) return string.Create(CultureInfo.InvariantCulture, $"{Math.Ceiling(time.TotalSeconds):0} s");
        if (time.TotalMinutes < 90) return string.Create(CultureInfo.InvariantCulture, $"{Math.Ceiling(time.TotalMinutes):0} minutes");
        return string.Create(CultureInfo.InvariantCulture, $"{Math.Floor(time.TotalHours):#,0} h {time.Minutes} min");
    }
}
