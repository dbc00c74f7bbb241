using System.Linq.Expressions;
using Microsoft.EntityFrameworkCore;
using NpgsqlTypes;
using Wobble.Results.Domain;
using Wobble.Results.Storage;
using Wobble.Results.Storage.Mapping;

namespace Wobble.Results.Queries;

/// <summary>
/// The history of runs. Guarantees: paging is by key (the run a page begins after), so a page costs the same wherever it is, and rows that arrive
/// meanwhile neither repeat nor hide one; nothing is counted beyond <see cref="CountLimit"/>.
/// </summary>
public sealed class RunsQueries(IDbContextFactory<WobbleDb> databases, TimeProvider clock)
{
    /// <summary>Rows of a page, when nothing else was asked for.</summary>
    public const int PageSize = 50;
    /// <summary>The most rows of a page.</summary>
    public const int LargestPage = 200;
    /// <summary>Beyond this many the answer is "more than".</summary>
    public const int CountLimit = 1_000;
    /// <summary>Runs whose tags are looked at for suggestions.</summary>
    private const int TagWindow = 200;
    /// <summary>Runs that a search may find for its answer to be a set of keys; more are frequent enough to be met on the way.</summary>
    private const int SearchLimit = 1_000;

    /// <summary>One page.</summary>
    public async Task<PageOfRuns> Page(RunsFilter filter, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(filter);
        await using var db = await databases.CreateDbContextAsync(cancel);
        var runs = await Matching(db, filter, cancel);
        int size = Math.Clamp(filter.Size, 1, LargestPage);
        string? column = Column(filter.Sort);
        bool backwards = filter.Before is not null;
        string? edge = filter.Before ?? filter.After;
        var from = edge is null ? null : await EdgeOf(db, edge, column, cancel);
        bool ascending = (filter.Sort is RunsSort.P50 or RunsSort.P99 or RunsSort.Wobble) ^ filter.Reverse ^ backwards;
        if (from is not null) runs = Beyond(runs, column, from, ascending);

        var rows = await Ordered(runs, column, ascending).Take(size + 1).Select(RunRow.Of).ToListAsync(cancel);
        bool more = rows.Count > size;
        if (more) rows.RemoveAt(size);
        if (backwards) rows.Reverse();
        return new PageOfRuns(rows, backwards ? more : from is not null, backwards || more);
    }

    /// <summary>How many match, up to <see cref="CountLimit"/>.</summary>
    public async Task<BoundedCount> Count(RunsFilter filter, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(filter);
        await using var db = await databases.CreateDbContextAsync(cancel);
        int count = await (await Matching(db, filter, cancel)).Take(CountLimit + 1).CountAsync(cancel);
        return new BoundedCount(Math.Min(count, CountLimit), count > CountLimit);
    }

    /// <summary>Tags of the runs tagged last, most used first.</summary>
    public async Task<IReadOnlyList<string>> RecentTags(int limit, CancellationToken cancel)
    {
        await using var db = await databases.CreateDbContextAsync(cancel);
        // Served by the index on created_at of tagged runs.
        var tags = await db.Runs.AsNoTracking().Where(r => r.DeletedAt == null && r.Tags.Count > 0)
            .OrderByDescending(r => r.CreatedAt).Take(TagWindow).Select(r => r.Tags).ToListAsync(cancel);
        return [.. tags.SelectMany(t => t).GroupBy(t => t).OrderByDescending(g => g.Count()).ThenBy(g => g.Key, StringComparer.Ordinal).Take(limit).Select(g => g.Key)];
    }

    /// <summary>The last run of each target that was measured to the end and isn't invalid: what to expect of the next.</summary>
    public async Task<IReadOnlyDictionary<string, RunRow>> LastOf(IEnumerable<string> targets, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(targets);
        await using var db = await databases.CreateDbContextAsync(cancel);
        var last = new Dictionary<string, RunRow>();
        // One probe of the index on (target, created_at) each.
        foreach (string target in targets.Distinct().Take(PageSize))
        {
            var row = await db.Runs.AsNoTracking().Where(r => r.Target == target && r.DeletedAt == null && r.State == RunState.Completed && (r.TrustVerdict == "sound" || r.TrustVerdict == "doubtful"))
                .OrderByDescending(r => r.CreatedAt).Select(RunRow.Of).FirstOrDefaultAsync(cancel);
            if (row is not null) last[target] = row;
        }
        return last;
    }

    /// <summary>The runs of these slugs, in the order given; unknown and deleted ones are left out.</summary>
    public async Task<IReadOnlyList<RunRow>> Rows(IReadOnlyList<string> slugs, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(slugs);
        await using var db = await databases.CreateDbContextAsync(cancel);
        var rows = await db.Runs.AsNoTracking().Where(r => slugs.Contains(r.Slug) && r.DeletedAt == null).Take(PageSize).Select(RunRow.Of).ToListAsync(cancel);
        return [.. rows.OrderBy(r => slugs.ToList().IndexOf(r.Slug))];
    }

    private async Task<IQueryable<Run>> Matching(WobbleDb db, RunsFilter filter, CancellationToken cancel)
    {
        var runs = Filtered(db, filter);
        string[] words = filter.Search.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries);
        if (words.Length == 0) return runs;
        var targets = await Targets(db, cancel);
        var found = db.Runs.AsNoTracking().Where(r => r.DeletedAt == null);
        foreach (string word in words.Take(8))
        {
            runs = runs.Where(Mentions(word, targets));
            found = found.Where(Mentions(word, targets));
        }
        var keys = await Keys(db, found, cancel);
        return keys.Count > SearchLimit ? runs : Filtered(db, filter).Where(r => keys.Contains(r.Id));
    }

    private IQueryable<Run> Filtered(WobbleDb db, RunsFilter filter)
    {
        var runs = db.Runs.AsNoTracking().Where(r => r.DeletedAt == null);
        // One value is asked for as one: only then does PostgreSQL read an index that begins with it in the order of the rest.
        if (filter.Classes is [var only]) runs = runs.Where(r => r.Class == only);
        else if (filter.Classes.Count > 0) runs = runs.Where(r => filter.Classes.Contains(r.Class));
        if (filter.States is [var state]) runs = runs.Where(r => r.State == state);
        else if (filter.States.Count > 0) runs = runs.Where(r => filter.States.Contains(r.State));
        if (filter.Trust is [var verdict]) runs = runs.Where(r => r.TrustVerdict == verdict);
        else if (filter.Trust.Count > 0) runs = runs.Where(r => filter.Trust.Contains(r.TrustVerdict!));
        if (filter.Configuration is { } configuration) runs = runs.Where(r => r.ConfigurationId == configuration);
        if (filter.Target is { } target) runs = runs.Where(r => r.Target == target);
        foreach (string tag in filter.Tags) runs = runs.Where(r => r.Tags.Contains(tag));
        if (filter.Days is { } days)
        {
            var since = clock.GetUtcNow().AddDays(-days);
            runs = runs.Where(r => r.CreatedAt >= since);
        }
        if (filter.Since is { } from) runs = runs.Where(r => r.CreatedAt >= from);
        if (filter.Until is { } until) runs = runs.Where(r => r.CreatedAt < until);
        if (Column(filter.Sort) is { } column) runs = runs.Where(r => EF.Property<double?>(r, column) != null);
        return runs;
    }

    // PostgreSQL can't know how many notes have a word that begins so, and reads the whole history newest first for a word that is nearly nowhere. So the
    // indexes on words, tags and targets are asked first, and alone.
    private static async Task<List<Guid>> Keys(WobbleDb db, IQueryable<Run> found, CancellationToken cancel)
    {
        await using var transaction = await db.Database.BeginTransactionAsync(cancel);
        await db.Database.ExecuteSqlAsync($"set local enable_seqscan = off", cancel);
        var keys = await found.Select(r => r.Id).Take(SearchLimit + 1).ToListAsync(cancel);
        await transaction.CommitAsync(cancel);
        return keys;
    }

    // Every side of the "or" has an index of its own (target, tags, slug, the notes' words), so a word that is nowhere costs no scan.
    private static Expression<Func<Run, bool>> Mentions(string word, IReadOnlyList<string> targets)
    {
        var named = targets.Where(t => t.Contains(word, StringComparison.OrdinalIgnoreCase)).ToList();
        string tag = word.TrimStart('#').ToLowerInvariant();
        string? beginning = WordBeginning(word);
        if (beginning is null) return r => named.Contains(r.Target) || r.Tags.Contains(tag) || r.Slug == word;
        return r => named.Contains(r.Target) || r.Tags.Contains(tag) || r.Slug == word
            || EF.Property<NpgsqlTsVector>(r, RunMapping.NotesWords).Matches(EF.Functions.ToTsQuery("simple", beginning));
    }

    // Quoted, to_tsquery cuts a word up as it did the notes ("6.1.112" is one); only the quote and the backslash mean something inside.
    private static string? WordBeginning(string word) =>
        word.Any(char.IsLetterOrDigit) ? $"'{word.Replace("'", "", StringComparison.Ordinal).Replace("\\", "", StringComparison.Ordinal)}':*" : null;

    // Hops from one target to the next in the index on it: a few dozen probes, however many runs there are.
    private static Task<List<string>> Targets(WobbleDb db, CancellationToken cancel) => db.Database.SqlQueryRaw<string>("""
        with recursive hop(target) as (
            (select target from runs where deleted_at is null order by target limit 1)
            union all
            select (select r.target from runs r where r.target > hop.target and r.deleted_at is null order by r.target limit 1) from hop where hop.target is not null)
        select target as "Value" from hop where target is not null limit 2000
        """).ToListAsync(cancel);

    private sealed record Edge(Guid Id, DateTimeOffset CreatedAt, double? Figure);

    private static Task<Edge?> EdgeOf(WobbleDb db, string slug, string? column, CancellationToken cancel)
    {
        var run = db.Runs.AsNoTracking().Where(r => r.Slug == slug);
        return (column is null ? run.Select(r => new Edge(r.Id, r.CreatedAt, null)) : run.Select(r => new Edge(r.Id, r.CreatedAt, EF.Property<double?>(r, column)))).FirstOrDefaultAsync(cancel);
    }

    /// <summary>The property sorted by, or null for the time.</summary>
    private static string? Column(RunsSort sort) => sort switch
    {
        RunsSort.P50 => nameof(Run.P50),
        RunsSort.P99 => nameof(Run.P99),
        RunsSort.Throughput => nameof(Run.Throughput),
        RunsSort.Wobble => nameof(Run.Wobble),
        _ => null,
    };

    // Compared as one row value, which an index on (column, id) answers from the edge on.
    private static IQueryable<Run> Beyond(IQueryable<Run> runs, string? column, Edge edge, bool ascending)
    {
        if (column is null)
            return ascending
                ? runs.Where(r => EF.Functions.GreaterThan(ValueTuple.Create(r.CreatedAt, r.Id), ValueTuple.Create(edge.CreatedAt, edge.Id)))
                : runs.Where(r => EF.Functions.LessThan(ValueTuple.Create(r.CreatedAt, r.Id), ValueTuple.Create(edge.CreatedAt, edge.Id)));
        if (edge.Figure is null) return runs;
        return ascending
            ? runs.Where(r => EF.Functions.GreaterThan(ValueTuple.Create(EF.Property<double?>(r, column), r.Id), ValueTuple.Create(edge.Figure, edge.Id)))
            : runs.Where(r => EF.Functions.LessThan(ValueTuple.Create(EF.Property<double?>(r, column), r.Id), ValueTuple.Create(edge.Figure, edge.Id)));
    }

    private static IOrderedQueryable<Run> Ordered(IQueryable<Run> runs, string? column, bool ascending)
    {
        if (column is null) return ascending ? runs.OrderBy(r => r.CreatedAt).ThenBy(r => r.Id) : runs.OrderByDescending(r => r.CreatedAt).ThenByDescending(r => r.Id);
        return ascending ? runs.OrderBy(r => EF.Property<double?>(r, column)).ThenBy(r => r.Id) : runs.OrderByDescending(r => EF.Property<double?>(r, column)).ThenByDescending(r => r.Id);
    }
}
