using System.Net;
using Wobble.Dashboard.Access;

namespace Wobble.Dashboard.Api;

/// <summary>Addresses of pages, as they are copied and answered: below PublicUrl, else below what was asked for.</summary>
internal sealed class Links(AccessSettings settings)
{
    /// <summary>True while only this machine can open a link: Wobble listens on loopback and no PublicUrl says otherwise.</summary>
    public bool IsThisMachineOnly => settings.PublicUrl is null && settings.ListensOn.Count > 0 && settings.ListensOn.All(IsLoopback);

    public string Run(HttpRequest request, string slug) => $"{Base(request)}/r/{slug}";

    public string Comparison(HttpRequest request, string slug) => $"{Base(request)}/c/{slug}";

    public string Experiment(HttpRequest request, string slug) => $"{Base(request)}/x/{slug}";

    /// <summary>A page's address from within a circuit, where <paramref name="baseUri"/> is what its browser asked for.</summary>
    public string Page(string baseUri, string path) => $"{(settings.PublicUrl?.AbsoluteUri ?? baseUri).TrimEnd('/')}/{path.TrimStart('/')}";

    private string Base(HttpRequest request) => settings.PublicUrl?.AbsoluteUri.TrimEnd('/') ?? $"{request.Scheme}://{request.Host}{request.PathBase}";

    private static bool IsLoopback(string host) =>
        string.Equals(host, "localhost", StringComparison.OrdinalIgnoreCase) || (IPAddress.TryParse(host.Trim('[', ']'), out var address) && IPAddress.IsLoopback(address));
}
