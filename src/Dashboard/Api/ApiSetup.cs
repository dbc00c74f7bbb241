using Microsoft.AspNetCore.Http.Json;
using System.Text.Json.Serialization;
using Wobble.Dashboard.Access;
using Wobble.Dashboard.Api.Downloads;
using Wobble.Dashboard.Api.Experiments;
using Wobble.Results;
using Wobble.Results.Queries;

namespace Wobble.Dashboard.Api;

/// <summary>The HTTP API: the same words and the same rules as the pages. See docs/api.md.</summary>
internal static class ApiSetup
{
    public static void AddApi(this WebApplicationBuilder builder)
    {
        var services = builder.Services;
        services.AddSingleton<Links>().AddSingleton<DatabaseHealth>();
        services.AddSingleton<ExportQueries>();
        services.AddExceptionHandler<Faults>();
        services.AddProblemDetails();
        services.Configure<JsonOptions>(json =>
        {
            var options = json.SerializerOptions;
            options.PropertyNamingPolicy = WobbleJson.Options.PropertyNamingPolicy;
            options.DictionaryKeyPolicy = null;
            options.NumberHandling = JsonNumberHandling.Strict;
            options.Encoder = WobbleJson.Options.Encoder;
            foreach (var converter in WobbleJson.Options.Converters) options.Converters.Add(converter);
        });
        services.AddOpenApi("v1", Description.Describe);
    }

    /// <summary>The outermost: whatever fails within gets its answer here.</summary>
    public static void UseFaults(this WebApplication app) => app.UseExceptionHandler();

    public static void MapApi(this WebApplication app)
    {
        var api = app.MapGroup("/api").AddEndpointFilter((context, next) =>
        {
            context.HttpContext.RequestServices.GetRequiredService<Operator>().ActFor(context.HttpContext.User, RateLimits.Client(context.HttpContext));
            return next(context);
        });
        api.MapGroup("").WithTags("Runs").MapRuns();
        api.MapGroup("").WithTags("Downloads").MapDownloads();
        api.MapGroup("").WithTags("Downloads").MapExports();
        api.MapGroup("").WithTags("Configurations").MapConfigurations();
        api.MapGroup("").WithTags("Experiments").MapExperiments();
        api.MapGroup("").WithTags("Recurrences").MapRecurrences();
        api.MapGroup("").WithTags("Comparisons").MapComparisons();
        api.MapGroup("").WithTags("Targets and runners").MapTargets();
        api.MapGroup("").WithTags("Housekeeping").MapHousekeeping();
        app.MapHealth();
        app.MapOpenApi("/openapi/{documentName}.json").AllowAnonymous();
        // Else a mistyped address of the API would get a page.
        app.Map("/api/{**rest}", (HttpRequest request) => FieldProblems.Problem(StatusCodes.Status404NotFound, "Nothing here", $"{request.Method} {request.Path} is nothing the API knows; /openapi/v1.json lists what there is.")).ExcludeFromDescription();
    }
}
