namespace Wobble.Dashboard.Access;

/// <summary>
/// Refuses what another site, or another port of this machine, makes a browser send: changes, and the connection of a page's circuit. Cookies alone
/// don't tell: SameSite ignores ports. A browser always says where such a request comes from (Sec-Fetch-Site, but over plain http to another machine
/// Origin alone); who says neither is no browser and brings no cookie of its own accord. A request with the API's token needs no such proof.
/// </summary>
internal sealed class SameOrigin(AccessSettings settings)
{
    /// <summary>Path of the circuits' connections.</summary>
    public const string CircuitPath = "/_blazor";

    public bool Allows(HttpRequest request)
    {
        if (!IsChange(request) || BearerHandler.IsGiven(request)) return true;
        string origin = request.Headers.Origin.ToString();
        if (IsPublic(origin)) return true;
        return request.Headers["Sec-Fetch-Site"].ToString() switch
        {
            // Asked first: behind a proxy that asks us by another name, our own Origin isn't the host that was asked.
            "same-origin" or "none" => true,
            "" => origin.Length == 0 || IsOwn(origin, request.Host),
            _ => false,
        };
    }

    private static bool IsChange(HttpRequest request) =>
        !(HttpMethods.IsGet(request.Method) || HttpMethods.IsHead(request.Method) || HttpMethods.IsOptions(request.Method))
        || request.Headers.Upgrade.Count > 0
        || request.Path.StartsWithSegments(CircuitPath, StringComparison.OrdinalIgnoreCase);

    // The scheme isn't compared: behind a proxy that ends TLS it is http here and https there.
    private static bool IsOwn(string origin, HostString host) =>
        Uri.TryCreate(origin, UriKind.Absolute, out var url) && string.Equals(url.Authority, host.Value, StringComparison.OrdinalIgnoreCase);

    private bool IsPublic(string origin) =>
        settings.PublicUrl is { } url && string.Equals(origin, url.GetLeftPart(UriPartial.Authority), StringComparison.OrdinalIgnoreCase);
}
