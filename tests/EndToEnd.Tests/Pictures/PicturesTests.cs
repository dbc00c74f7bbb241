using System.Globalization;
using System.Net.Http.Json;
using System.Text.Json;
using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace Wobble.EndToEnd.Tests.Pictures;

/// <summary>
/// Not tests but pictures, taken by docs/shots: every page at three widths in both themes with real runs (to look at), and those of the guide and the
/// README. Explicit, so that `./test` passes over them.
/// </summary>
public sealed class PicturesTests(Product product)
{
    private static readonly int[] Widths = [390, 1024, 1600];
    private static readonly string Folder = Environment.GetEnvironmentVariable("WOBBLE_SHOTS") ?? Path.Combine(Product.Root, "out", "shots");
    private static readonly string Images = Path.Combine(Product.Root, "docs", "images");
    private static readonly string[] Only = (Environment.GetEnvironmentVariable("WOBBLE_ONLY") ?? "").Split(',', StringSplitOptions.RemoveEmptyEntries);

    private static readonly string[] Pages = ["", "new", "configurations", "runs", "experiments", "claims", "compare", "targets", "runners", "housekeeping", "audit"];

    private Gallery Gallery => new(product);

    [Fact(Explicit = true)]
    public async Task Every_page()
    {
        // Empty pages first: they are empty only before the first run.
        var runs = await product.Api.GetFromJsonAsync<JsonElement>("/api/runs?size=1");
        if (runs.GetProperty("runs").GetArrayLength() == 0) await EmptyAsync();
        await FilledAsync();
    }

    /// <summary>What WOBBLE_PAGES names, as <c>name=/path</c>: of a Wobble that is up.</summary>
    [Fact(Explicit = true)]
    public async Task Pages_asked_for()
    {
        foreach (string asked in (Environment.GetEnvironmentVariable("WOBBLE_PAGES") ?? "").Split(' ', StringSplitOptions.RemoveEmptyEntries))
        {
            var (name, path) = (asked[..asked.IndexOf('=', StringComparison.Ordinal)], asked[(asked.IndexOf('=', StringComparison.Ordinal) + 1)..]);
            await ShootAsync(name, path);
        }
    }

    private async Task EmptyAsync()
    {
        foreach (string page in Pages) await ShootAsync($"empty-{(page.Length == 0 ? "home" : page)}", "/" + page);
        await ShootAsync("no-such-run", "/r/AAAAAAAAAAAAAAAAAAAAAA");
        await ShootAsync("nowhere", "/nowhere");
        await ShootAsync("signed-out", "/", signedIn: false);
        await ShootAsync("sign-in", "/sign-in", signedIn: false);
    }

    private async Task FilledAsync()
    {
        var gallery = Gallery;
        await gallery.FillAsync();
        var runs = gallery.Slugs;
        foreach (var (name, slug) in runs) await ShootAsync($"run-{name}", $"/r/{slug}");
        await ShootAsync("run-signed-out", $"/r/{runs["sound"]}", signedIn: false);
        await ShootAsync("compare", $"/compare?r={runs["sound"]}&r={runs["async"]}");
        await ShootAsync("runs-chosen", $"/runs?r={runs["sound"]}&r={runs["async"]}");
        await ShootAsync("runs-none", "/runs?class=async&tag=overload&days=30");
        await ShootAsync("runs-wrong", "/runs?class=fast&days=-3");
        await ShootAsync("new-again", $"/new?again={runs["open"]}");
        foreach (string page in Pages) await ShootAsync(page.Length == 0 ? "home" : page, "/" + page);
        string live = await gallery.MeasuringAsync(12);
        await ShootAsync("run-live", $"/r/{live}");
        await ShootAsync("home-live", "/");
        await product.CancelAsync(live);
    }

    [Fact(Explicit = true)]
    public async Task Pictures_of_the_guide()
    {
        var gallery = Gallery;
        await gallery.FillAsync("sound", "async", "failed");
        var runs = gallery.Slugs;
        Directory.CreateDirectory(Images);
        await using var context = await ContextAsync(1280, ColorScheme.Light, signedIn: true);
        var page = await context.NewPageAsync();
        var pictures = new GuidePictures(page, Images, (p, path) => SettleAsync(p, product.Url + path));
        string run = $"/r/{runs["async"]}";
        await pictures.PageAsync("run", run, 1_230);
        await pictures.SectionAsync("run-trust", run, "Can it be trusted?");
        await pictures.SectionAsync("run-percentiles", run, "Latency by percentile");
        await pictures.SectionAsync("run-seconds", run, "Second by second");
        await pictures.SectionAsync("run-time", run, "Where the time went");
        await pictures.PageAsync("run-failed", $"/r/{runs["failed"]}", 900);
        await pictures.PageAsync("runs", $"/runs?r={runs["sound"]}&r={runs["async"]}", 700);
        await pictures.PageAsync("compare", $"/compare?r={runs["sound"]}&r={runs["async"]}", 1_300);
        await pictures.PageAsync("configurations", "/configurations", 500);
        await pictures.PageAsync("new-run", "/new", 1_100);
        await pictures.PageAsync("targets", "/targets", 1_000);
        string live = await gallery.MeasuringAsync(12);
        await pictures.PageAsync("run-live", $"/r/{live}", 900);
        await pictures.PageAsync("home", "/", 900);
        await product.CancelAsync(live);
    }

    private async Task ShootAsync(string name, string path, bool signedIn = true)
    {
        if (Only.Length > 0 && !Only.Contains(name)) return;
        Directory.CreateDirectory(Folder);
        foreach (var scheme in (ColorScheme[])[ColorScheme.Light, ColorScheme.Dark])
            foreach (int width in Widths)
            {
                await using var context = await ContextAsync(width, scheme, signedIn);
                var page = await context.NewPageAsync();
                await SettleAsync(page, product.Url + path);
                string file = string.Create(CultureInfo.InvariantCulture, $"{name}-{width}-{scheme.ToString().ToLowerInvariant()}.png");
                await page.ScreenshotAsync(new PageScreenshotOptions { Path = Path.Combine(Folder, file), FullPage = true });
            }
    }

    private async Task<IBrowserContext> ContextAsync(int width, ColorScheme scheme, bool signedIn)
    {
        var options = new BrowserNewContextOptions { ColorScheme = scheme, ViewportSize = new ViewportSize { Width = width, Height = 900 }, TimezoneId = "Europe/Berlin" };
        return signedIn ? await product.SignedInAsync(options) : await product.Browser.NewContextAsync(options);
    }

    /// <summary>Goes there and waits until the circuit is up and every chart is drawn.</summary>
    private static async Task SettleAsync(IPage page, string address)
    {
        await page.GotoAsync(address, new PageGotoOptions { WaitUntil = WaitUntilState.NetworkIdle });
        foreach (var chart in await page.Locator(".apex").AllAsync()) await Expect(chart.Locator("svg").First).ToBeAttachedAsync(new() { Timeout = 20_000 });
        foreach (var heat in await page.Locator(".heat").AllAsync()) await Expect(heat.Locator("canvas").First).ToBeAttachedAsync(new() { Timeout = 20_000 });
        await page.EvaluateAsync("document.fonts.ready.then(() => true)");
    }
}
