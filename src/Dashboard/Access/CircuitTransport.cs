namespace Wobble.Dashboard.Access;

/// <summary>
/// A page's circuit comes by WebSocket alone. Refused one, a browser tries Long Polling next, whose requests end at once: no limit of the pages that
/// live would count them (<see cref="RateLimits"/>).
/// </summary>
internal static class CircuitTransport
{
    public static void UseWebSocketsAlone(this WebApplication app)
    {
        // So that IsWebSocketRequest is true for a whole handshake alone: what only looks like one would be taken for Long Polling further on.
        app.UseWebSockets();
        app.Use((context, next) => IsOther(context)
            ? Problems.WriteAsync(context, StatusCodes.Status400BadRequest, "Not a WebSocket", "Pages that live are connected by WebSocket alone. A proxy in between has to let it through; without one the page is readable and doesn't move.")
            : next(context));
    }

    // What begins and ends a circuit beside it (negotiate, initializers, disconnect) lies below the path.
    private static bool IsOther(HttpContext context) =>
        context.Request.Path.StartsWithSegments(SameOrigin.CircuitPath, StringComparison.OrdinalIgnoreCase, out var rest)
        && (!rest.HasValue || rest == "/")
        && !context.WebSockets.IsWebSocketRequest;
}
