using System.ComponentModel;
using Wobble.Dashboard.Access;
using Wobble.Results.Domain;
using Wobble.Results.Queries;
using Wobble.Results.Storage;

namespace Wobble.Dashboard.Api;

/// <summary>Runs to be set beside each other, the reference first.</summary>
internal sealed record ComparisonBody
{
    public required IReadOnlyList<string> Runs { get; init; }
}

internal sealed record ComparisonLink(string Slug, string Url);

internal sealed record ComparisonAnswer(string Slug, string Url, DateTimeOffset CreatedAt, IReadOnlyList<ComparedAnswer> Runs);

[Description("A run of a comparison. Ratios are to the first run; null where either has no figure to compare (not measured to the end, invalid, or too few requests). One run each says nothing of how much another would differ.")]
internal sealed record ComparedAnswer(string Slug, string Url, string Target, RunState State, SummaryTrust? Trust, double? Throughput, Latencies? LatencyMs, Definition Definition, RatioAnswer? Ratios);

internal sealed record RatioAnswer(double? Throughput, double? P50, double? P90, double? P99);

/// <summary>Kept comparisons.</summary>
internal static class ComparisonEndpoints
{
    public static void MapComparisons(this RouteGroupBuilder api)
    {
        api.MapPost("/comparisons", KeepAsync).WithSummary("Keep a comparison").WithDescription($"Sets {ComparisonQueries.Fewest} to {ComparisonQueries.Most} runs beside each other, the reference first, and answers its link. The same runs in the same order keep one link.")
            .TakesBody<ComparisonBody>().Produces<ComparisonLink>(StatusCodes.Status201Created).ProducesValidationProblem();
        api.MapGet("/comparisons/{slug}", OneAsync).AllowAnonymous().WithSummary("A comparison").TakesSlug().Produces<ComparisonAnswer>();
    }

    private static async Task<IResult> KeepAsync(HttpRequest request, Changes changes, Links links, CancellationToken cancel)
    {
        var json = await JsonBody.ReadAsync(request, cancel);
        if (json.Value is null) return json.Refusal!;
        var (body, errors) = JsonFields.Bind<ComparisonBody>(json.Value);
        if (body is null || errors.Count > 0) return FieldProblems.Refused(errors);
        if (body.Runs.FirstOrDefault(r => !Slug.IsValid(r)) is { } wrong) return FieldProblems.Refused([new FieldError("runs", wrong, "slugs of runs, 22 characters each")]);
        if (body.Runs.Any(r => r is null)) return FieldProblems.Refused([new FieldError("runs", "null", "slugs of runs, 22 characters each")]);
        var kept = await changes.KeepComparisonAsync(body.Runs, cancel);
        return kept.Error is { } error
            ? FieldProblems.Refused([error])
            : TypedResults.Created($"{request.PathBase}/api/comparisons/{kept.Value}", new ComparisonLink(kept.Value!, links.Comparison(request, kept.Value!)));
    }

    private static async Task<IResult> OneAsync(string slug, HttpRequest request, ComparisonQueries queries, Links links, CancellationToken cancel)
    {
        if (!Slug.IsValid(slug) || await queries.Kept(slug, cancel) is not { } kept) return FieldProblems.NoSuch("comparison");
        var runs = await queries.Runs(kept.Runs, cancel);
        var reference = runs.FirstOrDefault(r => r.Row.Slug == kept.Runs[0]);
        return TypedResults.Ok(new ComparisonAnswer(slug, links.Comparison(request, slug), kept.CreatedAt, [.. runs.Select(r => new ComparedAnswer(
            r.Row.Slug, links.Run(request, r.Row.Slug), r.Row.Target, r.Row.State, r.Row.Trust is null ? null : new SummaryTrust(r.Row.Trust),
            r.Row.Throughput, r.Result?.LatencyMs, r.Definition, RatiosOf(r, reference)))]));
    }

    private static RatioAnswer? RatiosOf(ComparedRun run, ComparedRun? reference)
    {
        if (reference is null || !run.Row.HasFigures || !reference.Row.HasFigures || run.Result is not { } a || reference.Result is not { } b) return null;
        return new RatioAnswer(Ratio(a.Throughput, b.Throughput), Ratio(a.LatencyMs.P50, b.LatencyMs.P50), Ratio(a.LatencyMs.P90, b.LatencyMs.P90), Ratio(a.LatencyMs.P99, b.LatencyMs.P99));
    }

    private static double? Ratio(double? a, double? b) => a / b is { } ratio && double.IsFinite(ratio) ? ratio : null;
}
