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
    /// <summary>The targets of a comparison: one alone is compared with itself.</summary>
    public static IReadOnlyList<string> Sides(IReadOnlyList<string> targets)
    {
        ArgumentNullException.ThrowIfNull(targets);
        return targets.Count == 1 ? [targets[0], targets[0]] : targets;
    }

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
            Question = targets.Distinct().Count() == 1 ? $"Does {targets[0]} differ from itself?" : $"How do {Listed([.. targets.Distinct()])} differ?",
            Rows = rows,
            Repetitions = repetitions,
            Seed = seed,
            TuneWorkers = workers == WorkersChoice.Tune,
        };
    }

    /// <summary>Compares configurations, each with its name; the reference first. One alone is repeated. Those without a name have their target's, numbered where it is there twice.</summary>
    public static ExperimentDefinition Of(IReadOnlyList<(string? Name, Definition Definition)> configurations, Catalogue catalogue, int repetitions, long seed)
    {
        ArgumentNullException.ThrowIfNull(configurations);
        ArgumentNullException.ThrowIfNull(catalogue);
        string[] targets = [.. configurations.Select(c => c.Definition.Target)];
        var unnamed = configurations.Where(c => c.Name is null).GroupBy(c => c.Definition.Target).ToDictionary(g => g.Key, g => g.Count());
        var seen = new Dictionary<string, int>();
        string NameOf(string? name, string target) => name ?? (unnamed[target] == 1 ? target : $"{target} #{seen[target] = seen.GetValueOrDefault(target) + 1}");
        var rows = configurations.Select(c => new ExperimentRow
        {
            Name = NameOf(c.Name, c.Definition.Target),
            Class = catalogue.Find(c.Definition.Target)?.Class ?? TargetClass.Sync,
            Definition = c.Definition with { Repetitions = 1 },
            Unavailable = catalogue.Find(c.Definition.Target)?.Unavailable,
        }).ToList();
        return new ExperimentDefinition
        {
            Kind = rows.Count == 1 ? ExperimentKind.Repetitions : ExperimentKind.Compare,
            Question = rows.Count == 1 ? $"How much does {rows[0].Name} differ from run to run?" : targets.Distinct().Count() == 1 && configurations.All(c => c.Name is null) && configurations.Select(c => (SetupText.Of(c.Definition), c.Definition.Workers)).Distinct().Count() == 1 ? $"Does {targets[0]} differ from itself?" : $"How do {Listed([.. rows.Select(r => r.Name)])} differ?",
            Rows = rows,
            Repetitions = repetitions,
            Seed = seed,
        };
    }

    /// <summary>The article: its 13 rows, those that can't run here with their reason. Async workers have the article's pool of connections each (10), unless another is asked for.</summary>
    public static ExperimentDefinition Article(Definition shared, Catalogue catalogue, int repetitions, long seed, WorkersChoice workers = WorkersChoice.Fixed)
    {
        ArgumentNullException.ThrowIfNull(catalogue);
        return new ExperimentDefinition
        {
            Kind = ExperimentKind.Article,
            Question = "Is async Python not faster, on this machine?",
            Rows = [.. catalogue.Article.Select(row => RowOf(row.Target, row.Target, shared, catalogue, workers, mayBeUnknown: false) with { Published = row }).Select(row => AsPublished(row, catalogue))],
            Repetitions = repetitions,
            Seed = seed,
            TuneWorkers = workers == WorkersChoice.Tune,
        };
    }

    /// <summary>Fresh runs after a search for workers: the fewest that give an interval.</summary>
    public const int FreshRuns = 3;
    private const int LongestList = 220;

    /// <summary>One target's number of workers, and what it does with them in fresh runs.</summary>
    public static ExperimentDefinition Tune(string target, Definition shared, Catalogue catalogue, long seed, int repetitions = FreshRuns) =>
        Compare([target], shared, catalogue, repetitions, seed) with { Kind = ExperimentKind.Tune, Question = $"How many workers serve {target} best?", TuneWorkers = true };

    /// <summary>The highest rate of each target at which p99 stays below an objective.</summary>
    public static ExperimentDefinition CapacityOf(IReadOnlyList<string> targets, Definition shared, Catalogue catalogue, double objectiveMs, long seed, WorkersChoice workers = WorkersChoice.Fixed) =>
        Compare(targets, shared, catalogue, 1, seed, workers) with
        {
            Kind = ExperimentKind.Capacity,
            Question = $"How much can {Listed(targets)} serve with p99 below {Figures.Text(objectiveMs)} ms?",
            ObjectiveMs = objectiveMs,
        };

    // A question has room for so many.
    private static string Listed(IReadOnlyList<string> names)
    {
        int shown = names.Count;
        while (shown > 1 && names.Take(shown).Sum(n => n.Length + 2) > LongestList) shown--;
        return string.Join(", ", names.Take(shown)) + (shown < names.Count ? $" and {names.Count - shown} more" : "");
    }

    // A run by itself has fewer, so that it can't hang; the article had all of them, and objection A turns on that.
    private static ExperimentRow AsPublished(ExperimentRow row, Catalogue catalogue)
    {
        var pool = row.Class == TargetClass.Async ? catalogue.Find(row.Definition.Target)?.Options.FirstOrDefault(o => o.Name == DatabaseConnections.Option) : null;
        if (pool is null || row.Definition.Options.ContainsKey(pool.Name)) return row;
        return row with { Definition = row.Definition with { Options = new Dictionary<string, string>(row.Definition.Options) { [pool.Name] = pool.Default } } };
    }

    private static ExperimentRow RowOf(string name, string target, Definition shared, Catalogue catalogue, WorkersChoice workers, bool mayBeUnknown)
    {
        var found = catalogue.Find(target);
        var published = catalogue.Article.FirstOrDefault(a => a.Target == target);
        // An option that this target doesn't have is left to those that have it; one that no target has is refused by the rules.
        var options = shared.Options.Where(o => found is null || found.Options.Any(t => t.Name == o.Key) || !catalogue.Targets.Any(c => c.Options.Any(t => t.Name == o.Key))).ToDictionary();
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
