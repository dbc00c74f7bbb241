using Wobble.Dashboard.Access;
using Wobble.Results.Edits;
using Wobble.Results.Queries;

namespace Wobble.Dashboard.Api;

internal sealed record RecurrenceList(IReadOnlyList<RecurrenceRow> Recurrences);

/// <summary>What runs again by the clock. A webhook's path and secret can be written and never be read.</summary>
internal static class RecurrenceEndpoints
{
    public static void MapRecurrences(this RouteGroupBuilder api)
    {
        api.MapGet("/recurrences", async (RecurrenceQueries queries, CancellationToken cancel) => TypedResults.Ok(new RecurrenceList(await queries.All(cancel)))).RequireAuthorization(Roles.Read).WithSummary("List recurrences").Produces<RecurrenceList>();
        api.MapPost("/recurrences", CreateAsync).WithSummary("Let a configuration or an experiment recur")
            .WithDescription("configuration (an id) or experiment (a slug), time (02:30), days (mon … sun; none is every day), zone (Europe/Berlin), and for a configuration a webhook (https, or http to loopback) that is told of changes in its trend, and a secret that signs them.")
            .TakesBody<RecurrenceWish>().Produces<RecurrenceRow>(StatusCodes.Status201Created).ProducesValidationProblem();
        api.MapGet("/recurrences/{id:guid}", OneAsync).RequireAuthorization(Roles.Read).WithSummary("A recurrence, with its next time and the changes found").Produces<RecurrenceRow>();
        api.MapPost("/recurrences/{id:guid}/pause", async (Guid id, Changes changes, RecurrenceQueries queries, CancellationToken cancel) =>
        {
            await changes.PauseRecurrenceAsync(id, cancel);
            return await OneAsync(id, queries, cancel);
        }).WithSummary("Pause a recurrence").Produces<RecurrenceRow>();
        api.MapPost("/recurrences/{id:guid}/resume", async (Guid id, Changes changes, RecurrenceQueries queries, CancellationToken cancel) =>
        {
            await changes.ResumeRecurrenceAsync(id, cancel);
            return await OneAsync(id, queries, cancel);
        }).WithSummary("Resume a recurrence").Produces<RecurrenceRow>();
        api.MapDelete("/recurrences/{id:guid}", async (Guid id, Changes changes, CancellationToken cancel) =>
            await changes.DeleteRecurrenceAsync(id, cancel) ? TypedResults.NoContent() : (IResult)FieldProblems.NoSuch("recurrence")).WithSummary("Delete a recurrence").WithDescription("Its runs stay.").Produces(StatusCodes.Status204NoContent);
    }

    private static async Task<IResult> OneAsync(Guid id, RecurrenceQueries queries, CancellationToken cancel) =>
        await queries.One(id, cancel) is { } row ? TypedResults.Ok(row) : FieldProblems.NoSuch("recurrence");

    private static async Task<IResult> CreateAsync(HttpRequest request, Changes changes, RecurrenceQueries queries, CancellationToken cancel)
    {
        var json = await JsonBody.ReadAsync(request, cancel);
        if (json.Value is null) return json.Refusal!;
        var (wish, errors) = JsonFields.Bind<RecurrenceWish>(json.Value);
        if (errors.Count > 0 || wish is null) return FieldProblems.Refused(errors);
        var (id, wrong) = await changes.RecurAsync(wish, cancel);
        if (id is null) return FieldProblems.Refused(wrong);
        return TypedResults.Created($"{request.PathBase}/api/recurrences/{id}", await queries.One(id.Value, cancel));
    }
}
