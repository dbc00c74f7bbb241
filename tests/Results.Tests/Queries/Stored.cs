using Wobble.Results.Domain;
using Wobble.Results.Storage;
using Wobble.Tests.Support;

namespace Wobble.Results.Tests.Queries;

/// <summary>Rows as a Runner leaves them, with only what a test says.</summary>
internal static class Stored
{
    public static readonly DateTimeOffset Noon = new(2026, 11, 24, 12, 0, 0, TimeSpan.Zero);

    /// <summary>A run that ended <paramref name="minutesAgo"/> minutes before noon.</summary>
    public static Run Run(string target = "uwsgi-http/bottle", double minutesAgo = 0, RunState state = RunState.Completed, double? p50 = 20, double? p99 = 30,
        string? trust = "sound", string[]? tags = null, string? notes = null, TargetClass targetClass = TargetClass.Sync, Guid? configuration = null, int? version = null, DateTimeOffset? deleted = null)
    {
        var created = Noon.AddMinutes(-minutesAgo);
        bool final = state.IsFinal();
        return new Run
        {
            Slug = Slug.New(),
            Target = target,
            Class = targetClass,
            Definition = new Definition { Target = target },
            State = state,
            CreatedAt = created,
            StartedAt = state == RunState.Queued ? null : created.AddSeconds(1),
            FinishedAt = final ? created.AddSeconds(20) : null,
            P50 = final ? p50 : null,
            P99 = final ? p99 : null,
            Throughput = final ? 50_000 / p50 : null,
            Workers = 8,
            TrustVerdict = final ? trust : null,
            Tags = [.. tags ?? []],
            Notes = notes,
            ConfigurationId = configuration,
            ConfigurationVersion = version,
            DeletedAt = deleted,
        };
    }

    public static async Task<T> Keep<T>(this TestDatabase database, T row) where T : class
    {
        await database.KeepAll([row]);
        return row;
    }

    public static async Task KeepAll(this TestDatabase database, IEnumerable<object> rows)
    {
        await using var db = database.CreateDbContext();
        db.AddRange(rows);
        await db.SaveChangesAsync();
    }
}

/// <summary>A clock that stands still.</summary>
internal sealed class StoppedClock(DateTimeOffset now) : TimeProvider
{
    public DateTimeOffset Now { get; set; } = now;
    public override DateTimeOffset GetUtcNow() => Now;
}
