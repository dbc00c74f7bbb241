using Wobble.Results.Domain;

namespace Wobble.Results.Experiments;

/// <summary>How workers of an experiment's rows are chosen.</summary>
public enum WorkersChoice
{
    /// <summary>As each definition says, else the target's default.</summary>
    Fixed,
    /// <summary>Tuned for each row.</summary>
    Tune,
    /// <summary>The article's.</summary>
    Published,
}

/// <summary>Makes experiments from what people ask: targets and a definition that they share.</summary>
public static class Making
{
    /// <summary>Compares targets under one definition; the reference first. A target named twice is an A/A, told apart by #1 and #2.</summary>
    public static ExperimentDefinition Compare(IReadOnlyList<string> targets, Definition shared, Catalogue catalogue, int repetitions, long seed, WorkersChoice workers = WorkersChoice.Fixed)
    {
        ArgumentNullException.ThrowIfNull(targets);
        ArgumentNullException.ThrowIfNull(catalogue);
        var seen = new Dictionary<string, int>();
        var rows = new List<ExperimentRow>();
        foreach (string target in targets)
        {
            int number = seen[target] = seen.GetValueOrDefault(target) + 1;
            string name = targets.Count(t => t == target) > 1 ? $"{target} #{number}" : target;
            rows.Add(RowOf(name, target, shared, catalogue, workers, mayBeUnknown: true));
        }
        return new ExperimentDefinition
        {
            Kind = ExperimentKind.Compare,
            Question = targets.Distinct().Count() == 1 ? $"Does {targets[0]} differ from itself?" : $"How do {string.Join(", ", targets.Distinct())} differ?",
            Rows = rows,
            Repetitions = repetitions,
            Seed = seed,
            TuneWorkers = workers == WorkersChoice.Tune,
        };
    }

    /// <summary>The article: its 13 rows, those that can't run here with their reason.</summary>
    public static ExperimentDefinition Article(Definition shared, Catalogue catalogue, int repetitions, long seed, WorkersChoice workers = WorkersChoice.Fixed)
    {
        ArgumentNullException.ThrowIfNull(catalogue);
        return new ExperimentDefinition
        {
            Kind = ExperimentKind.Article,
            Question = "Is async Python not faster, on this machine?",
            Rows = [.. catalogue.Article.Select(row => RowOf(row.Target, row.Target, shared, catalogue, workers, mayBeUnknown: false) with { Published = row })],
            Repetitions = repetitions,
            Seed = seed,
            TuneWorkers = workers == WorkersChoice.Tune,
        };
    }

    /// <summary>One target's number of workers.</summary>
    public static ExperimentDefinition Tune(string target, Definition shared, Catalogue catalogue, long seed) =>
        Compare([target], shared, catalogue, 1, seed) with { Kind = ExperimentKind.Tune, Question = $"How many workers serve {target} best?", TuneWorkers = true };

    /// <summary>The highest rate of each target at which p99 stays below an objective.</summary>
    public static ExperimentDefinition CapacityOf(IReadOnlyList<string> targets, Definition shared, Catalogue catalogue, double objectiveMs, long seed) =>
        Compare(targets, shared, catalogue, 1, seed) with
        {
            Kind = ExperimentKind.Capacity,
            Question = $"How much can {string.Join(", ", targets)} serve with p99 below {Figures.Text(objectiveMs)} ms?",
            ObjectiveMs = objectiveMs,
        };

    private static ExperimentRow RowOf(string name, string target, Definition shared, Catalogue catalogue, WorkersChoice workers, bool mayBeUnknown)
    {
        var found = catalogue.Find(target);
        var published = catalogue.Article.FirstOrDefault(a => a.Target == target);
        // An option that this target doesn't have is left to those that have it.
        var options = shared.Options.Where(o => found is null || found.Options.Any(t => t.Name == o.Key)).ToDictionary();
        return new ExperimentRow
        {
            Name = name,
            Class = found?.Class ?? TargetClass.Sync,
            Definition = shared with { Target = target, Options = options, Repetitions = 1, Workers = workers == WorkersChoice.Published ? published?.Workers ?? shared.Workers : shared.Workers },
            Unavailable = found is null && !mayBeUnknown ? "not in this catalogue" : found?.Unavailable,
            Published = published,
        };
    }
}
