using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace Wobble.EndToEnd.Tests;

/// <summary>A run's page while it measures: its figures and pictures move by themselves, for who is signed in and who isn't.</summary>
public sealed class LiveTests(Product product)
{
    [Theory]
    [InlineData(true), InlineData(false)]
    public async Task Seconds_arrive_on_the_page_by_themselves_in_strip_charts_heat_map_and_table(bool signedIn)
    {
        string slug = await product.QueueAsync(new { target = "uwsgi-http/bottle", warmup = "0s", @for = "2m" });
        try
        {
            await product.MeasuredAsync(slug, 3);
            await using var context = signedIn ? await product.SignedInAsync() : await product.Browser.NewContextAsync();
            var watched = await Watched.OpenAsync(context);
            var page = watched.Page;
            await page.GotoAsync($"{product.Url}/r/{slug}");
            await page.WaitForFunctionAsync("() => [...document.querySelectorAll('.apex')].every(a => a.querySelector('svg path')) && document.querySelector('.heat canvas') && document.querySelectorAll('table.seconds tbody tr').length >= 3", null, new() { Timeout = 30_000 });
            var before = await SeenAsync(page);

            // Two seconds more, and nobody touched the page; then what was drawn before is no longer what is drawn.
            await page.WaitForFunctionAsync($"was => Number(({See})().seconds) >= Number(was) + 2", before["seconds"], new() { Timeout = 20_000, PollingInterval = 200 });
            foreach (string what in (string[])["strip", "charts", "heat"])
                await page.WaitForFunctionAsync($"was => ({See})()['{what}'] !== was", before[what], new() { Timeout = 20_000, PollingInterval = 200 });

            await product.CancelAsync(slug);
            await Expect(page.GetByText("cancelled").First).ToBeVisibleAsync(new() { Timeout = 20_000 });
            Assert.Empty(watched.Complaints);
        }
        finally
        {
            await product.EndAsync(slug);
        }
    }

    private const string See = """
        () => ({
          strip: document.querySelector('.lstrip')?.outerHTML ?? '',
          charts: [...document.querySelectorAll('.apex svg path')].map(p => p.getAttribute('d')).join(),
          heat: document.querySelector('.heat canvas')?.toDataURL() ?? '',
          seconds: String(document.querySelectorAll('table.seconds tbody tr').length),
        })
        """;

    private static async Task<Dictionary<string, string>> SeenAsync(IPage page) => await page.EvaluateAsync<Dictionary<string, string>>($"({See})()");
}
