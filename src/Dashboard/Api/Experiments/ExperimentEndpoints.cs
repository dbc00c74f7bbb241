using System.Text;
using Wobble.Dashboard.Access;
using Wobble.Results.Domain;
using Wobble.Results.Edits;
using Wobble.Results.Experiments;
using Wobble.Results.Jobs;
using Wobble.Results.Queries;
using Wobble.Results.Storage;

namespace Wobble.Dashboard.Api.Experiments;

/// <summary>How many rounds are added.</summary>
internal sealed record RoundsBody
{
    public int Rounds { get; init; } = 5;
}

/// <summary>Experiments: asking for them, reading them, moving them on.</summary>
internal static class ExperimentEndpoints
{
    private const int Listed = 200;
    private static readonly UTF8Encoding Utf8 = new(encoderShouldEmitUTF8Identifier: false);
    private static readonly IReadOnlyList<(string, string)> CsvQuery = [("table", $"one of {string.Join(", ", ExperimentTables.Names)}; rows when left out")];

    public static void MapExperiments(this RouteGroupBuilder api)
    {
        api.MapPost("/experiments", MakeAsync).WithSummary("Make an experiment")
            .WithDescription("The article, a comparison of targets or rows, a search for workers (tune), or for the highest rate (capacity), in shuffled rounds. A definition's fields stand beside and are shared; workers may also be \"tune\" or \"published\".")
            .TakesExperimentBody().Produces<MadeExperiment>(StatusCodes.Status201Created).ProducesValidationProblem();
        api.MapGet("/claims", ClaimsAsync).RequireAuthorization(Roles.Read).WithSummary("List claims").WithDescription("The article's claims and the objections to it: method, rule written beforehand, and what this machine's runs say.").Produces<ClaimsAnswer>();
        api.MapGet("/experiments", ListAsync).RequireAuthorization(Roles.Read).WithSummary("List experiments").WithDescription($"The newest {Listed}.").Produces<ExperimentList>();
        api.MapGet("/experiments/{slug}", OneAsync).AllowAnonymous().WithSummary("An experiment").WithDescription("State, progress, and what its runs show so far: rows with intervals and ranks, ratios with verdicts.").TakesSlug().Produces<ExperimentAnswer>();
        api.MapGet("/experiments/{slug}.csv", CsvAsync).AllowAnonymous().IsLong().WithSummary("An experiment as CSV").WithDescription("One of its tables (RFC 4180): its rows with what was measured, its ratios, each run, or its searches.")
            .TakesSlug().TakesQuery(CsvQuery).Produces<string>(StatusCodes.Status200OK, "text/csv").ProducesValidationProblem();
        api.MapGet("/experiments/{slug}.html", HtmlAsync).AllowAnonymous().IsLong().WithSummary("An experiment as one HTML file").WithDescription("Everything in one file that opens without a network and without scripts.").TakesSlug().Produces<string>(StatusCodes.Status200OK, "text/html");
        Change(api, "pause", "Pause an experiment", "The present run goes on; no further one begins.", (changes, slug, cancel) => changes.PauseExperimentAsync(slug, cancel), "only what is running can be paused");
        Change(api, "resume", "Resume an experiment", "Goes on where it stopped.", (changes, slug, cancel) => changes.ResumeExperimentAsync(slug, cancel), "only what is paused can be resumed");
        Change(api, "cancel", "Cancel an experiment", "Ends it with its present run; what was measured is kept.", (changes, slug, cancel) => changes.CancelExperimentAsync(slug, cancel), "it had ended");
        api.MapPost("/experiments/{slug}/rounds", AddRoundsAsync).WithSummary("Add rounds").WithDescription("More rounds after a look at the verdicts: intervals are 97.8% from then on, so that looking again doesn't raise false alarms.")
            .TakesSlug().TakesBody<RoundsBody>().Produces<ChangedExperiment>().ProducesValidationProblem().ProducesProblem(StatusCodes.Status409Conflict);
        api.MapDelete("/experiments/{slug}", DeleteAsync).WithSummary("Delete an experiment").WithDescription("Takes an experiment that is over out of every list, and its runs with it, pinned ones too; their links end. It can be restored. One that recurs is refused.")
            .TakesSlug().Produces(StatusCodes.Status204NoContent).ProducesProblem(StatusCodes.Status409Conflict);
        api.MapPost("/experiments/{slug}/restore", RestoreAsync).WithSummary("Restore a deleted experiment").WithDescription("With the runs that were deleted with it, and no other; those that retention would delete again are pinned.")
            .TakesSlug().Produces<RestoredExperiment>().ProducesProblem(StatusCodes.Status409Conflict);
    }

    private static async Task<IResult> MakeAsync(HttpRequest request, Changes changes, Links links, CancellationToken cancel)
    {
        var json = await JsonBody.ReadAsync(request, cancel);
        if (json.Value is null) return json.Refusal!;
        var (make, runner, errors) = ExperimentBody.Read(json.Value);
        if (make is null) return FieldProblems.Refused(errors);
        var outcome = await changes.CreateExperimentAsync(make, runner, cancel);
        if (outcome.Errors is [{ Field: "runner", Value: "" } none])
        {
            request.HttpContext.Response.Headers.RetryAfter = "5";
            return FieldProblems.Problem(StatusCodes.Status503ServiceUnavailable, "No runner yet", $"Nothing was made: {none.Allowed}.");
        }
        if (outcome.Experiment is not { } experiment) return FieldProblems.Refused(outcome.Errors);
        var made = ExperimentQueue.Read(experiment)!;
        var takes = ExperimentRules.Estimate(made);
        return TypedResults.Created($"{request.PathBase}/api/experiments/{experiment.Slug}", new MadeExperiment(experiment.Slug, links.Experiment(request, experiment.Slug), experiment.State, experiment.Kind, experiment.Question, Schedule.RunsExpected(made), takes is { } time ? ExperimentRules.Text(time) : ExperimentRules.CantTell, takes is { } seconds ? Math.Round(seconds.TotalSeconds) : null));
    }

    private static async Task<IResult> ListAsync(HttpRequest request, ExperimentQueries queries, Links links, CancellationToken cancel) =>
        TypedResults.Ok(new ExperimentList([.. (await queries.Latest(Listed, cancel)).Select(e => new ListedExperiment(e.Slug, links.Experiment(request, e.Slug), e.Kind, e.Question, e.State, e.CreatedAt, e.Ended))]));

    private static async Task<IResult> ClaimsAsync(HttpRequest request, ClaimQueries queries, Links links, CancellationToken cancel) =>
        TypedResults.Ok(new ClaimsAnswer([.. (await queries.All(cancel)).Select(l => new ClaimAnswerLine(l.Claim.Id, l.Claim.IsObjection ? "objection" : "claim", l.Claim.Words, l.Claim.Method, l.Claim.Rule, l.State, l.Slug, l.Slug is { } slug ? links.Experiment(request, slug) : null, l.Runs, l.Verdict))]));

    private static async Task<IResult> OneAsync(string slug, HttpRequest request, ExperimentQueries queries, Links links, CancellationToken cancel) =>
        await ShownAsync(slug, queries, cancel) is { } shown ? TypedResults.Ok(ExperimentAnswer.Of(shown, links.Experiment(request, slug))) : FieldProblems.NoSuch("experiment");

    private static async Task<IResult> CsvAsync(string slug, HttpContext context, ExperimentQueries queries, CancellationToken cancel)
    {
        if (await ShownAsync(slug, queries, cancel) is not { } shown) return FieldProblems.NoSuch("experiment");
        string table = context.Request.Query["table"].ToString();
        if (table.Length > 0 && !ExperimentTables.Names.Contains(table)) return FieldProblems.Refused([new FieldError("table", table, string.Join(", ", ExperimentTables.Names))]);
        return File(context, shown, table.Length > 0 && table != ExperimentTables.Names[0] ? $"{table}.csv" : "csv", "text/csv; charset=utf-8", writer => ExperimentTables.WriteAsync(writer, shown, table));
    }

    private static async Task<IResult> HtmlAsync(string slug, HttpContext context, ExperimentQueries queries, Links links, CancellationToken cancel) =>
        await ShownAsync(slug, queries, cancel) is { } shown
            ? File(context, shown, "html", "text/html; charset=utf-8", async writer => await writer.WriteAsync(await ExperimentFile.RenderAsync(context.RequestServices, shown, links.Experiment(context.Request, slug))))
            : FieldProblems.NoSuch("experiment");

    private static async Task<ExperimentShown?> ShownAsync(string slug, ExperimentQueries queries, CancellationToken cancel) => Slug.IsValid(slug) ? await queries.BySlug(slug, cancel) : null;

    private static Microsoft.AspNetCore.Http.HttpResults.PushStreamHttpResult File(HttpContext context, ExperimentShown shown, string ending, string type, Func<TextWriter, Task> write)
    {
        // Results grow while it runs, and rounds may be added later: ask each time.
        context.Response.Headers.CacheControl = "no-cache, private";
        return TypedResults.Stream(async stream =>
        {
            await using var writer = new StreamWriter(stream, Utf8, 64 * 1024, leaveOpen: true);
            await write(writer);
        }, type, $"wobble-{shown.Definition.Kind.ToString().ToLowerInvariant()}-{shown.Slug}.{ending}");
    }

    private static void Change(RouteGroupBuilder api, string what, string summary, string description, Func<Changes, string, CancellationToken, Task<bool>> change, string whyNot) =>
        api.MapPost($"/experiments/{{slug}}/{what}", async Task<IResult> (string slug, HttpRequest request, Changes changes, ExperimentQueries queries, Links links, CancellationToken cancel) =>
            await ChangedAsync(slug, await change(changes, slug, cancel), whyNot, request, queries, links, cancel))
            .WithSummary(summary).WithDescription(description).TakesSlug().Produces<ChangedExperiment>().ProducesProblem(StatusCodes.Status409Conflict);

    private static async Task<IResult> AddRoundsAsync(string slug, HttpRequest request, Changes changes, ExperimentQueries queries, Links links, CancellationToken cancel)
    {
        var json = await JsonBody.ReadAsync(request, cancel);
        if (json.Value is null) return json.Refusal!;
        var (body, errors) = JsonFields.Bind<RoundsBody>(json.Value);
        if (body is null || errors.Count > 0) return FieldProblems.Refused(errors);
        if (await ShownAsync(slug, queries, cancel) is not { } shown) return FieldProblems.NoSuch("experiment");
        int room = ExperimentDefinition.MostRepetitions - shown.Definition.Repetitions;
        if (body.Rounds < 1 || body.Rounds > room) return FieldProblems.Refused([new FieldError("rounds", $"{body.Rounds}", room < 1 ? $"none: it has {shown.Definition.Repetitions}, and {ExperimentDefinition.MostRepetitions} is the most" : $"1 to {room}: it has {shown.Definition.Repetitions}, and {ExperimentDefinition.MostRepetitions} is the most")]);
        var outcome = await changes.AddRoundsAsync(slug, body.Rounds, cancel);
        if (outcome == RoundsOutcome.RunsGone) return FieldProblems.Problem(StatusCodes.Status409Conflict, "Too late", $"{ExperimentQueue.RunsGone} Nothing was changed.");
        return await ChangedAsync(slug, outcome == RoundsOutcome.Added, "it was cancelled, or has no rounds", request, queries, links, cancel);
    }

    private static async Task<IResult> DeleteAsync(string slug, Changes changes, CancellationToken cancel) =>
        (await changes.DeleteExperimentAsync(slug, cancel)).Refused is { } refused ? Refusal(refused) : TypedResults.NoContent();

    private static async Task<IResult> RestoreAsync(string slug, HttpRequest request, Changes changes, ExperimentQueries queries, Links links, CancellationToken cancel)
    {
        var restored = await changes.RestoreExperimentAsync(slug, cancel);
        if (restored.Missing is { } missing) return Refusal(missing);
        return await ShownAsync(slug, queries, cancel) is { } shown ? TypedResults.Ok(new RestoredExperiment(slug, links.Experiment(request, slug), shown.State, restored.Count)) : FieldProblems.NoSuch("experiment");
    }

    private static Microsoft.AspNetCore.Http.HttpResults.ProblemHttpResult Refusal(DeletionRefusal refused) => refused.Reason switch
    {
        DeletionReason.Unknown => FieldProblems.NoSuch("experiment"),
        DeletionReason.GoesOn => FieldProblems.Problem(StatusCodes.Status409Conflict, "Still going on", $"{refused} Nothing was changed."),
        DeletionReason.Recurs => FieldProblems.Problem(StatusCodes.Status409Conflict, "It recurs", $"{refused} Nothing was changed."),
        _ => FieldProblems.Problem(StatusCodes.Status409Conflict, "Too late", $"{refused} Nothing was changed."),
    };

    private static async Task<IResult> ChangedAsync(string slug, bool changed, string whyNot, HttpRequest request, ExperimentQueries queries, Links links, CancellationToken cancel)
    {
        if (await ShownAsync(slug, queries, cancel) is not { } shown) return FieldProblems.NoSuch("experiment");
        return changed
            ? TypedResults.Ok(new ChangedExperiment(slug, links.Experiment(request, slug), shown.State))
            : FieldProblems.Problem(StatusCodes.Status409Conflict, "Too late", $"The experiment is {shown.State}: {whyNot}. Nothing was changed.");
    }
}
