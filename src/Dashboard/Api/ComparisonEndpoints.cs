using System.ComponentModel;
using Wobble.Dashboard.Access;
using Wobble.Dashboard.Api.Downloads;
using Wobble.Dashboard.Components.Pages.Compare;
using Wobble.Results.Domain;
using Wobble.Results.Experiments;
using Wobble.Results.Queries;
using Wobble.Results.Statistics;
using Wobble.Results.Storage;

namespace Wobble.Dashboard.Api;

/// <summary>Runs to be set beside each other, the reference first.</summary>
internal sealed record ComparisonBody
{
    public required IReadOnlyList<string> Runs { get; init; }
}

internal sealed record ComparisonLink(string Slug, string Url);

[Description("Sides set beside each other, the reference first. differs is what their set-ups have not in common; notes say what was left out.")]
internal sealed record ComparisonAnswer(string? Slug, string Url, DateTimeOffset? CreatedAt, string Sentence, string LikeWithLike, bool IsLikeWithLike, IReadOnlyList<SetUpLine> Differs, IReadOnlyList<ComparedAnswer> Runs, IReadOnlyList<ReportRatio> Ratios, IReadOnlyList<string> Notes);

[Description("Something about the set-ups that differs: a value for each side, the reference first; null where it isn't known.")]
internal sealed record SetUpLine(string Name, IReadOnlyList<string?> Values);

[Description("A side of a comparison: a run, or all runs of a configuration or of a row of an experiment; slug and what stands beside it are those of the run that stands for them. missing says why a side has no numbers. ratios are to the first side; null where either has no figure to compare.")]
internal sealed record ComparedAnswer(string Slug, string Url, string Key, string Name, string Target, RunState State, SummaryTrust? Trust, double? Throughput, Latencies? LatencyMs, Definition Definition, RatioAnswer? Ratios, int ValidRuns, string? Missing,
    ReportFigure? P50, ReportFigure? P90, ReportFigure? P99, [property: System.Text.Json.Serialization.JsonPropertyName("p99_9")] ReportFigure? P999, [property: System.Text.Json.Serialization.JsonPropertyName("throughput_figure")] ReportFigure? ThroughputFigure, ReportFigure? Wobble);

internal sealed record RatioAnswer(double? Throughput, double? P50, double? P90, double? P99);

/// <summary>Comparisons, kept or made of an address.</summary>
internal static class ComparisonEndpoints
{
    public static void MapComparisons(this RouteGroupBuilder api)
    {
        api.MapPost("/comparisons", KeepAsync).WithSummary("Keep a comparison").WithDescription($"Sets {ComparisonQueries.Fewest} to {ComparisonQueries.Most} runs beside each other, the reference first, and answers its link. The same runs in the same order keep one link.")
            .TakesBody<ComparisonBody>().Produces<ComparisonLink>(StatusCodes.Status201Created).ProducesValidationProblem();
        api.MapGet("/compare", ShownAsync).AllowAnonymous().WithSummary("Compare").WithDescription("Compares what the query names, without keeping it.").TakesQuery(SideQuery).Produces<ComparisonAnswer>().ProducesValidationProblem();
        api.MapGet("/compare.csv", CsvAsync).AllowAnonymous().IsLong().WithSummary("Compare, as CSV").WithDescription("A row for each side and metric (RFC 4180).").TakesQuery(SideQuery).Produces<string>(StatusCodes.Status200OK, "text/csv").ProducesValidationProblem();
        api.MapGet("/comparisons/{slug}", OneAsync).AllowAnonymous().WithSummary("A comparison").TakesSlug().Produces<ComparisonAnswer>();
        api.MapDelete("/comparisons/{slug}", DeleteAsync).WithSummary("Delete a comparison").WithDescription("Takes it out of the list; its link ends, its runs stay. It can be restored.").TakesSlug().Produces(StatusCodes.Status204NoContent);
        api.MapPost("/comparisons/{slug}/restore", RestoreAsync).WithSummary("Restore a deleted comparison").WithDescription("Where the same runs were kept again meanwhile, both links show them.").TakesSlug().Produces<ComparisonLink>();
    }

    private static readonly IReadOnlyList<(string Name, string Allowed)> SideQuery = [("r", $"a side, given {ComparisonQueries.Fewest} to {ComparisonQueries.Most} times, the reference first: the slug of a run or an experiment, SLUG.2 for an experiment's second row, or, for who is signed in, the id of a configuration")];

    private static async Task<IResult> KeepAsync(HttpRequest request, Changes changes, Links links, CancellationToken cancel)
    {
        var json = await JsonBody.ReadAsync(request, cancel);
        if (json.Value is null) return json.Refusal!;
        var (body, errors) = JsonFields.Bind<ComparisonBody>(json.Value);
        if (body is null || errors.Count > 0) return FieldProblems.Refused(errors);
        if (body.Runs.FirstOrDefault(r => r is not null && !SideName.IsValid(r)) is { } wrong) return FieldProblems.Refused([new FieldError("runs", wrong, SideQuery[0].Allowed)]);
        if (body.Runs.Any(r => r is null)) return FieldProblems.Refused([new FieldError("runs", "null", SideQuery[0].Allowed)]);
        var kept = await changes.KeepComparisonAsync(body.Runs, cancel);
        return kept.Error is { } error
            ? FieldProblems.Refused([error])
            : TypedResults.Created($"{request.PathBase}/api/comparisons/{kept.Value}", new ComparisonLink(kept.Value!, links.Comparison(request, kept.Value!)));
    }

    private static async Task<IResult> OneAsync(string slug, HttpRequest request, ComparisonQueries queries, Links links, CancellationToken cancel)
    {
        if (!Slug.IsValid(slug) || await queries.Kept(slug, cancel) is not { } kept) return FieldProblems.NoSuch("comparison");
        var found = await queries.Runs(kept.Runs, cancel);
        var missing = found.Problem is null ? ComparisonQueries.Missing(kept.Runs, found.Runs) : [];
        var answer = Answer(found.Runs, request, links, found.Problem);
        IEnumerable<string> notes = missing.Select(m => $"{m} is not here any more");
        if (answer.Runs.Count > 0 && missing.Contains(kept.Runs[0])) notes = notes.Append($"it was the reference: {answer.Runs[0].Name} is the reference now");
        return TypedResults.Ok(answer with { Slug = slug, Url = links.Comparison(request, slug), CreatedAt = kept.CreatedAt, Notes = [.. notes, .. answer.Notes] });
    }

    private static async Task<IResult> DeleteAsync(string slug, Changes changes, CancellationToken cancel) =>
        Slug.IsValid(slug) && await changes.DeleteComparisonAsync(slug, cancel) ? TypedResults.NoContent() : FieldProblems.NoSuch("comparison");

    private static async Task<IResult> RestoreAsync(string slug, HttpRequest request, Changes changes, ComparisonQueries queries, Links links, CancellationToken cancel)
    {
        if (!Slug.IsValid(slug)) return FieldProblems.NoSuch("comparison");
        await changes.RestoreComparisonAsync(slug, cancel);
        return await queries.Kept(slug, cancel) is not null ? TypedResults.Ok(new ComparisonLink(slug, links.Comparison(request, slug))) : FieldProblems.NoSuch("comparison");
    }

    private static async Task<IResult> ShownAsync(HttpRequest request, ComparisonQueries queries, Links links, CancellationToken cancel)
    {
        var (runs, refusal) = await AskedAsync(request, queries, cancel);
        return refusal ?? TypedResults.Ok(Answer(runs, request, links));
    }

    private static async Task<IResult> CsvAsync(HttpRequest request, ComparisonQueries queries, CancellationToken cancel)
    {
        var (runs, refusal) = await AskedAsync(request, queries, cancel);
        if (refusal is not null) return refusal;
        request.HttpContext.Response.Headers.CacheControl = "no-cache, private";
        var text = new StringWriter();
        await WriteAsync(new CsvText(text), runs);
        return TypedResults.File(System.Text.Encoding.UTF8.GetBytes(text.ToString()), "text/csv; charset=utf-8", "wobble-comparison.csv");
    }

    private static async Task<(IReadOnlyList<ComparedRun> Runs, IResult? Refusal)> AskedAsync(HttpRequest request, ComparisonQueries queries, CancellationToken cancel)
    {
        string[] given = [.. request.Query["r"].OfType<string>()];
        FieldError Wrong(string allowed) => new("r", string.Join(", ", given), allowed);
        if (given.FirstOrDefault(g => !SideName.IsValid(g)) is { } wrong) return ([], FieldProblems.Refused([new FieldError("r", wrong, SideQuery[0].Allowed)]));
        // A configuration's id is no link to its runs.
        if (request.HttpContext.User.Identity?.IsAuthenticated != true && given.FirstOrDefault(g => Guid.TryParse(g, out _)) is { } configuration) return ([], FieldProblems.Refused([new FieldError("r", configuration, "slugs of runs and experiments; who is signed in may name configurations, too")]));
        if (given.Distinct().Count() < given.Length) return ([], FieldProblems.Refused([Wrong("different sides: a run compared with itself shows nothing, since the two are one measurement; an A/A is an experiment with one target twice")]));
        if (given.Length is 0 or > ComparisonQueries.Most) return ([], FieldProblems.Refused([Wrong($"{ComparisonQueries.Fewest} to {ComparisonQueries.Most} sides")]));
        var found = await queries.Runs(given, cancel);
        if (found.Problem is { } problem) return ([], FieldProblems.Refused([Wrong(problem)]));
        var runs = found.Runs;
        if (ComparisonQueries.Missing(given, runs) is [var unknown, ..]) return ([], FieldProblems.Refused([new FieldError("r", unknown, "runs, experiments or configurations with runs that are there")]));
        return runs.Count < ComparisonQueries.Fewest ? ([], FieldProblems.Refused([Wrong($"{ComparisonQueries.Fewest} to {ComparisonQueries.Most} sides")])) : (runs, null);
    }

    private static ComparisonAnswer Answer(IReadOnlyList<ComparedRun> runs, HttpRequest request, Links links, string? problem = null)
    {
        if (runs.Count < ComparisonQueries.Fewest) return new ComparisonAnswer(null, "", null, problem ?? "There is nothing to compare: its runs were deleted.", "", false, [], [], [], []);
        var (figures, setUps) = (ComparedFigures.Of(runs), SetUps.Of(runs));
        string query = string.Join('&', runs.Select(r => "r=" + Uri.EscapeDataString(Key(r))));
        return new ComparisonAnswer(null, links.Page($"{request.Scheme}://{request.Host}{request.PathBase}", $"compare?{query}"), null, figures.Sentence, setUps.Sentence, setUps.IsLikeWithLike, [.. setUps.Different.Select(r => new SetUpLine(r.Name, r.Values))], [.. runs.Select((run, i) =>
        {
            ReportFigure? Of(Metric metric) => FigureOf(figures, metric, i);
            return new ComparedAnswer(run.Row.Slug, links.Run(request, run.Row.Slug), Key(run), NameOf(runs, run), run.Row.Target, run.Row.State, run.Row.Trust is null ? null : new SummaryTrust(run.Row.Trust), run.Row.Throughput, run.Result?.LatencyMs, run.Definition,
                RatiosOf(figures, i), RunsOf(run).Count(r => r.IsValid), ComparedFigures.WhyNot(run), Of(Metric.P50), Of(Metric.P90), Of(Metric.P99), Of(Metric.P999), Of(Metric.Throughput), Of(Metric.Wobble));
        })], [.. figures.Metrics.SelectMany(m => m.Figures.Where(f => f.Verdict is not null).Select(f => new ReportRatio(NameOf(runs, f.Run), NameOf(runs, runs[0]), m.Metric.Word(), f.Ratio, f.RatioInterval?.Low, f.RatioInterval?.High, f.P, f.Verdict!.Word, f.Verdict.Sentence, f.Method)))], figures.Notes);
    }

    private static ReportFigure? FigureOf(ComparedFigures figures, Metric metric, int side)
    {
        var figure = figures.Metrics.Single(m => m.Metric == metric).Figures[side];
        return figure.Value is not { } value ? null : new ReportFigure(value, figure.Interval?.Low, figure.Interval?.High,
            [.. RunsOf(figure.Run).Where(r => r.IsValid).Select(r => Reporting.ValueOf(r.Result!, metric, toJudge: false)).OfType<double>()]);
    }

    private static RatioAnswer? RatiosOf(ComparedFigures figures, int side)
    {
        double? Of(Metric metric) => figures.Metrics.Single(m => m.Metric == metric).Figures[side] is var f && f.IsReference && f.Value is not null ? 1 : f.Ratio;
        return Of(Metric.P50) is null && Of(Metric.Throughput) is null ? null : new RatioAnswer(Of(Metric.Throughput), Of(Metric.P50), Of(Metric.P90), Of(Metric.P99));
    }

    private static async Task WriteAsync(CsvText csv, IReadOnlyList<ComparedRun> runs)
    {
        await csv.RowAsync(["metric", "name", "key", "target", "valid_runs", "value", "low", "high", "ratio", "ratio_low", "ratio_high", "p", "verdict", "sentence"]);
        foreach (var metric in ComparedFigures.Of(runs).Metrics)
            foreach (var f in metric.Figures)
                await csv.RowAsync([metric.Metric.Word(), NameOf(runs, f.Run), Key(f.Run), f.Run.Row.Target, RunsOf(f.Run).Count(r => r.IsValid), f.Value, f.Interval?.Low, f.Interval?.High, f.Ratio, f.RatioInterval?.Low, f.RatioInterval?.High, f.P, f.IsReference ? "reference" : f.Verdict?.Word, f.Verdict?.Sentence ?? f.Missing]);
    }

    private static string Key(ComparedRun run) => Sides.Key(run);

    private static string NameOf(IReadOnlyList<ComparedRun> all, ComparedRun run) => Sides.NameOf(all, run);

    private static IReadOnlyList<SideRun> RunsOf(ComparedRun run) => Sides.Runs(run);
}
