using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace Wobble.EndToEnd.Tests;

/// <summary>The article in one click, with two of its rows and two rounds, and what can be taken away of it.</summary>
public sealed class ArticleTests(Product product)
{
    private static readonly string[] Rows = ["uwsgi-http/bottle", "uwsgi-http/flask"];

    [Fact]
    public async Task The_article_is_clicked_through_with_two_rows_and_two_rounds()
    {
        await using var context = await product.SignedInAsync();
        var page = await context.NewPageAsync();
        await page.GotoAsync($"{product.Url}/experiments");
        var article = page.GetByRole(AriaRole.Region, new() { Name = "The article" });
        var run = article.GetByRole(AriaRole.Button, new() { Name = "Run the article" });
        await Expect(run).ToBeEnabledAsync();
        await article.Locator("summary").ClickAsync();
        foreach (var row in await article.GetByRole(AriaRole.Checkbox).AllAsync())
        {
            string name = await row.EvaluateAsync<string>("box => box.parentElement.textContent.trim()");
            if (!Rows.Contains(name)) await row.UncheckAsync();
        }
        await article.GetByLabel("Rounds").FillAsync("2");
        await article.GetByLabel("Measure").FillAsync("2");
        await Expect(article.GetByRole(AriaRole.Status)).ToHaveTextAsync("2 × 2 × 8 s: 32 s.");
        await run.ClickAsync();
        await page.WaitForURLAsync(u => u.Contains("/x/", StringComparison.Ordinal));
        string slug = page.Url[(page.Url.LastIndexOf('/') + 1)..];

        // The table grows by itself while it runs.
        await Expect(page.Locator(".xr tbody tr")).ToHaveCountAsync(2);
        await Expect(page.Locator(".xr td.big").First).ToBeVisibleAsync(new() { Timeout = 120_000 });
        var ended = await product.ExperimentAsync(slug);
        await Expect(page.GetByText("4 runs, ")).ToBeVisibleAsync();
        Assert.Equal([2, 2], ended.GetProperty("rows").EnumerateArray().Select(r => r.GetProperty("runs").GetInt32()));
        await Expect(page.Locator(".xr .dumbbell .hollow")).ToHaveCountAsync(2);

        // What is taken away opens without a network, and says the same.
        string html = await product.Api.GetStringAsync($"/api/experiments/{slug}.html"), csv = await product.Api.GetStringAsync($"/api/experiments/{slug}.csv");
        Assert.Equal(3, csv.Split("\r\n", StringSplitOptions.RemoveEmptyEntries).Length);
        string file = Path.Combine(product.Data, $"{slug}.html");
        await File.WriteAllTextAsync(file, html);
        await using var offline = await product.Browser.NewContextAsync(new BrowserNewContextOptions { Offline = true, JavaScriptEnabled = false });
        var alone = await offline.NewPageAsync();
        var asked = new List<string>();
        alone.Request += (_, request) => asked.Add(request.Url);
        await alone.GotoAsync(new Uri(file).AbsoluteUri);
        Assert.Equal(await page.Locator(".verdict").First.TextContentAsync(), await alone.Locator(".verdict").First.TextContentAsync());
        await Expect(alone.Locator(".xr tbody tr")).ToHaveCountAsync(2);
        Assert.Single(asked);

        // Anyone with the link reads it, and is offered nothing that changes it.
        await using var fresh = await product.Browser.NewContextAsync();
        var permalink = await fresh.NewPageAsync();
        await permalink.GotoAsync($"{product.Url}/x/{slug}");
        await Expect(permalink.Locator(".xr tbody tr")).ToHaveCountAsync(2);
        await Expect(permalink.GetByRole(AriaRole.Button, new() { Name = "More rounds" })).ToHaveCountAsync(0);
        foreach (string address in (string[])[$"/x/{slug}", $"/compare?r={slug}"]) Assert.Empty(await Soundness.LookAsync(product, address, signedIn: true));
    }

    [Fact]
    public async Task Repetitions_are_an_experiment_that_answers_its_slug()
    {
        string slug = await product.QueueAsync(new { target = "uwsgi-http/bottle", warmup = "0s", @for = "1s", repetitions = 3 });

        var ended = await product.ExperimentAsync(slug);

        var row = ended.GetProperty("rows")[0];
        Assert.InRange(row.GetProperty("runs").GetInt32() + row.GetProperty("discarded").GetInt32(), 3, 6);
        Assert.Equal("completed", ended.GetProperty("state").GetString());
    }
}
