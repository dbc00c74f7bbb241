using Microsoft.EntityFrameworkCore;
using Wobble.Results.Domain;
using Wobble.Results.Storage;

namespace Wobble.Results.Queries;

/// <summary>A change that was found, and whether it arrived.</summary>
/// <param name="Sentence">The change.</param>
/// <param name="Run">Slug of the first run after it.</param>
/// <param name="At">When it was found.</param>
/// <param name="State"><c>marked</c> (no webhook), <c>waiting</c>, <c>sent</c>, <c>failed</c>.</param>
/// <param name="Attempts">To send it.</param>
/// <param name="Problem">What went wrong last.</param>
public sealed record NoticeRow(string Sentence, string Run, DateTimeOffset At, string State, int Attempts, string? Problem);

/// <summary>A recurrence as pages and API show it: never its secret, and of its webhook only the host.</summary>
public sealed record RecurrenceRow
{
    /// <summary>Key.</summary>
    public required Guid Id { get; init; }
    /// <summary>The configuration, or null.</summary>
    public Guid? Configuration { get; init; }
    /// <summary>Slug of the experiment, or null.</summary>
    public string? Experiment { get; init; }
    /// <summary>Time of day, such as <c>02:30</c>.</summary>
    public required string Time { get; init; }
    /// <summary>Days, Monday first; empty: every day.</summary>
    public required IReadOnlyList<string> Days { get; init; }
    /// <summary>Time zone.</summary>
    public required string Zone { get; init; }
    /// <summary>The next time; null while it is paused.</summary>
    public DateTimeOffset? NextAt { get; init; }
    /// <summary>When it was paused; null: it goes on.</summary>
    public DateTimeOffset? PausedAt { get; init; }
    /// <summary>When its time last came.</summary>
    public DateTimeOffset? LastAt { get; init; }
    /// <summary>Slug of the run or experiment that was queued last; null: none yet, or it was deleted.</summary>
    public string? Last { get; init; }
    /// <summary>True: that is an experiment.</summary>
    public bool LastIsExperiment { get; init; }
    /// <summary>True: what was queued last was deleted.</summary>
    public bool LastIsDeleted { get; init; }
    /// <summary>Why nothing was queued when its time last came.</summary>
    public string? Problem { get; init; }
    /// <summary>Scheme and host of the webhook; null: none.</summary>
    public string? Webhook { get; init; }
    /// <summary>True when what is sent is signed.</summary>
    public bool IsSigned { get; init; }
    /// <summary>Changes found, the last first.</summary>
    public IReadOnlyList<NoticeRow> Notices { get; init; } = [];

    /// <summary>"every day at 02:30".</summary>
    public string Words => RecurrenceRules.Words(TimeOnly.ParseExact(Time, "HH:mm", System.Globalization.CultureInfo.InvariantCulture), string.Join(',', Days));
}

/// <summary>What recurs, and when next.</summary>
public sealed class RecurrenceQueries(IDbContextFactory<WobbleDb> databases, TimeProvider clock)
{
    private const int Limit = 500, NoticesLimit = 10;

    /// <summary>All, or those of one configuration or experiment, the oldest first.</summary>
    public async Task<IReadOnlyList<RecurrenceRow>> All(CancellationToken cancel, Guid? configuration = null, string? experiment = null)
    {
        await using var db = await databases.CreateDbContextAsync(cancel);
        var wanted = db.Recurrences.AsNoTracking();
        if (configuration is not null) wanted = wanted.Where(r => r.ConfigurationId == configuration);
        if (experiment is not null) wanted = wanted.Where(r => db.Experiments.Any(e => e.Id == r.ExperimentId && e.Slug == experiment));
        return await Read(db, wanted, cancel);
    }

    /// <summary>One; null when there is none.</summary>
    public async Task<RecurrenceRow?> One(Guid id, CancellationToken cancel)
    {
        await using var db = await databases.CreateDbContextAsync(cancel);
        return await Read(db, db.Recurrences.AsNoTracking().Where(r => r.Id == id), cancel) is [var row] ? row : null;
    }

    private async Task<IReadOnlyList<RecurrenceRow>> Read(WobbleDb db, IQueryable<Recurrence> wanted, CancellationToken cancel)
    {
        var rows = await wanted.OrderBy(r => r.Id).Take(Limit).Select(r => new
        {
            Row = r,
            Experiment = db.Experiments.Where(e => e.Id == r.ExperimentId).Select(e => e.Slug).FirstOrDefault(),
            LastIsExperiment = db.Experiments.Any(e => e.Slug == r.LastSlug),
            LastIsThere = db.Experiments.Any(e => e.Slug == r.LastSlug && e.DeletedAt == null) || db.Runs.Any(x => x.Slug == r.LastSlug && x.DeletedAt == null),
            Notices = db.Notices.Where(n => n.RecurrenceId == r.Id).OrderByDescending(n => n.Id).Take(NoticesLimit).ToList(),
        }).ToListAsync(cancel);
        return [.. rows.Select(r => Row(r.Row, r.Experiment, r.LastIsExperiment, r.LastIsThere, r.Notices))];
    }

    private RecurrenceRow Row(Recurrence row, string? experiment, bool lastIsExperiment, bool lastIsThere, IReadOnlyList<Notice> notices) => new()
    {
        Id = row.Id,
        Configuration = row.ConfigurationId,
        Experiment = experiment,
        Time = row.At.ToString("HH:mm", System.Globalization.CultureInfo.InvariantCulture),
        Days = row.Days.Split(',', StringSplitOptions.RemoveEmptyEntries),
        Zone = row.Zone,
        NextAt = row.PausedAt is null && RecurrenceRules.TryZone(row.Zone, out var zone) ? RecurrenceRules.Next(row.At, row.Days, zone, clock.GetUtcNow()) : null,
        PausedAt = row.PausedAt,
        LastAt = row.LastAt,
        Last = lastIsThere ? row.LastSlug : null,
        LastIsExperiment = lastIsExperiment,
        LastIsDeleted = row.LastSlug is not null && !lastIsThere,
        Problem = row.LastProblem,
        Webhook = row.Webhook is null ? null : WebhookRules.Shown(row.Webhook),
        IsSigned = row.Secret is not null,
        Notices = [.. notices.Select(n => new NoticeRow(n.Sentence, n.Run, n.CreatedAt, n.SentAt is not null ? "sent" : n.NextAt is not null ? "waiting" : n.Attempts > 0 ? "failed" : "marked", n.Attempts, n.Problem))],
    };
}
