using System.Text.Json;
using Microsoft.EntityFrameworkCore;
using Wobble.Results.Domain;
using Wobble.Results.Experiments;
using Wobble.Results.Jobs;
using Wobble.Results.Storage;

namespace Wobble.Results.Queries;

/// <summary>One experiment with all its runs, and the report on them.</summary>
/// <param name="Slug">Its permalink.</param>
/// <param name="State"><c>waiting</c>, <c>running</c>, <c>paused</c>, <c>completed</c>, <c>cancelled</c>.</param>
/// <param name="CreatedAt">When it was asked for.</param>
/// <param name="Definition">What it asks.</param>
/// <param name="Runs">Its runs in the order they were made.</param>
/// <param name="Report">What they show so far.</param>
/// <param name="Environment">The machine of its first run; null before.</param>
public sealed record ExperimentShown(string Slug, string State, DateTimeOffset CreatedAt, ExperimentDefinition Definition, IReadOnlyList<ExperimentRun> Runs, Report Report, RunEnvironment? Environment)
{
    /// <summary>For each configuration p50 and p99 of each second in turn, ms, of one of its runs: the one whose p99 is the middle.</summary>
    public IReadOnlyDictionary<string, double[]> Strips { get; init; } = new Dictionary<string, double[]>();
    /// <summary>The run that goes on or waits; null between two.</summary>
    public ExperimentRun? Current => Runs.FirstOrDefault(r => !r.State.IsFinal());
    /// <summary>Runs that ended.</summary>
    public int Ended => Runs.Count(r => r.State.IsFinal());
    /// <summary>Runs in all, as far as that is known.</summary>
    public int Expected => Schedule.RunsExpected(Definition, Runs);
    /// <summary>Time to go; null when it isn't known.</summary>
    public TimeSpan? ToGo => State is "waiting" or "running" or "paused" ? ExperimentRules.Estimate(Definition, Runs) * ((Expected - Ended) / (double)Math.Max(1, Schedule.RunsExpected(Definition))) : TimeSpan.Zero;
    /// <summary>The Runner that its next run waits for although it is gone; null otherwise.</summary>
    public string? WaitsFor { get; init; }
}

/// <summary>One experiment in a list.</summary>
public sealed record ExperimentLine(string Slug, string Kind, string Question, string State, DateTimeOffset CreatedAt, int Runs, int Ended);

/// <summary>What the experiments' pages and API ask.</summary>
public sealed class ExperimentQueries(IDbContextFactory<WobbleDb> databases)
{
    /// <summary>The experiment of that slug; null when there is none, it was deleted, or its definition can't be read.</summary>
    public async Task<ExperimentShown?> BySlug(string slug, CancellationToken cancel)
    {
        await using var db = await databases.CreateDbContextAsync(cancel);
        var experiment = await db.Experiments.AsNoTracking().SingleOrDefaultAsync(e => e.Slug == slug && e.DeletedAt == null, cancel);
        if (experiment is null || ExperimentQueue.Read(experiment) is not { } definition) return null;
        var runs = await OnTheirMachines(db, experiment.Id, await RunsOf(db, experiment.Id, cancel), cancel);
        var environment = await db.Runs.AsNoTracking().Where(r => r.ExperimentId == experiment.Id && r.Environment != null).OrderBy(r => r.Id).Select(r => r.Environment).FirstOrDefaultAsync(cancel);
        var report = Reporting.Of(definition, runs);
        // Whoever deletes the slow ones is found out.
        int deleted = await db.Runs.CountAsync(r => r.ExperimentId == experiment.Id && r.DeletedAt != null, cancel);
        if (deleted > 0) report = report with { Notes = [$"{deleted} {(deleted == 1 ? "run was" : "runs were")} deleted and left out", .. report.Notes] };
        if (runs.Count == 0 && experiment.State == "completed") report = report with { Sentence = "Its runs were deleted: nothing is left to show." };
        return new ExperimentShown(experiment.Slug, experiment.State, experiment.CreatedAt, definition, runs, report, environment) { Strips = await StripsOf(db, definition, runs, cancel), WaitsFor = await GoneRunnerOf(db, definition, runs, cancel) };
    }

    /// <summary>How many of its runs are there, and how many of these are pinned.</summary>
    public async Task<(int Runs, int Pinned)> RunsThere(string slug, CancellationToken cancel)
    {
        await using var db = await databases.CreateDbContextAsync(cancel);
        var there = db.Runs.Where(r => r.DeletedAt == null && db.Experiments.Any(e => e.Id == r.ExperimentId && e.Slug == slug));
        return (await there.CountAsync(cancel), await there.CountAsync(r => r.Pinned, cancel));
    }

    // All of its runs belong to one Runner; where that doesn't come back, nothing goes on.
    private static async Task<string?> GoneRunnerOf(WobbleDb db, ExperimentDefinition definition, List<ExperimentRun> runs, CancellationToken cancel)
    {
        if (definition.Runner is not { } name || !runs.Exists(r => r.State == RunState.Queued)) return null;
        var alive = DateTimeOffset.UtcNow - RunnerState.GoneAfter;
        return await db.Runners.AnyAsync(r => r.Name == name && r.SeenAt >= alive, cancel) ? null : name;
    }

    // Nearly all runs of an experiment have the same machine: it is read once for all of them.
    private static async Task<List<ExperimentRun>> OnTheirMachines(WobbleDb db, Guid experiment, List<ExperimentRun> runs, CancellationToken cancel)
    {
        var machines = await db.Database.SqlQuery<Machine>($$"""
            select (environment || '{"load_average": 0, "memory_available_mb": 0}')::text as environment, array_agg(slug::text) as slugs
            from runs where experiment_id = {{experiment}} and deleted_at is null and environment is not null group by 1
            """).ToListAsync(cancel);
        var known = machines.Select(m => (m.Slugs, Text: MachineText.Of(JsonSerializer.Deserialize<RunEnvironment>(m.Environment, WobbleJson.Options)!)))
            .SelectMany(m => m.Slugs.Select(slug => (slug, m.Text))).ToDictionary(m => m.slug, m => m.Text);
        return runs.ConvertAll(r => r with { Machine = known.GetValueOrDefault(r.Slug!) });
    }

    private sealed record Machine(string Environment, string[] Slugs);

    private static async Task<IReadOnlyDictionary<string, double[]>> StripsOf(WobbleDb db, ExperimentDefinition definition, List<ExperimentRun> runs, CancellationToken cancel)
    {
        var middle = runs.Where(r => r is { Purpose: RunPurpose.Round, IsValid: true }).GroupBy(r => r.Row)
            .Select(g => (Name: definition.Rows[g.Key].Name, Runs: g.OrderBy(r => r.Result!.LatencyMs.P99 ?? double.MaxValue).ToList()))
            .ToDictionary(g => g.Runs[(g.Runs.Count - 1) / 2].Slug!, g => g.Name);
        var slugs = middle.Keys.ToList();
        var strips = await db.Runs.AsNoTracking().Where(r => slugs.Contains(r.Slug) && r.Strip != null).Select(r => new { r.Slug, r.Strip }).ToListAsync(cancel);
        return strips.ToDictionary(r => middle[r.Slug], r => r.Strip!);
    }

    /// <summary>The newest experiments.</summary>
    public async Task<IReadOnlyList<ExperimentLine>> Latest(int limit, CancellationToken cancel)
    {
        await using var db = await databases.CreateDbContextAsync(cancel);
        return await db.Experiments.AsNoTracking().Where(e => e.DeletedAt == null).OrderByDescending(e => e.CreatedAt).Take(limit)
            .Select(e => new ExperimentLine(e.Slug, e.Kind, e.Question, e.State, e.CreatedAt, db.Runs.Count(r => r.ExperimentId == e.Id), db.Runs.Count(r => r.ExperimentId == e.Id && !StateMoves.Unfinished.Contains(r.State))))
            .ToListAsync(cancel);
    }

    /// <summary>Numbers of workers that searches found, the newest first; not those of deleted experiments.</summary>
    public async Task<IReadOnlyList<Tuning>> Tunings(int limit, CancellationToken cancel)
    {
        await using var db = await databases.CreateDbContextAsync(cancel);
        return await db.Tunings.AsNoTracking().Where(t => !db.Experiments.Any(e => e.Slug == t.Experiment && e.DeletedAt != null)).OrderByDescending(t => t.At).Take(limit).ToListAsync(cancel);
    }

    // Without plans, logs and whatever else a report doesn't need, and without deleted runs, as everywhere where results are read.
    internal static async Task<List<ExperimentRun>> RunsOf(WobbleDb db, Guid experiment, CancellationToken cancel)
    {
        var rows = await db.Runs.AsNoTracking().Where(r => r.ExperimentId == experiment && r.DeletedAt == null).OrderBy(r => r.Id)
            .Select(r => new Run { Slug = r.Slug, Definition = r.Definition, Target = r.Target, Row = r.Row, Purpose = r.Purpose, Round = r.Round, Attempt = r.Attempt, State = r.State, Result = r.Result, Failure = r.Failure, End = r.End })
            .ToListAsync(cancel);
        return rows.ConvertAll(ExperimentQueue.AsExperimentRun);
    }
}
