using Microsoft.Playwright;

namespace Wobble.EndToEnd.Tests;

/// <summary>How the charts write numbers, in the browser that does it.</summary>
public sealed class ChartScriptTests(Product product)
{
    [Fact]
    public async Task Axes_and_tooltips_write_numbers_as_the_pages_do()
    {
        await using var context = await product.Browser.NewContextAsync();
        var page = await context.NewPageAsync();
        await page.GotoAsync(product.Url + "/targets");

        string[] said = await page.EvaluateAsync<string[]>("""
            async () => {
              const charts = await import('/js/charts.js');
              return [
                ...[0, .0523, .125, 4.711, 81.94, 99.96, 134.4, 4446.4].map(charts.three),
                ...[Math.log10(2), 1, 2, 2.9999999, 3, 4].map(charts.percentile),
                ...[0, 1e-9, 1, 2.9999999, 4].map(v => charts.rarity(true)(v).join(' ')),
                ...[0, 2].map(charts.rarity(false)),
              ];
            }
            """);

        Assert.Equal(
            ["0", "0.0523", "0.125", "4.71", "81.9", "100", "134", "4,446",
             "p50", "p90", "p99", "p99.9", "p99.9", "p99.99",
             "0 fastest", "0 fastest", "p90 1 in 10", "p99.9 1 in 1,000", "p99.99 1 in 10,000",
             "0", "p99"],
            said);
    }
}
