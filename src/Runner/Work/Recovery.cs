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
    private const string Died = "The Runner died";

    /// <summary>Imports the journals and ends the runs of this Runner.</summary>
    public async Task RecoverAsync(CancellationToken cancellation)
    {
        await BringBackAsync(cancellation);
        if (Directory.Exists(settings.Data.Journals)) await ImportJournalsAsync(cancellation);
        // Runs whose journal is lost, or that died before they had one.
        await using var db = await contexts.CreateDbContextAsync(cancellation);
        foreach (var row in await db.Runs.AsNoTracking().Where(r => r.RunnerName == settings.Name && StateMoves.UnderWay.Contains(r.State)).ToListAsync(cancellation)) await EndAsync(row, cancellation);
    }

    // A journal that an earlier start put aside may be of a database that came back: by a restore, or by a corrected setting.
    private async Task BringBackAsync(CancellationToken cancellation)
    {
        string folder = Path.Combine(settings.Data.Journals, UnknownFolder);
        if (!Directory.Exists(folder)) return;
        foreach (string path in Directory.EnumerateFiles(folder, "*.jsonl").Order(StringComparer.Ordinal).ToList())
        {
            string back = Path.Combine(settings.Data.Journals, Path.GetFileName(path));
            if (!Guid.TryParse(Path.GetFileNameWithoutExtension(path), out var run) || File.Exists(back) || await FindAsync(run, cancellation) is null) continue;
            File.Move(path, back);
            logger.JournalKnown(path, back);
        }
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

    /// <summary>A run that isn't queued and that nobody in this process carries out: ends it if it is this Runner's. Says what it found.</summary>
    /// <param name="run">The run; whoever asks has it for itself, see <see cref="CancelWishes.For"/>.</param>
    /// <param name="cancellation">Ends the waiting for PostgreSQL; its end is then in the journal.</param>
    /// <param name="what">What became of it, as the reason begins.</param>
    public async Task<string> SettleAsync(Guid run, CancellationToken cancellation, string what = Died)
    {
        if (await FindAsync(run, cancellation) is not { } row) return "there is no such run";
        if (row.State.IsFinal()) return row.State.Word();
        // Another Runner's run is that Runner's matter, or the sweep's when it is gone.
        if (row.RunnerName != settings.Name) return $"Runner {row.RunnerName} has it";
        await EndAsync(row, cancellation, what);
        return "interrupted";
    }

    private async Task EndAsync(Run row, CancellationToken cancellation, string what = Died)
    {
        await using var recording = RunRecording.Open(settings.Data.Journals, row.Id, recorder, logger);
        recording.Note(new EndFact { State = RunState.Interrupted, Reason = $"{what} while {Words(recording.Phase ?? row.State)}; facts until then are kept." });
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
