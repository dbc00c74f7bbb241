using Microsoft.EntityFrameworkCore;
using Wobble.Results.Storage;

namespace Wobble.Results.Edits;

/// <summary>Writes down who did what. Guarantees: only ever added to; text is one line and of bounded length, whatever was given.</summary>
public sealed class AuditTrail(IDbContextFactory<WobbleDb> databases, TimeProvider clock)
{
    /// <summary>What is known to have been done.</summary>
    public const string Done = "done";
    /// <summary>It changed nothing.</summary>
    public const string Nothing = "nothing to do";

    /// <summary>Writes down that something is begun; answers its key for <see cref="EndAsync"/>.</summary>
    public async Task<long> BeginAsync(string who, string? from, string what, CancellationToken cancel = default) => await AddAsync(who, from, what, null, cancel);

    /// <summary>Writes down how it ended.</summary>
    public async Task EndAsync(long id, string outcome, CancellationToken cancel = default)
    {
        string kept = Line(outcome, AuditEntry.LongestWhat);
        await using var db = await databases.CreateDbContextAsync(cancel);
        await db.Audit.Where(a => a.Id == id).ExecuteUpdateAsync(a => a.SetProperty(x => x.Outcome, kept), cancel);
    }

    /// <summary>Writes down something that is over.</summary>
    public Task NoteAsync(string who, string? from, string what, string outcome, CancellationToken cancel = default) => AddAsync(who, from, what, outcome, cancel);

    private async Task<long> AddAsync(string who, string? from, string what, string? outcome, CancellationToken cancel)
    {
        var entry = new AuditEntry
        {
            At = clock.GetUtcNow(),
            Who = Line(who, AuditEntry.LongestWho),
            From = from is null ? null : Line(from, 64),
            What = Line(what, AuditEntry.LongestWhat),
            Outcome = outcome is null ? null : Line(outcome, AuditEntry.LongestWhat),
        };
        await using var db = await databases.CreateDbContextAsync(cancel);
        db.Audit.Add(entry);
        await db.SaveChangesAsync(cancel);
        return entry.Id;
    }

    private static string Line(string text, int longest)
    {
        string line = StoredText.Clean(new string([.. text.Select(c => char.IsControl(c) ? ' ' : c)]));
        return line.Length > longest ? StoredText.Cut(line, longest - 1) + "…" : line;
    }
}
