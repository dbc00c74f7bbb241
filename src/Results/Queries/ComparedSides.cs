using Microsoft.EntityFrameworkCore;
using Wobble.Results.Domain;
using Wobble.Results.Experiments;
using Wobble.Results.Jobs;
using Wobble.Results.Statistics;
using Wobble.Results.Storage;

namespace Wobble.Results.Queries;

/// <summary>One run behind a side of a comparison.</summary>
/// <param name="Slug">Its permalink.</param>
/// <param name="Round">Its round in the experiment; null for a run by itself.</param>
/// <param name="State">Where it stands.</param>
/// <param name="Trust"><c>sound</c>, <c>doubtful</c>, <c>invalid</c>; null until the end.</param>
/// <param name="Result">Null when nothing was measured.</param>
public sealed record SideRun(string Slug, int? Round, RunState State, string? Trust, RunResult? Result)
{
    /// <summary>Completed and not invalid: the only runs whose figures count.</summary>
    public bool IsValid => State == RunState.Completed && Trust is not null and not "invalid" && Result is not null;
}

/// <summary>What an address names as one side of a comparison: a run, a row of an experiment (<c>SLUG.2</c>), a whole experiment (its rows), or a configuration by its id.</summary>
public static class SideName
{
    /// <summary>The slug and the row, from 1; null for the row when none is said.</summary>
    public static (string Slug, int? Row)? Parse(string? text)
    {
        if (text is null) return null;
        int dot = text.IndexOf('.', StringComparison.Ordinal);
        if (dot < 0) return Slug.IsValid(text) ? (text, null) : null;
        return Slug.IsValid(text[..dot]) && int.TryParse(text[(dot + 1)..], out int row) && row is >= 1 and <= ExperimentDefinition.MostRows ? (text[..dot], row) : null;
    }

    /// <summary>True for anything that may be a side.</summary>
    public static bool IsValid(string? text) => Parse(text) is not null || Guid.TryParse(text, out _);
}

/// <summary>Which runs stand behind each side.</summary>
internal static class ComparedSides
{
    /// <summary>Runs of a configuration that are set beside others: the newest.</summary>
    public const int RunsOfConfiguration = 20;

    /// <summary>A side before its representative is read.</summary>
    internal sealed record Side(string Key, string? Name, string? Experiment, IReadOnlyList<SideRun> Runs)
    {
        /// <summary>The experiment it is a row of.</summary>
        public ExperimentDefinition? Definition { get; init; }

        /// <summary>Runs of the configuration that were made elsewhere, or on another system, and are left out.</summary>
        public int Elsewhere { get; init; }

        /// <summary>The run that stands for the others where one is drawn: the one whose p99 is the middle.</summary>
        public string Lead
        {
            get
            {
                var valid = Runs.Where(r => r.IsValid).OrderBy(r => r.Result!.LatencyMs.P99 ?? double.MaxValue).ToList();
                return valid.Count > 0 ? valid[(valid.Count - 1) / 2].Slug : Runs[^1].Slug;
            }
        }
    }

    /// <summary>The sides that are there, in the order asked; an experiment without a row is as many as it has rows with runs, so there may be more than are compared.</summary>
    public static async Task<List<Side>> OfAsync(WobbleDb db, IReadOnlyList<string> names, CancellationToken cancel)
    {
        var slugs = names.Select(n => SideName.Parse(n)?.Slug).OfType<string>().Distinct().ToList();
        var runs = await db.Runs.AsNoTracking().Where(r => slugs.Contains(r.Slug) && r.DeletedAt == null)
            .Select(r => new SideRun(r.Slug, null, r.State, r.TrustVerdict, r.Result)).ToDictionaryAsync(r => r.Slug, cancel);
        var sides = new List<Side>();
        foreach (string name in names.Distinct())
        {
            if (SideName.Parse(name) is not { } parsed)
            {
                if (Guid.TryParse(name, out var id) && await OfConfigurationAsync(db, id, name, cancel) is { } configuration) sides.Add(configuration);
            }
            else if (parsed.Row is null && runs.TryGetValue(parsed.Slug, out var run)) sides.Add(new Side(name, null, null, [run]));
            else sides.AddRange(await OfExperimentAsync(db, parsed.Slug, parsed.Row, cancel));
        }
        return sides;
    }

    private static async Task<Side?> OfConfigurationAsync(WobbleDb db, Guid id, string key, CancellationToken cancel)
    {
        if (await db.Configurations.AsNoTracking().Where(c => c.Id == id).Select(c => new { c.Name, c.Version }).FirstOrDefaultAsync(cancel) is not { } configuration) return null;
        // Runs of an earlier version answer another question.
        var runs = await db.Runs.AsNoTracking().Where(r => r.ConfigurationId == id && r.ConfigurationVersion == configuration.Version && r.DeletedAt == null).OrderByDescending(r => r.Id).Take(RunsOfConfiguration)
            .Select(r => new SideRun(r.Slug, null, r.State, r.TrustVerdict, r.Result)).ToListAsync(cancel);
        if (runs.Count == 0) return null;
        // Runs of two machines, or before and after an upgrade, are not one side: those that were made as the newest valid one was. What never was planned belongs to any.
        var setUps = await SetUpsAsync(db, [.. runs.Select(r => r.Slug)], cancel);
        string? wanted = setUps.GetValueOrDefault((runs.Find(r => r.IsValid) ?? runs[0]).Slug);
        var alike = runs.Where(r => setUps.GetValueOrDefault(r.Slug) is not { } own || own == wanted).Reverse().ToList();
        return new Side(id.ToString(), configuration.Name, null, alike) { Elsewhere = runs.Count - alike.Count };
    }

    private sealed record RunSetUp(string Slug, string? SetUp);

    // Machine, system and versions as one text; of plan and environment, 10 KB a run, nothing else is read.
    private static async Task<Dictionary<string, string?>> SetUpsAsync(WobbleDb db, string[] slugs, CancellationToken cancel) =>
        (await db.Database.SqlQuery<RunSetUp>($"""
            select slug, case when plan is null then null else md5(concat_ws(' ', plan->>'versions', plan->>'wobble', environment->>'host', environment->>'cpu', environment->>'cores', environment->>'kernel', environment->>'system')) end as set_up
            from runs where slug = any ({slugs}::bpchar[])
            """).ToListAsync(cancel)).ToDictionary(r => r.Slug, r => r.SetUp);

    private static async Task<List<Side>> OfExperimentAsync(WobbleDb db, string slug, int? row, CancellationToken cancel)
    {
        if (await db.Experiments.AsNoTracking().FirstOrDefaultAsync(e => e.Slug == slug && e.DeletedAt == null, cancel) is not { } experiment || ExperimentQueue.Read(experiment) is not { } definition) return [];
        var runs = await db.Runs.AsNoTracking().Where(r => r.ExperimentId == experiment.Id && r.Purpose == "round" && r.DeletedAt == null && (row == null || r.Row == row - 1)).OrderBy(r => r.Id)
            .Select(r => new { Row = r.Row ?? 0, Run = new SideRun(r.Slug, r.Round, r.State, r.TrustVerdict, r.Result) }).ToListAsync(cancel);
        return [.. runs.GroupBy(r => r.Row).OrderBy(g => g.Key).Where(g => g.Key < definition.Rows.Count)
            .Select(g => new Side($"{slug}.{g.Key + 1}", definition.Rows[g.Key].Name, slug, [.. g.Select(r => r.Run)]) { Definition = definition })];
    }
}
