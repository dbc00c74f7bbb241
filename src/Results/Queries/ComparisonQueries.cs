using Microsoft.EntityFrameworkCore;
using Wobble.Results.Domain;
using Wobble.Results.Facts;
using Wobble.Results.Statistics;
using Wobble.Results.Storage;

namespace Wobble.Results.Queries;

/// <summary>A run among those compared: its set-up, its figures, its distribution and its seconds.</summary>
public sealed record ComparedRun
{
    /// <summary>As lists show it.</summary>
    public required RunRow Row { get; init; }
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
    /// <summary>Latency by percentile, up to the last one the data can show; empty when nothing was measured.</summary>
    public IReadOnlyList<PercentilePoint> Distribution { get; init; } = [];
    /// <summary>Measured seconds, each <see cref="EverySecond"/>th of them.</summary>
    public IReadOnlyList<StripSecond> Seconds { get; init; } = [];
    /// <summary>1: every second is in <see cref="Seconds"/>; 10: every tenth.</summary>
    public int EverySecond { get; init; } = 1;
}

/// <summary>A kept comparison.</summary>
/// <param name="Slug">Its permalink.</param>
/// <param name="Runs">Slugs, the reference first.</param>
/// <param name="Targets">Targets of those runs that still are there, in that order.</param>
/// <param name="CreatedAt">When it was kept.</param>
public sealed record KeptComparison(string Slug, IReadOnlyList<string> Runs, IReadOnlyList<string> Targets, DateTimeOffset CreatedAt);

/// <summary>Runs set beside each other.</summary>
public sealed class ComparisonQueries(IDbContextFactory<WobbleDb> databases)
{
    /// <summary>The fewest runs of a comparison.</summary>
    public const int Fewest = 2;
    /// <summary>The most runs of a comparison.</summary>
    public const int Most = 5;
    /// <summary>Seconds of a run that are read: more can't be told apart in a strip.</summary>
    public const int SecondsLimit = 600;

    /// <summary>The runs of these slugs, in that order; those that are unknown or were deleted are left out.</summary>
    public async Task<IReadOnlyList<ComparedRun>> Runs(IReadOnlyList<string> slugs, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(slugs);
        await using var db = await databases.CreateDbContextAsync(cancel);
        var wanted = db.Runs.AsNoTracking().Where(r => slugs.Contains(r.Slug) && r.DeletedAt == null);
        var rows = await wanted.OrderBy(r => r.Id).Take(Most).Select(RunRow.Of).ToDictionaryAsync(r => r.Slug, cancel);
        var details = await wanted.OrderBy(r => r.Id).Take(Most).Select(r => new { r.Slug, r.Plan, r.Environment, r.Result, r.End }).ToDictionaryAsync(r => r.Slug, cancel);
        var all = new List<ComparedRun>(rows.Count);
        foreach (string slug in slugs.Distinct())
        {
            if (!rows.TryGetValue(slug, out var row) || !details.TryGetValue(slug, out var run)) continue;
            var (seconds, every) = await SecondsOf(db, row.Id, cancel);
            all.Add(new ComparedRun
            {
                Row = row,
                Definition = run.Plan?.Definition ?? row.Definition,
                Versions = run.Plan?.Versions ?? new Dictionary<string, string>(),
                Wobble = run.Plan?.Wobble,
                Environment = run.Environment,
                Result = run.Result,
                Distribution = await DistributionOf(db, row.Id, run.End, cancel),
                Seconds = seconds,
                EverySecond = every,
            });
        }
        return all;
    }

    /// <summary>A kept comparison; null when there is none of that slug.</summary>
    public async Task<KeptComparison?> Kept(string slug, CancellationToken cancel)
    {
        await using var db = await databases.CreateDbContextAsync(cancel);
        return await db.Comparisons.AsNoTracking().Where(c => c.Slug == slug)
            .Select(c => new KeptComparison(c.Slug, c.Runs, new List<string>(), c.CreatedAt)).FirstOrDefaultAsync(cancel);
    }

    /// <summary>Those kept last.</summary>
    public async Task<IReadOnlyList<KeptComparison>> LastKept(int limit, CancellationToken cancel)
    {
        await using var db = await databases.CreateDbContextAsync(cancel);
        var kept = await db.Comparisons.AsNoTracking().OrderByDescending(c => c.Id).Take(limit).Select(c => new { c.Slug, c.Runs, c.CreatedAt }).ToListAsync(cancel);
        var slugs = kept.SelectMany(c => c.Runs).Distinct().ToList();
        var targets = await db.Runs.AsNoTracking().Where(r => slugs.Contains(r.Slug) && r.DeletedAt == null).Select(r => new { r.Slug, r.Target }).ToDictionaryAsync(r => r.Slug, r => r.Target, cancel);
        return [.. kept.Select(c => new KeptComparison(c.Slug, c.Runs, [.. c.Runs.Where(targets.ContainsKey).Select(r => targets[r])], c.CreatedAt))];
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

    // The generator's own histogram of the whole measurement, where it got to say it; else the seconds' merged.
    private static async Task<IReadOnlyList<PercentilePoint>> DistributionOf(WobbleDb db, Guid run, EndFact? end, CancellationToken cancel)
    {
        if (end?.Totals is { } totals) return DistributionCurve.Of(Histograms.Decode(totals.Latency));
        var all = Histograms.Create();
        var parts = db.Samples.AsNoTracking().Where(s => s.RunId == run && s.Stage > 0).OrderBy(s => s.Second).Select(s => s.Latency).AsAsyncEnumerable();
        await foreach (byte[] part in parts.WithCancellation(cancel)) Histograms.Add(all, part);
        return DistributionCurve.Of(all);
    }
}
