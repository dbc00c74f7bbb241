using Microsoft.AspNetCore.Mvc;
using Wobble.Dashboard.Access;
using Wobble.Results.Domain;
using Wobble.Results.Exports;
using Wobble.Results.Queries;

namespace Wobble.Dashboard.Api.Downloads;

/// <summary>Runs on their way from one Wobble to another.</summary>
internal static class ExportEndpoints
{
    private const string Type = "application/gzip";
    private const long LargestUpload = 512L * 1024 * 1024;

    public static void MapExports(this RouteGroupBuilder api)
    {
        api.MapGet($"/runs/{{slug}}.{RunExport.Ending}", ExportAsync).AllowAnonymous().IsLong().WithSummary("The run for another Wobble").WithDescription("What ./wobble import and POST /api/imports read: gzip, JSON lines. Of runs that have ended.")
            .TakesSlug().Produces<string>(StatusCodes.Status200OK, Type).ProducesProblem(StatusCodes.Status409Conflict);
        api.MapPost("/imports", ImportAsync).WithMetadata(new RequestSizeLimitAttribute(LargestUpload)).WithSummary("Import a run").WithDescription("The body is what GET /api/runs/SLUG.wobble.gz answered elsewhere. A run that is here stays as it is (200); of a body that is wrong nothing is kept.")
            .TakesFile(Type).Produces<ImportedRun>(StatusCodes.Status201Created).Produces<ImportedRun>().ProducesValidationProblem();
    }

    private static async Task<IResult> ExportAsync(string slug, HttpContext context, ExportQueries queries, CancellationToken cancel)
    {
        if (await queries.Run(slug, cancel) is not { } run) return FieldProblems.NoSuch("run");
        if (!run.State.IsFinal()) return FieldProblems.Problem(StatusCodes.Status409Conflict, "Still going on", $"The run is {run.State.Word()}: only what has ended can be exported.");
        context.Response.Headers.CacheControl = "no-cache, private";
        return TypedResults.Stream(stream => new RunExport(queries).WriteAsync(run, stream, cancel), Type, DownloadEndpoints.FileName(run, RunExport.Ending));
    }

    private static async Task<IResult> ImportAsync(HttpRequest request, Changes changes, Links links, CancellationToken cancel)
    {
        if (request.ContentType is not { } type || !type.StartsWith(Type, StringComparison.OrdinalIgnoreCase))
            return FieldProblems.Problem(StatusCodes.Status415UnsupportedMediaType, "Not an export", $"Content-Type: '{request.ContentType}' is not allowed; {Type}.");
        var outcome = await changes.ImportAsync(request.Body, cancel);
        if (outcome.Error is { } error) return FieldProblems.Refused([error]);
        var answer = new ImportedRun(outcome.Slug!, links.Run(request, outcome.Slug!), outcome.WasHere, outcome.Note);
        return outcome.WasHere ? TypedResults.Ok(answer) : TypedResults.Created($"{request.PathBase}/api/runs/{outcome.Slug}", answer);
    }
}

[System.ComponentModel.Description("A run that was imported, or was here before.")]
internal sealed record ImportedRun(string Slug, string Url, bool WasHere, string? Note);
