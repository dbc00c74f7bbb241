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
    IHostApplicationLifetime lifetime, ILogger<RunJob> logger) : IRunJob
{
    // What PostgreSQL doesn't take until then is in the journal for the next start.
    private static readonly TimeSpan PatienceWhenStopping = TimeSpan.FromSeconds(3);

    public async Task ExecuteAsync(Guid runId, CancellationToken cancellation)
    {
        // A job that is fetched while the Runner stops is left for the next start.
        lifetime.ApplicationStopping.ThrowIfCancellationRequested();
        if (!await claims.TakeAsync(runId, cancellation))
        {
            if (wishes.Watched.Contains(runId)) return;
            logger.HandedOutAgain(runId, await recovery.SettleAsync(runId, cancellation));
            return;
        }
        var run = (await claims.FindAsync(runId, CancellationToken.None))!;
        logger.RunTaken(runId, run.Target);
        using var span = Telemetry.Source.StartActivity("run");
        span?.SetTag("wobble.target", run.Target).SetTag("wobble.run.id", runId);
        presence.Say(Presence.Running, $"running {run.Slug}");
        try
        {
            await ExecuteAsync(run, cancellation);
        }
        finally
        {
            presence.Say(Presence.Running, null);
        }
    }

    private async Task ExecuteAsync(Run run, CancellationToken job)
    {
        await using var recording = RunRecording.Open(settings.Data.Journals, run.Id, recorder, logger);
        using var watch = wishes.For(run.Id);
        if (await claims.IsCancelAskedAsync(run.Id)) wishes.Wish(run.Id);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(job, watch.Token, lifetime.ApplicationStopping);

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
        end = await NameAsync(end, run.Id, watch.Token);
        await EndAsync(recording, run.Id, end);
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
        try
        {
            recording.Note(end);
        }
        catch (IOException e)
        {
            // The journal's disk is full: the end goes to PostgreSQL alone.
            logger.RunFailed(e, run);
            await recorder.RecordAsync(run, recording.Facts + 1, end with { State = RunState.Failed, Reason = e.Message });
        }
        using var patience = new CancellationTokenSource();
        await using var stopping = lifetime.ApplicationStopping.Register(() => patience.CancelAfter(PatienceWhenStopping));
        bool recorded = await recording.FinishAsync(patience.Token);
        System.Diagnostics.Activity.Current?.SetTag("wobble.run.state", end.State.Word());
        Telemetry.RunsEnded.Add(1, new KeyValuePair<string, object?>("state", end.State.Word()));
        logger.RunEnded(run, end.State.Word(), recorded ? end.Reason ?? "as planned" : "not yet recorded, the journal has it");
    }
}
