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
            errors.Add(new FieldError("repetitions", experiment.Repetitions.ToString(CultureInfo.InvariantCulture), $"1 to {ExperimentDefinition.MostRepetitions}{(experiment.Repetitions > 0 ? $"; it would take {Text(Estimate(wanted))}" : "")}"));
        }
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

    /// <summary>How long one run takes, start and stop of its stack included.</summary>
    public static TimeSpan TimeOf(Definition definition)
    {
        ArgumentNullException.ThrowIfNull(definition);
        var measured = definition.Stages is { } text && LoadStage.TryParse(text, out var stages, out _) ? LoadStage.Length(stages) : definition.For ?? Defaults.For;
        return measured + definition.Warmup + TimeSpan.FromSeconds(SecondsAround);
    }

    /// <summary>How long it takes, as far as that is known beforehand.</summary>
    public static TimeSpan Estimate(ExperimentDefinition experiment)
    {
        ArgumentNullException.ThrowIfNull(experiment);
        var available = experiment.Rows.Where(r => r.Unavailable is null).ToList();
        if (available.Count == 0) return TimeSpan.Zero;
        double each = available.Average(r => TimeOf(r.Definition).TotalSeconds);
        return TimeSpan.FromSeconds(Math.Min(each * Schedule.RunsExpected(experiment), LongestTold.TotalSeconds));
    }

    /// <summary>A length of time as people say it: "40 s", "18 minutes", "3 h 5 min".</summary>
    public static string Text(TimeSpan time)
    {
        if (time.TotalSeconds < 90) return string.Create(CultureInfo.InvariantCulture, $"{Math.Ceiling(time.TotalSeconds):0} s");
        if (time.TotalMinutes < 90) return string.Create(CultureInfo.InvariantCulture, $"{Math.Ceiling(time.TotalMinutes):0} minutes");
        return string.Create(CultureInfo.InvariantCulture, $"{Math.Floor(time.TotalHours):#,0} h {time.Minutes} min");
    }
}
