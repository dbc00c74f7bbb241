using AngleSharp.Dom;
using Bunit;
using Microsoft.AspNetCore.Components;
using MudBlazor;
using Wobble.Dashboard.Components.Pages;
using Wobble.Dashboard.Components.Pages.Claims;
using Wobble.Dashboard.Components.Pages.Configurations;
using Wobble.Dashboard.Components.Pages.Experiments;
using Wobble.Dashboard.Components.Pages.NewRun;
using Wobble.Dashboard.Components.Pages.Recurring;
using Wobble.Dashboard.Components.Pages.Runs;
using Wobble.Results.Domain;
using Wobble.Results.Edits;
using Wobble.Results.Experiments;
using Wobble.Tests.Support;

namespace Wobble.Dashboard.Tests.Pages;

/// <summary>A change that is asked for while the database is away: the page says so, keeps what was typed, and does it when it is asked again.</summary>
public sealed class DatabaseAwayPageTests : PageScene
{
    private const string Refused = "Nothing was changed: Wobble’s database can’t be reached. Try again when it is back.";

    // No change is made without its line in the audit log. A table that is missing is told like a database that is away.
    private Task GoAwayAsync() => Database.ExecuteAsync("alter table audit rename to hidden");

    private Task ComeBackAsync() => Database.ExecuteAsync("alter table hidden rename to audit");

    [Fact]
    public async Task New_run_keeps_its_form()
    {
        var page = Open<NewRunPage>("/new?target=uvicorn/starlette");
        page.WaitForElement(".btn.go");
        await GoAwayAsync();

        page.Find(".btn.go").Click();

        page.WaitForAssertion(() => Assert.Equal(Refused + " What you chose stays here.", page.Find(".side .wrong").TextContent));
        Assert.Empty(Jobs.Queued);
        Assert.Equal("true", page.Find("button.cell[aria-label='uvicorn/starlette']").GetAttribute("aria-pressed"));
        await ComeBackAsync();
        page.Find(".btn.go").Click();
        page.WaitForAssertion(() => Assert.StartsWith("/r/", Address, StringComparison.Ordinal));
        Assert.Equal(1, await CountAsync(r => r.Target == "uvicorn/starlette"));
    }

    [Fact]
    public async Task Runs_that_were_chosen_stay_chosen()
    {
        var run = await Runs.RecordAsync(Facts("uwsgi-http/bottle"));
        var messages = Scene.Render<MudSnackbarProvider>();
        var page = Open<RunsPage>($"/runs?r={run.Slug}");
        page.WaitForElement(".selbar button");
        await GoAwayAsync();

        page.Find(".selbar button").Click();

        Said(messages);
        Assert.Equal($"/runs?r={run.Slug}", Address);
        await ComeBackAsync();
        page.Find(".selbar button").Click();
        page.WaitForAssertion(() => Assert.Equal("/runs", Address));
        await GoAwayAsync();
        messages.WaitForState(() => messages.FindAll("button").Any(IsUndo));
        messages.FindAll("button").Single(IsUndo).Click();
        messages.WaitForAssertion(() => Assert.Contains(Refused, messages.Markup, StringComparison.Ordinal));
        Assert.Equal(1, await CountAsync(r => r.DeletedAt != null));
    }

    [Fact]
    public async Task A_run_is_neither_pinned_nor_noted()
    {
        var run = await Runs.RecordAsync(Facts("uwsgi-http/bottle"));
        var page = Open<RunPage>($"/r/{run.Slug}", ("Slug", run.Slug));
        page.WaitForElement("details.more button");
        await GoAwayAsync();

        page.FindAll("details.more button").Single(b => b.TextContent == "Pin").Click();
        page.WaitForAssertion(() => Assert.Equal(Refused, page.Find("details.more .wrong").TextContent));
        page.Find("textarea").Change("kept");
        page.FindAll("button").Single(b => b.TextContent == "Save").Click();

        page.WaitForAssertion(() => Assert.Equal(2, page.FindAll(".wrong").Count(w => w.TextContent == Refused)));
        await ComeBackAsync();
        page.FindAll("button").Single(b => b.TextContent == "Save").Click();
        page.WaitForAssertion(() => Assert.Single(page.FindAll(".wrong")));
        await using var db = Database.CreateDbContext();
        Assert.Equal("kept", db.Runs.Single().Notes);
    }

    [Fact]
    public async Task An_experiment_stays_where_it_is()
    {
        var experiment = await new StoredExperiments(Database).PlayAsync(Making.Compare(["uwsgi-http/bottle", "uvicorn/starlette"], new Definition { Target = "" }, SamplePlans.Catalogue, 3, 1), _ => (30, 4_000));
        var messages = Scene.Render<MudSnackbarProvider>();
        var page = Open<ExperimentPage>($"/x/{experiment.Slug}", ("Slug", experiment.Slug));
        page.WaitForElement(".btn.stop").Click();
        page.WaitForAssertion(() => Assert.StartsWith("Really", page.Find(".btn.stop").TextContent, StringComparison.Ordinal));
        await GoAwayAsync();

        page.Find(".btn.stop").Click();

        Said(messages);
        Assert.Equal($"/x/{experiment.Slug}", Address);
        Assert.Equal(0, await CountAsync(r => r.DeletedAt != null));
    }

    [Fact]
    public async Task An_experiment_that_can_t_be_counted_says_so()
    {
        var experiment = await new StoredExperiments(Database).PlayAsync(Making.Compare(["uwsgi-http/bottle", "uvicorn/starlette"], new Definition { Target = "" }, SamplePlans.Catalogue, 3, 1), _ => (30, 4_000));
        var messages = Scene.Render<MudSnackbarProvider>();
        var page = Open<ExperimentPage>($"/x/{experiment.Slug}", ("Slug", experiment.Slug));
        page.WaitForElement(".btn.stop");
        await Database.ExecuteAsync("alter table runs rename to hidden");

        page.Find(".btn.stop").Click();

        messages.WaitForAssertion(() => Assert.Contains("database can't be reached", System.Net.WebUtility.HtmlDecode(messages.Markup), StringComparison.Ordinal));
        Assert.Equal("Delete", page.Find(".btn.stop").TextContent);
    }

    [Fact]
    public async Task What_recurs_stays_shown_and_is_read_when_the_database_is_back()
    {
        var experiment = await new StoredExperiments(Database).PlayAsync(Making.Compare(["uwsgi-http/bottle", "uvicorn/starlette"], new Definition { Target = "" }, SamplePlans.Catalogue, 3, 1), _ => (30, 4_000));
        await new RecurrenceEdits(Database, TimeProvider.System).Create(new RecurrenceWish { Experiment = experiment.Slug, Time = "02:30" }, default);
        var part = Scene.Render<ExperimentRecurrence>(p => p.Add(x => x.Slug, experiment.Slug));
        part.WaitForElement(".recurs");
        await Database.ExecuteAsync("alter table recurrences rename to hidden");

        Pause(part);

        part.WaitForAssertion(() => Assert.Contains("database was lost meanwhile", part.Find(".recur-new .wrong").TextContent, StringComparison.Ordinal));
        Assert.Single(part.FindAll(".recurs"));
        var late = Scene.Render<ExperimentRecurrence>(p => p.Add(x => x.Slug, experiment.Slug));
        Assert.Empty(late.FindAll(".recurs"));
        await Database.ExecuteAsync("alter table hidden rename to recurrences");
        late.Render(p => p.Add(x => x.Slug, experiment.Slug));
        late.WaitForElement(".recurs");
        Pause(part);
        part.WaitForAssertion(() => Assert.Contains("Paused.", part.Find(".recurs").TextContent, StringComparison.Ordinal));

        static void Pause(IRenderedComponent<ExperimentRecurrence> part) => part.FindAll(".recurs button").Single(b => b.TextContent.StartsWith("Pause", StringComparison.Ordinal)).Click();
    }

    [Fact]
    public async Task A_configuration_isn_t_archived()
    {
        await new ConfigurationEdits(Database, TimeProvider.System).Create("base", new Definition { Target = "uwsgi-http/bottle" }, default);
        var page = Open<ConfigurationsPage>("/configurations");
        page.WaitForElement("td.acts");
        await GoAwayAsync();

        page.FindAll("td.acts button").Single(b => b.TextContent.StartsWith("Archive", StringComparison.Ordinal)).Click();

        page.WaitForAssertion(() => Assert.Contains(Refused, page.Markup, StringComparison.Ordinal));
        Assert.Single(page.FindAll("td.acts"));
    }

    [Theory, InlineData("/experiments"), InlineData("/claims")]
    public async Task Nothing_is_begun(string address)
    {
        IRenderedComponent<IComponent> page = address == "/claims" ? Open<ClaimsPage>(address) : Open<ExperimentsPage>(address);
        page.WaitForState(() => page.FindAll(".btn.go").Any(b => !b.HasAttribute("disabled")));
        await GoAwayAsync();

        page.FindAll(".btn.go").First(b => !b.HasAttribute("disabled")).Click();

        page.WaitForAssertion(() => Assert.Equal(Refused, page.Find(".wrong").TextContent));
        Assert.Equal(0, await CountAsync(_ => true));
    }

    [Fact]
    public async Task Of_claims_that_are_begun_together_it_says_how_many_were()
    {
        var page = Open<ClaimsPage>("/claims");
        page.WaitForState(() => page.FindAll(".btn.go").Any(b => !b.HasAttribute("disabled")));
        // The disk is full after the first.
        await Database.ExecuteAsync("create function refuse() returns trigger language plpgsql as $$ begin if exists (select from experiments) then raise exception 'full' using errcode = '53100'; end if; return new; end $$");
        await Database.ExecuteAsync("create trigger refuse before insert on experiments for each row execute function refuse()");

        page.Find(".btn.go").Click();

        page.WaitForAssertion(() => Assert.StartsWith("1 was begun; Wobble’s database was lost meanwhile", page.Find(".wrong").TextContent, StringComparison.Ordinal));
    }

    private static void Said(IRenderedComponent<MudSnackbarProvider> messages) =>
        messages.WaitForAssertion(() => Assert.Contains(Refused, messages.Markup, StringComparison.Ordinal));

    private static bool IsUndo(IElement button) => button.TextContent.Trim() == "Undo";
}
