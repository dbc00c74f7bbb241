using Deque.AxeCore.Commons;
using Deque.AxeCore.Playwright;
using Microsoft.Playwright;

namespace Wobble.EndToEnd.Tests;

/// <summary>
/// Every page, for everybody: no violation that axe can find, in both themes, wide and narrow; nothing that sticks out sideways; nothing that the
/// page's own policy refuses, and no error of a script.
/// </summary>
public sealed class PagesTests(Product product)
{
    public static TheoryData<string> Paths =>
    [
        "/", "/new", "/configurations", "/runs", "/experiments", "/claims", "/compare", "/targets", "/runners", "/housekeeping", "/audit", "/nowhere",
    ];

    [Theory]
    [MemberData(nameof(Paths))]
    public Task A_page_is_sound_for_who_is_signed_in(string path) => LookAsync(path, signedIn: true);

    [Fact]
    public async Task Runs_and_comparisons_are_sound()
    {
        string one = await product.QueueAsync(new { target = "uwsgi-http/bottle", warmup = "1s", @for = "3s" });
        string two = await product.QueueAsync(new { target = "uwsgi-http/flask", warmup = "0s", @for = "2s", keep_alive = true });
        await product.EndOfAsync(two);

        await LookAsync($"/r/{one}", signedIn: true);
        await LookAsync($"/r/{one}", signedIn: false);
        await LookAsync($"/compare?r={one}&r={two}", signedIn: true);
    }

    [Fact]
    public async Task A_run_that_measures_one_that_waits_and_one_that_was_cancelled_are_sound()
    {
        string live = await product.QueueAsync(new { target = "uwsgi-http/bottle", warmup = "0s", @for = "5m" });
        string waits = await product.QueueAsync(new { target = "uwsgi-http/bottle", warmup = "0s", @for = "1s" });
        try
        {
            await product.MeasuredAsync(live, 3);

            await LookAsync($"/r/{live}", signedIn: true);
            await LookAsync($"/r/{waits}", signedIn: true);
            Assert.Equal(("measuring", "queued"), (await StateAsync(live), await StateAsync(waits)));
        }
        finally
        {
            await product.EndAsync(live);
        }
        Assert.Equal("cancelled", await StateAsync(live));
        await LookAsync($"/r/{live}", signedIn: true);
        await product.EndOfAsync(waits);
    }

    private async Task<string?> StateAsync(string slug) => (await product.UntilAsync(slug, _ => true)).GetProperty("state").GetString();

    [Theory]
    [InlineData("/"), InlineData("/sign-in"), InlineData("/targets"), InlineData("/nowhere")]
    public Task What_is_shown_signed_out_is_sound(string path) => LookAsync(path, signedIn: false);

    private async Task LookAsync(string path, bool signedIn)
    {
        var found = await Soundness.LookAsync(product, path, signedIn);
        Assert.True(found.Count == 0, string.Join('\n', found));
    }
}

/// <summary>What is wrong with a page, in both themes, wide and narrow.</summary>
internal static class Soundness
{
    public static async Task<IReadOnlyList<string>> LookAsync(Product product, string path, bool signedIn)
    {
        var found = new List<string>();
        var options = new BrowserNewContextOptions { ViewportSize = new ViewportSize { Width = 1600, Height = 900 }, ReducedMotion = ReducedMotion.Reduce };
        await using var context = signedIn ? await product.SignedInAsync(options) : await product.Browser.NewContextAsync(options);
        var watched = await Watched.OpenAsync(context);
        var page = watched.Page;
        await page.GotoAsync(product.Url + path, new PageGotoOptions { WaitUntil = WaitUntilState.NetworkIdle });
        // While the page comes to life its head is rendered anew: for a moment there is no title.
        await page.WaitForFunctionAsync("() => document.title.length > 0");
        foreach (int width in (int[])[1600, 1024, 390])
        {
            await page.SetViewportSizeAsync(width, 900);
            // Charts are drawn anew a moment after the window's width changed.
            const string Sideways = "document.documentElement.scrollWidth - document.documentElement.clientWidth";
            try
            {
                await page.WaitForFunctionAsync($"() => {Sideways} <= 0", null, new PageWaitForFunctionOptions { Timeout = 5_000 });
            }
            catch (TimeoutException)
            {
                // By how much, is said below.
            }
            int sideways = await page.EvaluateAsync<int>(Sideways);
            if (sideways > 0) found.Add($"{path} {width} px: {sideways} px wider than the window");
            ColorScheme[] schemes = width == 1600 ? [ColorScheme.Light, ColorScheme.Dark] : width == 390 ? [ColorScheme.Dark] : [];
            foreach (var scheme in schemes)
            {
                await page.EmulateMediaAsync(new PageEmulateMediaOptions { ColorScheme = scheme });
                var axe = await page.RunAxe(new AxeRunOptions { ResultTypes = [ResultType.Violations] });
                // To look at what was looked at.
                if (Environment.GetEnvironmentVariable("WOBBLE_SHOTS") is { Length: > 0 } folder) await page.ScreenshotAsync(new PageScreenshotOptions { Path = Path.Combine(folder, $"{path.Trim('/').Replace('/', '-')}-{width}-{scheme}.png"), FullPage = true });
                found.AddRange(axe.Violations.Select(v => $"{path} {scheme} {width} px: {v.Id} {string.Join(" ", v.Nodes.Take(3).Select(n => n.Html))}"));
            }
        }
        int headings = await page.Locator("h1").CountAsync();
        if (headings != 1) found.Add($"{path}: {headings} first headings");
        found.AddRange(watched.Complaints.Select(c => $"{path}: {c}"));
        return found;
    }
}
