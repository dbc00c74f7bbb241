using System.Runtime.CompilerServices;
using System.Text.Json.Nodes;
using Wobble.Dashboard.Access;
using Wobble.Results.Domain;
using Wobble.Results.Jobs;
using Wobble.Results.Queries;

namespace Wobble.Dashboard.Api;

/// <summary>Runs: asking for them, reading them, changing what people may change.</summary>
internal static class RunEndpoints
{
    public const string SlugHelp = "The run's slug, 22 characters: what its permalink ends in.";

    public static void MapRuns(this RouteGroupBuilder api)
    {
        api.MapPost("/runs", QueueAsync).WithSummary("Queue a run")
            .WithDescription("Queues a run; with repetitions makes an experiment of as many. Fields left out have the target's defaults. Durations are texts: 500ms, 10s, 2m.")
            .TakesRunBody().Produces<QueuedRuns>(StatusCodes.Status201Created).ProducesValidationProblem();
        api.MapGet("/runs", ListAsync).RequireAuthorization(Roles.Read).WithSummary("List runs").WithDescription("Runs by filter, a page at a time.").TakesQuery(RunsQuery.Names).Produces<RunList>().ProducesValidationProblem();
        api.MapGet("/runs/{slug}", OneAsync).AllowAnonymous().WithSummary("A run").WithDescription("State, figures, verdict, environment and plan of a run.").TakesSlug().Produces<RunAnswer>();
        api.MapGet("/runs/{slug}/samples", SamplesAsync).AllowAnonymous().IsLong().WithSummary("Seconds of a run").WithDescription("What each second saw, so far while the run goes on.")
            .TakesSlug().TakesQuery(SamplesQuery).Produces<SampleList>();
        api.MapPost("/runs/{slug}/cancel", CancelAsync).WithSummary("Cancel a run").WithDescription("At once while it is queued (200); else its Runner is told, and it ends within seconds (202).")
            .TakesSlug().Produces<ChangedRun>().Produces<ChangedRun>(StatusCodes.Status202Accepted).ProducesProblem(StatusCodes.Status409Conflict);
        api.MapPatch("/runs/{slug}", EditAsync).WithSummary("Note and tag a run").WithDescription("Sets what the body has: notes (a text; null takes them away), tags (a list of texts), pinned (true: retention leaves it alone).")
            .TakesSlug().TakesBody<RunPatch>().Produces<RunAnswer>().ProducesValidationProblem();
        api.MapDelete("/runs/{slug}", DeleteAsync).WithSummary("Delete a run").WithDescription("Takes a run that has ended out of every list; its link ends. It can be restored.")
            .TakesSlug().Produces(StatusCodes.Status204NoContent).ProducesProblem(StatusCodes.Status409Conflict);
        api.MapPost("/runs/{slug}/restore", RestoreAsync).WithSummary("Restore a deleted run").WithDescription("One that retention would delete again is pinned. Runs that were deleted with their experiment come back with it alone; those that were deleted before it, after it.")
            .TakesSlug().Produces<RestoredRun>().ProducesProblem(StatusCodes.Status409Conflict);
    }

    private static readonly IReadOnlyList<(string, string)> SamplesQuery =
    [
        ("warmup", "true: with the seconds of the warm-up, whose stage is 0"),
        ("after", "a whole number: only measured seconds above it, so that a client reads on where it stopped"),
    ];

    private static async Task<IResult> QueueAsync(HttpRequest request, Changes changes, Links links, CancellationToken cancel)
    {
        var body = await JsonBody.ReadAsync(request, cancel);
        if (body.Value is null) return body.Refusal!;
        var (definition, extras, errors) = RunBody.Read(body.Value);
        if (definition is null) return FieldProblems.Refused(errors);
        var wanted = new RunRequest { Definition = definition, Runner = extras.Runner, Tags = extras.Tags, Notes = extras.Notes };
        if (errors.Count > 0) return FieldProblems.Refused([.. errors, .. await RulesOf(wanted, errors, request, cancel)]);
        return Queued(await changes.QueueAsync(wanted, cancel), request, links);
    }

    // The rules say more about the fields that could be read; nothing is queued, as some couldn't.
    private static async Task<IEnumerable<FieldError>> RulesOf(RunRequest wanted, IReadOnlyList<FieldError> errors, HttpRequest request, CancellationToken cancel)
    {
        var runners = await request.HttpContext.RequestServices.GetRequiredService<RunnerQueries>().All(cancel);
        var unread = errors.Select(e => e.Field.Split('.')[0]).ToHashSet();
        return DefinitionRules.CheckAny(wanted.Definition, runners.Where(r => wanted.Runner is not { } name || r.Name == name).Select(r => r.Catalogue)).Where(e => !unread.Contains(e.Field.Split('.')[0]));
    }

    /// <summary>201 with the queued runs, 400 with what is wrong, or 503 while no Runner is known.</summary>
    public static IResult Queued(QueueOutcome outcome, HttpRequest request, Links links)
    {
        if (outcome.Errors is [{ Field: "runner", Value: "" } none])
        {
            request.HttpContext.Response.Headers.RetryAfter = "5";
            return FieldProblems.Problem(StatusCodes.Status503ServiceUnavailable, "No runner yet", $"Nothing was queued: {none.Allowed}.");
        }
        if (outcome.Errors.Count > 0) return FieldProblems.Refused(outcome.Errors);
        var runs = outcome.Runs.Select(r => new QueuedRun(r.Slug, links.Run(request, r.Slug), r.State)).ToList();
        return outcome.Experiment is { } experiment
            ? TypedResults.Created($"{request.PathBase}/api/experiments/{experiment.Slug}", new QueuedRuns(experiment.Slug, links.Experiment(request, experiment.Slug), experiment.State, experiment.Slug, runs))
            : TypedResults.Created($"{request.PathBase}/api/runs/{runs[0].Slug}", new QueuedRuns(runs[0].Slug, runs[0].Url, runs[0].State.Word(), null, runs));
    }

    private static async Task<IResult> ListAsync(HttpRequest request, RunsQueries queries, ExportQueries runs, Links links, CancellationToken cancel)
    {
        var (filter, errors) = RunsQuery.Read(request.Query);
        if (errors.Count > 0) return FieldProblems.Refused(errors);
        // Else a client that reads on from a run that is gone for good would begin anew, and never end.
        foreach (var (name, edge) in new[] { ("after", filter.After), ("before", filter.Before) })
            if (edge is not null && await runs.Key(edge, cancel) is null) return FieldProblems.Refused([new FieldError(name, edge, "slug of a run that is there")]);
        var page = await queries.Page(filter, cancel);
        var total = await queries.Count(filter, cancel);
        return TypedResults.Ok(new RunList(
            [.. page.Rows.Select(r => RunSummary.Of(r, links.Run(request, r.Slug)))], total.Value, total.IsMore,
            page.HasNext ? page.Rows[^1].Slug : null, page.HasPrevious && page.Rows.Count > 0 ? page.Rows[0].Slug : null));
    }

    private static async Task<IResult> OneAsync(string slug, HttpRequest request, ExportQueries queries, Links links, CancellationToken cancel)
    {
        if (await queries.Run(slug, cancel) is not { } run) return FieldProblems.NoSuch("run");
        // A run's link tells of the run alone, not what it was made of: whose slug its experiment has would open all of that.
        bool isSignedIn = request.HttpContext.User.Identity?.IsAuthenticated == true;
        return TypedResults.Ok(RunAnswer.Of(run, links.Run(request, slug), isSignedIn, isSignedIn ? await queries.ExperimentOf(run, cancel) : null));
    }

    private static async Task<IResult> SamplesAsync(string slug, HttpRequest request, ExportQueries queries, CancellationToken cancel)
    {
        if (await queries.Run(slug, cancel) is not { } run) return FieldProblems.NoSuch("run");
        string warmup = request.Query["warmup"].ToString(), after = request.Query["after"].ToString();
        int number = -1;
        var errors = new List<FieldError>();
        if (warmup is not ("" or "true" or "false")) errors.Add(new FieldError("warmup", warmup, "true or false"));
        if (after.Length > 0 && !int.TryParse(after, System.Globalization.NumberStyles.AllowLeadingSign, System.Globalization.CultureInfo.InvariantCulture, out number)) errors.Add(new FieldError("after", after, "a whole number"));
        return errors.Count > 0 ? FieldProblems.Refused(errors) : TypedResults.Ok(new SampleList(Answers(queries.Seconds(run.Id, warmup == "true", after.Length > 0 ? number : null, cancel), cancel)));
    }

    private static async IAsyncEnumerable<SampleAnswer> Answers(IAsyncEnumerable<Results.Storage.Second> seconds, [EnumeratorCancellation] CancellationToken cancel)
    {
        await foreach (var second in seconds.WithCancellation(cancel)) yield return SampleAnswer.Of(second);
    }

    private static async Task<IResult> CancelAsync(string slug, HttpRequest request, Changes changes, ExportQueries queries, Links links, CancellationToken cancel)
    {
        var outcome = await changes.CancelAsync(slug, cancel);
        if (outcome == CancelOutcome.Unknown || await queries.Run(slug, cancel) is not { } run) return FieldProblems.NoSuch("run");
        var answer = new ChangedRun(slug, links.Run(request, slug), run.State);
        return outcome switch
        {
            CancelOutcome.Cancelled => TypedResults.Ok(answer),
            CancelOutcome.Asked => TypedResults.Accepted($"{request.PathBase}/api/runs/{slug}", answer),
            _ => FieldProblems.Problem(StatusCodes.Status409Conflict, "Too late", $"The run had ended: it is {run.State.Word()}. Nothing was changed."),
        };
    }

    private static async Task<IResult> EditAsync(string slug, HttpRequest request, Changes changes, ExportQueries queries, Links links, CancellationToken cancel)
    {
        var body = await JsonBody.ReadAsync(request, cancel);
        if (body.Value is null) return body.Refusal!;
        var (patch, errors) = JsonFields.Bind<RunPatch>(body.Value);
        if (errors.Count > 0) return FieldProblems.Refused(errors);
        if (body.Value.Count == 0) return FieldProblems.Refused([new FieldError("body", "{}", "notes, tags or pinned")]);
        if (await queries.Run(slug, cancel) is not { } run) return FieldProblems.NoSuch("run");
        // Checked before anything is changed: either all of the body counts or nothing.
        if (RunPatch.Check(patch!) is { Count: > 0 } wrong) return FieldProblems.Refused(wrong);
        if (body.Value.ContainsKey("notes") && (await changes.SetNotesAsync(run.Id, patch!.Notes ?? "", cancel)).Error is { } notes) return Refusal(notes);
        if (patch!.Tags is { } tags && (await changes.SetTagsAsync(run.Id, tags, cancel)).Error is { } tag) return Refusal(tag);
        if (patch.Pinned is { } pinned && !await changes.SetPinnedAsync(run.Id, pinned, cancel)) return FieldProblems.NoSuch("run");
        return await OneAsync(slug, request, queries, links, cancel);
    }

    private static async Task<IResult> DeleteAsync(string slug, Changes changes, ExportQueries queries, CancellationToken cancel)
    {
        if (await queries.Run(slug, cancel) is not { } run) return FieldProblems.NoSuch("run");
        return await changes.DeleteRunsAsync([run.Id], cancel) == 1
            ? TypedResults.NoContent()
            : FieldProblems.Problem(StatusCodes.Status409Conflict, "Still going on", $"The run is {run.State.Word()}: cancel it first. Nothing was changed.");
    }

    private static async Task<IResult> RestoreAsync(string slug, HttpRequest request, Changes changes, ExportQueries queries, Links links, CancellationToken cancel)
    {
        if (await queries.Key(slug, cancel) is not { } key) return FieldProblems.NoSuch("run");
        var restored = await changes.RestoreRunsAsync([key], cancel);
        if (restored.Refused is { Experiment: { } experiment } refused) return FieldProblems.Problem(StatusCodes.Status409Conflict, "Its experiment was deleted", $"{refused} POST /api/experiments/{experiment}/restore brings the experiment back. Nothing was changed.");
        return await queries.Run(slug, cancel) is { } run ? TypedResults.Ok(new RestoredRun(slug, links.Run(request, slug), run.State, run.Pinned)) : FieldProblems.NoSuch("run");
    }

    /// <summary>An edit that was refused: 404 when what it is about isn't there, 409 when somebody else was first, else 400.</summary>
    public static IResult Refusal(FieldError error) => error.Field switch
    {
        "run" or "id" => FieldProblems.NoSuch(error.Field == "run" ? "run" : "configuration"),
        "version" => FieldProblems.Problem(StatusCodes.Status409Conflict, "Changed meanwhile", error.ToString()),
        _ => FieldProblems.Refused([error]),
    };
}
