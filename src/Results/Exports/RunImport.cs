using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text.Json;
using Microsoft.EntityFrameworkCore;
using Npgsql;
using Wobble.Results.Domain;
using Wobble.Results.Facts;
using Wobble.Results.Housekeeping;
using Wobble.Results.Storage;

namespace Wobble.Results.Exports;

/// <summary>What became of an import. Nothing was changed when there is an error, or when the run was there.</summary>
/// <param name="Slug">The run's permalink; null when there is an error.</param>
/// <param name="WasHere">True: the run was here before, and is as it was.</param>
/// <param name="Note">What a person should know (it was deleted here, is pinned, its verdict differs); null when nothing.</param>
/// <param name="Error">What is wrong, by line and field.</param>
public sealed record ImportOutcome(string? Slug, bool WasHere, string? Note, FieldError? Error) : Edits.IRefusable;

/// <summary>
/// Reads what <see cref="RunExport"/> wrote, also from who can't be trusted. Guarantees: all of the run or nothing of it; the same file twice is one run;
/// a run that is here is never changed; the verdict is computed here, not believed; memory is bounded whatever the file holds. A run keeps its times, so one that
/// retention would delete at once is pinned.
/// </summary>
public sealed class RunImport(IDbContextFactory<WobbleDb> contexts, TimeProvider clock, Retention retention)
{
    private const int AtOnce = 200;
    private const int MaxFacts = 1_000_000;

    /// <summary>Imports one file.</summary>
    public async Task<ImportOutcome> ReadAsync(Stream file, CancellationToken cancel)
    {
        int line = 0;
        try
        {
            using var lines = new BoundedLines(file);
            await using var all = lines.ReadAsync(cancel).GetAsyncEnumerator(cancel);
            if (!await all.MoveNextAsync()) return Refused("file", "", "a file that ./wobble export wrote; this one is empty");
            var header = Read<ExportHeader>(all.Current, line = 1);
            if (ImportRules.Check(header, clock.GetUtcNow()) is { } wrong) throw new LineException(wrong);
            return await ImportAsync(header, Facts(all, lines, () => ++line, cancel), cancel);
        }
        catch (LineException e)
        {
            return new(null, false, null, e.Error with { Field = $"line {Math.Max(1, line).ToString(CultureInfo.InvariantCulture)}, {e.Error.Field}" });
        }
        catch (BadFileException e)
        {
            return Refused("file", $"this one, at line {line + 1},", e.Message);
        }
    }

    private async Task<ImportOutcome> ImportAsync(ExportHeader header, IAsyncEnumerable<NumberedFact> facts, CancellationToken cancel)
    {
        await using var db = await contexts.CreateDbContextAsync(cancel);
        if (await HereAsync(db, header, cancel) is { } here)
        {
            // Read to its end all the same: a file that is wrong is said to be wrong.
            await foreach (var _ in facts) { }
            return here;
        }
        await using var transaction = await db.Database.BeginTransactionAsync(cancel);
        db.Runs.Add(RowOf(header));
        try
        {
            await db.SaveChangesAsync(cancel);
        }
        catch (DbUpdateException e) when (e.InnerException is PostgresException { SqlState: PostgresErrorCodes.UniqueViolation })
        {
            // Another import of the same run was faster.
            return new(header.Slug, true, null, null);
        }
        catch (DbUpdateException e) when (!DatabaseFaults.IsAway(e))
        {
            // What the rules didn't foresee: still the file's fault.
            throw new LineException(new FieldError("header", e.GetBaseException().Message, "a run that can be stored"));
        }
        db.ChangeTracker.Clear();
        await RecordAsync(db, header.Id, facts, cancel);
        foreach (var (component, dropped) in header.LogsDropped)
            await db.Logs.Where(l => l.RunId == header.Id && l.Component == component).ExecuteUpdateAsync(l => l.SetProperty(x => x.Dropped, dropped), cancel);
        var run = await db.Runs.AsNoTracking().SingleAsync(r => r.Id == header.Id, cancel);
        if (!run.State.IsFinal()) throw new LineException(new FieldError("state", run.State.Word(), "phases and an end that fit each other: this run never ended"));
        var notes = new List<string>();
        if (await Housekeeper.PinAsync(db, retention, [header.Id], clock.GetUtcNow(), cancel) > 0) notes.Add("It is pinned: retention would delete it otherwise.");
        if (run.TrustVerdict != header.Verdict) notes.Add($"Its verdict is {run.TrustVerdict ?? "none"} here, and was {header.Verdict ?? "none"} where it came from: the rules differ, or the file was changed.");
        await transaction.CommitAsync(cancel);
        return new(header.Slug, false, notes.Count == 0 ? null : string.Join(' ', notes), null);
    }

    private static async Task RecordAsync(WobbleDb db, Guid run, IAsyncEnumerable<NumberedFact> facts, CancellationToken cancel)
    {
        var together = new List<NumberedFact>();
        try
        {
            await foreach (var fact in facts)
            {
                together.Add(fact);
                if (together.Count < AtOnce) continue;
                await Recorder.WriteAsync(db, run, together, cancel);
                together.Clear();
            }
            await Recorder.WriteAsync(db, run, together, cancel);
        }
        catch (Exception e) when (e is not (LineException or BadFileException or OperationCanceledException or OutOfMemoryException) && !DatabaseFaults.IsAway(e))
        {
            // What the rules didn't foresee: still the file's fault, and nothing of it is kept.
            throw new LineException(new FieldError("facts", e.GetBaseException().Message, "facts that make a result"));
        }
    }

    private static async Task<ImportOutcome?> HereAsync(WobbleDb db, ExportHeader header, CancellationToken cancel)
    {
        var known = await db.Runs.AsNoTracking().Where(r => r.Id == header.Id || r.Slug == header.Slug).Select(r => new { r.Id, r.Slug, r.DeletedAt, r.DeletedWithExperiment, IsExperimentDeleted = db.Experiments.Any(e => e.Id == r.ExperimentId && e.DeletedAt != null) }).ToListAsync(cancel);
        if (known.Count == 0) return null;
        if (known is not [var run] || run.Id != header.Id) throw new LineException(new FieldError("slug", header.Slug, "a slug and an id of one run: here they belong to different ones"));
        string? note = run.DeletedAt is null ? run.Slug != header.Slug ? "Its link was renewed here." : null
            : !run.IsExperimentDeleted ? "It was deleted here: bring it back on the page Housekeeping."
            : run.DeletedWithExperiment ? "It was deleted here with its experiment: bring that back on the page Housekeeping, and it comes with it."
            : "It was deleted here, and its experiment, too: bring that back first on the page Housekeeping, then this run.";
        return new(run.Slug, true, note, null);
    }

    private async IAsyncEnumerable<NumberedFact> Facts(IAsyncEnumerator<ReadOnlyMemory<byte>> lines, BoundedLines whole, Func<int> next, [EnumeratorCancellation] CancellationToken cancel)
    {
        int count = 0;
        bool ended = false;
        while (await lines.MoveNextAsync())
        {
            cancel.ThrowIfCancellationRequested();
            next();
            if (ended)
            {
                var trailer = Read<ExportTrailer>(lines.Current, count + 2);
                if (trailer.Facts != count) throw Wrong("facts", $"{trailer.Facts}", $"{count}, the number of facts before it");
                if (trailer.Sha256 != whole.HashBefore) throw Wrong("sha256", trailer.Sha256.Length > 64 ? "a longer text" : trailer.Sha256, $"{whole.HashBefore}, that of the lines before: the file was changed");
                if (await lines.MoveNextAsync()) throw Wrong("file", "more", "nothing after the last line");
                yield break;
            }
            var fact = Read<Fact>(lines.Current, count + 2);
            if (ImportRules.Check(fact, clock.GetUtcNow()) is { } wrong) throw new LineException(wrong);
            if (++count > MaxFacts) throw Wrong("file", $"{count} facts", $"at most {MaxFacts} facts");
            ended = fact is EndFact;
            yield return new NumberedFact(count, fact);
        }
        throw Wrong("file", "its end", ended ? "a last line with facts and sha256: the file was cut" : "an end: the file was cut");
    }

    private static T Read<T>(ReadOnlyMemory<byte> line, int number) where T : class
    {
        try
        {
            using var json = JsonDocument.Parse(line, new JsonDocumentOptions { MaxDepth = 32 });
            if (json.RootElement.ValueKind != JsonValueKind.Object) throw Wrong("line", $"{json.RootElement.ValueKind}", "a JSON object");
            if (ImportJson.NullItem(json.RootElement, "") is { } path) throw Wrong(path, "null", "a value");
            return json.RootElement.Deserialize<T>(ImportJson.Options)!;
        }
        catch (JsonException e)
        {
            string path = (e.Path ?? "").TrimStart('$', '.');
            throw Wrong(path.Length is 0 or > 200 ? number == 1 ? "header" : "fact" : path, "what is there", $"what ./wobble export writes ({(e.Message.Length > 200 ? e.Message[..199] + "…" : e.Message)})");
        }
        catch (Exception e) when (e is NotSupportedException or InvalidOperationException or FormatException or ArgumentException)
        {
            throw Wrong(number == 1 ? "header" : "fact", "what is there", $"what ./wobble export writes ({e.GetBaseException().Message})");
        }
    }

    private static Run RowOf(ExportHeader header) => new()
    {
        Id = header.Id,
        Slug = header.Slug,
        Definition = header.Definition,
        Target = header.Definition.Target,
        Class = header.Class,
        Attempt = header.Attempt,
        // The facts move it on from here.
        State = RunState.Preparing,
        RunnerName = header.Runner,
        Notes = header.Notes,
        Tags = [.. TagRules.Normalise(header.Tags, out _)!],
        CreatedAt = header.CreatedAt.ToUniversalTime(),
        StartedAt = header.StartedAt?.ToUniversalTime(),
    };

    private static LineException Wrong(string field, string value, string allowed) => new(new FieldError(field, value, allowed));

    private static ImportOutcome Refused(string field, string value, string allowed) => new(null, false, null, new FieldError(field, value, allowed));

    private sealed class LineException(FieldError error) : Exception(error.ToString())
    {
        public FieldError Error { get; } = error;
    }
}
