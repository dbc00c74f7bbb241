using Wobble.Results.Domain;

namespace Wobble.Results.Experiments.Claims;

/// <summary>Rows of claims: the article's set-up with one switch turned.</summary>
internal static class ClaimRows
{
    /// <summary>Connections of the article's async apps, each worker.</summary>
    public const int ArticlesPool = 10;
    private const int LikelyWorkers = 8;

    /// <summary>A row; with what is missing as its reason where it can't run.</summary>
    public static ExperimentRow Of(Catalogue catalogue, string target, string? with = null, Func<Definition, Definition>? change = null, int? workers = null)
    {
        var found = catalogue.Find(target);
        var definition = Articles(catalogue, found, target, workers);
        if (change is not null) definition = change(definition);
        string? why = found is null ? "not in this catalogue" : found.Unavailable;
        if (why is null && DefinitionRules.Check(definition, catalogue) is { Count: > 0 } errors) why = string.Join("; ", errors);
        return new ExperimentRow
        {
            Name = with is null ? target : $"{target}, {with}",
            Definition = definition,
            Class = found?.Class ?? TargetClass.Sync,
            Unavailable = why,
            Published = catalogue.Article.FirstOrDefault(a => a.Target == target),
        };
    }

    /// <summary>A row whose best number of workers is searched for before the rounds; async ones with a pooler that is enough for as many as are likely.</summary>
    public static ExperimentRow Tuned(Catalogue catalogue, string target, string with, Func<Definition, Definition>? change = null)
    {
        var row = Of(catalogue, target, with, change, LikelyWorkers);
        return row with { Definition = row.Definition with { Workers = null }, TuneWorkers = true };
    }

    /// <summary>The article's rows.</summary>
    public static IReadOnlyList<ExperimentRow> Article(Catalogue catalogue) => [.. catalogue.Article.Select(row => Of(catalogue, row.Target))];

    /// <summary>
    /// A single run's defaults, but each async worker has the article's 10 connections and the pooler enough for all of them: what a shortage does is
    /// objection A, and must not decide the others.
    /// </summary>
    private static Definition Articles(Catalogue catalogue, CatalogueTarget? target, string name, int? workers)
    {
        var definition = new Definition { Target = name, Workers = workers };
        if (target is not { Class: TargetClass.Async } || target.Options.All(o => o.Name != DatabaseConnections.Option)) return definition;
        return definition with
        {
            Options = new Dictionary<string, string> { [DatabaseConnections.Option] = $"{ArticlesPool}" },
            Pooler = $"session:{Math.Max(Defaults.PoolSize, ArticlesPool * (workers ?? Defaults.Workers(TargetClass.Async, catalogue.Cores)))}",
        };
    }

    /// <summary>
    /// Whether the rows of an experiment are set up as these are: nothing changed but, for async ones, the article's connections of each worker and a pooler that
    /// is enough for all of them. By what was run, since an experiment doesn't keep its catalogue.
    /// </summary>
    public static bool AreAsPrepared(ExperimentDefinition experiment, IReadOnlyList<ExperimentRun> runs) =>
        Enumerable.Range(0, experiment.Rows.Count).Where(i => experiment.Rows[i].Unavailable is null).All(i =>
        {
            var given = experiment.Rows[i].Definition;
            var plain = new Definition { Target = given.Target };
            if (Schedule.IsTuned(experiment, i) || given.Workers is not null || SetupText.Of(given with { Options = plain.Options, Pooler = plain.Pooler }) != SetupText.Of(plain)) return false;
            int workers = runs.Where(r => r.Row == i).Select(r => r.Result?.Workers).FirstOrDefault(w => w is not null) ?? 1;
            int each = given.Options.Count == 0 ? 1 : ArticlesPool;
            bool isOption = given.Options.Count == 0 || (given.Options.Count == 1 && given.Options.GetValueOrDefault(DatabaseConnections.Option) == $"{ArticlesPool}");
            return isOption && DatabaseConnections.PoolerOf(given, workers) is { Mode: "session" } pooler && pooler.Size >= each * workers;
        });

    /// <summary>The definition with one option more.</summary>
    public static Definition Option(this Definition definition, string name, string value) => definition with { Options = new Dictionary<string, string>(definition.Options) { [name] = value } };

    /// <summary>Chooses the row of a name.</summary>
    public static Func<ExperimentRow, bool> Named(params string[] names) => row => names.Contains(row.Name);

    /// <summary>Chooses the rows of a class.</summary>
    public static Func<ExperimentRow, bool> Class(TargetClass wanted) => row => row.Class == wanted;
}
