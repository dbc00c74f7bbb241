using Microsoft.EntityFrameworkCore;
using Wobble.Results.Domain;
using Wobble.Results.Experiments;
using Wobble.Results.Statistics;
using Wobble.Results.Storage;

namespace Wobble.Results.Queries;

/// <summary>A side of a comparison: a run, or all runs of a configuration or of a row of an experiment with one of them to stand for the others.</summary>
public sealed record ComparedRun
{
    /// <summary>The run that stands for the side, as lists show it.</summary>
    public required RunRow Row { get; init; }
    /// <summary>What the address calls it; null: the run's slug.</summary>
    public string? Key { get; init; }
    /// <summary>The row's or the configuration's name; null: the run's target.</summary>
    public string? Name { get; init; }
    /// <summary>Slug of the experiment whose rounds these are; null for others.</summary>
    public string? Experiment { get; init; }
    /// <summary>That experiment; null for others.</summary>
    public ExperimentDefinition? Asked { get; init; }
    /// <summary>Runs of the configuration on another machine or system, which are left out.</summary>
    public int Elsewhere { get; init; }
    /// <summary>The options that were asked for and are not the target's own in the catalogue; null: all that were asked for, since the catalogue doesn't know the target.</summary>
    public IReadOnlyDictionary<string, string>? OptionsChosen { get; init; }
    /// <summary>Every run of the side, rounds in order; empty: only <see cref="Row"/>.</summary>
    public IReadOnlyList<SideRun> Each { get; init; } = [];
    /// <summary>The definition with every default filled in; as asked, when it never was planned.</summary>
    public required Definition Definition { get; init; }
    /// <summary>Versions of every component and package; empty when it never was planned.</summary>
    public required IReadOnlyDictionary<string, string> Versions { get; init; }
    /// <summary>Wobble's build; null when it never was planned.</summary>
    public string? Wobble { get; init; }
    /// <summary>The machine; null when the run never began.</summary>
    public RunEnvironment? Environment { get; init; }
    /// <summary>Null when nothing was measured.</summary>
    public RunResult? Result { get; init; }
    /// <summary>Latency by percentile, up to the last one the data can show; empty when nothing was measured. Of several runs the typical one (geometric means), with its interval from three on.</summary>
    public IReadOnlyList<PercentilePoint> Distribution { get; init; } = [];
    /// <summary>Measured seconds, each <see cref="EverySecond"/>th of them.</summary>
    public IReadOnlyList<StripSecond> Seconds { get; init; } = [];
    /// <summary>1: every second is in <see cref="Seconds"/>; 10: every tenth.</summary>
    public int EverySecond { get; init; } = 1;
}

/// <summary>A kept comparison.</summary>
/// <param name="Slug">Its permalink.</param>
/// <param name="Runs">Names of its sides (see <see cref="SideName"/>), the reference first.</param>
/// <param name="Targets">What those that still are there are called, in that order.</param>
/// <param name="CreatedAt">When it was kept.</param>
public sealed record KeptComparison(string Slug, IReadOnlyList<string> Runs, IReadOnlyList<string> Targets, DateTimeOffset CreatedAt);

/// <summary>What names were found to be.</summary>
/// <param name="Runs">The sides.</param>
/// <param name="Choice">When they are too many: what may be chosen from, key and name.</param>
/// <param name="Problem">Why that is no comparison, a sentence; null: it may be one.</param>
public sealed record FoundSides(IReadOnlyList<ComparedRun> Runs, IReadOnlyList<(string Key, string Name)> Choice, string? Problem);

/// <summary>Runs set beside each other.</summary>
public sealed class ComparisonQueries(IDbContextFactory<WobbleDb> databases)
{
    /// <summary>The fewest runs of a comparison.</summary>
    public const int Fewest = 2;
    /// <summary>The most runs of a comparison.</summary>
    public const int Most = 5;
    /// <summary>Seconds of a run that are read: more can't be told apart in a strip.</summary>
    public const int SecondsLimit = 600;

    /// <summary>
    /// The sides of these names (see <see cref="SideName"/>), in that order; those that are unknown or were deleted are left out. None when they are more than
    /// <see cref="Most"/>, since a whole experiment is as many as it has rows, or when two are one measurement: then <see cref="FoundSides.Problem"/> says so.
    /// </summary>
    public async Task<FoundSides> Runs(IReadOnlyList<string> names, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(names);
        await using var db = await databases.CreateDbContextAsync(cancel);
        var sides = await ComparedSides.OfAsync(db, names, cancel);
        var twice = sides.SelectMany(s => s.Runs.Select(r => (r.Slug, Side: s))).GroupBy(r => r.Slug).FirstOrDefault(g => g.Count() > 1);
        if (twice is not null) return new FoundSides([], [], $"{string.Join(" and ", twice.Select(t => t.Side.Name ?? t.Side.Key))} are the same measurement: a run compared with itself shows nothing. An A/A is an experiment with one target twice.");
        if (sides.Count > Most)
            return new FoundSides([], [.. sides.Select(s => (s.Key, s.Name ?? s.Key))], $"These are {sides.Count} configurations, too many to tell apart in one figure: {Fewest} to {Most} can be compared. Name the rows that you want, such as {sides[0].Key}.");
        var leads = sides.Select(s => s.Lead).ToList();
        var wanted = db.Runs.AsNoTracking().Where(r => leads.Contains(r.Slug)).OrderBy(r => r.Id).Take(Most);
        var rows = await wanted.Select(RunRow.Of).ToDictionaryAsync(r => r.Slug, cancel);
        var details = await wanted.Select(r => new { r.Slug, r.Plan, r.Environment, r.Result }).ToDictionaryAsync(r => r.Slug, cancel);
        var distributions = await DistributionsOf(db, sides, cancel);
        // Read only where it is asked for: a catalogue is the largest of what a comparison reads.
        var catalogue = rows.Values.Any(r => r.Definition.Options.Count > 0) ? await db.Runners.AsNoTracking().OrderByDescending(r => r.SeenAt).Select(r => r.Catalogue).FirstOrDefaultAsync(cancel) : null;
        double confidence = sides.Select(s => s.Definition?.Confidence ?? ExperimentDefinition.UsualConfidence).DefaultIfEmpty(ExperimentDefinition.UsualConfidence).Max();
        var all = new List<ComparedRun>(sides.Count);
        foreach (var side in sides)
        {
            if (!rows.TryGetValue(side.Lead, out var row) || !details.TryGetValue(side.Lead, out var run)) continue;
            var (seconds, every) = await SecondsOf(db, row.Id, cancel);
            all.Add(new ComparedRun
            {
                Row = row,
                Key = side.Key,
                Name = side.Name,
                Experiment = side.Experiment,
                Asked = side.Definition,
                Elsewhere = side.Elsewhere,
                OptionsChosen = catalogue?.Find(row.Definition.Target) is { } target ? row.Definition.Options.Where(o => !target.Options.Any(t => t.Name == o.Key && t.Default == o.Value)).ToDictionary() : null,
                Each = side.Runs,
                Definition = run.Plan?.Definition ?? row.Definition,
                Versions = run.Plan?.Versions ?? new Dictionary<string, string>(),
                Wobble = run.Plan?.Wobble,
                Environment = run.Environment,
                Result = run.Result,
                Distribution = side.Runs.Count == 1 ? distributions.GetValueOrDefault(side.Lead, []) : TypicalOf(side, distributions, confidence),
                Seconds = seconds,
                EverySecond = every,
            });
        }
        return new FoundSides(all, [], null);
    }

    /// <summary>Names of these sides that nothing stands behind.</summary>
    public static IReadOnlyList<string> Missing(IReadOnlyList<string> names, IReadOnlyList<ComparedRun> found)
    {
        ArgumentNullException.ThrowIfNull(found);
        var keys = found.Select(f => f.Key ?? f.Row.Slug).ToHashSet();
        return [.. names.Where(n => !keys.Contains(n) && !(Guid.TryParse(n, out var id) && keys.Contains(id.ToString())) && !keys.Any(k => k.StartsWith(n + ".", StringComparison.Ordinal)))];
    }

    /// <summary>A kept comparison; null when there is none of that slug, or it was deleted.</summary>
    public async Task<KeptComparison?> Kept(string slug, CancellationToken cancel)
    {
        await using var db = await databases.CreateDbContextAsync(cancel);
        return await db.Comparisons.AsNoTracking().Where(c => c.Slug == slug && c.DeletedAt == null)
            .Select(c => new KeptComparison(c.Slug, c.Runs, new List<string>(), c.CreatedAt)).FirstOrDefaultAsync(cancel);
    }

    /// <summary>Configurations that have runs, a given one first, then by name: key and name.</summary>
    public async Task<IReadOnlyList<(string Key, string Name)>> Configurations(Guid first, int limit, CancellationToken cancel)
    {
        await using var db = await databases.CreateDbContextAsync(cancel);
        var found = await db.Configurations.AsNoTracking().Where(c => db.Runs.Any(r => r.ConfigurationId == c.Id && r.DeletedAt == null))
            .OrderByDescending(c => c.Id == first).ThenBy(c => c.Name).Take(limit).Select(c => new { c.Id, c.Name }).ToListAsync(cancel);
        return [.. found.Select(c => (c.Id.ToString(), c.Name))];
    }

    /// <summary>Those kept last.</summary>
    public async Task<IReadOnlyList<KeptComparison>> LastKept(int limit, CancellationToken cancel)
    {
        await using var db = await databases.CreateDbContextAsync(cancel);
        return await Named(db, await db.Comparisons.AsNoTracking().Where(c => c.DeletedAt == null).OrderByDescending(c => c.Id).Take(limit).ToListAsync(cancel), cancel);
    }

    // What their sides are called, of those that are there.
    internal static async Task<IReadOnlyList<KeptComparison>> Named(WobbleDb db, IReadOnlyList<Comparison> kept, CancellationToken cancel)
    {
        var named = kept.SelectMany(c => c.Runs).Distinct().ToList();
        var slugs = named.Select(n => SideName.Parse(n)?.Slug).OfType<string>().Distinct().ToList();
        var names = await db.Runs.AsNoTracking().Where(r => slugs.Contains(r.Slug) && r.DeletedAt == null).Select(r => new { r.Slug, Name = r.Target }).ToDictionaryAsync(r => r.Slug, r => r.Name, cancel);
        foreach (var experiment in await db.Experiments.AsNoTracking().Where(e => slugs.Contains(e.Slug) && e.DeletedAt == null).ToListAsync(cancel))
        {
            if (Jobs.ExperimentQueue.Read(experiment) is not { } definition) continue;
            for (int row = 0; row < definition.Rows.Count; row++) names[$"{experiment.Slug}.{row + 1}"] = definition.Rows[row].Name;
            names.TryAdd(experiment.Slug, experiment.Question);
        }
        var ids = named.Where(n => Guid.TryParse(n, out _)).Select(Guid.Parse).ToList();
        foreach (var configuration in await db.Configurations.AsNoTracking().Where(c => ids.Contains(c.Id)).Select(c => new { c.Id, c.Name }).ToListAsync(cancel)) names[configuration.Id.ToString()] = configuration.Name;
        return [.. kept.Select(c => new KeptComparison(c.Slug, c.Runs, [.. c.Runs.Where(names.ContainsKey).Select(r => names[r])], c.CreatedAt))];
    }

    private static async Task<(IReadOnlyList<StripSecond> Seconds, int Every)> SecondsOf(WobbleDb db, Guid run, CancellationToken cancel)
    {
        var measured = db.Seconds.AsNoTracking().Where(s => s.RunId == run && s.Stage > 0);
        int count = await measured.CountAsync(cancel);
        int every = Math.Max(1, (count + SecondsLimit - 1) / SecondsLimit);
        var seconds = await measured.Where(s => s.Number % every == 0).OrderBy(s => s.Number).Take(SecondsLimit + 1)
            .Select(s => new StripSecond(s.Number, s.Requests / s.Length, s.P50, s.P90, s.P99)).ToListAsync(cancel);
        return (seconds, every);
    }

    // Several runs: the typical one at each percentile. Histograms of different runs are never merged for it.
    private static IReadOnlyList<PercentilePoint> TypicalOf(ComparedSides.Side side, Dictionary<string, IReadOnlyList<PercentilePoint>> distributions, double confidence) =>
        DistributionCurve.Typical([.. side.Runs.Where(r => r.IsValid).Select(r => distributions.GetValueOrDefault(r.Slug, []))], confidence);

    private sealed record WholeRun(Guid Id, string Slug, byte[]? Latency);

    // The generator's own histogram of the whole measurement, where it got to say it; else the seconds' merged. One query for the runs of all sides, for the
    // histograms alone: a comparison of configurations has a hundred.
    private static async Task<Dictionary<string, IReadOnlyList<PercentilePoint>>> DistributionsOf(WobbleDb db, IReadOnlyList<ComparedSides.Side> sides, CancellationToken cancel)
    {
        string[] slugs = [.. sides.SelectMany(s => s.Runs.Count == 1 ? s.Runs : s.Runs.Where(r => r.IsValid)).Select(r => r.Slug)];
        var runs = await db.Database.SqlQuery<WholeRun>($"""
            select id, slug, decode("end" #>> array['totals', 'latency'], 'base64') as latency from runs where slug = any ({slugs}::bpchar[])
            """).ToListAsync(cancel);
        var found = new Dictionary<string, IReadOnlyList<PercentilePoint>>(runs.Count);
        foreach (var run in runs) found[run.Slug] = run.Latency is { Length: > 0 } latency ? DistributionCurve.Of(latency) : DistributionCurve.Of(await MergedAsync(db, run.Id, cancel));
        return found;
    }

    private static async Task<HdrHistogram.LongHistogram> MergedAsync(WobbleDb db, Guid run, CancellationToken cancel)
    {
        var whole = Histograms.Create();
        var parts = db.Samples.AsNoTracking().Where(s => s.RunId == run && s.Stage > 0).OrderBy(s => s.Second).Select(s => s.Latency).AsAsyncEnumerable();
        await foreach (byte[] part in parts.WithCancellation(cancel)) Histograms.Add(whole, part);
        return whole;
    }
}
