using AngleSharp.Dom;
using Bunit;
using Microsoft.EntityFrameworkCore;
using MudBlazor;
using Wobble.Dashboard.Components.Pages.Compare;
using Wobble.Dashboard.Components.Pages.Experiments;
using Wobble.Dashboard.Components.Pages.Keeping;
using Wobble.Dashboard.Components.Pages.RunParts;
using Wobble.Results.Domain;
using Wobble.Results.Edits;
using Wobble.Results.Experiments;
using Wobble.Results.Queries;
using Wobble.Results.Storage;
using Wobble.Tests.Support;

namespace Wobble.Dashboard.Tests.Pages;

public sealed class HousekeepingPageTests : PageScene
{
    private ExperimentEdits Edits => new(Database, TimeProvider.System, Retention.Default);

    [Fact]
    public async Task What_was_deleted_is_listed_and_brought_back()
    {
        var experiment = await PlayedAsync();
        string kept = (await new ComparisonEdits(Database, TimeProvider.System).Keep([experiment.Slug], default)).Value!;
        var run = await Runs.RecordAsync(Facts("uwsgi-http/flask"));
        await new RunEdits(Database, TimeProvider.System, Retention.Default).Delete([run.Id], default);
        await new ComparisonEdits(Database, TimeProvider.System).Delete(kept, default);
        await Edits.Delete(experiment.Slug, default);
        var page = Open<HousekeepingPage>("/housekeeping");

        page.WaitForAssertion(() => Assert.Equal(3, page.FindAll("tbody tr").Count));
        Assert.Contains("7 runs, 1 experiment, 1 comparison that can be brought back", page.Find("section[aria-label='Kept']").TextContent, StringComparison.Ordinal);
        string[] rows = [.. page.FindAll("tbody tr td:first-child").Select(td => td.TextContent)];
        Assert.Equal($"Experiment: {experiment.Question} (6 runs)", rows[0]);
        Assert.Equal("Comparison: of runs that were deleted", rows[1]);
        Assert.Contains("flask", rows[2], StringComparison.Ordinal);

        await BringBackAsync(page, 0);
        page.WaitForAssertion(() => Assert.Equal($"Comparison: {experiment.Question}", page.FindAll("tbody tr td:first-child")[0].TextContent));
        await BringBackAsync(page, 0);
        page.WaitForAssertion(() => Assert.Single(page.FindAll("tbody tr")));
        await BringBackAsync(page, 0);

        page.WaitForAssertion(() => Assert.Contains("Nothing was deleted.", page.Markup, StringComparison.Ordinal));
        Assert.Equal(6, (await new ExperimentQueries(Database).BySlug(experiment.Slug, default))!.Runs.Count);
        Assert.NotNull(await new ComparisonQueries(Database).Kept(kept, default));
    }

    [Fact]
    public async Task What_is_gone_meanwhile_is_said()
    {
        var experiment = await PlayedAsync();
        await Edits.Delete(experiment.Slug, default);
        var page = Open<HousekeepingPage>("/housekeeping");
        page.WaitForElement("tbody button");
        await Database.ExecuteAsync("delete from runs where id = (select min(id::text)::uuid from runs)");

        await BringBackAsync(page, 0);

        page.WaitForAssertion(() => Assert.EndsWith("was not brought back. The rows of 1 of its 6 runs are gone for good.", page.Find("[role=alert]").TextContent, StringComparison.Ordinal));
        Assert.Null(await new ExperimentQueries(Database).BySlug(experiment.Slug, default));
    }

    [Fact]
    public async Task A_run_whose_experiment_was_deleted_later_says_what_comes_first_and_what_is_there_already_leaves_the_list()
    {
        var experiment = await PlayedAsync();
        string kept = (await new ComparisonEdits(Database, TimeProvider.System).Keep([experiment.Slug], default)).Value!;
        await using var db = Database.CreateDbContext();
        var run = await db.Runs.FirstAsync(r => r.ExperimentId == experiment.Id);
        await new RunEdits(Database, TimeProvider.System, Retention.Default).Delete([run.Id], default);
        await Edits.Delete(experiment.Slug, default);
        await new ComparisonEdits(Database, TimeProvider.System).Delete(kept, default);
        var page = Open<HousekeepingPage>("/housekeeping");
        page.WaitForAssertion(() => Assert.Equal(3, page.FindAll("tbody button").Count));

        await BringBackAsync(page, 2);
        page.WaitForAssertion(() => Assert.Equal($"{run.Target} was not brought back. Its experiment was deleted, too: bring that back first, then this run.", page.Find("[role=alert]").TextContent));
        // Somebody else was quicker.
        await new ComparisonEdits(Database, TimeProvider.System).Restore(kept, default);
        await BringBackAsync(page, 0);

        page.WaitForAssertion(() => Assert.Equal(2, page.FindAll("tbody button").Count));
        Assert.Empty(page.FindAll("[role=alert]"));
    }

    [Fact]
    public async Task The_message_of_a_deleted_run_says_why_it_does_not_come_back()
    {
        var experiment = await PlayedAsync();
        await using var db = Database.CreateDbContext();
        var run = await db.Runs.AsNoTracking().FirstAsync(r => r.ExperimentId == experiment.Id);
        var messages = Scene.Render<MudSnackbarProvider>();
        var keeping = Scene.Render<RunKeeping>(p => p.Add(x => x.Run, run));
        keeping.Find(".btn.stop").Click();
        messages.WaitForAssertion(() => Undo(messages));
        await Edits.Delete(experiment.Slug, default);

        Undo(messages).Click();

        messages.WaitForAssertion(() => Assert.Contains("Not brought back. Its experiment was deleted, too: bring that back first, then this run.", messages.Markup, StringComparison.Ordinal));
        Assert.Equal("/runs", Address);
    }

    [Fact]
    public async Task A_second_click_on_new_link_ends_no_link_of_a_run()
    {
        var run = await Runs.RecordAsync(Facts("uwsgi-http/bottle"));
        var keeping = Scene.Render<RunKeeping>(p => p.Add(x => x.Run, run));

        keeping.FindAll(".btns button")[1].Click();
        Assert.Equal("Keep it", keeping.FindAll(".btns button")[1].TextContent);
        keeping.FindAll(".btns button")[1].Click();

        Assert.Equal("New link", keeping.FindAll(".btns button")[1].TextContent);
        Assert.Equal(run.Slug, (await Runs.FindAsync(run.Id)).Slug);
        keeping.FindAll(".btns button")[1].Click();
        keeping.FindAll(".btns button").Single(b => b.TextContent == "Really: the present link ends").Click();
        keeping.WaitForAssertion(() => Assert.StartsWith("/r/", Address, StringComparison.Ordinal));
        Assert.Equal($"/r/{(await Runs.FindAsync(run.Id)).Slug}", Address);
        Assert.NotEqual($"/r/{run.Slug}", Address);
    }

    [Fact]
    public async Task A_second_click_on_new_link_ends_no_link_of_an_experiment()
    {
        var experiment = await PlayedAsync();
        var page = Open<ExperimentPage>($"/x/{experiment.Slug}", ("Slug", experiment.Slug));
        page.WaitForElement(".btn.stop");
        int place = page.FindAll("button").ToList().FindIndex(b => b.TextContent == "New link");

        await page.InvokeAsync(() => page.FindAll("button")[place].Click());
        page.WaitForAssertion(() => Assert.Equal("Keep it", page.FindAll("button")[place].TextContent));
        await page.InvokeAsync(() => page.FindAll("button")[place].Click());

        page.WaitForAssertion(() => Assert.Equal("New link", page.FindAll("button")[place].TextContent));
        Assert.NotNull(await new ExperimentQueries(Database).BySlug(experiment.Slug, default));
    }

    [Fact]
    public async Task Each_runners_data_folder_is_shown_with_when_it_was_told()
    {
        var told = new DataFolderUse(DateTimeOffset.UtcNow, "/var/lib/wobble", [new DataFolderPart("journals", 2_000_000, null), new DataFolderPart("benchmark", 500_000_000, "it can’t be read"), new DataFolderPart("of-tomorrow", 1_000_000, null)]);
        await using (var db = Database.CreateDbContext())
        {
            await db.Runners.ExecuteUpdateAsync(r => r.SetProperty(x => x.DataFolder, told));
            db.Add(new RunnerRow { Name = "second", Host = "elsewhere" });
            await db.SaveChangesAsync();
        }
        var page = Open<HousekeepingPage>("/housekeeping");
        page.WaitForAssertion(() => Assert.Equal(2, page.FindAll(".datafolder").Count));

        var first = page.FindAll(".datafolder")[0];
        Assert.Equal(["In all", "Journals", "The benchmark’s database", "of-tomorrow"], first.QuerySelectorAll("dt").Select(d => d.TextContent));
        Assert.Equal(["503 MB", "2.00 MB", "500 MB it can’t be read", "1.00 MB"], first.QuerySelectorAll("dd").Select(d => d.TextContent));
        Assert.NotEmpty(first.QuerySelectorAll("time"));
        Assert.Equal("second on elsewhere: not told yet", page.FindAll(".datafolder")[1].TextContent.Trim());
    }

    [Fact]
    public async Task An_experiment_is_deleted_on_its_page_and_the_message_takes_it_back()
    {
        var experiment = await PlayedAsync();
        await Database.ExecuteAsync("update runs set pinned = true where id in (select id from runs order by id limit 2)");
        var messages = Scene.Render<MudSnackbarProvider>();
        var page = Open<ExperimentPage>($"/x/{experiment.Slug}", ("Slug", experiment.Slug));
        page.WaitForElement(".btn.stop").Click();
        page.WaitForAssertion(() => Assert.Equal("Really delete it with its 6 runs, 2 of them pinned?", page.Find(".btn.stop").TextContent));
        page.FindAll("button").Single(b => b.TextContent == "Keep it").Click();
        page.WaitForAssertion(() => Assert.Equal("Delete", page.Find(".btn.stop").TextContent));
        Assert.Equal(0, await CountAsync(r => r.DeletedAt != null));
        page.Find(".btn.stop").Click();
        page.WaitForAssertion(() => Assert.StartsWith("Really", page.Find(".btn.stop").TextContent, StringComparison.Ordinal));
        page.Find(".btn.stop").Click();

        page.WaitForAssertion(() => Assert.Equal("/experiments", Address));
        Assert.Equal(6, await CountAsync(r => r.DeletedAt != null));
        messages.WaitForAssertion(() => Assert.Contains("Deleted the experiment and 6 runs; the links end.", messages.Markup, StringComparison.Ordinal));
        Undo(messages).Click();

        messages.WaitForAssertion(() => Assert.Equal($"/x/{experiment.Slug}", Address));
        Assert.Equal(0, await CountAsync(r => r.DeletedAt != null));
    }

    [Fact]
    public async Task One_that_recurs_says_so_and_stays_on_its_page()
    {
        var experiment = await PlayedAsync();
        await new RecurrenceEdits(Database, TimeProvider.System).Create(new RecurrenceWish { Experiment = experiment.Slug, Time = "02:30" }, default);
        var messages = Scene.Render<MudSnackbarProvider>();
        var page = Open<ExperimentPage>($"/x/{experiment.Slug}", ("Slug", experiment.Slug));

        page.WaitForElement(".btn.stop").Click();
        page.WaitForAssertion(() => Assert.Equal("Really delete it with its 6 runs?", page.Find(".btn.stop").TextContent));
        page.Find(".btn.stop").Click();

        messages.WaitForAssertion(() => Assert.Contains("Not deleted. It recurs, and would be made anew from what is gone: delete what recurs first.", messages.Markup, StringComparison.Ordinal));
        Assert.Equal($"/x/{experiment.Slug}", Address);
    }

    [Fact]
    public async Task A_comparison_is_deleted_on_its_page_also_when_its_runs_are_gone_and_the_message_takes_it_back()
    {
        var experiment = await PlayedAsync();
        string kept = (await new ComparisonEdits(Database, TimeProvider.System).Keep([experiment.Slug], default)).Value!;
        var messages = Scene.Render<MudSnackbarProvider>();
        Open<ComparePage>($"/c/{kept}", ("KeptSlug", kept)).WaitForElement(".btn.stop").Click();

        messages.WaitForAssertion(() => Assert.Equal("/compare", Address));
        Assert.Null(await new ComparisonQueries(Database).Kept(kept, default));
        messages.WaitForAssertion(() => Undo(messages));
        Undo(messages).Click();
        messages.WaitForAssertion(() => Assert.Equal($"/c/{kept}", Address));
        Assert.NotNull(await new ComparisonQueries(Database).Kept(kept, default));

        await Edits.Delete(experiment.Slug, default);
        var empty = Open<ComparePage>($"/c/{kept}", ("KeptSlug", kept));
        empty.WaitForElement(".btn.stop").Click();
        empty.WaitForAssertion(() => Assert.Equal("/compare", Address));
        Assert.Null(await new ComparisonQueries(Database).Kept(kept, default));
    }

    // The page may render at any moment, and a button of before isn't there then.
    private static Task BringBackAsync(IRenderedComponent<HousekeepingPage> page, int row) => page.InvokeAsync(() => page.FindAll("tbody button")[row].Click());

    private static IElement Undo(IRenderedComponent<MudSnackbarProvider> messages) => messages.FindAll("button").First(b => b.TextContent.Trim() == "Undo");

    private Task<Experiment> PlayedAsync() =>
        new StoredExperiments(Database).PlayAsync(Making.Compare(["uwsgi-http/bottle", "uvicorn/starlette"], new Definition { Target = "" }, SamplePlans.Catalogue, 3, 1), _ => (30, 4_000));
}
