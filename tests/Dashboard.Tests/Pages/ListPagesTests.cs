using Bunit;
using MudBlazor;
using Wobble.Dashboard.Components.Pages.Configurations;
using Wobble.Dashboard.Components.Pages.Home;
using Wobble.Dashboard.Components.Pages.Runners;
using Wobble.Dashboard.Components.Pages.Runs;
using Wobble.Dashboard.Components.Pages.Targets;
using Wobble.Results.Domain;
using Wobble.Results.Edits;
using Wobble.Results.Queries;

namespace Wobble.Dashboard.Tests.Pages;

public sealed class ListPagesTests : PageScene
{
    [Fact]
    public async Task Home_shows_what_runs_what_waits_and_what_came_last()
    {
        await Runs.RecordAsync(Facts("uvicorn/starlette", TargetClass.Async));
        var live = await Runs.RecordAsync(Facts("gunicorn-gevent/flask", TargetClass.Green) with { End = null });
        await Runs.QueuedAsync();

        var page = Open<HomePage>("/");

        page.WaitForAssertion(() => Assert.Single(page.FindAll("table.runs tbody tr")));
        Assert.Equal($"/r/{live.Slug}", page.Find(".nowline a").GetAttribute("href"));
        Assert.NotNull(page.Find(".lstrip .now"));
        Assert.Contains("Next", page.Find(".queue").TextContent, StringComparison.Ordinal);
        Assert.Contains("All 3 runs", page.Markup, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Home_signed_out_says_what_it_is_and_shows_no_result()
    {
        await Runs.RecordAsync(Facts("uvicorn/starlette", TargetClass.Async));
        SignOut();

        var page = Open<HomePage>("/");

        Assert.Contains("Wobble builds a whole web stack", page.Markup, StringComparison.Ordinal);
        Assert.Equal("/sign-in", page.Find(".btn.go").GetAttribute("href"));
        Assert.DoesNotContain("uvicorn", page.Markup, StringComparison.Ordinal);
    }

    [Fact]
    public void Home_without_runs_says_the_one_thing_to_do()
    {
        var page = Open<HomePage>("/");

        page.WaitForAssertion(() => Assert.Contains("No results yet", page.Find(".empty").TextContent, StringComparison.Ordinal));
        Assert.Contains("Nothing runs, nothing waits.", page.Markup, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Runs_are_filtered_by_the_address_and_counted()
    {
        await Runs.RecordAsync(Facts("uvicorn/starlette", TargetClass.Async), tags: ["article"], notes: "after <b>the</b> update");
        await Runs.RecordAsync(Facts("uwsgi-http/bottle"));

        var page = Open<RunsPage>("/runs?class=async");

        page.WaitForAssertion(() => Assert.Equal("1 run matches", page.Find(".head .dim").TextContent));
        Assert.Equal("uvicorn/starlette", page.Find("td .tgt").TextContent);
        Assert.Equal("true", page.FindAll(".chip").Single(c => c.TextContent.StartsWith("async", StringComparison.Ordinal)).GetAttribute("aria-current"));
        Assert.Contains("after &lt;b&gt;the&lt;/b&gt; update", page.Find("td.said").InnerHtml, StringComparison.Ordinal);
        Navigation.NavigateTo("/runs?class=green&tag=overload&days=30");
        page.WaitForAssertion(() => Assert.Equal("No run has all of: green-threaded, #overload, last 30 days.", page.Find(".empty p").TextContent));
    }

    [Fact]
    public async Task Chosen_runs_stand_in_the_address_and_lead_to_their_comparison()
    {
        var a = await Runs.RecordAsync(Facts("uvicorn/starlette", TargetClass.Async));
        var b = await Runs.RecordAsync(Facts("uwsgi-http/bottle"));
        var page = Open<RunsPage>("/runs");
        page.WaitForElement("td.ck input");

        page.FindAll("td.ck input")[0].Change(true);
        page.WaitForAssertion(() => Assert.Contains("one more to compare", page.Find(".selbar").TextContent, StringComparison.Ordinal));
        page.FindAll("td.ck input")[1].Change(true);

        page.WaitForElement(".selbar a.btn.go");
        Assert.Equal(new[] { a.Slug, b.Slug }.Order(), page.Find(".selbar a.btn.go").GetAttribute("href")!["/compare?r=".Length..].Split("&r=").Order());
        Assert.Equal(2, Address.Split("r=").Length - 1);
    }

    [Fact]
    public async Task Tags_and_notes_are_edited_in_the_list()
    {
        var run = await Runs.RecordAsync(Facts("uwsgi-http/bottle"), tags: ["old"], notes: "first try");
        var other = await Runs.RecordAsync(Facts("uvicorn/starlette", TargetClass.Async));
        var page = Open<RunsPage>("/runs");
        page.WaitForElement("button.edit");
        AngleSharp.Dom.IElement Edit() => page.FindAll("button.edit").Single(b => b.GetAttribute("aria-label") == "Edit tags and notes of uwsgi-http/bottle");

        Edit().Click();
        page.WaitForAssertion(() => Assert.Equal("true", Edit().GetAttribute("aria-expanded")));
        Assert.Equal("first try", page.WaitForElement("tr.editing textarea").GetAttribute("value"));
        page.Find("tr.editing textarea").Change("second try");
        page.Find("tr.editing input").Change("new baseline");
        page.FindAll("tr.editing button").Single(b => b.TextContent == "Save").Click();

        page.WaitForAssertion(() => Assert.Contains("second try", page.Find("td.said .why").TextContent, StringComparison.Ordinal));
        Assert.Equal(["new", "baseline"], page.FindAll("td.said a.tag").Select(t => t.TextContent));
        Assert.Empty(page.FindAll("tr.editing"));
        Assert.Equal("second try", (await Runs.FindAsync(run.Id)).Notes);
        Assert.Null((await Runs.FindAsync(other.Id)).Notes);
    }

    [Fact]
    public async Task What_is_edited_can_be_closed_without_saving()
    {
        var run = await Runs.RecordAsync(Facts("uwsgi-http/bottle"), notes: "stays");
        var page = Open<RunsPage>("/runs");
        page.WaitForElement("button.edit").Click();
        page.WaitForElement("tr.editing textarea").Change("goes");

        page.FindAll("tr.editing button").Single(b => b.TextContent == "Close").Click();

        page.WaitForAssertion(() => Assert.Empty(page.FindAll("tr.editing")));
        Assert.Equal("stays", (await Runs.FindAsync(run.Id)).Notes);
    }

    [Fact]
    public async Task A_queue_longer_than_its_line_is_counted()
    {
        for (int i = 0; i < 6; i++) await Runs.QueuedAsync();

        var page = Open<HomePage>("/");

        page.WaitForAssertion(() => Assert.Equal(4, page.FindAll(".queue .tgt").Count));
        Assert.Equal("2 more", page.Find(".queue a[href='/runs?state=queued']").TextContent);
        Assert.Contains("6 runs wait.", page.Markup, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Counts_stop_at_a_thousand_and_say_so()
    {
        await using (var db = Database.CreateDbContext())
        {
            db.AddRange(Enumerable.Range(0, RunsQueries.CountLimit + 1).Select(_ => new Results.Storage.Run { Slug = Results.Storage.Slug.New(), Definition = new Definition { Target = "uwsgi-http/bottle" }, Target = "uwsgi-http/bottle" }));
            await db.SaveChangesAsync();
        }

        var home = Open<HomePage>("/");
        home.WaitForAssertion(() => Assert.Equal("more than 996 more", home.Find(".queue a[href='/runs?state=queued']").TextContent));
        Assert.Contains("More than 1,000 runs wait.", home.Markup, StringComparison.Ordinal);

        var runs = Open<RunsPage>("/runs");
        runs.WaitForAssertion(() => Assert.Equal("more than 1,000 runs", runs.Find(".head .dim").TextContent));
    }

    [Fact]
    public async Task Deleted_runs_leave_the_list()
    {
        var run = await Runs.RecordAsync(Facts("uwsgi-http/bottle"));
        var page = Open<RunsPage>($"/runs?r={run.Slug}");
        page.WaitForElement(".selbar button");

        page.Find(".selbar button").Click();

        page.WaitForAssertion(() => Assert.Contains("No runs yet", page.Find(".empty").TextContent, StringComparison.Ordinal));
        Assert.Equal("/runs", Address);
        Assert.Equal(1, await CountAsync(r => r.DeletedAt != null));
    }

    [Fact]
    public async Task A_double_click_deletes_once_and_says_nothing_else()
    {
        var run = await Runs.RecordAsync(Facts("uwsgi-http/bottle"));
        var messages = Scene.Render<MudSnackbarProvider>();
        var page = Open<RunsPage>($"/runs?r={run.Slug}");
        page.WaitForElement(".selbar button");

        await page.InvokeAsync(() =>
        {
            page.Find(".selbar button").Click();
            page.Find(".selbar button").Click();
        });

        messages.WaitForAssertion(() => Assert.Contains("Deleted 1 run; the links end.", messages.Markup, StringComparison.Ordinal));
        page.WaitForAssertion(() => Assert.Equal("/runs", Address));
        Assert.DoesNotContain("going on", messages.Markup, StringComparison.Ordinal);
        Assert.DoesNotContain("gone already", messages.Markup, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Of_chosen_runs_that_stay_it_says_which_go_on_and_which_are_gone()
    {
        var (mine, theirs, waiting) = (await Runs.RecordAsync(Facts("uwsgi-http/bottle")), await Runs.RecordAsync(Facts("uwsgi-http/flask")), await Runs.QueuedAsync());
        var messages = Scene.Render<MudSnackbarProvider>();
        var page = Open<RunsPage>($"/runs?r={mine.Slug}&r={theirs.Slug}&r={waiting.Slug}");
        page.WaitForElement(".selbar button");
        await new RunEdits(Database, TimeProvider.System, Retention.Default).Delete([theirs.Id], default);

        page.Find(".selbar button").Click();

        messages.WaitForAssertion(() => Assert.Contains("Deleted 1 run; the links end. 1 run still going on can’t be deleted: cancel first. 1 run was gone already.", messages.Markup, StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_database_that_is_away_is_said_and_asked_again()
    {
        await Database.ExecuteAsync("alter table runs rename to hidden");
        var page = Open<RunsPage>("/runs");
        page.WaitForAssertion(() => Assert.Contains("The dashboard lost its database at", page.Find(".finding").TextContent, StringComparison.Ordinal));

        await Database.ExecuteAsync("alter table hidden rename to runs");
        page.Find(".finding button").Click();

        page.WaitForAssertion(() => Assert.Empty(page.FindAll(".finding")));
    }

    [Fact]
    public async Task Configurations_are_archived_and_taken_back()
    {
        await new ConfigurationEdits(Database, TimeProvider.System).Create("base", new Definition { Target = "uwsgi-http/bottle" }, default);
        var page = Open<ConfigurationsPage>("/configurations");
        page.WaitForElement("td.acts");

        page.FindAll("td.acts button").Single(b => b.TextContent.StartsWith("Archive", StringComparison.Ordinal)).Click();
        page.WaitForAssertion(() => Assert.Contains("No configuration yet", page.Find(".empty").TextContent, StringComparison.Ordinal));

        Navigation.NavigateTo("/configurations?archived=true");
        page.WaitForElement("td.acts button").Click();
        page.WaitForAssertion(() => Assert.Contains("Nothing is archived", page.Find(".empty").TextContent, StringComparison.Ordinal));
        Assert.Single(await new ConfigurationQueries(Database).All(false, default));
    }

    [Fact]
    public async Task Run_now_leads_to_the_run_and_says_what_is_wrong()
    {
        var edits = new ConfigurationEdits(Database, TimeProvider.System);
        await edits.Create("a good one", new Definition { Target = "uwsgi-http/bottle" }, default);
        await edits.Create("no longer here", new Definition { Target = "gunicorn-meinheld/bottle" }, default);
        var page = Open<ConfigurationsPage>("/configurations");
        page.WaitForElement("td.acts");

        page.FindAll("tbody tr")[1].QuerySelector("button")!.Click();
        page.WaitForAssertion(() => Assert.StartsWith("no longer here was not queued. target: gunicorn-meinheld/bottle is not allowed; not installed", page.Find(".wrong").TextContent, StringComparison.Ordinal));
        page.FindAll("tbody tr")[0].QuerySelector("button")!.Click();

        page.WaitForAssertion(() => Assert.StartsWith("/r/", Address, StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_configuration_shows_its_runs_and_their_trend()
    {
        var saved = (await new ConfigurationEdits(Database, TimeProvider.System).Create("base", new Definition { Target = "uwsgi-http/bottle" }, default)).Value!;
        await Runs.RecordAsync(Facts("uwsgi-http/bottle"), configurationId: saved.Id);
        await Runs.RecordAsync(Facts("uwsgi-http/bottle", medianMs: 25), configurationId: saved.Id);

        var page = Open<ConfigurationPage>($"/configurations/{saved.Id}", ("Id", saved.Id));

        page.WaitForAssertion(() => Assert.Equal(2, page.FindAll(".trend .pt").Count));
        Assert.Equal("base", page.Find("h1").TextContent);
        Assert.Equal(2, page.FindAll("table.runs tbody tr").Count);
    }

    [Fact]
    public void An_unknown_configuration_is_said_to_be_one() =>
        Assert.Equal("No such configuration", Open<ConfigurationPage>("/configurations/x", ("Id", Guid.NewGuid())).WaitForElement("h1.lead").TextContent);

    [Fact]
    public void Targets_are_for_everyone_but_running_them_is_not()
    {
        SignOut();

        var page = Open<TargetsPage>("/targets");

        page.WaitForAssertion(() => Assert.Equal(["uwsgi-http", "uwsgi-uwsgi", "gunicorn-meinheld", "gunicorn-gevent", "uvicorn", "daphne", "bottle", "flask", "starlette"], page.FindAll(".tlist tbody tr").Select(r => r.Id)));
        Assert.Empty(page.FindAll("a[href^='/new']"));
        Assert.Contains("6 of 7 targets can run here.", page.Markup, StringComparison.Ordinal);
        Assert.Equal(2, page.FindAll(".article tbody tr").Count);
    }

    [Fact]
    public async Task A_runner_that_is_silent_is_gone()
    {
        await Database.ExecuteAsync("insert into runners (name, host, catalogue, doing, wobble, seen_at, started_at) values ('old', 'old', '{}', 'idle', '', now() - interval '3 days', now() - interval '4 days')");

        var page = Open<RunnersPage>("/runners");

        page.WaitForAssertion(() => Assert.Equal(["idle", "gone"], page.FindAll(".note .tag").Select(t => t.TextContent)));
        Assert.Contains("Last seen 3 days ago", page.Markup, StringComparison.Ordinal);
    }
}
