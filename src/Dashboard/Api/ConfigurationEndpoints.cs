using Wobble.Dashboard.Access;
using Wobble.Results.Domain;
using Wobble.Results.Edits;
using Wobble.Results.Jobs;
using Wobble.Results.Queries;

namespace Wobble.Dashboard.Api;

/// <summary>A configuration to be kept.</summary>
internal sealed record ConfigurationBody
{
    public required string Name { get; init; }
    public required Definition Definition { get; init; }
    /// <summary>The version that was edited; needed for PUT.</summary>
    public int? Version { get; init; }
}

internal sealed record ConfigurationList(IReadOnlyList<ConfigurationAnswer> Configurations);

internal sealed record ConfigurationAnswer(Guid Id, string Name, int Version, Definition Definition, int Runs, DateTimeOffset EditedAt, DateTimeOffset? ArchivedAt);

/// <summary>Named definitions: the words of the Configurations page.</summary>
internal static class ConfigurationEndpoints
{
    public static void MapConfigurations(this RouteGroupBuilder api)
    {
        api.MapGet("/configurations", ListAsync).RequireAuthorization(Roles.Read).WithSummary("List configurations").TakesQuery([("archived", "true: the archived ones")]).Produces<ConfigurationList>();
        api.MapPost("/configurations", CreateAsync).WithSummary("Create a configuration").TakesBody<ConfigurationBody>().Produces<ConfigurationAnswer>(StatusCodes.Status201Created).ProducesValidationProblem();
        api.MapGet("/configurations/{id:guid}", OneAsync).RequireAuthorization(Roles.Read).WithSummary("A configuration").Produces<ConfigurationAnswer>();
        api.MapPut("/configurations/{id:guid}", ChangeAsync).WithSummary("Save a configuration").WithDescription("A changed definition is a new version; runs keep theirs. version is the one that was edited: 409 when somebody saved another meanwhile.")
            .TakesBody<ConfigurationBody>().Produces<ConfigurationAnswer>().ProducesValidationProblem().ProducesProblem(StatusCodes.Status409Conflict);
        api.MapPost("/configurations/{id:guid}/duplicate", DuplicateAsync).WithSummary("Duplicate a configuration").Produces<ConfigurationAnswer>(StatusCodes.Status201Created);
        api.MapPost("/configurations/{id:guid}/archive", ArchiveAsync).WithSummary("Archive a configuration").WithDescription("Takes it out of the lists. Its runs stay, and it can be restored.").Produces<ConfigurationAnswer>();
        api.MapPost("/configurations/{id:guid}/restore", RestoreAsync).WithSummary("Restore an archived configuration").Produces<ConfigurationAnswer>().ProducesValidationProblem();
        api.MapPost("/configurations/{id:guid}/runs", RunAsync).WithSummary("Run a configuration").Produces<QueuedRuns>(StatusCodes.Status201Created).ProducesValidationProblem();
    }

    private static async Task<IResult> ListAsync(HttpRequest request, ConfigurationQueries queries, CancellationToken cancel)
    {
        string archived = request.Query["archived"].ToString();
        if (archived is not ("" or "true" or "false")) return FieldProblems.Refused([new FieldError("archived", archived, "true or false")]);
        return TypedResults.Ok(new ConfigurationList([.. (await queries.All(archived == "true", cancel)).Select(Answer)]));
    }

    private static async Task<IResult> OneAsync(Guid id, ConfigurationQueries queries, CancellationToken cancel) =>
        await queries.One(id, cancel) is { } row ? TypedResults.Ok(Answer(row)) : FieldProblems.NoSuch("configuration");

    private static async Task<IResult> CreateAsync(HttpRequest request, Changes changes, ConfigurationQueries queries, RunnerQueries runners, CancellationToken cancel)
    {
        var (body, refusal) = await ReadAsync(request, runners, cancel);
        if (body is null) return refusal!;
        return await AnswerAsync(await changes.CreateConfigurationAsync(body.Name, body.Definition, cancel), request, queries, isNew: true, cancel);
    }

    private static async Task<IResult> ChangeAsync(Guid id, HttpRequest request, Changes changes, ConfigurationQueries queries, RunnerQueries runners, CancellationToken cancel)
    {
        var (body, refusal) = await ReadAsync(request, runners, cancel);
        if (body is null) return refusal!;
        if (body.Version is not { } version) return FieldProblems.Refused([new FieldError("version", "", "the version that was edited, a whole number")]);
        return await AnswerAsync(await changes.ChangeConfigurationAsync(id, version, body.Name, body.Definition, cancel), request, queries, isNew: false, cancel);
    }

    private static async Task<IResult> DuplicateAsync(Guid id, HttpRequest request, Changes changes, ConfigurationQueries queries, CancellationToken cancel) =>
        await AnswerAsync(await changes.DuplicateConfigurationAsync(id, cancel), request, queries, isNew: true, cancel);

    private static async Task<IResult> ArchiveAsync(Guid id, Changes changes, ConfigurationQueries queries, CancellationToken cancel)
    {
        await changes.ArchiveConfigurationAsync(id, cancel);
        return await OneAsync(id, queries, cancel);
    }

    private static async Task<IResult> RestoreAsync(Guid id, HttpRequest request, Changes changes, ConfigurationQueries queries, CancellationToken cancel) =>
        await AnswerAsync(await changes.RestoreConfigurationAsync(id, cancel), request, queries, isNew: false, cancel);

    private static async Task<IResult> RunAsync(Guid id, HttpRequest request, Changes changes, ConfigurationQueries queries, Links links, CancellationToken cancel) =>
        await queries.One(id, cancel) is { } row
            ? RunEndpoints.Queued(await changes.QueueAsync(new RunRequest { Definition = row.Definition, ConfigurationId = id }, cancel), request, links)
            : FieldProblems.NoSuch("configuration");

    // A configuration may wait for its target to be installed, and for a Runner that has it, but not be nonsense.
    private static async Task<(ConfigurationBody? Body, IResult? Refusal)> ReadAsync(HttpRequest request, RunnerQueries runners, CancellationToken cancel)
    {
        var json = await JsonBody.ReadAsync(request, cancel);
        if (json.Value is null) return (null, json.Refusal);
        var errors = new List<FieldError>();
        Definition? definition = null;
        if (json.Value["definition"] is System.Text.Json.Nodes.JsonObject inner)
        {
            (definition, var wrong) = JsonFields.Bind<Definition>(inner);
            errors.AddRange(wrong.Select(e => e with { Field = $"definition.{e.Field}" }));
            // What remains of the body is bound without it, so that its own errors are named as they are.
            json.Value["definition"] = new System.Text.Json.Nodes.JsonObject { ["target"] = "" };
        }
        var (body, own) = JsonFields.Bind<ConfigurationBody>(json.Value);
        errors.AddRange(own);
        if (errors.Count == 0 && definition is not null)
            errors.AddRange(DefinitionRules.CheckAny(definition, (await runners.All(cancel)).Select(r => r.Catalogue), mayWait: true).Select(e => e with { Field = $"definition.{e.Field}" }));
        return errors.Count > 0 || body is null || definition is null ? (null, FieldProblems.Refused(errors)) : (body with { Definition = definition }, null);
    }

    private static async Task<IResult> AnswerAsync(Edit<SavedConfiguration> edit, HttpRequest request, ConfigurationQueries queries, bool isNew, CancellationToken cancel)
    {
        if (edit.Error is { } error) return RunEndpoints.Refusal(error);
        if (await queries.One(edit.Value!.Id, cancel) is not { } row) return FieldProblems.NoSuch("configuration");
        return isNew ? TypedResults.Created($"{request.PathBase}/api/configurations/{row.Id}", Answer(row)) : TypedResults.Ok(Answer(row));
    }

    private static ConfigurationAnswer Answer(ConfigurationRow row) => new(row.Id, row.Name, row.Version, row.Definition, row.Runs, row.EditedAt, row.ArchivedAt);
}
