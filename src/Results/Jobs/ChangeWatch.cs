using System.Text.Json;
using Microsoft.EntityFrameworkCore;
using Wobble.Results.Queries;
using Wobble.Results.Statistics;
using Wobble.Results.Storage;

namespace Wobble.Results.Jobs;

/// <summary>
/// Looks at the trend of a recurring configuration, or of each that a recurring experiment sets beside others, once each time the last of it has ended. A change is told of once: it is beyond noise and δ, has at least
/// four points on each side (runs, or experiments of several rounds), and lies at least four after the last one of that configuration that was told of
/// (where exactly it lies moves by one or two as more come in).
/// </summary>
public sealed class ChangeWatch(IDbContextFactory<WobbleDb> contexts, TimeProvider time)
{
    /// <summary>Points of the trend on each side of a change that is told of, and between two of them.</summary>
    public const int LeastPoints = 4;

    private readonly TrendQueries _trends = new(contexts);

    /// <summary>Looks at all that ended since. Any number of Runners may: each end is looked at by one. Returns how many changes were found.</summary>
    public async Task<int> LookAsync(CancellationToken cancellation = default)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellation);
        var rows = await db.Recurrences.AsNoTracking().Where(r => r.LastSlug != null && r.LookedAt != r.LastSlug).ToListAsync(cancellation);
        int found = 0;
        foreach (var row in rows)
            if (await RecurrenceJob.HasEndedAsync(db, row.LastSlug!, cancellation)) found += await LookAsync(db, row, cancellation);
        return found;
    }

    /// <summary>The changes of a trend that are to be told of.</summary>
    /// <param name="trend">The trend.</param>
    /// <param name="notBefore">Those of before are not told of.</param>
    /// <param name="toldOf">Place of the last one that was told of; null: none was.</param>
    public static IReadOnlyList<TrendStep> New(Trend trend, DateTimeOffset notBefore, DateTimeOffset? toldOf)
    {
        ArgumentNullException.ThrowIfNull(trend);
        var fresh = new List<TrendStep>();
        foreach (var step in trend.Steps.Where(s => s.Difference == Difference.Differs))
        {
            int Counting(Func<TrendRun, int, bool> where) => trend.Runs.Where((r, i) => r.Counts && r.Value is > 0 && where(r, i)).Count();
            bool isNew = trend.Runs[step.At].At > notBefore && (toldOf is not { } told || (trend.Runs[step.At].At > told && (fresh.Count > 0 || Counting((r, i) => r.At >= told && i < step.At) >= LeastPoints)));
            if (isNew && Counting((_, i) => i < step.At) >= LeastPoints && Counting((_, i) => i >= step.At) >= LeastPoints) fresh.Add(step);
        }
        return fresh;
    }

    /// <summary>Saved configurations among an experiment's rows.</summary>
    internal static async Task<IReadOnlyList<Guid>> ConfigurationsOfAsync(WobbleDb db, Guid experiment, CancellationToken cancellation) =>
        await db.Experiments.AsNoTracking().SingleOrDefaultAsync(e => e.Id == experiment, cancellation) is { } found && ExperimentQueue.Read(found) is { } definition
            ? [.. definition.Rows.Select(r => r.ConfigurationId).OfType<Guid>().Distinct()] : [];

    private async Task<int> LookAsync(WobbleDb db, Recurrence row, CancellationToken cancellation)
    {
        var found = new List<(Guid Configuration, Trend Trend, TrendStep Step)>();
        // For each configuration by itself: that one of them changed says nothing of the others.
        var told = await db.Database.SqlQuery<Told>($"""
            select (body->'configuration'->>'id')::uuid as configuration, max((body->'run'->>'at')::timestamptz) as at from notices where recurrence_id = {row.Id} group by 1
            """).ToDictionaryAsync(t => t.Configuration, t => t.At, cancellation);
        foreach (var configuration in row.ConfigurationId is { } one ? [one] : await ConfigurationsOfAsync(db, row.ExperimentId!.Value, cancellation))
        {
            var trend = await _trends.Of(configuration, Metric.P99, cancellation);
            DateTimeOffset? toldOf = told.TryGetValue(configuration, out var at) ? at : null;
            found.AddRange(New(trend, row.ToldUntil, toldOf).Select(step => (configuration, trend, step)));
        }
        await using var transaction = await db.Database.BeginTransactionAsync(cancellation);
        // One of those who look wins, and what it found stands with it or not at all.
        int mine = await db.Recurrences.Where(r => r.Id == row.Id && r.LookedAt == row.LookedAt)
            .ExecuteUpdateAsync(r => r.SetProperty(x => x.LookedAt, row.LastSlug), cancellation);
        if (mine == 0) return 0;
        var ids = found.Select(f => f.Configuration).Distinct().ToList();
        var names = await db.Configurations.Where(c => ids.Contains(c.Id)).ToDictionaryAsync(c => c.Id, c => c.Name, cancellation);
        var now = time.GetUtcNow();
        db.Notices.AddRange(found.Where(f => names.ContainsKey(f.Configuration)).Select(f => Of(row, f.Configuration, names[f.Configuration], f.Trend, f.Step, now)));
        await db.SaveChangesAsync(cancellation);
        await transaction.CommitAsync(cancellation);
        return found.Count;
    }

    private sealed record Told(Guid Configuration, DateTimeOffset At);

    private static Notice Of(Recurrence row, Guid configuration, string name, Trend trend, TrendStep step, DateTimeOffset now)
    {
        string sentence = TrendWords.Sentence(trend, step);
        var run = trend.Runs[step.At];
        return new Notice
        {
            RecurrenceId = row.Id,
            Run = run.Slug,
            Sentence = sentence,
            CreatedAt = now,
            NextAt = row.Webhook is null ? null : now,
            Body = JsonSerializer.Serialize(new
            {
                Event = "level_changed",
                Text = $"{name}: {sentence}",
                Configuration = new { Id = configuration, Name = name },
                Metric = trend.Metric.Word(),
                Sentence = sentence,
                Ratio = new { step.Ratio.Value, step.Ratio.Low, step.Ratio.High },
                step.P,
                Since = step.Changes.Select(c => new { c.Name, c.Now, c.Was }),
                Run = new { run.Slug, Path = $"/r/{run.Slug}", run.At },
            }, WobbleJson.Options),
        };
    }
}
