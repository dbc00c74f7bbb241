using Microsoft.EntityFrameworkCore;

namespace Wobble.Results.Storage;

/// <summary>The state of an experiment follows that of its runs.</summary>
internal static class ExperimentState
{
    /// <summary>Completes an experiment of repetitions when the last of its runs has ended.</summary>
    public static async Task SettleAsync(WobbleDb db, Guid experiment, CancellationToken cancellation)
    {
        // Two runs that end at the same moment follow one another here, so that the second sees the first's end.
        await using var own = db.Database.CurrentTransaction is null ? await db.Database.BeginTransactionAsync(cancellation) : null;
        await db.Database.ExecuteSqlAsync($"select 1 from experiments where id = {experiment} for update", cancellation);
        await db.Database.ExecuteSqlAsync($"""
            update experiments set state = 'completed'
            where id = {experiment} and kind = 'repetitions' and state = 'running'
              and not exists (select 1 from runs where experiment_id = {experiment} and state not in ('completed', 'failed', 'cancelled', 'interrupted'))
            """, cancellation);
        if (own is not null) await own.CommitAsync(cancellation);
    }
}
