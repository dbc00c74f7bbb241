using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Storage;
using Npgsql;
using Wobble.Results.Domain;
using Wobble.Results.Facts;
using Wobble.Results.Statistics;
using Wobble.Results.Statistics.Doubts;

namespace Wobble.Results.Storage;

/// <summary>A fact with its place in the run's journal, from 1.</summary>
public readonly record struct NumberedFact(int Number, Fact Fact);

/// <summary>
/// Turns facts into rows; the only writer of a run's results. Guarantees: facts that are given together are recorded together, with one notice on
/// <see cref="Notifications.Runs"/> at commit; a fact that was recorded before changes nothing, so any part of a journal may be given again; a state
/// only moves forward (<see cref="StateMoves"/>). The facts of a run are given in the order of their numbers; runs don't disturb each other.
/// </summary>
public sealed class Recorder(IDbContextFactory<WobbleDb> contexts)
{
    /// <summary>Records one fact. False when there is no such run.</summary>
    public Task<bool> RecordAsync(Guid runId, int factNumber, Fact fact, CancellationToken cancellation = default) =>
        RecordAsync(runId, [new NumberedFact(factNumber, fact)], cancellation);

    /// <summary>Records facts in one transaction. False when there is no such run.</summary>
    public async Task<bool> RecordAsync(Guid runId, IReadOnlyList<NumberedFact> facts, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(facts);
        await using var db = await contexts.CreateDbContextAsync(cancellation);
        await using var transaction = await db.Database.BeginTransactionAsync(cancellation);
        // Held to the commit: two that record the same run follow one another.
        var found = await db.Database.SqlQuery<Guid>($"select id from runs where id = {runId} for update").ToListAsync(cancellation);
        if (found.Count == 0) return false;

        await WriteAsync(db, runId, facts, cancellation);
        await transaction.CommitAsync(cancellation);
        return true;
    }

    /// <summary>The same within a transaction of the caller's, who has the run's row for itself.</summary>
    public static async Task WriteAsync(WobbleDb db, Guid runId, IReadOnlyList<NumberedFact> facts, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(db);
        ArgumentNullException.ThrowIfNull(facts);
        await using (var batch = new NpgsqlBatch((NpgsqlConnection)db.Database.GetDbConnection(), (NpgsqlTransaction)db.Database.CurrentTransaction!.GetDbTransaction()))
        {
            foreach (var (number, fact) in facts) RecorderStatements.Add(batch, runId, number, fact);
            RecorderStatements.AddNotice(batch, runId);
            await batch.ExecuteNonQueryAsync(cancellation);
        }
        if (facts.Select(f => f.Fact).OfType<EndFact>().FirstOrDefault() is { } end) await EndAsync(db, runId, end, hasResult: true, cancellation);
    }

    /// <summary>Ends a run whose result can't be made or kept, so that it ends all the same. Its samples stay.</summary>
    public async Task EndWithoutResultAsync(Guid runId, EndFact end, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(end);
        await using var db = await contexts.CreateDbContextAsync(cancellation);
        await using var transaction = await db.Database.BeginTransactionAsync(cancellation);
        await EndAsync(db, runId, end, hasResult: false, cancellation);
        await db.Database.ExecuteSqlAsync($"select pg_notify({Notifications.Runs}, {runId.ToString()})", cancellation);
        await transaction.CommitAsync(cancellation);
    }

    private static async Task EndAsync(WobbleDb db, Guid runId, EndFact end, bool hasResult, CancellationToken cancellation)
    {
        var run = await db.Runs.AsTracking().SingleAsync(r => r.Id == runId, cancellation);
        if (!StateMoves.From(end.State).Contains(run.State)) return;
        run.State = end.State;
        run.FinishedAt = end.At.ToUniversalTime();
        run.Failure = end.Reason is null ? null : StoredText.Clean(end.Reason);
        run.Progress = null;
        run.End = end;
        if (hasResult && run.Plan is not null) await SummariseAsync(db, run, cancellation);
        await db.SaveChangesAsync(cancellation);
    }

    // One second after another: a long run doesn't fit into memory.
    private static async Task SummariseAsync(WobbleDb db, Run run, CancellationToken cancellation)
    {
        var measured = db.Seconds.AsNoTracking().Where(s => s.RunId == run.Id && s.Stage > 0);
        var facts = new RunFacts { Plan = run.Plan, Load = run.Plan!.Load, Environment = run.Environment, Samples = [], Totals = run.End!.Totals };
        var sums = new RunSums(facts, await measured.CountAsync(s => s.Length > RunReading.WholeLength, cancellation));
        var strip = new Strip(await measured.CountAsync(cancellation));
        await foreach (var sample in RecordedFacts.SamplesOfAsync(db, run, cancellation))
        {
            sums.Take(sample);
            strip.Take(sample);
        }
        if (sums.Result() is not { } result) return;
        // Plan and environment have columns of their own.
        run.Result = result with { Plan = null, Environment = null };
        run.Throughput = result.Throughput;
        run.P50 = result.LatencyMs.P50;
        run.P90 = result.LatencyMs.P90;
        run.P99 = result.LatencyMs.P99;
        run.P999 = result.LatencyMs.P999;
        run.Max = result.LatencyMs.Max;
        run.Requests = result.Requests;
        run.Errors = result.Errors.Values.Sum();
        run.TrustVerdict = result.Trust.Verdict;
        run.Strip = strip.Pairs();
    }
}
