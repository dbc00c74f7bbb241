using Microsoft.Playwright;

namespace Wobble.EndToEnd.Tests;

/// <summary>A page with all that it complained of: what its policy refused, errors of its scripts, files that did not come.</summary>
internal sealed class Watched
{
    private readonly List<string> complaints = [];

    private Watched(IPage page) => Page = page;

    public IPage Page { get; }

    public IReadOnlyList<string> Complaints
    {
        get
        {
            lock (complaints) return [.. complaints];
        }
    }

    public static async Task<Watched> OpenAsync(IBrowserContext context)
    {
        var watched = new Watched(await context.NewPageAsync());
        var page = watched.Page;
        // The document tells of every refusal of its Content-Security-Policy; one that stops at the console could be missed.
        await page.ExposeFunctionAsync("tellOfRefusal", (string what) => watched.Add("policy: " + what));
        await page.AddInitScriptAsync("document.addEventListener('securitypolicyviolation', e => tellOfRefusal(e.violatedDirective + ' ' + e.blockedURI + ' ' + e.sourceFile))");
        page.Console += (_, message) =>
        {
            // What did not come is told below; that a page itself is answered 404 or 401 is meant.
            if (message.Type == "error" && !message.Text.StartsWith("Failed to load resource", StringComparison.Ordinal)) watched.Add("console: " + message.Text);
        };
        page.PageError += (_, error) => watched.Add("script: " + error);
        page.Response += (_, response) =>
        {
            if (response.Status >= 400 && response.Request.ResourceType != "document") watched.Add($"{response.Status} {response.Url}");
        };
        return watched;
    }

    private void Add(string what)
    {
        lock (complaints) complaints.Add(what);
    }
}
