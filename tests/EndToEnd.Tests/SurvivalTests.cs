using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace Wobble.EndToEnd.Tests;

/// <summary>Tests that take the Dashboard away from all others: by themselves.</summary>
[CollectionDefinition(nameof(Alone), DisableParallelization = true)]
public sealed class Alone;

/// <summary>A page that is left open, while the Dashboard below it dies and while it is reloaded.</summary>
[Collection(nameof(Alone))]
public sealed class SurvivalTests(Product product)
{
    [Fact]
    public async Task A_page_left_open_comes_back_by_itself_and_complete_after_the_Dashboard_was_killed()
    {
        string slug = await product.QueueAsync(new { target = "uwsgi-http/bottle", warmup = "0s", @for = "12s" });
        await product.MeasuredAsync(slug, 2);
        await using var context = await product.SignedInAsync();
        var page = await context.NewPageAsync();
        await page.GotoAsync($"{product.Url}/r/{slug}");
        await Expect(page.GetByRole(AriaRole.Button, new() { Name = "Cancel this run" })).ToBeEnabledAsync();

        Assert.True(product.KillAll("Dashboard"), "There was no Dashboard to kill.");

        await Expect(page.Locator("#components-reconnect-modal")).ToBeVisibleAsync();
        // What was read stays readable meanwhile.
        await Expect(page.Locator(".fig.main b")).ToBeVisibleAsync();
        var run = await product.EndOfAsync(slug);
        Assert.Equal("completed", run.GetProperty("state").GetString());
        await Expect(page.GetByRole(AriaRole.Link, new() { Name = "Run again" })).ToBeVisibleAsync(new() { Timeout = 60_000 });
        await Expect(page.Locator("#components-reconnect-modal")).ToBeHiddenAsync();
        await Expect(page.Locator("table.seconds tbody tr")).ToHaveCountAsync(12);
    }

    [Fact]
    public async Task A_page_that_could_not_be_read_says_so_and_comes_by_itself_when_it_can()
    {
        await using var context = await product.SignedInAsync();
        var page = await context.NewPageAsync();
        await product.SqlAsync("alter table configurations rename to configurations_away");
        try
        {
            await page.GotoAsync($"{product.Url}/configurations");
            await Expect(page.GetByRole(AriaRole.Alert)).ToBeVisibleAsync();
        }
        finally
        {
            await product.SqlAsync("alter table configurations_away rename to configurations");
        }

        // Nobody presses "Try again".
        await Expect(page.GetByRole(AriaRole.Alert)).ToBeHiddenAsync(new() { Timeout = 30_000 });
        await Expect(page.GetByRole(AriaRole.Heading, new() { Level = 1 })).ToBeVisibleAsync();
    }

    [Fact]
    public async Task A_reload_in_the_middle_loses_nothing()
    {
        string slug = await product.QueueAsync(new { target = "uwsgi-http/bottle", warmup = "0s", @for = "6s" });
        await using var context = await product.SignedInAsync();
        var page = await context.NewPageAsync();
        await page.GotoAsync($"{product.Url}/r/{slug}");
        await product.MeasuredAsync(slug, 2);

        await page.ReloadAsync();

        await product.EndOfAsync(slug);
        await Expect(page.Locator("table.seconds tbody tr")).ToHaveCountAsync(6);
        await Expect(page.Locator(".dl a")).ToHaveCountAsync(6);
    }
}
