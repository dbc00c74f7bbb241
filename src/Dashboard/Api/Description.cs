using System.Text.Json.Nodes;
using Microsoft.AspNetCore.OpenApi;
using Microsoft.OpenApi;
using Wobble.Results.Domain;
using Wobble.Results.Storage;

namespace Wobble.Dashboard.Api;

/// <summary>What /openapi/v1.json says beside what endpoints say of themselves. Bodies are read by hand (see <see cref="JsonBody"/>), so their schemas are added here.</summary>
internal static class Description
{
    private const string Bearer = "Bearer";
    private const string Cookie = "Cookie";
    private const string Example = """{"target":"uwsgi-http/bottle","workers":8,"connections":100,"keep_alive":false,"warmup":"2s","for":"10s","workload":"row","proxy":"nginx","pooler":"session:20","options":{},"repetitions":1}""";

    public static void Describe(OpenApiOptions options)
    {
        options.AddDocumentTransformer((document, _, _) =>
        {
            document.Info = new OpenApiInfo { Title = "Wobble", Version = "v1", Description = "Runs web stacks under load and keeps their latency. Errors are problem details (RFC 9457); errors of fields are in `errors`, by the field's name. Reading a run by its slug needs no sign-in; nearly everything else does." };
            document.Servers = [];
            document.Components ??= new OpenApiComponents();
            document.Components.SecuritySchemes = new Dictionary<string, IOpenApiSecurityScheme>
            {
                [Bearer] = new OpenApiSecurityScheme { Type = SecuritySchemeType.Http, Scheme = "bearer", Description = "WOBBLE_TOKEN, or what is kept in the file token of the data folder." },
                [Cookie] = new OpenApiSecurityScheme { Type = SecuritySchemeType.ApiKey, In = ParameterLocation.Cookie, Name = "wobble-…", Description = "The session of a signed-in browser." },
            };
            return Task.CompletedTask;
        });
        options.AddOperationTransformer((operation, context, _) =>
        {
            operation.Responses ??= [];
            if (context.Description.ActionDescriptor.EndpointMetadata.OfType<Microsoft.AspNetCore.Authorization.IAllowAnonymous>().Any()) return Task.CompletedTask;
            operation.Responses.TryAdd("401", new OpenApiResponse { Description = "Not signed in. Nothing of the body was read." });
            operation.Security = [
                new OpenApiSecurityRequirement { [new OpenApiSecuritySchemeReference(Bearer, context.Document)] = [] },
                new OpenApiSecurityRequirement { [new OpenApiSecuritySchemeReference(Cookie, context.Document)] = [] }];
            return Task.CompletedTask;
        });
        // Durations are texts, whatever their type here.
        options.AddSchemaTransformer((schema, context, _) =>
        {
            if ((Nullable.GetUnderlyingType(context.JsonTypeInfo.Type) ?? context.JsonTypeInfo.Type) != typeof(TimeSpan)) return Task.CompletedTask;
            schema.Type = JsonSchemaType.String | (schema.Type & JsonSchemaType.Null);
            schema.Pattern = null;
            schema.Description = Duration.Allowed;
            return Task.CompletedTask;
        });
    }

    /// <summary>The path's slug.</summary>
    public static RouteHandlerBuilder TakesSlug(this RouteHandlerBuilder endpoint) => endpoint.ProducesProblem(StatusCodes.Status404NotFound).AddOpenApiOperationTransformer((operation, _, _) =>
    {
        foreach (var parameter in (operation.Parameters ?? []).OfType<OpenApiParameter>().Where(p => p.Name == "slug"))
        {
            parameter.Description = RunEndpoints.SlugHelp;
            parameter.Schema = new OpenApiSchema { Type = JsonSchemaType.String, MinLength = Slug.Length, MaxLength = Slug.Length };
        }
        return Task.CompletedTask;
    });

    /// <summary>Names of the query that are read by hand.</summary>
    public static RouteHandlerBuilder TakesQuery(this RouteHandlerBuilder endpoint, IEnumerable<(string Name, string Allowed)> names) => endpoint.AddOpenApiOperationTransformer((operation, _, _) =>
    {
        operation.Parameters ??= [];
        foreach (var (name, allowed) in names)
            operation.Parameters.Add(new OpenApiParameter { Name = name, In = ParameterLocation.Query, Description = allowed, Schema = new OpenApiSchema { Type = JsonSchemaType.String } });
        return Task.CompletedTask;
    });

    /// <summary>A JSON body of that record.</summary>
    public static RouteHandlerBuilder TakesBody<T>(this RouteHandlerBuilder endpoint) => endpoint.AddOpenApiOperationTransformer(async (operation, context, cancel) =>
        operation.RequestBody = Body(await context.GetOrCreateSchemaAsync(typeof(T), null, cancel), null));

    /// <summary>The body of a run: a definition, and what may stand beside it.</summary>
    public static RouteHandlerBuilder TakesRunBody(this RouteHandlerBuilder endpoint) => endpoint.AddOpenApiOperationTransformer(async (operation, context, cancel) =>
    {
        var definition = await context.GetOrCreateSchemaAsync(typeof(Definition), null, cancel);
        var extras = await context.GetOrCreateSchemaAsync(typeof(RunExtras), null, cancel);
        operation.RequestBody = Body(new OpenApiSchema { AllOf = [definition, extras] }, JsonNode.Parse(Example));
    });

    /// <summary>The body of an experiment: what it is, and a definition's fields that its configurations share.</summary>
    public static RouteHandlerBuilder TakesExperimentBody(this RouteHandlerBuilder endpoint) => endpoint.AddOpenApiOperationTransformer(async (operation, context, cancel) =>
    {
        var definition = await context.GetOrCreateSchemaAsync(typeof(Definition), null, cancel);
        // Its target stands in targets or rows.
        definition.Required?.Remove("target");
        var extras = await context.GetOrCreateSchemaAsync(typeof(Experiments.ExperimentExtras), null, cancel);
        extras.Properties ??= new Dictionary<string, IOpenApiSchema>();
        extras.Properties["rows"] = new OpenApiSchema { Type = JsonSchemaType.Array, Description = "Configurations in place of targets: name, target and what else differs.", Items = new OpenApiSchema { Type = JsonSchemaType.Object } };
        operation.RequestBody = Body(new OpenApiSchema { AllOf = [definition, extras] }, JsonNode.Parse("""{"kind":"compare","targets":["uwsgi-http/bottle","uvicorn/starlette"],"repetitions":5,"for":"10s","pooler":"transaction:20"}"""));
    });

    /// <summary>A body of bytes.</summary>
    public static RouteHandlerBuilder TakesFile(this RouteHandlerBuilder endpoint, string type) => endpoint.AddOpenApiOperationTransformer((operation, _, _) =>
    {
        operation.RequestBody = new OpenApiRequestBody { Required = true, Content = new Dictionary<string, OpenApiMediaType> { [type] = new() { Schema = new OpenApiSchema { Type = JsonSchemaType.String, Format = "binary" } } } };
        return Task.CompletedTask;
    });

    private static OpenApiRequestBody Body(IOpenApiSchema schema, JsonNode? example) => new()
    {
        Required = true,
        Content = new Dictionary<string, OpenApiMediaType> { ["application/json"] = new() { Schema = schema, Example = example } },
    };
}
