using Bunit;
using Wobble.Dashboard.Components.Pages.Compare;
using Wobble.Results.Domain;
using Wobble.Results.Experiments;
using Wobble.Results.Queries;
using Wobble.Tests.Support;

namespace Wobble.Dashboard.Tests.Pages;

public sealed class ComparePageTests : PageScene
{
    [Fact]
    public async Task Two_runs_are_compared_for_who_has_the_link_and_kept_by_who_is_signed_in()
    {
        var a = await Runs.RecordAsync(Facts("uwsgi-http/bottle"));
        var b = await Runs.RecordAsync(Facts("uvicorn/starlette", TargetClass.Async, 17, 4));
        SignOut();
        var page = Open<ComparePage>(ComparePage.Address([a.Slug, b.Slug]));
        page.WaitForElement(".verdict");
        Assert.Equal("uwsgi-http/bottle against uvicorn/starlette", page.Find("h1").TextContent);
        Assert.Contains("Like with like: only the target differs.", page.Find(".like").TextContent, StringComparison.Ordinal);
        Assert.Equal(2, page.FindAll(".strips .lstrip").Count);
        Assert.Empty(page.FindAll("button:not(.scripted)"));

        SignIn();
        page.WaitForElement(".btn.go").Click();

        page.WaitForAssertion(() => Assert.StartsWith("/c/", Address, StringComparison.Ordinal));
        var kept = await new ComparisonQueries(Database).Kept(Address[3..], default);
        Assert.Equal([a.Slug, b.Slug], kept!.Runs);
        SignOut();
        var permalink = Open<ComparePage>(Address, ("KeptSlug", kept.Slug));
        permalink.WaitForAssertion(() => Assert.Equal("uwsgi-http/bottle against uvicorn/starlette", permalink.Find("h1").TextContent));
    }

    [Fact]
    public async Task Another_reference_turns_the_ratios()
    {
        var a = await Runs.RecordAsync(Facts("uwsgi-http/bottle"));
        var b = await Runs.RecordAsync(Facts("uwsgi-http/flask"));

        var page = Open<ComparePage>(ComparePage.Address([a.Slug, b.Slug]) + $"&reference={b.Slug}");

        page.WaitForAssertion(() => Assert.Equal("uwsgi-http/flask against uwsgi-http/bottle", page.Find("h1").TextContent));
    }

    [Fact]
    public async Task What_is_no_comparison_is_said_in_a_sentence()
    {
        var run = await Runs.RecordAsync(Facts("uwsgi-http/bottle"));

        Assert.Contains("A run compared with itself shows nothing", Open<ComparePage>($"/compare?r={run.Slug}&r={run.Slug}").WaitForElement(".finding").TextContent, StringComparison.Ordinal);
        Assert.Contains("One run alone is no comparison", Open<ComparePage>($"/compare?r={run.Slug}").WaitForElement(".finding").TextContent, StringComparison.Ordinal);
        string unknown = Results.Storage.Slug.New();
        Assert.Contains(unknown, Open<ComparePage>($"/compare?r={run.Slug}&r={unknown}").WaitForElement(".finding").TextContent, StringComparison.Ordinal);
        Assert.Contains("No comparison has this address", Open<ComparePage>($"/c/{unknown}", ("KeptSlug", unknown)).WaitForElement(".finding").TextContent, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Each_run_by_itself_has_no_interval_that_the_table_withholds()
    {
        var definition = Making.Compare(["uwsgi-http/bottle", "uwsgi-http/flask"], new Definition { Target = "" }, SamplePlans.Catalogue, 5, 1);
        var experiment = await new StoredExperiments(Database).PlayAsync(definition, next => (30 + next.Round, 5_000));
        await Database.ExecuteAsync("update runs set result = jsonb_set(result, '{requests}', '1500')");

        var page = Open<ComparePage>(ComparePage.Address([experiment.Slug]));

        page.WaitForElement(".lanes");
        Assert.Equal(10, page.FindAll(".lane svg").Count);
        Assert.Empty(page.FindAll(".lane .iv"));
    }

    [Fact]
    public async Task A_run_that_failed_is_shown_and_has_no_numbers()
    {
        var good = await Runs.RecordAsync(Facts("uwsgi-http/bottle"));
        var failed = await Runs.RecordAsync(Facts("uwsgi-http/flask") with { End = RunState.Failed, Reason = "It fell over." });
        await Database.ExecuteAsync("update runs set trust_verdict = 'sound' where state = 'completed'");

        var page = Open<ComparePage>(ComparePage.Address([good.Slug, failed.Slug]));

        page.WaitForAssertion(() => Assert.Contains("uwsgi-http/flask has no numbers here (failed).", page.Find(".verdict").TextContent, StringComparison.Ordinal));
        Assert.Contains("It fell over.", page.Find(".diff").TextContent, StringComparison.Ordinal);
    }
}
