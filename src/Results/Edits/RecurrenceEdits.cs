using Microsoft.EntityFrameworkCore;
using Wobble.Results.Domain;
using Wobble.Results.Jobs;
using Wobble.Results.Storage;

namespace Wobble.Results.Edits;

/// <summary>Asks for something to recur.</summary>
public sealed record RecurrenceWish
{
    /// <summary>Id of a configuration; this or <see cref="Experiment"/>.</summary>
    public Guid? Configuration { get; init; }
    /// <summary>Slug of an experiment.</summary>
    public string? Experiment { get; init; }
    /// <summary>Such as <c>02:30</c>.</summary>
    public required string Time { get; init; }
    /// <summary>Such as <c>mon</c>, <c>thu</c>; empty: every day.</summary>
    public IReadOnlyList<string> Days { get; init; } = [];
    /// <summary>Such as <c>Europe/Berlin</c>.</summary>
    public string Zone { get; init; } = "UTC";
    /// <summary>Where changes are sent; null: nowhere.</summary>
    public string? Webhook { get; init; }
    /// <summary>Signs what is sent.</summary>
    public string? Secret { get; init; }
}

/// <summary>Makes, pauses and deletes recurrences. A Runner sees to it that Hangfire knows of them.</summary>
public sealed class RecurrenceEdits(IDbContextFactory<WobbleDb> databases, TimeProvider clock)
{
    /// <summary>The most recurrences of one configuration or experiment.</summary>
    public const int Most = 10;

    /// <summary>Makes one, or says field by field what is wrong.</summary>
    public async Task<(Guid? Id, IReadOnlyList<FieldError> Errors)> Create(RecurrenceWish wish, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(wish);
        var errors = new List<FieldError>();
        if (!RecurrenceRules.TryTime(wish.Time, out var at)) errors.Add(new FieldError("time", wish.Time, "hours and minutes such as 02:30"));
        if (!RecurrenceRules.TryDays(wish.Days ?? [], out string days)) errors.Add(new FieldError("days", string.Join(", ", (wish.Days ?? []).Select(d => d ?? "null")), $"some of {string.Join(", ", RecurrenceRules.DayNames)}; none is every day"));
        if (!RecurrenceRules.TryZone(wish.Zone, out var zone)) errors.Add(new FieldError("zone", wish.Zone, "a time zone such as Europe/Berlin or UTC"));
        string? webhook = string.IsNullOrWhiteSpace(wish.Webhook) ? null : wish.Webhook.Trim();
        if (webhook is not null && (!WebhookRules.TryParse(webhook, out _) || StoredText.Clean(webhook) != webhook)) errors.Add(new FieldError("webhook", WebhookRules.Shown(webhook), WebhookRules.Allowed));
        string? secret = string.IsNullOrEmpty(wish.Secret) ? null : wish.Secret;
        if (secret is not null && (secret.Length > WebhookRules.LongestSecret || StoredText.Clean(secret) != secret)) errors.Add(new FieldError("secret", $"{secret.Length} characters", $"at most {WebhookRules.LongestSecret} characters, without NUL and halves of characters"));
        if (secret is not null && webhook is null) errors.Add(new FieldError("secret", "given", "only with a webhook"));

        await using var db = await databases.CreateDbContextAsync(cancel);
        await using var transaction = await db.Database.BeginTransactionAsync(cancel);
        // Held, so that it isn't deleted at this moment.
        Guid? experiment = wish.Experiment is { } slug && Slug.IsValid(slug) ? await db.Experiments.FromSql($"select * from experiments where slug = {slug} and deleted_at is null for share").AsNoTracking().Select(e => (Guid?)e.Id).SingleOrDefaultAsync(cancel) : null;
        if (wish.Configuration is null == wish.Experiment is null) errors.Add(new FieldError("configuration", wish.Configuration?.ToString() ?? "", "a configuration or an experiment, one of the two"));
        else if (wish.Experiment is not null && experiment is null) errors.Add(new FieldError("experiment", wish.Experiment, "an experiment that exists"));
        else if (wish.Configuration is { } id && !await db.Configurations.AnyAsync(c => c.Id == id && c.ArchivedAt == null, cancel)) errors.Add(new FieldError("configuration", id.ToString(), "a configuration that exists and isn't archived"));
        else if (await db.Recurrences.CountAsync(r => r.ConfigurationId == wish.Configuration && r.ExperimentId == experiment, cancel) >= Most) errors.Add(new FieldError("time", wish.Time, $"at most {Most} times of one configuration or experiment"));
        if (experiment is { } of && webhook is not null && (await ChangeWatch.ConfigurationsOfAsync(db, of, cancel)).Count == 0)
            errors.Add(new FieldError("webhook", WebhookRules.Shown(webhook), "only for an experiment of saved configurations: a trend is a configuration's"));
        if (errors.Count > 0) return (null, errors);

        var now = clock.GetUtcNow();
        var row = new Recurrence { ConfigurationId = wish.Configuration, ExperimentId = experiment, At = at, Days = days, Zone = zone.Id, Webhook = webhook, Secret = secret, CreatedAt = now, ToldUntil = now };
        db.Recurrences.Add(row);
        await db.SaveChangesAsync(cancel);
        await transaction.CommitAsync(cancel);
        return (row.Id, []);
    }

    /// <summary>Pauses it. False when there is none, or it is paused.</summary>
    public async Task<bool> Pause(Guid id, CancellationToken cancel)
    {
        await using var db = await databases.CreateDbContextAsync(cancel);
        var now = clock.GetUtcNow();
        return await db.Recurrences.Where(r => r.Id == id && r.PausedAt == null).ExecuteUpdateAsync(r => r.SetProperty(x => x.PausedAt, now), cancel) == 1;
    }

    /// <summary>Lets it go on. False when there is none, or it isn't paused.</summary>
    public async Task<bool> Resume(Guid id, CancellationToken cancel)
    {
        await using var db = await databases.CreateDbContextAsync(cancel);
        return await db.Recurrences.Where(r => r.Id == id && r.PausedAt != null).ExecuteUpdateAsync(r => r.SetProperty(x => x.PausedAt, (DateTimeOffset?)null), cancel) == 1;
    }

    /// <summary>Deletes it; its runs stay. False when there is none.</summary>
    public async Task<bool> Delete(Guid id, CancellationToken cancel)
    {
        await using var db = await databases.CreateDbContextAsync(cancel);
        return await db.Recurrences.Where(r => r.Id == id).ExecuteDeleteAsync(cancel) == 1;
    }
}
