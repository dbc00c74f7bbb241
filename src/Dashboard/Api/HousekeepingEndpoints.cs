using System.ComponentModel;
using System.Globalization;
using Wobble.Dashboard.Access;
using Wobble.Results.Domain;
using Wobble.Results.Queries;

namespace Wobble.Dashboard.Api;

[Description("Somebody did something. Without an outcome it was begun, and its end isn't known.")]
internal sealed record AuditLine(long Id, DateTimeOffset At, string Who, string? From, string What, string? Outcome);

[Description("The newest entries first; ask for older ones with before=NEXT.")]
internal sealed record AuditList(IReadOnlyList<AuditLine> Entries, long? Next);

[Description("What is kept, what it takes on disk, and how long it stays. folders are the runners' data folders; told is null where a runner never told, problem of a part says why not all of it was counted.")]
internal sealed record HousekeepingAnswer(DiskUse Disk, IReadOnlyList<RunnerFolder> Folders, long? FreeBytes, Retention Retention);

[Description("The new link; the one before is worth nothing any more.")]
internal sealed record RenewedLink(string Slug, string Url);

/// <summary>What operators look after: who did what, disk, links that went astray.</summary>
internal static class HousekeepingEndpoints
{
    private static readonly (string Name, string Allowed)[] AuditQuery = [("before", "id of an entry: only older ones"), ("q", "a text that the person or the deed has")];

    public static void MapHousekeeping(this RouteGroupBuilder api)
    {
        api.MapGet("/audit", AuditAsync).WithSummary("Who did what").WithDescription("Who started, cancelled, deleted, changed what, and when; sign-ins and wrong tokens, too.").TakesQuery(AuditQuery).Produces<AuditList>().ProducesValidationProblem();
        api.MapGet("/housekeeping", async (HousekeepingQueries queries, AccessSettings access, Retention retention, CancellationToken cancel) => TypedResults.Ok(new HousekeepingAnswer(await queries.Disk(cancel), await queries.Folders(cancel), access.FreeBytes(), retention)))
            .RequireAuthorization(Roles.Read).WithSummary("Disk use and retention").Produces<HousekeepingAnswer>();
        api.MapPost("/runs/{slug}/link", RenewRunAsync).WithSummary("Give a run a new link").WithDescription("Whoever has the present link can't open it any more. Comparisons that show the run still do.").TakesSlug().Produces<RenewedLink>();
        api.MapPost("/experiments/{slug}/link", RenewExperimentAsync).WithSummary("Give an experiment and its runs new links").WithDescription("Whoever has the present links can't open them any more.").TakesSlug().Produces<RenewedLink>();
        api.MapPost("/comparisons/{slug}/link", RenewComparisonAsync).WithSummary("Give a comparison a new link").TakesSlug().Produces<RenewedLink>();
    }

    private static async Task<IResult> AuditAsync(HttpRequest request, AuditQueries queries, CancellationToken cancel)
    {
        string before = request.Query["before"].ToString(), text = request.Query["q"].ToString();
        long id = 0;
        if (before.Length > 0 && !(long.TryParse(before, NumberStyles.None, CultureInfo.InvariantCulture, out id) && id > 0)) return FieldProblems.Refused([new FieldError("before", before, "id of an entry, a whole number above 0")]);
        if (text.Length > 200 || text.Contains('\0', StringComparison.Ordinal)) return FieldProblems.Refused([new FieldError("q", $"{text.Length} characters", "at most 200 characters, without NUL")]);
        var entries = await queries.Page(before.Length > 0 ? id : null, text, cancel);
        return TypedResults.Ok(new AuditList([.. entries.Select(e => new AuditLine(e.Id, e.At, e.Who, e.From, e.What, e.Outcome))], entries.Count == AuditQueries.PageSize ? entries[^1].Id : null));
    }

    private static async Task<IResult> RenewRunAsync(string slug, HttpRequest request, Changes changes, Links links, CancellationToken cancel) =>
        await changes.RenewRunLinkAsync(slug, cancel) is { } renewed ? TypedResults.Ok(new RenewedLink(renewed, links.Run(request, renewed))) : FieldProblems.NoSuch("run");

    private static async Task<IResult> RenewExperimentAsync(string slug, HttpRequest request, Changes changes, Links links, CancellationToken cancel) =>
        await changes.RenewExperimentLinkAsync(slug, cancel) is { } renewed ? TypedResults.Ok(new RenewedLink(renewed, links.Experiment(request, renewed))) : FieldProblems.NoSuch("experiment");

    private static async Task<IResult> RenewComparisonAsync(string slug, HttpRequest request, Changes changes, Links links, CancellationToken cancel) =>
        await changes.RenewComparisonLinkAsync(slug, cancel) is { } renewed ? TypedResults.Ok(new RenewedLink(renewed, links.Comparison(request, renewed))) : FieldProblems.NoSuch("comparison");
}
