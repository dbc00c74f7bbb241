using Microsoft.AspNetCore.Diagnostics;
using Microsoft.AspNetCore.Http.HttpResults;
using Wobble.Dashboard.Access;
using Wobble.Results.Storage;

namespace Wobble.Dashboard.Api;

/// <summary>What a request gets that met a fault: a database that is away is 503 and says so; a mistake of ours is 500 with a number that the log has, too.</summary>
internal sealed class Faults(ILogger<Faults> log, DatabaseHealth database) : IExceptionHandler
{
    public async ValueTask<bool> TryHandleAsync(HttpContext httpContext, Exception exception, CancellationToken cancellationToken)
    {
        if (httpContext.RequestAborted.IsCancellationRequested) return true;
        // What is missing is on its way, or was taken away by a newer Wobble.
        bool isNewer = DatabaseFaults.IsNotReady(exception) && await database.StateAsync(cancellationToken) == DatabaseHealth.Newer;
        var (status, title, detail) = Of(exception, httpContext.TraceIdentifier, isNewer);
        if (status == StatusCodes.Status500InternalServerError) log.LogError(exception, "{Method} {Path} met a fault, number {Number}", httpContext.Request.Method, httpContext.Request.Path, httpContext.TraceIdentifier);
        else log.LogWarning("{Method} {Path}: {Title}: {Message}", httpContext.Request.Method, httpContext.Request.Path, title, exception.Message);
        if (status == StatusCodes.Status503ServiceUnavailable && !isNewer) httpContext.Response.Headers.RetryAfter = "5";
        if (!Problems.WantsPage(httpContext.Request))
        {
            await Problems.WriteAsync(httpContext, status, title, detail);
            return true;
        }
        var parameters = new Dictionary<string, object?> { [nameof(FaultPage.Title)] = title, [nameof(FaultPage.Detail)] = detail };
        await new RazorComponentResult<FaultPage>(parameters) { StatusCode = status, PreventStreamingRendering = true }.ExecuteAsync(httpContext);
        return true;
    }

    private static (int Status, string Title, string Detail) Of(Exception exception, string number, bool isNewer) => exception switch
    {
        NotSignedInException => (StatusCodes.Status401Unauthorized, Refusals.Title, Refusals.Detail),
        BadHttpRequestException bad => (bad.StatusCode, bad.StatusCode == StatusCodes.Status413PayloadTooLarge ? "Too large" : "Not readable", bad.Message),
        _ when isNewer => (StatusCodes.Status503ServiceUnavailable, "Database newer", DatabaseFaults.NewerSentence),
        _ when DatabaseFaults.IsNotReady(exception) => (StatusCodes.Status503ServiceUnavailable, "Database not ready", DatabaseFaults.NotReadySentence),
        _ when DatabaseFaults.IsAway(exception) => (StatusCodes.Status503ServiceUnavailable, "Database away", DatabaseFaults.Sentence),
        _ => (StatusCodes.Status500InternalServerError, "A fault of Wobble", $"Nothing was changed that the answer doesn't show. The Dashboard's log has it under {number}."),
    };
}
