using System.Text.RegularExpressions;
using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace Wobble.EndToEnd.Tests;

/// <summary>From the form to the figures, in one browser: what is measured is on the page while it is measured.</summary>
public sealed class LiveTests(Product product)
{
    // Corners of the longest line over time; cells of the heat map that have a colour; ticks of the strip.
    private const string Drawn = """
        () => {
          const corners = Math.max(0, ...[...document.querySelectorAll('section[aria-label="Second by second"] .apex .apexcharts-series path')].map(p => (p.getAttribute('d') ?? '').split('L').length - 1));
          const canvas = document.querySelector('.heat canvas');
          const pixels = canvas ? canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height).data : [];
          let coloured = 0;
          for (let i = 3; i < pixels.length; i += 4) if (pixels[i] > 0) coloured++;
          const ticks = (document.querySelector('.lstrip path.thick')?.getAttribute('d') ?? '').split('M').length - 1;
          return [corners, coloured, ticks];
        }
        """;

    [Fact]
    public async Task Charts_move_while_a_run_measures_and_two_runs_are_compared_from_the_list()
    {
        await using var context = await product.SignedInAsync(new BrowserNewContextOptions { ViewportSize = new ViewportSize { Width = 1400, Height = 900 } });
        var watched = await Watched.OpenAsync(context);
        var page = watched.Page;
        string first = await product.SharedRunAsync();

        await page.GotoAsync($"{product.Url}/new?again={first}");
        await Expect(page.GetByRole(AriaRole.Button, new() { Name = "Queue run" })).ToBeEnabledAsync();
        await page.GetByLabel("Measured for").FillAsync("8s");
        await page.GetByRole(AriaRole.Button, new() { Name = "Queue run" }).ClickAsync();
        await page.WaitForURLAsync(u => u.Contains("/r/", StringComparison.Ordinal));
        string slug = page.Url[(page.Url.LastIndexOf('/') + 1)..];

        var seen = await WatchAsync(page, slug);

        // At least three stages of growth, and nothing ever shrinks.
        foreach (int what in (int[])[0, 2])
        {
            var values = seen.Select(s => s[what]).ToList();
            Assert.True(values.Distinct().Count() >= 3, $"It did not move: {string.Join(' ', values)}");
            Assert.Equal(values.Order(), values);
        }
        Assert.True(seen.Select(s => s[1]).Distinct().Count() >= 3, $"The heat map did not move: {string.Join(' ', seen.Select(s => s[1]))}");
        await Expect(page.Locator("table.seconds tbody tr")).ToHaveCountAsync(8);
        Assert.Empty(watched.Complaints);

        await page.GotoAsync($"{product.Url}/runs");
        foreach (string run in (string[])[first, slug])
        {
            var box = page.Locator("tr", new() { Has = page.Locator($"a[href='/r/{run}']") }).GetByRole(AriaRole.Checkbox);
            await Expect(box).ToBeEnabledAsync();
            await box.CheckAsync();
            await Expect(page).ToHaveURLAsync(new Regex($"r={run}"));
        }
        await page.Locator(".selbar a.btn.go").ClickAsync();
        await Expect(page).ToHaveURLAsync(new Regex("/compare\\?r="));
        await Expect(page.Locator(".cmp")).ToBeVisibleAsync();
    }

    // What is drawn each time that it changed, until the run has ended.
    private async Task<List<int[]>> WatchAsync(IPage page, string slug)
    {
        await product.MeasuredAsync(slug, 1);
        await Expect(page.Locator(".apex svg").First).ToBeAttachedAsync();
        var seen = new List<int[]>();
        var ended = product.EndOfAsync(slug);
        using var tick = new PeriodicTimer(TimeSpan.FromMilliseconds(100));
        while (!ended.IsCompleted && await tick.WaitForNextTickAsync())
        {
            int[] now = await page.EvaluateAsync<int[]>(Drawn);
            if (now[0] > 0 && (seen.Count == 0 || !seen[^1].SequenceEqual(now))) seen.Add(now);
        }
        Assert.Equal("completed", (await ended).GetProperty("state").GetString());
        return seen;
    }
}
