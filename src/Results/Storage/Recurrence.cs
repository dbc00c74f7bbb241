namespace Wobble.Results.Storage;

/// <summary>A configuration or an experiment that is run again and again, by the clock. Of the two keys exactly one is set.</summary>
public sealed class Recurrence
{
    /// <summary>Key, uuid v7; also of Hangfire's recurring job.</summary>
    public Guid Id { get; init; } = Guid.CreateVersion7();
    /// <summary>The configuration that is run, in its present version.</summary>
    public Guid? ConfigurationId { get; init; }
    /// <summary>The experiment that is made anew.</summary>
    public Guid? ExperimentId { get; init; }
    /// <summary>Time of day.</summary>
    public required TimeOnly At { get; init; }
    /// <summary>Days, such as <c>mon,thu</c>; empty: every day.</summary>
    public string Days { get; init; } = "";
    /// <summary>Time zone, such as <c>Europe/Berlin</c>.</summary>
    public required string Zone { get; init; }
    /// <summary>Where a change is sent; null: it is only marked. May hold a secret itself: never logged whole.</summary>
    public string? Webhook { get; init; }
    /// <summary>Signs what is sent; null: unsigned. Never shown and never logged.</summary>
    public string? Secret { get; init; }
    /// <summary>When it was made.</summary>
    public DateTimeOffset CreatedAt { get; init; } = DateTimeOffset.UtcNow;
    /// <summary>When it was paused; null: it goes on.</summary>
    public DateTimeOffset? PausedAt { get; set; }
    /// <summary>When its time last came.</summary>
    public DateTimeOffset? LastAt { get; set; }
    /// <summary>Slug of the run or experiment that was queued last.</summary>
    public string? LastSlug { get; set; }
    /// <summary>Why nothing was queued when its time last came; null: something was.</summary>
    public string? LastProblem { get; set; }
    /// <summary>Slug of the last run whose place in the trend was looked at.</summary>
    public string? LookedAt { get; set; }
    /// <summary>Changes of before are not told of: when the recurrence was made. Which were told of since, its notices say.</summary>
    public DateTimeOffset ToldUntil { get; set; }
}

/// <summary>A change that was found in the trend of a recurring configuration, and its way to the webhook.</summary>
public sealed class Notice
{
    /// <summary>The most attempts to send one.</summary>
    public const int MostAttempts = 5;
    /// <summary>Key, uuid v7.</summary>
    public Guid Id { get; init; } = Guid.CreateVersion7();
    /// <summary>Of which recurrence.</summary>
    public required Guid RecurrenceId { get; init; }
    /// <summary>Slug of the first run after the change.</summary>
    public required string Run { get; init; }
    /// <summary>The change as a sentence.</summary>
    public required string Sentence { get; init; }
    /// <summary>What is sent, JSON.</summary>
    public required string Body { get; init; }
    /// <summary>When it was found.</summary>
    public required DateTimeOffset CreatedAt { get; init; }
    /// <summary>Attempts so far.</summary>
    public int Attempts { get; set; }
    /// <summary>When it is tried next; null: no more.</summary>
    public DateTimeOffset? NextAt { get; set; }
    /// <summary>When it arrived.</summary>
    public DateTimeOffset? SentAt { get; set; }
    /// <summary>What went wrong last; null: nothing.</summary>
    public string? Problem { get; set; }
}
