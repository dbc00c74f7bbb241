using System.Text.Json;
using Hangfire;
using Microsoft.EntityFrameworkCore;
using Wobble.Results.Domain;
using Wobble.Results.Experiments;
using Wobble.Results.Storage;

namespace Wobble.Results.Jobs;

/// <summary>
/// Queues what recurs. Guarantees: never a second one while the last goes on or waits; what keeps it from being queued stands on the recurrence, in words.
/// </summary>
public sealed class RecurrenceJob(IDbContextFactory<WobbleDb> contexts, IBackgroundJobClient jobs, TimeProvider time) : IRecurrenceJob
{
    /// <summary>Tag of every run that was begun by the clock.</summary>
    public const string Tag = "recurring";

    // The moment comes by one Runner's clock and is dealt with by another's, which may be behind it; no two of a recurrence are nearer than most of a day.
    private static readonly TimeSpan ClocksApart = TimeSpan.FromMinutes(10);

    private readonly RunQueue _runs = new(contexts, jobs, time);
    private readonly ExperimentQueue _experiments = new(contexts, jobs, time);

    /// <inheritdoc/>
    public async Task ExecuteAsync(Guid recurrence, CancellationToken cancellation)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellation);
        var row = await db.Recurrences.AsNoTracking().SingleOrDefaultAsync(r => r.Id == recurrence, cancellation);
        if (row is null || row.PausedAt is not null || IsDealtWith(row)) return;
        // Written together with what is queued: were it lost between the two, the job that is tried again would queue a second one.
        Task Queued(WobbleDb with, string slug) => NoteAsync(with, recurrence, slug, null);
        string? problem;
        if (row.LastSlug is { } last && !await HasEndedAsync(db, last, cancellation)) problem = await StillWaitingAsync(db, last, cancellation);
        else problem = row.ConfigurationId is { } configuration ? await RunAsync(db, configuration, Queued, cancellation) : await RepeatAsync(db, row.ExperimentId!.Value, Queued, cancellation);
        if (problem is not null) await NoteAsync(db, recurrence, null, problem);
    }

    // Handed out again since the Runner died after it had queued, before Hangfire knew: the time that comes next is still to come.
    private bool IsDealtWith(Recurrence row) =>
        row.LastAt is { } last && RecurrenceRules.TryZone(row.Zone, out var zone) && RecurrenceRules.Next(row.At, row.Days, zone, last) > time.GetUtcNow() + ClocksApart;

    private async Task NoteAsync(WobbleDb db, Guid recurrence, string? slug, string? problem)
    {
        var now = time.GetUtcNow();
        await db.Recurrences.Where(r => r.Id == recurrence).ExecuteUpdateAsync(r => r
            .SetProperty(x => x.LastAt, now).SetProperty(x => x.LastSlug, x => slug ?? x.LastSlug).SetProperty(x => x.LastProblem, problem), CancellationToken.None);
    }

    // One whose Runner is gone waits for ever, and every later one with it.
    private async Task<string> StillWaitingAsync(WobbleDb db, string last, CancellationToken cancellation)
    {
        var before = time.GetUtcNow() - RunQueue.GoneAfter;
        string? gone = await db.Runs.Where(r => r.State == RunState.Queued && (r.Slug == last || db.Experiments.Any(e => e.Slug == last && e.Id == r.ExperimentId)))
            .Select(r => r.WantedRunner).FirstOrDefaultAsync(w => w != null && !db.Runners.Any(r => r.Name == w && r.SeenAt >= before), cancellation);
        return gone is null ? "The one before had not ended." : $"The one before had not ended: it waits for the runner {gone}, which is gone.";
    }

    /// <summary>True when the run or experiment of that slug has ended, or is gone.</summary>
    internal static async Task<bool> HasEndedAsync(WobbleDb db, string slug, CancellationToken cancellation) =>
        !await db.Runs.AnyAsync(r => r.Slug == slug && StateMoves.Unfinished.Contains(r.State), cancellation)
        && !await db.Experiments.AnyAsync(e => e.Slug == slug && (e.State == "running" || e.State == "paused" || e.State == "waiting"), cancellation);

    private async Task<string?> RunAsync(WobbleDb db, Guid id, Func<WobbleDb, string, Task> queued, CancellationToken cancellation)
    {
        var configuration = await db.Configurations.AsNoTracking().SingleAsync(c => c.Id == id, cancellation);
        if (configuration.ArchivedAt is not null) return "The configuration is archived.";
        var request = new RunRequest { Definition = configuration.Definition, ConfigurationId = id, Tags = [Tag] };
        if (configuration.Definition.Repetitions > 1)
            return Words((await _experiments.RepeatAsync([request], queued, cancellation)).Errors);
        return Words((await _runs.QueueAsync(request, queued, cancellation)).Errors);
    }

    private async Task<string?> RepeatAsync(WobbleDb db, Guid id, Func<WobbleDb, string, Task> queued, CancellationToken cancellation)
    {
        string text = await db.Experiments.AsNoTracking().Where(e => e.Id == id).Select(e => e.Definition).SingleAsync(cancellation);
        var definition = JsonSerializer.Deserialize<ExperimentDefinition>(text, WobbleJson.Options)!;
        // In another order than the last time, and with verdicts that nobody has seen yet.
        var anew = definition with { Seed = Random.Shared.NextInt64(1, 1_000_000), StartsAfter = null, RoundsWereAdded = false };
        // What is installed may have changed since it was first made.
        var made = await _experiments.CreateAsync(catalogue => anew with { Rows = [.. anew.Rows.Select(row => row with { Unavailable = WhyNot(row, catalogue), TunedWorkers = null, TunedAt = null })] }, anew.Runner, queued, cancellation);
        return Words(made.Errors);
    }

    private static string? WhyNot(ExperimentRow row, Catalogue catalogue) => catalogue.Find(row.Definition.Target) is not { } target ? "not in this catalogue"
        : target.Unavailable ?? (row.Unavailable is null || DefinitionRules.Check(row.Definition with { Repetitions = 1 }, catalogue) is not { Count: > 0 } errors ? null : string.Join("; ", errors));

    private static string? Words(IReadOnlyList<FieldError> errors) => errors.Count == 0 ? null : string.Join(" ", errors.Select(e => $"{e}."));
}
