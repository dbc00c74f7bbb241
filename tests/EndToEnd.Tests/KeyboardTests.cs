using System.Text.RegularExpressions;
using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace Wobble.EndToEnd.Tests;

/// <summary>The main job without a mouse.</summary>
public sealed class KeyboardTests(Product product)
{
    private const int MostTabs = 250;

    [Fact]
    public async Task A_run_is_asked_for_watched_and_cancelled_by_keyboard_alone()
    {
        await using var context = await product.SignedInAsync();
        var page = await context.NewPageAsync();
        await page.GotoAsync(product.Url);
        await Expect(page.Locator("table.runs, .empty").First).ToBeVisibleAsync();
        await TabToAsync(page, "Skip to the content", back: true);
        await page.Keyboard.PressAsync("Enter");
        Assert.Equal("content", await page.EvaluateAsync<string>("document.activeElement.id"));
        await TabToAsync(page, "New run");
        await page.Keyboard.PressAsync("Enter");
        await Expect(page).ToHaveURLAsync(new Regex("/new$"));
        await Expect(page.GetByRole(AriaRole.Button, new() { NameRegex = new Regex("^Queue") })).ToBeEnabledAsync();

        // Another target than the chosen one, from the matrix.
        await TabToAsync(page, "uwsgi-http/falcon");
        await SeenAsync(page);
        await page.Keyboard.PressAsync("Space");
        await TabToAsync(page, "uwsgi-http/bottle", back: true, orForward: true);
        await page.Keyboard.PressAsync("Space");
        await TabToAsync(page, "Queue run");
        await page.Keyboard.PressAsync("Enter");

        await page.WaitForURLAsync(u => u.Contains("/r/", StringComparison.Ordinal));
        await Expect(page.GetByRole(AriaRole.Heading, new() { Level = 1 })).ToHaveTextAsync("uwsgi-http/falcon");
        await Expect(page.GetByRole(AriaRole.Button, new() { Name = "Cancel this run" })).ToBeEnabledAsync();
        await TabToAsync(page, "Cancel this run");
        await page.Keyboard.PressAsync("Enter");
        string slug = page.Url[(page.Url.LastIndexOf('/') + 1)..];
        Assert.Equal("cancelled", (await product.EndOfAsync(slug)).GetProperty("state").GetString());
        await Expect(page.Locator(".finding .verdict")).ToContainTextAsync("Cancelled");
    }

    // Presses Tab until what has the focus is called so.
    private static async Task TabToAsync(IPage page, string name, bool back = false, bool orForward = false)
    {
        var seen = new List<string>();
        foreach (bool backwards in orForward ? (bool[])[back, !back] : [back])
            for (int i = 0; i < MostTabs; i++)
            {
                string focused = await FocusedAsync(page);
                if (focused == name || focused.StartsWith(name + ",", StringComparison.Ordinal)) return;
                seen.Add(focused);
                await page.Keyboard.PressAsync(backwards ? "Shift+Tab" : "Tab");
            }
        Assert.Fail($"“{name}” is not reached by Tab; passed: {string.Join(" | ", seen.Distinct())}");
    }

    private static Task<string> FocusedAsync(IPage page) => page.EvaluateAsync<string>("""
        () => { const e = document.activeElement; return (e.getAttribute('aria-label') ?? e.labels?.[0]?.innerText ?? e.innerText ?? '').trim().replace(/\s+/g, ' '); }
        """);

    // What has the focus shows it.
    private static async Task SeenAsync(IPage page) => Assert.True(await page.EvaluateAsync<bool>("""
        () => { const s = getComputedStyle(document.activeElement); return document.activeElement.matches(':focus-visible') && (s.outlineStyle !== 'none' && parseFloat(s.outlineWidth) >= 2 || s.boxShadow !== 'none'); }
        """), "The focus can't be seen.");
}
