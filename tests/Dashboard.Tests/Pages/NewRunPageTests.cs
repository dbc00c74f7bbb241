using AngleSharp.Dom;
using Bunit;
using Microsoft.Extensions.DependencyInjection;
using Wobble.Dashboard.Components.Pages.NewRun;
using Wobble.Dashboard.Live;
using Wobble.Results.Domain;
using Wobble.Results.Edits;
using Wobble.Results.Queries;
using Wobble.Results.Storage;

namespace Wobble.Dashboard.Tests.Pages;

public sealed class NewRunPageTests : PageScene
{
    private IRenderedComponent<NewRunPage> OpenForm(string address)
    {
        var page = Open<NewRunPage>(address);
        page.WaitForElement(".btn.go");
        return page;
    }

    private static IElement Cell(IRenderedComponent<NewRunPage> page, string target) => page.Find($"button.cell[aria-label='{target}']");

    [Fact]
    public async Task A_newcomer_presses_one_button_and_is_at_the_run()
    {
        var page = OpenForm("/new");

        page.Find(".btn.go").Click();

        page.WaitForAssertion(() => Assert.StartsWith("/r/", Address, StringComparison.Ordinal));
        Assert.Equal(1, await CountAsync(r => r.Target == "uwsgi-http/bottle" && r.State == RunState.Queued));
        Assert.Single(Jobs.Queued);
    }

    [Fact]
    public async Task A_double_click_queues_one_run()
    {
        var page = OpenForm("/new");

        await page.InvokeAsync(() =>
        {
            page.Find(".btn.go").Click();
            page.Find(".btn.go").Click();
        });

        page.WaitForAssertion(() => Assert.StartsWith("/r/", Address, StringComparison.Ordinal));
        // Still busy: the page is being left.
        page.WaitForAssertion(() => Assert.Equal("Queueing", page.Find(".btn.go").TextContent));
        Assert.Single(Jobs.Queued);
    }

    [Fact]
    public void Choosing_changes_stack_time_and_address_together()
    {
        var page = OpenForm("/new");

        Cell(page, "uvicorn/starlette").Click();
        page.WaitForAssertion(() => Assert.Equal("Queue 2 runs", page.Find(".btn.go").TextContent));
        Cell(page, "uwsgi-http/bottle").Click();
        page.WaitForAssertion(() => Assert.Equal("Queue run", page.Find(".btn.go").TextContent));
        page.Find("#field-repetitions").Input("5");
        page.Find("#field-repetitions").Change("5");

        page.WaitForAssertion(() => Assert.Equal("Queue 5 runs", page.Find(".btn.go").TextContent));
        Assert.Contains("uvicorn/starlette", page.Find(".stack").TextContent, StringComparison.Ordinal);
        Assert.Equal("80 s", page.Find(".takes b").TextContent);
        Assert.Equal("/new?target=uvicorn%2Fstarlette&repetitions=5", Address);
        Assert.Equal("true", Cell(page, "uvicorn/starlette").GetAttribute("aria-pressed"));
    }

    [Fact]
    public void What_is_typed_stands_escaped_in_the_address_and_stays_in_the_form()
    {
        var page = OpenForm("/new");
        IElement Notes() => page.Find("section[aria-label='For later'] input[maxlength='10000']");

        Notes().Input("café, two words");
        Notes().Change("café, two words");

        page.WaitForAssertion(() => Assert.Contains("&notes=caf%C3%A9", Address, StringComparison.Ordinal));
        Assert.EndsWith("%20two%20words", Address, StringComparison.Ordinal);
        Assert.Equal("café, two words", Notes().GetAttribute("value"));
    }

    [Fact]
    public async Task What_is_wrong_stands_beside_its_field_and_nothing_starts_and_nothing_is_lost()
    {
        var page = OpenForm("/new?target=uwsgi-http/bottle&workers=-1&for=soon");

        page.Find(".btn.go").Click();

        Assert.Equal("-1", page.Find("#field-workers").GetAttribute("value"));
        Assert.Equal("true", page.Find("#field-workers").GetAttribute("aria-invalid"));
        Assert.Equal("“-1” isn’t allowed: 1 to 256.", page.Find("#wrong-workers").TextContent);
        Assert.Contains("“soon” isn’t allowed", page.Find("#wrong-for").TextContent, StringComparison.Ordinal);
        page.WaitForAssertion(() => Assert.Contains("Nothing was queued. workers: -1 is not allowed; 1 to 256.", page.Find(".side .wrong").TextContent, StringComparison.Ordinal));
        Assert.Equal(0, await CountAsync(r => true));
    }

    [Fact]
    public void A_target_that_is_not_here_can_not_be_chosen_and_its_reason_is_readable()
    {
        var page = OpenForm("/new");

        Assert.Empty(page.FindAll("button.cell[aria-label='gunicorn-meinheld/bottle']"));
        Assert.Contains("gunicorn-meinheld/bottle not installed, because Debian has no meinheld", page.Find(".nothere").TextContent, StringComparison.Ordinal);
        Assert.Contains("/srv/targets/mine.json, interface: 'wsgo' is not allowed", page.FindAll(".nothere")[1].TextContent, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Several_targets_are_one_experiment()
    {
        var page = OpenForm("/new?target=uwsgi-http/bottle&target=uvicorn/starlette");

        page.Find(".btn.go").Click();

        page.WaitForAssertion(() => Assert.StartsWith("/x/", Address, StringComparison.Ordinal));
        var shown = (await new ExperimentQueries(Database).BySlug(Address[3..], default))!;
        Assert.Equal(["uwsgi-http/bottle", "uvicorn/starlette"], shown.Definition.Rows.Select(r => r.Name));
        // The second is queued when the first has ended.
        Assert.Equal(1, await CountAsync(r => r.State == RunState.Queued));
    }

    [Fact]
    public async Task A_configuration_fills_the_form_and_an_unchanged_one_is_noted_with_the_run()
    {
        var saved = (await new ConfigurationEdits(Database, TimeProvider.System).Create("base", new Definition { Target = "uvicorn/starlette", Workers = 3 }, default)).Value!;
        var page = OpenForm($"/new?configuration={saved.Id}");
        Assert.Equal("3", page.Find("#field-workers").GetAttribute("value"));
        Assert.DoesNotContain(page.FindAll(".save .btn"), b => b.TextContent.Contains("version", StringComparison.Ordinal));

        page.Find(".btn.go").Click();

        page.WaitForAssertion(() => Assert.StartsWith("/r/", Address, StringComparison.Ordinal));
        Assert.Equal(1, await CountAsync(r => r.ConfigurationId == saved.Id && r.ConfigurationVersion == 1));
    }

    [Fact]
    public async Task A_changed_configuration_is_saved_as_its_next_version()
    {
        var saved = (await new ConfigurationEdits(Database, TimeProvider.System).Create("base", new Definition { Target = "uvicorn/starlette", Workers = 3 }, default)).Value!;
        var page = OpenForm($"/new?configuration={saved.Id}");

        page.Find("#field-workers").Input("4");
        page.Find("#field-workers").Change("4");
        page.WaitForState(() => page.FindAll(".save .btn").Any(b => b.TextContent.Contains("version 2", StringComparison.Ordinal)));
        page.FindAll(".save .btn")[0].Click();

        page.WaitForAssertion(() => Assert.Equal($"/configurations/{saved.Id}", Address));
        Assert.Equal((2, 4), (await new ConfigurationQueries(Database).One(saved.Id, default)) is { } row ? (row.Version, row.Definition.Workers!.Value) : default);
    }

    [Theory, InlineData(false), InlineData(true)]
    public async Task What_somebody_else_saved_meanwhile_is_not_overwritten(bool isReloaded)
    {
        var edits = new ConfigurationEdits(Database, TimeProvider.System);
        var saved = (await edits.Create("base", new Definition { Target = "uvicorn/starlette", Workers = 3 }, default)).Value!;
        var page = OpenForm($"/new?configuration={saved.Id}");
        page.Find("#field-workers").Input("4");
        page.Find("#field-workers").Change("4");
        page.WaitForAssertion(() => Assert.StartsWith($"/new?configuration={saved.Id}&version=1&", Address, StringComparison.Ordinal));
        await edits.Change(saved.Id, 1, "base", new Definition { Target = "uvicorn/starlette", Workers = 5 }, default);

        if (isReloaded) page = OpenForm(Address);
        else Scene.Services.GetRequiredService<RunFeed>().Notify(null);
        page.WaitForAssertion(() => Assert.Equal("Save as version 3", page.FindAll(".save .btn")[0].TextContent));
        page.FindAll(".save .btn")[0].Click();

        page.WaitForAssertion(() => Assert.StartsWith("Not saved: somebody saved version 2 meanwhile", page.Find("#save-wrong").TextContent, StringComparison.Ordinal));
        Assert.Contains("version 1, changed", page.Find(".crumb").TextContent, StringComparison.Ordinal);
        Assert.Equal((2, 5), (await new ConfigurationQueries(Database).One(saved.Id, default)) is { } row ? (row.Version, row.Definition.Workers!.Value) : default);
    }

    [Fact]
    public async Task A_name_that_is_taken_keeps_what_was_typed()
    {
        await new ConfigurationEdits(Database, TimeProvider.System).Create("base", new Definition { Target = "uvicorn/starlette" }, default);
        var page = OpenForm("/new?target=uwsgi-http/flask");

        page.FindAll(".save .btn")[^1].Click();
        page.WaitForElement("#save-name").Input("base");
        page.Find(".save form").Submit();

        page.WaitForAssertion(() => Assert.Contains("Not saved: a name that no other configuration has: this one is taken", page.Find("#save-wrong").TextContent, StringComparison.Ordinal));
        Assert.Equal("base", page.Find("#save-name").GetAttribute("value"));
        Assert.Equal("true", Cell(page, "uwsgi-http/flask").GetAttribute("aria-pressed"));
    }

    [Fact]
    public async Task Again_begins_with_what_the_run_was_asked()
    {
        var run = await Runs.RecordAsync(Facts("uvicorn/starlette", TargetClass.Async));

        var page = OpenForm($"/new?again={run.Slug}");

        Assert.Equal("true", Cell(page, "uvicorn/starlette").GetAttribute("aria-pressed"));
        Assert.Equal("3s", page.Find("#field-for").GetAttribute("value"));
    }

    [Fact]
    public void Signed_out_meanwhile_nothing_is_queued_and_the_form_stays()
    {
        var page = OpenForm("/new?target=uvicorn/starlette");
        SignOut();

        page.Find(".btn.go").Click();

        page.WaitForAssertion(() => Assert.Contains("This needs the sign-in: nothing was changed.", page.Find(".side .wrong").TextContent, StringComparison.Ordinal));
        Assert.Equal("true", Cell(page, "uvicorn/starlette").GetAttribute("aria-pressed"));
        Assert.Empty(Jobs.Queued);
    }

    [Fact]
    public async Task Without_a_runner_it_says_how_one_comes()
    {
        await Database.ExecuteAsync("delete from runners");

        var page = Open<NewRunPage>("/new");

        page.WaitForAssertion(() => Assert.Contains("No runner has joined yet", page.Find(".empty").TextContent, StringComparison.Ordinal));
        Assert.Empty(page.FindAll(".btn.go"));
    }

    [Fact]
    public async Task It_says_after_how_many_runs_it_starts()
    {
        await Runs.QueuedAsync();
        await Runs.QueuedAsync();

        var page = OpenForm("/new");

        Assert.Contains("after 2 runs", page.Find(".takes").TextContent, StringComparison.Ordinal);
    }
}
