using System.Globalization;
using System.Text.Json;
using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace Wobble.EndToEnd.Tests;

/// <summary>Moments are said in the zone of who looks, from the first page on.</summary>
public sealed class TimesTests(Product product)
{
    [Theory, InlineData("America/New_York"), InlineData("Asia/Tokyo"), InlineData("UTC")]
    public async Task Times_are_those_of_the_viewers_zone(string zone)
    {
        string slug = await product.SharedRunAsync();
        var run = JsonDocument.Parse(await product.Api.GetStringAsync($"/api/runs/{slug}")).RootElement;
        var local = TimeZoneInfo.ConvertTime(run.GetProperty("started_at").GetDateTimeOffset(), TimeZoneInfo.FindSystemTimeZoneById(zone));
        await using var context = await product.Browser.NewContextAsync(new BrowserNewContextOptions { TimezoneId = zone });
        var page = await context.NewPageAsync();

        await page.GotoAsync($"{product.Url}/r/{slug}");

        await Expect(page.Locator(".crumb time")).ToHaveTextAsync(local.ToString("d MMMM HH:mm", CultureInfo.InvariantCulture));
        await Expect(page.Locator(".foot")).ToContainTextAsync($"Times in {zone.Replace('_', ' ')}");
        // The next page knows from its first HTML on: no UTC flashes up.
        var again = await page.GotoAsync($"{product.Url}/r/{slug}");
        Assert.Contains(local.ToString("d MMMM HH:mm", CultureInfo.InvariantCulture) + "</time>", await again!.TextAsync(), StringComparison.Ordinal);
    }
}
