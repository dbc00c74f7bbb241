using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;
using HdrHistogram;
using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace Wobble.EndToEnd.Tests;

/// <summary>What leaves Wobble: the permalink, its preview, the files. One run for all of them.</summary>
public sealed partial class SharingTests(Product product)
{
    [Fact]
    public async Task Who_is_signed_out_sees_all_of_a_run_and_is_offered_nothing_that_changes_anything()
    {
        string slug = await product.SharedRunAsync();
        await using var context = await product.Browser.NewContextAsync();
        var page = await context.NewPageAsync();

        await page.GotoAsync($"{product.Url}/r/{slug}");

        await Expect(page.Locator(".fig")).ToHaveCountAsync(8);
        foreach (string section in (string[])["Can it be trusted?", "Latency by percentile", "Second by second", "Where the time went", "Events", "Environment"])
            await Expect(page.GetByRole(AriaRole.Heading, new() { Name = section, Exact = true })).ToBeVisibleAsync();
        await Expect(page.Locator(".apex svg path").First).ToBeAttachedAsync();
        // Buttons left: copy the link, tabs of commands and logs, the theme.
        var buttons = await page.GetByRole(AriaRole.Button).AllInnerTextsAsync();
        Assert.All(buttons, text => Assert.Contains(text.Trim(), (string[])["Copy link", "Light theme", "The system’s theme", "Dark theme"]));
        await Expect(page.Locator("form, textarea, main input")).ToHaveCountAsync(0);
        await Expect(page.Locator("a[href^='/new']")).ToHaveCountAsync(0);
    }

    [Fact]
    public async Task A_permalink_has_a_preview_that_says_the_result()
    {
        string slug = await product.SharedRunAsync();
        using var signedOut = new HttpClient();

        string html = await signedOut.GetStringAsync($"{product.Url}/r/{slug}");

        Assert.Equal("uwsgi-http/bottle", Meta(html, "og:title"));
        Assert.Equal($"{product.Url}/r/{slug}", Meta(html, "og:url"));
        Assert.Equal("Wobble", Meta(html, "og:site_name"));
        Assert.Matches(@"^p50 [\d.,]+ ms, p99 [\d.,]+ ms, [\d.,]+ requests a second, no errors\. .+\.$", Meta(html, "og:description"));
        Assert.Equal(Meta(html, "og:description"), Meta(html, "description"));
        Assert.Contains("<title>uwsgi-http/bottle, p99 ", html, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_copied_link_says_that_it_opens_on_this_machine_alone_and_offers_a_file()
    {
        string slug = await product.SharedRunAsync();
        await using var context = await product.SignedInAsync(new BrowserNewContextOptions { Permissions = ["clipboard-read", "clipboard-write"] });
        var page = await context.NewPageAsync();
        await page.GotoAsync($"{product.Url}/r/{slug}");
        var copy = page.GetByRole(AriaRole.Button, new() { Name = "Copy link" });
        await Expect(copy).ToBeEnabledAsync();

        await copy.ClickAsync();

        await Expect(page.Locator(".copy [role=status]")).ToContainTextAsync("It opens on this machine alone, because Wobble listens on loopback only.");
        Assert.Equal($"{product.Url}/r/{slug}", await page.EvaluateAsync<string>("navigator.clipboard.readText()"));
        await Expect(page.GetByRole(AriaRole.Link, new() { Name = "take it as one HTML file" })).ToHaveAttributeAsync("href", $"/api/runs/{slug}.html");
    }

    [Fact]
    public async Task The_offline_file_opens_from_disk_without_a_network()
    {
        string slug = await product.SharedRunAsync();
        string file = Path.Combine(Directory.CreateTempSubdirectory("wobble-offline-").FullName, "run.html");
        try
        {
            await File.WriteAllBytesAsync(file, await product.Api.GetByteArrayAsync($"/api/runs/{slug}.html"));
            await using var context = await product.Browser.NewContextAsync(new BrowserNewContextOptions { Offline = true });
            var watched = await Watched.OpenAsync(context);
            var asked = new List<string>();
            watched.Page.Request += (_, request) => asked.Add(request.Url);

            await watched.Page.GotoAsync("file://" + file);

            await Expect(watched.Page.GetByRole(AriaRole.Heading, new() { Level = 1 })).ToContainTextAsync("uwsgi-http/bottle");
            Assert.True(await watched.Page.Locator("svg path").CountAsync() > 3, "There is nothing drawn in it.");
            await Expect(watched.Page.GetByText("p99.9").First).ToBeVisibleAsync();
            Assert.Equal(["file://" + file], asked);
            Assert.Empty(watched.Complaints);
            await Expect(watched.Page.Locator("script")).ToHaveCountAsync(0);
        }
        finally
        {
            Directory.Delete(Path.GetDirectoryName(file)!, recursive: true);
        }
    }

    [Fact]
    public async Task The_downloads_hold_every_request()
    {
        string slug = await product.SharedRunAsync();
        var run = JsonDocument.Parse(await product.Api.GetStringAsync($"/api/runs/{slug}")).RootElement;
        long requests = run.GetProperty("requests").GetInt64();
        await using var context = await product.SignedInAsync(new BrowserNewContextOptions { AcceptDownloads = true });
        var page = await context.NewPageAsync();
        await page.GotoAsync($"{product.Url}/r/{slug}");

        string csv = await DownloadAsync(page, "csv"), hgrm = await DownloadAsync(page, "hgrm"), hlog = await DownloadAsync(page, "hlog");

        string[] lines = csv.TrimEnd().Split('\n');
        int column = Array.IndexOf(lines[0].Trim().Split(','), "requests");
        Assert.True(column >= 0, lines[0]);
        Assert.Equal(requests, lines.Skip(1).Sum(l => long.Parse(l.Split(',')[column], CultureInfo.InvariantCulture)));
        Assert.Equal(requests, long.Parse(TotalCount().Match(hgrm).Groups[1].Value, CultureInfo.InvariantCulture));
        using var stream = new MemoryStream(System.Text.Encoding.UTF8.GetBytes(hlog));
        var histograms = new HistogramLogReader(stream).ReadHistograms().ToList();
        Assert.Equal(lines.Length - 1, histograms.Count);
        Assert.Equal(requests, histograms.Sum(h => h.TotalCount));
    }

    private static async Task<string> DownloadAsync(IPage page, string ending)
    {
        var download = await page.RunAndWaitForDownloadAsync(() => page.Locator($".dl a[href$='.{ending}']").ClickAsync());
        Assert.EndsWith("." + ending, download.SuggestedFilename, StringComparison.Ordinal);
        return await File.ReadAllTextAsync(await download.PathAsync());
    }

    private static string Meta(string html, string name) =>
        System.Net.WebUtility.HtmlDecode(Regex.Match(html, $"<meta (?:property|name)=\"{Regex.Escape(name)}\" content=\"([^\"]*)\"").Groups[1].Value);

    [GeneratedRegex(@"Total count\s*=\s*(\d+)")]
    private static partial Regex TotalCount();
}
