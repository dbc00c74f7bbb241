using Microsoft.EntityFrameworkCore;
using Wobble.Results.Domain;
using Wobble.Results.Storage;

namespace Wobble.Results.Queries;

/// <summary>A run with what its page says beside it.</summary>
/// <param name="Run">The row.</param>
/// <param name="Configuration">Name of the configuration it was started from, or null.</param>
/// <param name="Experiment">The experiment it belongs to, or null.</param>
/// <param name="Ahead">Queued: runs that are taken before it, those in hand included. Else: runs that wait behind it.</param>
public sealed record RunHeader(Run Run, string? Configuration, RunsExperiment? Experiment, int Ahead);

/// <summary>The experiment of a run.</summary>
/// <param name="Slug">Its permalink.</param>
/// <param name="Kind">Such as <c>repetitions</c>.</param>
/// <param name="Question">What it asks.</param>
/// <param name="Runs">How many runs it has.</param>
public sealed record RunsExperiment(string Slug, string Kind, string Question, int Runs);

/// <summary>A recorded second with the histograms of its kinds of request.</summary>
/// <param name="Second">The row.</param>
/// <param name="Latencies">HDR V2 compressed, ns, one for each kind.</param>
public sealed record RecordedSecond(Second Second, IReadOnlyList<byte[]> Latencies);

/// <summary>The last of what a component wrote.</summary>
/// <param name="Component">Its name.</param>
/// <param name="Text">Whole lines, the last ones.</param>
/// <param name="Left">Characters before them, kept or fallen off.</param>
public sealed record LogTail(string Component, string Text, long Left);

/// <summary>A run that a Runner has in hand, as the bar shows it.</summary>
/// <param name="Slug">Its permalink.</param>
/// <param name="Target">The target's name.</param>
/// <param name="Class">sync, green or async.</param>
/// <param name="State">Where it stands.</param>
/// <param name="Progress">What a long preparation does, or null.</param>
/// <param name="MeasuringAt">When its measurement began.</param>
/// <param name="For">How long it measures; null when a number of requests is measured.</param>
public sealed record RunInHand(string Slug, string Target, TargetClass Class, RunState State, string? Progress, DateTimeOffset? MeasuringAt, TimeSpan? For);

/// <summary>What the page of one run asks. A live page asks for what came after what it has.</summary>
public sealed class RunQueries(IDbContextFactory<WobbleDb> databases)
{
    /// <summary>The most seconds that one answer holds.</summary>
    public const int SecondsAtOnce = 1_000;
    /// <summary>The most events of a run that are read.</summary>
    public const int EventsLimit = 500;

    /// <summary>The run of that slug; null when there is none or it was deleted.</summary>
    public async Task<RunHeader?> BySlug(string slug, CancellationToken cancel)
    {
        if (!Slug.IsValid(slug)) return null;
        await using var db = await databases.CreateDbContextAsync(cancel);
        var run = await db.Runs.AsNoTracking().FirstOrDefaultAsync(r => r.Slug == slug && r.DeletedAt == null, cancel);
        if (run is null) return null;
        string? configuration = run.ConfigurationId is { } id ? await db.Configurations.Where(c => c.Id == id).Select(c => c.Name).FirstOrDefaultAsync(cancel) : null;
        var experiment = run.ExperimentId is { } of
            ? await db.Experiments.Where(e => e.Id == of).Select(e => new RunsExperiment(e.Slug, e.Kind, e.Question, db.Runs.Count(r => r.ExperimentId == of && r.DeletedAt == null))).FirstOrDefaultAsync(cancel)
            : null;
        return new RunHeader(run, configuration, experiment, run.State.IsFinal() ? 0 : await AheadOf(db, run, cancel));
    }

    /// <summary>Seconds in order, warm-up first; at most <see cref="SecondsAtOnce"/>.</summary>
    /// <param name="run">The run.</param>
    /// <param name="afterWarmup">The last warm-up second that is known, −1 for none.</param>
    /// <param name="afterMeasured">The last measured second that is known, −1 for none.</param>
    /// <param name="cancel">Ends it.</param>
    public async Task<IReadOnlyList<RecordedSecond>> SecondsAfter(Guid run, int afterWarmup, int afterMeasured, CancellationToken cancel)
    {
        await using var db = await databases.CreateDbContextAsync(cancel);
        // Served by the keys of both tables, which begin with the run. Measured seconds are numbered through all stages.
        var seconds = await db.Seconds.AsNoTracking()
            .Where(s => s.RunId == run && ((s.Stage == 0 && s.Number > afterWarmup) || (s.Stage > 0 && s.Number > afterMeasured)))
            .OrderBy(s => s.Stage).ThenBy(s => s.Number).Take(SecondsAtOnce)
            .Select(s => new Second
            {
                RunId = s.RunId, Stage = s.Stage, Number = s.Number, Length = s.Length, Requests = s.Requests, Errors = s.Errors,
                P50 = s.P50, P90 = s.P90, P99 = s.P99, P999 = s.P999, Max = s.Max, Watched = s.Watched,
            }).ToListAsync(cancel);
        if (seconds.Count == 0) return [];
        int lastWarmup = seconds.Where(s => s.Stage == 0).Select(s => s.Number).DefaultIfEmpty(-1).Max();
        int lastMeasured = seconds.Where(s => s.Stage > 0).Select(s => s.Number).DefaultIfEmpty(-1).Max();
        var samples = await db.Samples.AsNoTracking()
            .Where(s => s.RunId == run && ((s.Stage == 0 && s.Second > afterWarmup && s.Second <= lastWarmup) || (s.Stage > 0 && s.Second > afterMeasured && s.Second <= lastMeasured)))
            .Select(s => new { s.Stage, s.Second, s.Kind, s.Latency }).ToListAsync(cancel);
        var latencies = samples.ToLookup(s => (s.Stage, s.Second));
        return [.. seconds.Select(s => new RecordedSecond(s, [.. latencies[(s.Stage, s.Number)].OrderBy(k => k.Kind, StringComparer.Ordinal).Select(k => k.Latency)]))];
    }

    /// <summary>How many measured seconds are recorded.</summary>
    public async Task<int> MeasuredSeconds(Guid run, CancellationToken cancel)
    {
        await using var db = await databases.CreateDbContextAsync(cancel);
        return await db.Seconds.AsNoTracking().CountAsync(s => s.RunId == run && s.Stage > 0, cancel);
    }

    /// <summary>Events in order after the fact of that number; at most <see cref="EventsLimit"/>.</summary>
    public async Task<IReadOnlyList<RunEvent>> EventsAfter(Guid run, int factNumber, CancellationToken cancel)
    {
        await using var db = await databases.CreateDbContextAsync(cancel);
        return await db.Events.AsNoTracking().Where(e => e.RunId == run && e.FactNumber > factNumber).OrderBy(e => e.FactNumber).Take(EventsLimit).ToListAsync(cancel);
    }

    /// <summary>The last lines of each component, at most so many characters of each.</summary>
    public async Task<IReadOnlyList<LogTail>> LogTails(Guid run, int characters, CancellationToken cancel)
    {
        await using var db = await databases.CreateDbContextAsync(cancel);
        var logs = await db.Logs.AsNoTracking().Where(l => l.RunId == run).OrderBy(l => l.Component)
            .Select(l => new { l.Component, Length = l.Text.Length, Text = l.Text.Length > characters ? l.Text.Substring(l.Text.Length - characters) : l.Text, l.Dropped }).ToListAsync(cancel);
        return [.. logs.Select(l =>
        {
            string text = l.Length > characters ? l.Text[(l.Text.IndexOf('\n', StringComparison.Ordinal) + 1)..] : l.Text;
            return new LogTail(l.Component, text, l.Dropped + l.Length - text.Length);
        })];
    }

    /// <summary>The run that was taken first of those in hand; null when none is.</summary>
    public async Task<RunInHand?> InHand(CancellationToken cancel)
    {
        await using var db = await databases.CreateDbContextAsync(cancel);
        var run = await Unfinished(db).Where(r => r.State != RunState.Queued).OrderBy(r => r.StartedAt).ThenBy(r => r.Id)
            .Select(r => new { r.Slug, r.Target, r.Class, r.State, r.Progress, r.MeasuringAt, r.Definition }).FirstOrDefaultAsync(cancel);
        return run is null ? null : new RunInHand(run.Slug, run.Target, run.Class, run.State, run.Progress, run.MeasuringAt, LengthOf(run.Definition));
    }

    /// <summary>How long a definition measures; null when a number of requests is measured.</summary>
    public static TimeSpan? LengthOf(Definition definition)
    {
        ArgumentNullException.ThrowIfNull(definition);
        if (definition.Stages is { } text && LoadStage.TryParse(text, out var stages, out _)) return LoadStage.Length(stages);
        return definition.For ?? (definition.Requests is null ? Defaults.For : null);
    }

    private static async Task<int> AheadOf(WobbleDb db, Run run, CancellationToken cancel)
    {
        var others = Unfinished(db).Where(r => r.Id != run.Id);
        return run.State == RunState.Queued
            ? await others.CountAsync(r => r.State != RunState.Queued || r.CreatedAt < run.CreatedAt || (r.CreatedAt == run.CreatedAt && r.Id.CompareTo(run.Id) < 0), cancel)
            : await others.CountAsync(r => r.State == RunState.Queued, cancel);
    }

    private static IQueryable<Run> Unfinished(WobbleDb db) => db.Runs.AsNoTracking()
        .Where(r => r.DeletedAt == null && r.State != RunState.Completed && r.State != RunState.Failed && r.State != RunState.Cancelled && r.State != RunState.Interrupted);
}
