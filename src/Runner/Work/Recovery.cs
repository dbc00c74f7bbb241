using Hangfire;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Logging;
using Wobble.Results.Domain;
using Wobble.Results.Facts;
using Wobble.Results.Storage;

namespace Wobble.Runner.Work;

/// <summary>
/// Ends what a Runner left when it died. Guarantees: every fact of its journals is recorded; a run that had not ended is <c>interrupted</c> and is
/// never executed again. Done under the Runner's lock, before it takes jobs.
/// </summary>
internal sealed class Recovery(WorkSettings settings, IDbContextFactory<WobbleDb> contexts, Recorder recorder, IBackgroundJobClient jobs, ILogger<Recovery> logger)
{
    private const string UnknownFolder = "unknown";

    /// <summary>Imports the journals and ends the runs of this Runner.</summary>
    public async Task RecoverAsync(CancellationToken cancellation)
    {
        if (Directory.Exists(settings.Data.Journals)) await ImportJournalsAsync(cancellation);
        // Runs whose journal is lost, or that died before they had one.
        await using var db = await contexts.CreateDbContextAsync(cancellation);
        foreach (var row in await db.Runs.AsNoTracking().Where(r => r.RunnerName == settings.Name && StateMoves.UnderWay.Contains(r.State)).ToListAsync(cancellation)) await EndAsync(row, cancellation);
    }

    private async Task ImportJournalsAsync(CancellationToken cancellation)
    {
        foreach (string path in Directory.EnumerateFiles(settings.Data.Journals, "*.jsonl").Order(StringComparer.Ordinal).ToList())
        {
            if (!Guid.TryParse(Path.GetFileNameWithoutExtension(path), out var run)) continue;
            if (await FindAsync(run, cancellation) is not { } row) Keep(path);
            else if (await IsOursAsync(row, cancellation)) await EndAsync(row, cancellation);
        }
    }

    /// <summary>A job was handed out for a run that isn't queued: ends it if an earlier attempt of this Runner died with it. Says what it found.</summary>
    public async Task<string> SettleAsync(Guid run, CancellationToken cancellation)
    {
        if (await FindAsync(run, cancellation) is not { } row) return "there is no such run";
        if (row.State.IsFinal()) return row.State.Word();
        // Another Runner's run is that Runner's matter, or the sweep's when it is gone.
        if (row.RunnerName != settings.Name) return $"Runner {row.RunnerName} has it";
        await EndAsync(row, cancellation);
        return "interrupted";
    }

    private async Task EndAsync(Run row, CancellationToken cancellation)
    {
        await using var recording = RunRecording.Open(settings.Data.Journals, row.Id, recorder, logger);
        recording.Note(new EndFact { State = RunState.Interrupted, Reason = $"The Runner died while {Words(recording.Phase ?? row.State)}; facts until then are kept." });
        await recording.FinishAsync(cancellation);
        if (row.State.IsFinal()) return;
        var ended = await FindAsync(row.Id, cancellation);
        logger.Recovered(row.Id, recording.Facts, ended?.State.Word() ?? "gone");
        if (row.JobId is { } job) jobs.Delete(job);
    }

    private async Task<bool> IsOursAsync(Run row, CancellationToken cancellation) =>
        row.RunnerName is null || row.RunnerName == settings.Name || !await RunnerLock.IsHeldAsync(settings.ConnectionString, row.RunnerName, cancellation);

    private void Keep(string path)
    {
        string folder = Path.Combine(settings.Data.Journals, UnknownFolder);
        Directory.CreateDirectory(folder);
        string kept = Path.Combine(folder, Path.GetFileName(path));
        File.Move(path, kept, overwrite: true);
        logger.JournalUnknown(path, kept);
    }

    private async Task<Run?> FindAsync(Guid run, CancellationToken cancellation)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellation);
        return await db.Runs.AsNoTracking().SingleOrDefaultAsync(r => r.Id == run, cancellation);
    }

    private static string Words(RunState state) => state switch
    {
        RunState.Warming => "warming up",
        RunState.Measuring => "measuring",
        RunState.Finishing => "stopping the stack",
        _ => "preparing",
    };
}
