using Microsoft.EntityFrameworkCore;
using Wobble.Results.Domain;
using Wobble.Results.Edits;
using Wobble.Results.Jobs;
using Wobble.Results.Storage;

namespace Wobble.Dashboard.Access;

/// <summary>The audit log as the Dashboard writes it. A database that is away keeps nobody from signing in or out: the log's line says it instead.</summary>
internal sealed class Audited(IDbContextFactory<WobbleDb> databases, TimeProvider clock, ILogger<Audited> log)
{
    private readonly AuditTrail _trail = new(databases, clock);

    /// <summary>Does something between two notes; without the first it isn't done.</summary>
    public async Task<T> DoAsync<T>(string who, string? from, string what, Func<Task<T>> change)
    {
        long id = await _trail.BeginAsync(who, from, what);
        log.LogInformation("{Who} asks to {Change}", who, what);
        T result;
        try
        {
            result = await change();
        }
        catch (Exception e) when (!DatabaseFaults.IsAway(e))
        {
            await EndAsync(id, who, what, $"failed: {e.GetBaseException().Message}");
            throw;
        }
        await EndAsync(id, who, what, OutcomeOf(result));
        return result;
    }

    // What was done is done: told as a failure, it would be asked for again and done twice.
    private async Task EndAsync(long id, string who, string what, string outcome)
    {
        try
        {
            await _trail.EndAsync(id, outcome);
        }
        catch (Exception e) when (DatabaseFaults.IsAway(e))
        {
            log.LogWarning("The audit log can't be written ({Reason}): {Who} asked to {Change}, {Outcome}", e.GetBaseException().Message, who, what, outcome);
        }
    }

    /// <summary>Notes what happened at the door.</summary>
    public async Task NoteAsync(string who, string? from, string what, string outcome)
    {
        log.LogInformation("{Who} from {Address}: {What}, {Outcome}", who, from, what, outcome);
        try
        {
            await _trail.NoteAsync(who, from, what, outcome);
        }
        catch (Exception e) when (DatabaseFaults.IsAway(e))
        {
            log.LogWarning("The audit log can't be written: {Reason}", e.GetBaseException().Message);
        }
    }

    private static string OutcomeOf(object? result) => result switch
    {
        IRefusable { Error: { } error } => $"refused: {error}",
        QueueOutcome { Errors: [var error, ..] } => $"refused: {error}",
        ExperimentOutcome { Errors: [var error, ..] } => $"refused: {error}",
        ValueTuple<Guid?, IReadOnlyList<FieldError>> { Item2: [var error, ..] } => $"refused: {error}",
        Deletion { Count: 0, Missing: { } why } => $"refused: {why}",
        Deletion { Count: 0, Refused: not null } => AuditTrail.Nothing,
        Deletion deletion => $"{AuditTrail.Done}: {deletion.Count}",
        RoundsOutcome.RunsGone => $"refused: {ExperimentQueue.RunsGone}",
        false or 0 or null or CancelOutcome.Unknown or CancelOutcome.TooLate or RoundsOutcome.TooLate => AuditTrail.Nothing,
        QueueOutcome queued => $"{AuditTrail.Done}: {string.Join(", ", queued.Runs.Select(r => r.Slug))}",
        ExperimentOutcome { Experiment: { } experiment } => $"{AuditTrail.Done}: {experiment.Slug}",
        int count => $"{AuditTrail.Done}: {count}",
        Edit<string> { Value: { } slug } when Slug.IsValid(slug) => $"{AuditTrail.Done}: {slug}",
        _ => AuditTrail.Done,
    };
}
