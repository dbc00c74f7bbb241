using Bunit;
using Microsoft.Extensions.DependencyInjection;
using Wobble.Dashboard.Components.Controls;
using Wobble.Dashboard.Components.Pages;
using Wobble.Dashboard.Live;
using Wobble.Dashboard.Tests.Pages;
using Wobble.Results.Domain;
using Wobble.Results.Edits;
using Wobble.Results.Facts;
using Wobble.Results.Storage;
using Wobble.Tests.Support;

namespace Wobble.Dashboard.Tests.RunPages;

/// <summary>The permalink of a run in each state, for who is signed in and who isn't.</summary>
public sealed class RunPageTests : PageScene
{
    private const string Changing = "button:not(.copy button):not(.tabs button)";

    [Fact]
    public async Task A_completed_run_shows_figures_trust_charts_and_downloads()
    {
        var run = await Runs.RecordAsync(Facts("uwsgi-http/bottle", seconds: 10) with { PerSecond = 2_000 }, tags: ["baseline"], notes: "before the update");

        var page = OpenRun(run);

        Assert.Equal("uwsgi-http/bottle", page.Find("h1").TextContent);
        Assert.Equal(["p50", "p90", "p99", "p99.9", "max", "Throughput", "Errors", "Wobble"], page.FindAll(".fig .k").Select(k => k.TextContent));
        Assert.Equal("20 requests were slower", page.FindAll(".fig .x")[3].TextContent);
        Assert.Equal(["Can it be trusted?", "Latency by percentile", "Second by second", "Where the time went", "Why it wobbles", "Events", "Environment"], Titles(page).Take(7));
        Assert.Equal(10, page.FindAll("table.seconds tbody tr").Count);
        Assert.Equal(["html", "facts.jsonl", "wobble.gz", "csv", "hgrm", "hlog"], page.FindAll(".dl a").Select(a => a.GetAttribute("href")![$"/api/runs/{run.Slug}.".Length..]));
        Assert.Equal("Run again", page.Find(".run-head .btn.go").TextContent);
        Assert.Contains("tagged baseline", page.Find(".crumb").TextContent, StringComparison.Ordinal);
        Assert.Equal("before the update", page.Find("textarea").GetAttribute("value"));
    }

    [Fact]
    public async Task Signed_out_all_of_it_is_there_and_nothing_that_changes_anything()
    {
        var run = await Runs.RecordAsync(Facts("uwsgi-http/bottle"), notes: "see <b>me</b>");
        SignOut();

        var page = OpenRun(run);

        Assert.Equal(8, page.FindAll(".fig").Count);
        Assert.Empty(page.FindAll(Changing));
        Assert.Empty(page.FindAll("textarea, form, a[href^='/new']"));
        Assert.Equal("see &lt;b&gt;me&lt;/b&gt;", page.Find("p.notes").InnerHtml);
    }

    [Fact]
    public async Task A_run_that_measures_shows_its_way_its_preliminary_figures_and_cancel()
    {
        var run = await Runs.RecordAsync(Facts("uvicorn/starlette", TargetClass.Async, seconds: 10) with { End = null, Start = DateTimeOffset.UtcNow.AddSeconds(-12) });

        var page = OpenRun(run);

        Assert.Equal(["preparing", "warm-up", "measuring", "finishing"], page.FindAll(".prog li > span:last-child").Select(s => s.TextContent.Replace("✓ ", "", StringComparison.Ordinal)));
        Assert.NotNull(page.Find(".figs.prelim"));
        Assert.NotNull(page.Find(".lstrip .now"));
        Assert.Contains("Doubts so far", Titles(page));
        Assert.Empty(page.FindAll(".dl"));
        page.Find(".btn.stop").Click();

        page.WaitForAssertion(() => Assert.Equal("Cancelling", page.Find(".btn.stop").TextContent));
        // Not inside WaitForAssertion, which would wait for the database on the page's own thread, and so for itself.
        await Poll.UntilAsync("the cancel to be kept", async () => await CountAsync(r => r.CancelRequestedAt != null) == 1, TimeSpan.FromSeconds(20));
    }

    [Fact]
    public async Task A_live_page_takes_in_each_second_by_itself()
    {
        var facts = Facts("uwsgi-http/bottle", seconds: 4) with { End = RunState.Completed };
        var all = facts.Build();
        int first = Enumerable.Range(0, all.Count).First(i => all[i] is SampleFact { Stage: 1 }) + 1;
        var run = await Runs.RecordFirstAsync(first, facts);
        var page = OpenRun(run);
        page.WaitForAssertion(() => Assert.Single(page.FindAll("table.seconds tbody tr")));
        var recorder = new Recorder(Database);

        for (int n = first; n < all.Count; n++)
        {
            await recorder.RecordAsync(run.Id, [new NumberedFact(n + 1, all[n])]);
            Scene.Services.GetRequiredService<RunFeed>().Notify(run.Id);
        }

        page.WaitForAssertion(() => Assert.Equal(4, page.FindAll("table.seconds tbody tr").Count));
        page.WaitForAssertion(() => Assert.NotEmpty(page.FindAll(".dl")));
        Assert.DoesNotContain(page.FindAll(".btn.stop"), b => b.TextContent.StartsWith("Cancel", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_queued_run_says_its_place()
    {
        await Runs.QueuedAsync();
        var run = await Runs.QueuedAsync();

        var page = OpenRun(run);

        Assert.Contains("Place 2: 1 run before it.", page.Find(".says").TextContent, StringComparison.Ordinal);
        Assert.Empty(page.FindAll(".lstrip, .figs, .dl"));
    }

    [Fact]
    public async Task A_run_that_fell_over_opens_with_when_and_why_and_hatches_what_it_measured()
    {
        var run = await Runs.RecordAsync(Facts("uvicorn/starlette", TargetClass.Async) with { End = RunState.Failed, Reason = "Every worker of uvicorn died.", Leftovers = ["2 processes of uvicorn"] });

        var page = OpenRun(run);

        Assert.Equal("✕ Fell over after 3 seconds: every worker of uvicorn died.", page.Find(".finding .verdict").TextContent.Trim());
        Assert.Contains("Left behind when it was asked to stop: 2 processes of uvicorn.", page.Find(".finding").TextContent, StringComparison.Ordinal);
        Assert.NotNull(page.Find(".lstrip .fell"));
        Assert.NotNull(page.Find(".figs.doubt"));
        Assert.Equal(["What happened", "Evidence", "Before it fell"], Titles(page).Take(3));
        Assert.Equal("Run again", page.Find(".btn.go").TextContent);
    }

    [Fact]
    public async Task When_it_fell_over_is_said_once()
    {
        var run = await Runs.RecordAsync(Facts("uwsgi-http/bottle") with { End = RunState.Failed, Reason = "Fell over after 3 seconds: uwsgi-http was ended by SIGKILL." });

        Assert.Equal("✕ Fell over after 3 seconds: uwsgi-http was ended by SIGKILL.", OpenRun(run).Find(".finding .verdict").TextContent.Trim());
    }

    [Theory]
    [InlineData("PostgreSQL did not become ready in 10 s.", "✕ Could not start: PostgreSQL did not become ready in 10 s.")]
    [InlineData("The app's answer is not the row.", "✕ Could not start: the app's answer is not the row.")]
    public async Task A_run_that_could_not_start_says_why_with_names_as_they_are_written(string reason, string expected)
    {
        var run = await Runs.RecordAsync(Facts("uwsgi-http/bottle") with { PerSecond = 0, End = RunState.Failed, Reason = reason });

        var page = OpenRun(run);

        Assert.Equal(expected, page.Find(".finding .verdict").TextContent.Trim());
        Assert.Contains("Nothing was measured.", page.Find(".finding").TextContent, StringComparison.Ordinal);
        Assert.Empty(page.FindAll(".figs, .lstrip"));
    }

    [Fact]
    public async Task A_cancelled_run_keeps_what_it_measured()
    {
        var run = await Runs.RecordAsync(Facts("uwsgi-http/bottle") with { End = RunState.Cancelled, Reason = "Cancelled on request." });

        var page = OpenRun(run);

        Assert.Equal("Cancelled after 3 seconds of measuring.", page.Find(".finding .verdict").TextContent.Trim());
        Assert.Contains("What was measured", Titles(page));
    }

    [Fact]
    public void An_unknown_link_says_so_without_a_word_of_any_run()
    {
        var page = Open<RunPage>("/r/AAAAAAAAAAAAAAAAAAAAAA", ("Slug", "AAAAAAAAAAAAAAAAAAAAAA"));

        page.WaitForAssertion(() => Assert.Equal("There is no such run", page.Find("h1").TextContent));
    }

    [Fact]
    public async Task A_database_that_went_away_leaves_what_was_read_and_says_since_when()
    {
        var run = await Runs.RecordAsync(Facts("uwsgi-http/bottle") with { End = null });
        var page = OpenRun(run);
        page.WaitForElement(".figs");
        await Database.ExecuteAsync("alter table runs rename to hidden");

        Scene.Services.GetRequiredService<RunFeed>().Notify(run.Id);

        page.WaitForAssertion(() => Assert.Contains("The dashboard lost its database at", page.Markup, StringComparison.Ordinal));
        Assert.NotNull(page.Find(".figs"));
        await Database.ExecuteAsync("alter table hidden rename to runs");
        Scene.Services.GetRequiredService<RunFeed>().Notify(run.Id);
        page.WaitForAssertion(() => Assert.DoesNotContain("lost its database", page.Markup, StringComparison.Ordinal));
    }

    [Fact]
    public async Task Notes_and_tags_are_saved_and_a_bad_tag_is_named()
    {
        var run = await Runs.RecordAsync(Facts("uwsgi-http/bottle"));
        var page = OpenRun(run);
        page.WaitForElement("textarea").Change("slower since the kernel");
        page.Find(".notes-form input").Change("#Kernel, overload");

        page.Find(".notes-save button").Click();

        page.WaitForAssertion(() => Assert.Equal("Saved.", page.Find(".notes-save [role=status]").TextContent));
        var kept = await Runs.FindAsync(run.Id);
        Assert.Equal(("slower since the kernel", "kernel overload"), (kept.Notes, string.Join(' ', kept.Tags)));
        // The page reads itself again meanwhile: what is found must not go before it is used.
        await page.InvokeAsync(() => page.Find(".notes-form input").Change(new string('x', 200)));
        await page.InvokeAsync(() => page.Find(".notes-save button").Click());
        page.WaitForAssertion(() => Assert.Contains("is not allowed", page.Find(".notes-save [role=alert]").TextContent, StringComparison.Ordinal));
    }

    [Fact]
    public async Task What_another_page_saved_is_not_overwritten_by_fields_that_nobody_touched()
    {
        var run = await Runs.RecordAsync(Facts("uwsgi-http/bottle"), tags: ["old"], notes: "mine");
        var form = Scene.Render<NotesForm>(p => p.Add(f => f.Run, run.Id).Add(f => f.Notes, "mine").Add(f => f.Tags, ["old"]));
        form.Find("input").Change("new");
        await new RunEdits(Database, TimeProvider.System, Retention.Default).SetNotes(run.Id, "theirs", default);

        form.Find("button").Click();

        form.WaitForAssertion(() => Assert.Equal("Saved.", form.Find("[role=status]").TextContent));
        var kept = await Runs.FindAsync(run.Id);
        Assert.Equal(("theirs", "new"), (kept.Notes, string.Join(' ', kept.Tags)));
    }

    [Fact]
    public async Task Fields_that_nobody_touched_follow_what_another_page_saved_and_others_stay()
    {
        var run = await Runs.RecordAsync(Facts("uwsgi-http/bottle"));
        var form = Scene.Render<NotesForm>(p => p.Add(f => f.Run, run.Id).Add(f => f.Notes, null).Add(f => f.Tags, ["old"]));
        form.Find("input").Change("typed");

        form.Render(p => p.Add(f => f.Run, run.Id).Add(f => f.Notes, "theirs").Add(f => f.Tags, ["theirs"]));

        Assert.Equal("theirs", form.Find("textarea").GetAttribute("value"));
        Assert.Equal("typed", form.Find("input").GetAttribute("value"));
    }

    [Fact]
    public async Task Notes_that_were_saved_are_said_to_be_when_the_tags_are_not()
    {
        var run = await Runs.RecordAsync(Facts("uwsgi-http/bottle"));
        var form = Scene.Render<NotesForm>(p => p.Add(f => f.Run, run.Id).Add(f => f.Notes, null).Add(f => f.Tags, []));
        form.Find("textarea").Change("kept");
        form.Find("input").Change(new string('x', 200));

        form.Find("button").Click();

        form.WaitForAssertion(() => Assert.StartsWith("The notes are saved; the tags are not: ", form.Find("[role=alert]").TextContent, StringComparison.Ordinal));
        Assert.Equal("kept", (await Runs.FindAsync(run.Id)).Notes);
    }

    private IRenderedComponent<RunPage> OpenRun(Run run)
    {
        var page = Open<RunPage>($"/r/{run.Slug}", ("Slug", run.Slug));
        page.WaitForElement(".run-head");
        return page;
    }

    private static IEnumerable<string> Titles(IRenderedComponent<RunPage> page) => page.FindAll("section .note h2").Select(h => h.TextContent);
}
