using Hangfire;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Wobble.Results;
using Wobble.Results.Domain;
using Wobble.Results.Facts;
using Wobble.Results.Jobs;
using Wobble.Results.Storage;

namespace Wobble.Runner.Work;

/// <summary>
/// Carries out one queued run. Guarantees: a run is executed at most once, however often Hangfire hands it out; whatever happens here, the run ends in
/// a final state with a sentence that says why; everything that was measured until then is kept.
/// </summary>
internal sealed class RunJob(
    WorkSettings settings, RunClaims claims, CancelWishes wishes, Recovery recovery, Seeding seeding, IExecutions executions, Recorder recorder, Presence presence,
    JobStorage storage, IHostApplicationLifetime lifetime, ILogger<RunJob> logger) : IRunJob
{
    // What PostgreSQL doesn't take until then is in the journal for the next start.
    private static readonly TimeSpan PatienceWhenStopping = TimeSpan.FromSeconds(3);
    private static readonly TimeSpan Retry = TimeSpan.FromMilliseconds(500);

    public async Task ExecuteAsync(Guid runId, CancellationToken cancellation)
    {
        // A job that is fetched while the Runner stops is left for the next start.
        lifetime.ApplicationStopping.ThrowIfCancellationRequested();
        bool isTaken = await claims.TakeAsync(runId, cancellation);
        // An earlier attempt of this process has it, or the sweep ends it at this moment.
        using var watch = wishes.For(runId);
        if (watch is null) return;
        if (!isTaken)
        {
            using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellation, lifetime.ApplicationStopping);
            logger.HandedOutAgain(runId, await recovery.SettleAsync(runId, stop.Token));
            return;
        }
        if (await claims.FindTakenAsync(runId, lifetime.ApplicationStopping) is not { } run) return;
        logger.RunTaken(runId, run.Target);
        using var span = Telemetry.Source.StartActivity("run");
        span?.SetTag("wobble.target", run.Target).SetTag("wobble.run.id", runId);
        presence.Say(Presence.Running, $"running {run.Slug}");
        try
        {
            await ExecuteAsync(run, watch.Token, cancellation);
        }
        finally
        {
            presence.Say(Presence.Running, null);
        }
    }

    private async Task ExecuteAsync(Run run, CancellationToken wished, CancellationToken job)
    {
        await using var recording = await OpenAsync(run.Id);
        if (recording is null) return;
        if (await claims.IsCancelAskedAsync(run.Id)) wishes.Wish(run.Id);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(wished, lifetime.ApplicationStopping);
        using var over = new CancellationTokenSource();
        var watching = StopIfDeletedAsync(run.Id, stop, job, over.Token);

        EndFact end;
        try
        {
            end = await RunAsync(run, recording, stop.Token);
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            end = new EndFact { State = RunState.Cancelled };
        }
        catch (ExecutionException e)
        {
            end = new EndFact { State = RunState.Failed, Reason = e.Message };
        }
#pragma warning disable CA1031 // Whatever it is: a run must end, and say why.
        catch (Exception e)
#pragma warning restore CA1031
        {
            logger.RunFailed(e, run.Id);
            end = new EndFact { State = RunState.Failed, Reason = $"The Runner failed: {e.Message}" };
        }
        await over.CancelAsync();
        await watching.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        end = await NameAsync(end, run.Id, wished);
        await EndAsync(recording, run.Id, end);
    }

    // The job's token also fires when the job was handed out again: this Runner was cut off from PostgreSQL for a while, and another one found the run taken
    // and left it alone. Nobody wished an end then. Only the job's state says whether somebody deleted it.
    private async Task StopIfDeletedAsync(Guid run, CancellationTokenSource stop, CancellationToken job, CancellationToken over)
    {
        using (var either = CancellationTokenSource.CreateLinkedTokenSource(job, over))
            await Task.Delay(Timeout.InfiniteTimeSpan, either.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        while (!over.IsCancellationRequested && !stop.IsCancellationRequested)
        {
            try
            {
                if (await IsJobDeletedAsync(run, over)) await stop.CancelAsync();
                return;
            }
            catch (Exception e) when (e is not OperationCanceledException)
            {
                // PostgreSQL is away again: that says nothing of the job.
            }
            await Task.Delay(Retry, over);
        }
    }

    private async Task<bool> IsJobDeletedAsync(Guid run, CancellationToken cancellation)
    {
        // Asked for now: a job that is fetched at once is taken before the row has its id.
        if ((await claims.FindAsync(run, cancellation))?.JobId is not { } id) return false;
        using var connection = storage.GetConnection();
        return connection.GetStateData(id)?.Name == "Deleted";
    }

    // Null when the run has ended with that: its journal can't be begun.
    private async Task<RunRecording?> OpenAsync(Guid run)
    {
        try
        {
            return RunRecording.Open(settings.Data.Journals, run, recorder, logger);
        }
#pragma warning disable CA1031 // Whatever it is: a run must end, and say why.
        catch (Exception e)
#pragma warning restore CA1031
        {
            logger.RunFailed(e, run);
            using var patience = new CancellationTokenSource();
            await using var stopping = lifetime.ApplicationStopping.Register(() => patience.CancelAfter(PatienceWhenStopping));
            await RecordAloneAsync(run, 1, new EndFact { State = RunState.Failed, Reason = $"The run's journal can't be begun, and without it nothing that is measured would be safe: {e.Message}" }, patience.Token);
            return null;
        }
    }

    private async Task<EndFact> RunAsync(Run run, RunRecording recording, CancellationToken stop)
    {
        ValueTask Note(Fact fact)
        {
            // The end is noted when it is known whose wish it was.
            if (fact is not EndFact) recording.Note(fact);
            return ValueTask.CompletedTask;
        }
        await seeding.EnsureAsync(recording.Note, stop);
        var plan = await executions.PlanAsync(run.Definition, Note, stop);
        return await executions.RunAsync(plan, Note, stop);
    }

    // An execution that is told to stop doesn't know why: somebody's wish, or the end of this process.
    private async Task<EndFact> NameAsync(EndFact end, Guid run, CancellationToken wished)
    {
        if (end.State != RunState.Cancelled) return end;
        if (wished.IsCancellationRequested || await claims.IsCancelAskedAsync(run)) return end with { Reason = "Cancelled on request." };
        if (lifetime.ApplicationStopping.IsCancellationRequested) return end with { State = RunState.Interrupted, Reason = "The Runner was stopped; facts until then are kept." };
        return end with { Reason = "Cancelled: its job was deleted." };
    }

    private async Task EndAsync(RunRecording recording, Guid run, EndFact end)
    {
        bool isInJournal = true;
        try
        {
            recording.Note(end);
        }
        catch (IOException e)
        {
            // The journal's disk is full: the end goes to PostgreSQL alone, after all that the journal has.
            logger.RunFailed(e, run);
            end = end with { State = RunState.Failed, Reason = e.Message };
            isInJournal = false;
        }
        using var patience = new CancellationTokenSource();
        await using var stopping = lifetime.ApplicationStopping.Register(() => patience.CancelAfter(PatienceWhenStopping));
        bool recorded = await recording.FinishAsync(patience.Token);
        if (!isInJournal && recorded) recorded = await RecordAloneAsync(run, recording.Facts + 1, end, patience.Token);
        System.Diagnostics.Activity.Current?.SetTag("wobble.run.state", end.State.Word());
        Telemetry.RunsEnded.Add(1, new KeyValuePair<string, object?>("state", end.State.Word()));
        logger.RunEnded(run, end.State.Word(), recorded ? end.Reason ?? "as planned" : isInJournal ? "not yet recorded, the journal has it" : "not recorded, the next start interrupts it");
    }

    // An end that no journal has. Again and again while PostgreSQL is away; false when the Runner stopped before.
    private async Task<bool> RecordAloneAsync(Guid run, int number, EndFact end, CancellationToken patience)
    {
        bool isAwaySaid = false;
        try
        {
            while (true)
            {
                try
                {
                    await recorder.RecordAsync(run, number, end, patience);
                    return true;
                }
                catch (Exception e) when (Databases.IsAway(e))
                {
                    if (!isAwaySaid) logger.DatabaseAway(Databases.Reason(e));
                    isAwaySaid = true;
                }
                await Task.Delay(Retry, patience);
            }
        }
        catch (OperationCanceledException)
        {
            return false;
        }
    }
}
