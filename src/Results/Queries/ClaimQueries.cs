using Microsoft.EntityFrameworkCore;
using Wobble.Results.Domain;
using Wobble.Results.Experiments;
using Wobble.Results.Experiments.Claims;
using Wobble.Results.Jobs;
using Wobble.Results.Statistics;
using Wobble.Results.Storage;

namespace Wobble.Results.Queries;

/// <summary>A claim or an objection with what was measured of it here.</summary>
/// <param name="Claim">What is claimed, and its rule.</param>
/// <param name="Slug">The experiment that speaks to it: its newest that is complete, else the newest; null before there is one.</param>
/// <param name="State">That experiment's state; null before.</param>
/// <param name="At">When it was asked for.</param>
/// <param name="Runs">Its runs that ended.</param>
/// <param name="Verdict">What the data say so far; null before a run has ended.</param>
/// <param name="Going">The newest that waits, runs or is paused, when that isn't the one shown.</param>
public sealed record ClaimLine(Claim Claim, string? Slug, string? State, DateTimeOffset? At, int Runs, ClaimVerdict? Verdict, string? Going)
{
    /// <summary>An experiment of it is complete, and its runs are still there.</summary>
    public bool IsAnswered => State == "completed" && Verdict is not null;
    /// <summary>An experiment of it waits, runs or is paused.</summary>
    public bool IsGoing => Going is not null || State is "waiting" or "running" or "paused";
}

/// <summary>What the claims' page and API ask.</summary>
public sealed class ClaimQueries(IDbContextFactory<WobbleDb> databases)
{
    private const int Newest = 200;
    private const int NewestArticles = 5;

    /// <summary>Every claim, then every objection.</summary>
    public async Task<IReadOnlyList<ClaimLine>> All(CancellationToken cancel)
    {
        await using var db = await databases.CreateDbContextAsync(cancel);
        var experiments = (await db.Experiments.AsNoTracking().Where(e => (e.Kind == "claim" || e.Kind == "article") && e.DeletedAt == null).OrderByDescending(e => e.CreatedAt).Take(Newest).ToListAsync(cancel))
            .Select(e => (Row: e, Definition: ExperimentQueue.Read(e))).Where(e => e.Definition is not null).Select(e => (e.Row, Definition: e.Definition!)).ToList();
        // An article of which rows were left out is another question.
        var rows = (await db.Runners.AsNoTracking().OrderByDescending(r => r.SeenAt).Select(r => r.Catalogue).FirstOrDefaultAsync(cancel))?.Article.Select(a => a.Target).ToList() ?? [];
        bool IsWhole(ExperimentDefinition article) => rows.Count > 0 && rows.TrueForAll(t => article.Rows.Any(r => r.Definition.Target == t));
        // One article may answer several claims: its runs are read once.
        var read = new Dictionary<Guid, List<ExperimentRun>>();
        async Task<List<ExperimentRun>> RunsAsync(Guid experiment) => read.TryGetValue(experiment, out var known) ? known : read[experiment] = await ExperimentQueries.RunsOf(db, experiment, cancel);
        var articles = experiments.Where(e => e.Definition.Kind == ExperimentKind.Article && e.Row.State == "completed" && IsWhole(e.Definition)).Take(NewestArticles).ToList();
        var lines = new List<ClaimLine>();
        foreach (var claim in ClaimList.All)
        {
            var own = experiments.Where(e => e.Definition.Kind == ExperimentKind.Claim && e.Definition.Claim == claim.Id && e.Row.State != "cancelled").ToList();
            var shown = own.Find(e => e.Row.State == "completed") is { Row: not null } complete ? complete : own.Count > 0 ? own[0] : default;
            // The article's own experiment answers a claim on its rows, without another run.
            foreach (var article in shown.Row?.State != "completed" && claim.IsOfTheArticle ? articles : [])
            {
                if (!claim.IsAnsweredBy(article.Definition, await RunsAsync(article.Row.Id))) continue;
                shown = article;
                break;
            }
            if (shown.Row is null)
            {
                lines.Add(new ClaimLine(claim, null, null, null, 0, null, null));
                continue;
            }
            var runs = await RunsAsync(shown.Row.Id);
            int ended = runs.Count(r => r.State.IsFinal());
            string? going = own.Where(e => e.Row.State is "waiting" or "running" or "paused" && e.Row.Id != shown.Row.Id).Select(e => e.Row.Slug).FirstOrDefault();
            lines.Add(new ClaimLine(claim, shown.Row.Slug, shown.Row.State, shown.Row.CreatedAt, ended, ended == 0 ? null : claim.Judge(shown.Definition, runs), going));
        }
        return lines;
    }
}
