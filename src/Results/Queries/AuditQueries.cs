using Microsoft.EntityFrameworkCore;
using Wobble.Results.Storage;

namespace Wobble.Results.Queries;

/// <summary>Who did what, newest first.</summary>
public sealed class AuditQueries(IDbContextFactory<WobbleDb> databases)
{
    /// <summary>Entries of a page.</summary>
    public const int PageSize = 100;

    /// <summary>Entries older than the one of that key, or the newest; only those whose person or deed has the text, if one is given.</summary>
    public async Task<IReadOnlyList<AuditEntry>> Page(long? before, string? text, CancellationToken cancel)
    {
        await using var db = await databases.CreateDbContextAsync(cancel);
        var entries = db.Audit.AsNoTracking();
        if (before is { } id) entries = entries.Where(a => a.Id < id);
        if (!string.IsNullOrWhiteSpace(text)) entries = entries.Where(a => EF.Functions.ILike(a.What, Pattern(text), "\\") || EF.Functions.ILike(a.Who, Pattern(text), "\\"));
        return await entries.OrderByDescending(a => a.Id).Take(PageSize).ToListAsync(cancel);
    }

    private static string Pattern(string text) => $"%{text.Trim().Replace("\\", "\\\\", StringComparison.Ordinal).Replace("%", "\\%", StringComparison.Ordinal).Replace("_", "\\_", StringComparison.Ordinal)}%";
}
