using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace Wobble.EndToEnd.Tests;

/// <summary>The main job, as a newcomer does it.</summary>
public sealed class RunThroughTests(Product product)
{
    private static readonly object Short = new { target = "uwsgi-http/bottle", warmup = "0s", @for = "2s" };

    [Fact]
    public async Task A_newcomer_follows_the_link_queues_a_run_watches_it_and_sends_the_permalink()
    {
        await using var context = await product.Browser.NewContextAsync();
        context.SetDefaultTimeout(20_000);
        var page = await context.NewPageAsync();
        await page.GotoAsync(product.SignInLink);
        var newRun = page.GetByRole(AriaRole.Link, new() { Name = "New run" }).First;
        await page.WaitForURLAsync($"{product.Url}/");
        await newRun.ClickAsync();
        await Expect(page).ToHaveURLAsync(new System.Text.RegularExpressions.Regex("/new"));
        var queue = page.GetByRole(AriaRole.Button, new() { Name = "Queue run" });
        await Expect(queue).ToBeEnabledAsync();
        await queue.ClickAsync();
        await page.WaitForURLAsync(u => u.Contains("/r/", StringComparison.Ordinal));
        string slug = page.Url[(page.Url.LastIndexOf('/') + 1)..];
        Assert.Equal(22, slug.Length);

        // While it measures, seconds arrive by themselves, and a reload loses nothing.
        await product.UntilAsync(slug, state => state == "measuring");
        await Expect(page.GetByText("measuring").First).ToBeVisibleAsync();
        await page.ReloadAsync();
        var run = await product.EndOfAsync(slug);
        Assert.Equal("completed", run.GetProperty("state").GetString());
        await Expect(page.GetByRole(AriaRole.Link, new() { Name = "Run again" })).ToBeVisibleAsync();

        // A fresh, signed-out browser is shown all of it and offered nothing that changes anything.
        await using var fresh = await product.Browser.NewContextAsync();
        var permalink = await fresh.NewPageAsync();
        await permalink.GotoAsync($"{product.Url}/r/{slug}");
        await Expect(permalink.GetByRole(AriaRole.Heading, new() { Name = "uwsgi-http/bottle" })).ToBeVisibleAsync();
        await Expect(permalink.GetByText("p99", new() { Exact = true }).First).ToBeVisibleAsync();
        foreach (string name in (string[])["Run again", "Cancel this run", "Delete", "Save"])
            await Expect(permalink.GetByRole(AriaRole.Button, new() { Name = name })).ToHaveCountAsync(0);
        // Where it is sent, a preview is made of the answer itself, before any script.
        var answer = await fresh.APIRequest.GetAsync($"{product.Url}/r/{slug}");
        Assert.Contains("<meta property=\"og:title\"", await answer.TextAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_link_clicked_while_the_page_comes_to_life_leads_where_it_says()
    {
        await using var context = await product.SignedInAsync();
        var page = await context.NewPageAsync();
        var asked = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var late = new List<Action>();
        bool hold = true;
        int fromPage = 0, fromServer = 0;
        await page.RouteWebSocketAsync(new System.Text.RegularExpressions.Regex("/_blazor"), pageSide =>
        {
            var serverSide = pageSide.ConnectToServer();
            pageSide.OnMessage(frame =>
            {
                Pass(frame, serverSide);
                // After its greeting a page asks for its circuit, and says where it is.
                if (Interlocked.Increment(ref fromPage) == 2) asked.TrySetResult();
            });
            serverSide.OnMessage(frame =>
            {
                // All but the greeting waits: as on a machine that has much to do.
                lock (late)
                {
                    if (hold && ++fromServer > 1) late.Add(() => Pass(frame, pageSide));
                    else Pass(frame, pageSide);
                }
            });
        });
        await page.GotoAsync($"{product.Url}/");
        await asked.Task.WaitAsync(TimeSpan.FromSeconds(30));

        await page.GetByRole(AriaRole.Link, new() { Name = "New run" }).First.ClickAsync();
        await Expect(page.GetByRole(AriaRole.Button, new() { Name = "Queue run" })).ToBeVisibleAsync();
        lock (late)
        {
            hold = false;
            foreach (var pass in late) pass();
        }

        await Expect(page.GetByRole(AriaRole.Button, new() { Name = "Queue run" })).ToBeEnabledAsync();
        await Expect(page).ToHaveURLAsync($"{product.Url}/new");

        // Greetings are text, all else is binary.
        static void Pass(IWebSocketFrame frame, IWebSocketRoute to)
        {
            if (frame.Text is ['{', .., '\u001e'] greeting) to.Send(greeting);
            else to.Send(frame.Binary!);
        }
    }

    [Fact]
    public async Task A_permalink_shows_its_figures_without_a_script()
    {
        var run = await product.RunAsync(Short);
        await using var context = await product.Browser.NewContextAsync(new BrowserNewContextOptions { JavaScriptEnabled = false });
        var page = await context.NewPageAsync();

        await page.GotoAsync($"{product.Url}/r/{run.GetProperty("slug").GetString()}");

        await Expect(page.GetByRole(AriaRole.Heading, new() { Name = "uwsgi-http/bottle" })).ToBeVisibleAsync();
        Assert.True(await page.Locator("svg.strip").CountAsync() > 0);
    }

    [Fact]
    public async Task Two_runs_are_compared()
    {
        var first = await product.RunAsync(Short);
        var second = await product.RunAsync(Short);
        await using var context = await product.SignedInAsync();
        var page = await context.NewPageAsync();

        await page.GotoAsync($"{product.Url}/compare?r={first.GetProperty("slug").GetString()}&r={second.GetProperty("slug").GetString()}");

        await Expect(page.GetByRole(AriaRole.Heading, new() { Level = 1 })).ToContainTextAsync("uwsgi-http/bottle");
    }

    [Fact]
    public async Task A_run_that_is_cancelled_ends_at_once_and_says_so()
    {
        string slug = await product.QueueAsync(new { target = "uwsgi-http/bottle", warmup = "0s", @for = "2m" });
        await product.UntilAsync(slug, state => state == "measuring");
        await using var context = await product.SignedInAsync();
        var page = await context.NewPageAsync();
        await page.GotoAsync($"{product.Url}/r/{slug}");
        var cancel = page.GetByRole(AriaRole.Button, new() { Name = "Cancel this run" });
        await Expect(cancel).ToBeEnabledAsync();

        await cancel.ClickAsync();

        Assert.Equal("cancelled", (await product.EndOfAsync(slug)).GetProperty("state").GetString());
    }

    [Fact]
    public async Task Each_run_says_which_priority_its_generator_had_and_root_gives_the_highest()
    {
        var run = await product.RunAsync(Short);

        string priority = run.GetProperty("generator").GetProperty("priority").GetString()!;
        Assert.Matches("^(fifo 1|nice -[0-9]+|normal)(, core [0-9]+)?", priority);
        // Bit 23 of the effective capabilities, CAP_SYS_NICE: with it root may give any thread real-time priority.
        string capabilities = File.ReadLines("/proc/self/status").First(l => l.StartsWith("CapEff:", StringComparison.Ordinal)).Split('\t')[1];
        bool mayGive = Environment.IsPrivilegedProcess && (Convert.ToUInt64(capabilities, 16) >> 23 & 1) == 1;
        if (mayGive) Assert.StartsWith("fifo 1", priority, StringComparison.Ordinal);
    }
}
