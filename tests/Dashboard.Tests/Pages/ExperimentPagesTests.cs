using Bunit;
using Microsoft.AspNetCore.Components;
using Wobble.Dashboard.Components.Charts;
using Wobble.Dashboard.Components.Pages.Claims;
using Wobble.Dashboard.Components.Pages.Experiments;
using Wobble.Results.Domain;
using Wobble.Results.Experiments;
using Wobble.Results.Experiments.Claims;
using Wobble.Results.Queries;
using Wobble.Results.Storage;
using Wobble.Tests.Support;

namespace Wobble.Dashboard.Tests.Pages;

public sealed class ExperimentPagesTests : PageScene
{
    private static readonly double[] Noise = [1, 1.05, .96, 1.02, .99, 1.03];

    [Fact]
    public async Task The_article_is_one_button_that_says_beforehand_what_it_takes()
    {
        await WithMeinheldAsync();
        var page = Open<ExperimentsPage>("/experiments");
        page.WaitForAssertion(() => Assert.Contains("2 × 5 × 16 s: 3 minutes.", page.Find("section[aria-label='The article']").TextContent, StringComparison.Ordinal));
        Assert.Contains("not installed, because Debian has no meinheld", page.Find("section[aria-label='The article']").TextContent, StringComparison.Ordinal);

        page.Find("section[aria-label='The article'] input[type=number]").Input("2");
        page.Find("section[aria-label='The article'] .btn.go").Click();

        page.WaitForAssertion(() => Assert.StartsWith("/x/", Address, StringComparison.Ordinal));
        var shown = (await new ExperimentQueries(Database).BySlug(Address[3..], default))!;
        Assert.Equal((ExperimentKind.Article, 2, 3), (shown.Definition.Kind, shown.Definition.Repetitions, shown.Definition.Rows.Count));
        Assert.Single(Jobs.Queued);
    }

    [Theory, InlineData("/experiments"), InlineData("/claims")]
    public async Task A_double_click_begins_it_once(string address)
    {
        IRenderedComponent<IComponent> page = address == "/claims" ? Open<ClaimsPage>(address) : Open<ExperimentsPage>(address);
        string button = address == "/claims" ? "#claim-F .btn" : "section[aria-label='The article'] .btn.go";
        page.WaitForState(() => page.FindAll(button).Any(b => !b.HasAttribute("disabled")));

        // What is clicked is found anew, as it may render in between.
        await page.InvokeAsync(() =>
        {
            Start().Click();
            Start().Click();
        });

        page.WaitForAssertion(() => Assert.StartsWith("/x/", Address, StringComparison.Ordinal));
        await using var db = Database.CreateDbContext();
        Assert.Single(db.Experiments);
        Assert.Single(Jobs.Queued);

        AngleSharp.Dom.IElement Start() => page.FindAll(button).Single(b => b.TextContent.StartsWith("Run", StringComparison.Ordinal));
    }

    [Fact]
    public async Task On_more_cores_the_article_warns_of_its_pooler_and_has_one_that_is_enough()
    {
        var options = new TargetOption("pool", "10", [], 1, 100, "");
        var catalogue = SamplePlans.Catalogue with { Cores = 4, Targets = [.. SamplePlans.Catalogue.Targets.Select(t => t.Class == TargetClass.Async ? t with { Options = [options] } : t)] };
        await using (var db = Database.CreateDbContext())
        {
            db.Runners.RemoveRange(db.Runners);
            db.Add(new RunnerRow { Name = "bench-4", Catalogue = catalogue, SeenAt = DateTimeOffset.UtcNow.AddHours(1) });
            await db.SaveChangesAsync();
        }
        var page = Open<ExperimentsPage>("/experiments");
        page.WaitForAssertion(() => Assert.Contains("With the pooler session:40 they don’t.", page.Find("section[aria-label='The article'] [role=status]").TextContent, StringComparison.Ordinal));

        page.FindAll("section[aria-label='The article'] select")[1].Change("enough");

        page.WaitForAssertion(() => Assert.DoesNotContain("may hang", page.Find("section[aria-label='The article'] [role=status]").TextContent, StringComparison.Ordinal));
        page.Find("section[aria-label='The article'] .btn.go").Click();
        page.WaitForAssertion(() => Assert.StartsWith("/x/", Address, StringComparison.Ordinal));
        var shown = (await new ExperimentQueries(Database).BySlug(Address[3..], default))!;
        Assert.All(shown.Definition.Rows, r => Assert.Equal("session:40", r.Definition.Pooler));
    }

    [Fact]
    public async Task The_page_says_that_the_Runner_of_its_rounds_is_gone()
    {
        var made = await new Wobble.Results.Jobs.ExperimentQueue(Database, Jobs, TimeProvider.System).CreateAsync(c => Making.Compare(["uwsgi-http/bottle", "uvicorn/starlette"], new Definition { Target = "" }, c, 3, 1));
        await Database.ExecuteAsync("update runners set seen_at = now() - interval '1 minute'");

        var page = Open<ExperimentPage>($"/x/{made.Experiment!.Slug}", ("Slug", made.Experiment.Slug));

        page.WaitForAssertion(() => Assert.Contains("0 of about 6 runs; it waits for the runner bench-1, which is gone", page.Markup, StringComparison.Ordinal));
    }

    [Fact]
    public async Task By_the_clock_shows_those_of_the_experiment_that_a_link_leads_to()
    {
        var queue = new Wobble.Results.Jobs.ExperimentQueue(Database, Jobs, TimeProvider.System);
        var made = new List<Experiment>();
        foreach (string time in (string[])["02:30", "04:45"])
        {
            made.Add((await queue.CreateAsync(c => Making.Compare(["uwsgi-http/bottle", "uvicorn/starlette"], new Definition { Target = "" }, c, 3, 1))).Experiment!);
            await new Wobble.Results.Edits.RecurrenceEdits(Database, TimeProvider.System).Create(new Wobble.Results.Edits.RecurrenceWish { Experiment = made[^1].Slug, Time = time }, default);
        }
        var part = Scene.Render<Dashboard.Components.Pages.Recurring.ExperimentRecurrence>(p => p.Add(x => x.Slug, made[0].Slug));
        part.WaitForAssertion(() => Assert.Contains("02:30", part.Find(".recurs").TextContent, StringComparison.Ordinal));

        part.Render(p => p.Add(x => x.Slug, made[1].Slug));

        part.WaitForAssertion(() => Assert.Contains("04:45", part.Find(".recurs").TextContent, StringComparison.Ordinal));
        Assert.Single(part.FindAll(".recurs"));
    }

    [Fact]
    public async Task An_open_page_whose_session_ended_shows_no_longer_when_its_experiment_runs_again()
    {
        var made = (await new Wobble.Results.Jobs.ExperimentQueue(Database, Jobs, TimeProvider.System).CreateAsync(c => Making.Compare(["uwsgi-http/bottle", "uvicorn/starlette"], new Definition { Target = "" }, c, 3, 1))).Experiment!;
        await new Wobble.Results.Edits.RecurrenceEdits(Database, TimeProvider.System).Create(new Wobble.Results.Edits.RecurrenceWish { Experiment = made.Slug, Time = "02:30" }, default);
        var page = Open<ExperimentPage>($"/x/{made.Slug}", ("Slug", made.Slug));
        page.WaitForElement(".recurs");

        SignOut();
        page.Render();

        page.WaitForAssertion(() => Assert.Empty(page.FindAll(".recurs")));
        Assert.DoesNotContain("02:30", page.Markup, StringComparison.Ordinal);
    }

    [Fact]
    public void What_was_queued_last_and_is_deleted_by_now_is_a_time_and_no_link()
    {
        var row = new Results.Queries.RecurrenceRow { Id = Guid.NewGuid(), Time = "02:30", Days = [], Zone = "UTC", LastAt = DateTimeOffset.UtcNow, LastIsDeleted = true };

        var part = Scene.Render<Dashboard.Components.Pages.Recurring.RecurrencePart>(p => p.Add(x => x.Rows, [row]));

        Assert.Empty(part.FindAll(".recurs a"));
        Assert.Matches("Last: .+, which was deleted", part.Find(".recurs").TextContent);
        Assert.NotEmpty(part.FindAll(".recurs time"));
    }

    [Fact]
    public async Task A_row_of_the_article_can_be_left_out()
    {
        await WithMeinheldAsync();
        var page = Open<ExperimentsPage>("/experiments");
        page.WaitForElement(".rowsof input[type=checkbox]").Change(false);

        page.WaitForAssertion(() => Assert.Contains("1 × 5 × 16 s: 80 s.", page.Find("section[aria-label='The article']").TextContent, StringComparison.Ordinal));
    }

    [Fact]
    public async Task The_page_of_an_article_shows_ranks_intervals_and_what_was_published_to_everyone()
    {
        var catalogue = await WithMeinheldAsync();
        var definition = Making.Article(new Definition { Target = "" }, catalogue, 5, 1);
        var experiment = await new StoredExperiments(Database).PlayAsync(definition, next => ((next.Row == 0 ? 26 : 80) * Noise[(next.Round + next.Row) % 6], 5_000 * Noise[next.Round - 1]));
        SignOut();

        var page = Open<ExperimentPage>($"/x/{experiment.Slug}", ("Slug", experiment.Slug));

        page.WaitForElement(".xr");
        Assert.Equal(["1", "2", "–"], page.FindAll(".xr .rank").Select(r => r.FirstChild!.TextContent));
        Assert.Equal(["a", "b", ""], page.FindAll(".xr .rank b").Select(b => b.TextContent));
        Assert.Equal(2, page.FindAll(".xr .dumbbell .hollow").Count);
        Assert.Contains("starlette's p99 is 2.", page.Find(".verdict").TextContent, StringComparison.Ordinal);
        Assert.Contains("not installed, because Debian has no meinheld", page.Find(".xr").TextContent, StringComparison.Ordinal);
        Assert.Equal(2, page.FindAll(".lanes [aria-label*='of each round']").Count);
        Assert.Contains($"/api/experiments/{experiment.Slug}.html", page.FindAll(".dl a").Select(a => a.GetAttribute("href")));
        Assert.Empty(page.FindAll("button:not(.scripted)"));
    }

    [Fact]
    public async Task After_more_rounds_intervals_say_that_they_are_wider()
    {
        var definition = Making.Compare(["uwsgi-http/bottle", "uwsgi-http/bottle"], new Definition { Target = "" }, SamplePlans.Catalogue, 5, 1);
        var experiment = await new StoredExperiments(Database).PlayAsync(definition, next => ((next.Round + next.Row) % 2 == 0 ? 20 : 24 + next.Row, 5_000));
        var page = Open<ExperimentPage>($"/x/{experiment.Slug}", ("Slug", experiment.Slug));
        page.WaitForElement(".xr");
        Assert.Contains("95% interval", page.Markup, StringComparison.Ordinal);
        Assert.Contains("rounds would tell", page.Find(".cmp").TextContent, StringComparison.Ordinal);

        page.FindAll(".btn").Single(b => b.TextContent == "More rounds (5)").Click();

        page.WaitForAssertion(() => Assert.Contains("Rounds were added after a look", page.Markup, StringComparison.Ordinal));
        Assert.Contains("97.8% interval", page.Markup, StringComparison.Ordinal);
        Assert.DoesNotContain("95% interval", page.Markup, StringComparison.Ordinal);
    }

    [Fact]
    public async Task More_rounds_where_runs_of_earlier_ones_are_gone_are_refused_with_the_reason()
    {
        var definition = Making.Compare(["uwsgi-http/bottle", "uwsgi-http/bottle"], new Definition { Target = "" }, SamplePlans.Catalogue, 5, 1);
        var experiment = await new StoredExperiments(Database).PlayAsync(definition, next => (20 + next.Row, 5_000 * Noise[next.Round]));
        await Database.ExecuteAsync("delete from runs where round = 1");
        var messages = Scene.Render<MudBlazor.MudSnackbarProvider>();
        var page = Open<ExperimentPage>($"/x/{experiment.Slug}", ("Slug", experiment.Slug));
        page.WaitForElement(".xr");

        page.FindAll(".btn").Single(b => b.TextContent == "More rounds (5)").Click();

        messages.WaitForAssertion(() => Assert.Contains("Not changed. Runs of its earlier rounds are gone: make a new experiment.", messages.Markup, StringComparison.Ordinal));
        Assert.Empty(Jobs.Queued);
    }

    [Fact]
    public async Task A_double_click_adds_rounds_once()
    {
        var definition = Making.Compare(["uwsgi-http/bottle", "uwsgi-http/bottle"], new Definition { Target = "" }, SamplePlans.Catalogue, 5, 1);
        var experiment = await new StoredExperiments(Database).PlayAsync(definition, next => ((next.Round + next.Row) % 2 == 0 ? 20 : 24 + next.Row, 5_000));
        var page = Open<ExperimentPage>($"/x/{experiment.Slug}", ("Slug", experiment.Slug));
        page.WaitForElement(".xr");

        await page.InvokeAsync(() =>
        {
            More().Click();
            More().Click();
        });

        page.WaitForAssertion(() => Assert.Contains("Rounds were added after a look", page.Markup, StringComparison.Ordinal));
        Assert.Equal(10, (await new ExperimentQueries(Database).BySlug(experiment.Slug, default))!.Definition.Repetitions);

        AngleSharp.Dom.IElement More() => page.FindAll(".btn").Single(b => b.TextContent == "More rounds (5)");
    }

    [Fact]
    public async Task A_search_for_workers_is_drawn_with_its_choice()
    {
        var experiment = await new StoredExperiments(Database).PlayAsync(Making.Tune("uwsgi-http/bottle", new Definition { Target = "" }, SamplePlans.Catalogue, 1), next => (20, 1_000 * Math.Min(4, next.Definition.Workers!.Value) - next.Definition.Workers.Value));

        var page = Open<ExperimentPage>($"/x/{experiment.Slug}", ("Slug", experiment.Slug));

        page.WaitForElement(".curve");
        Assert.Equal(["Throughput", "p99", "CPU of the target"], page.FindAll(".tuned h3").Select(h => h.TextContent));
        Assert.All(page.FindAll(".curve .at b"), b => Assert.Equal("4 workers", b.TextContent));
        Assert.Equal("4", page.Find(".tuned tr.sel td").TextContent);
    }

    [Fact]
    public async Task A_search_for_a_rate_is_drawn_with_its_objective_and_what_is_assured()
    {
        var experiment = await new StoredExperiments(Database).PlayAsync(Making.CapacityOf(["uwsgi-http/bottle"], new Definition { Target = "" }, SamplePlans.Catalogue, 50, 1), next => next.Definition.Rate is { } rate ? (50 * Math.Pow(rate / 900, 3) * Noise[next.Round % 6], rate) : (40, 1_000));

        var page = Open<ExperimentPage>($"/x/{experiment.Slug}", ("Slug", experiment.Slug));

        page.WaitForElement(".curve .at");
        Assert.Contains("open, rates searched", page.Find(".head .mid").TextContent, StringComparison.Ordinal);
        Assert.DoesNotContain("closed 100", page.Find(".head .mid").TextContent, StringComparison.Ordinal);
        Assert.StartsWith("uwsgi-http/bottle serves ", page.Find(".tuned .verdict").TextContent, StringComparison.Ordinal);
        Assert.Equal("p99 50.0 ms", page.Find(".curve .below b").TextContent);
        Assert.Equal(12, page.FindAll(".tuned tbody tr").Count);
    }

    [Fact]
    public async Task A_claim_has_method_rule_verdict_and_its_runs_and_is_run_by_a_button()
    {
        var claim = ClaimList.Find("5")!;
        double[] little = [1, 1.01, .99, 1.005, .995];
        var experiment = await new StoredExperiments(Database).PlayAsync(claim.Make(SamplePlans.Catalogue, 5, TimeSpan.FromSeconds(10), 1), next => (30 * little[next.Round - 1], (next.Definition.Target.EndsWith("flask", StringComparison.Ordinal) ? 3_300 : 5_000) * little[(next.Round + next.Row) % 5]));
        var page = Open<ClaimsPage>("/claims");

        page.WaitForElement("#claim-5 .tag");
        Assert.Equal(18, page.FindAll(".claim").Count);
        Assert.Equal("✓ holds", page.Find("#claim-5 .tag").TextContent);
        Assert.Contains(claim.Rule, page.Find("#claim-5").TextContent, StringComparison.Ordinal);
        Assert.Equal($"/x/{experiment.Slug}", page.Find("#claim-5 a").GetAttribute("href"));
        Assert.StartsWith("1 of 9 claims holds, 0 don’t, 0 can’t be told, 8 not measured.", page.Find(".verdict").TextContent, StringComparison.Ordinal);

        page.FindAll("#claim-F .btn").Single(b => b.TextContent.StartsWith("Run", StringComparison.Ordinal)).Click();

        page.WaitForAssertion(() => Assert.StartsWith("/x/", Address, StringComparison.Ordinal));
    }

    [Fact]
    public async Task Run_all_keeps_to_its_budget_and_goes_on_with_the_rest()
    {
        var page = Open<ClaimsPage>("/claims");
        page.WaitForElement(".claim");
        page.FindAll("section[aria-label='Run all'] input")[2].Input("10");
        page.WaitForAssertion(() => Assert.Contains("Within 10 minutes:", page.Find("[role=status]").TextContent, StringComparison.Ordinal));

        page.Find(".btn.go").Click();
        await using var db = Database.CreateDbContext();
        page.WaitForAssertion(() => Assert.NotEmpty(db.Experiments));

        var made = db.Experiments.OrderBy(e => e.CreatedAt).ThenBy(e => e.Id).ToList();
        Assert.Equal(["running", .. Enumerable.Repeat("waiting", made.Count - 1)], made.Select(e => e.State).OrderBy(s => s));
        var definitions = made.Select(e => Results.Jobs.ExperimentQueue.Read(e)!).ToList();
        Assert.True(definitions.Aggregate(TimeSpan.Zero, (t, d) => t + ExperimentRules.Estimate(d)!.Value) <= TimeSpan.FromMinutes(10));
        page.WaitForAssertion(() => Assert.DoesNotContain(definitions[0].Claim + ",", page.Find("[role=status]").TextContent, StringComparison.Ordinal));
    }

    [Fact]
    public void A_plan_leaves_out_what_is_answered_or_under_way_or_can_not_run()
    {
        ClaimLine Line(string id, string? state) => new(ClaimList.Find(id)!, state is null ? null : "slug", state, null, 0, state == "completed" ? ClaimVerdict.CantTell("Two rounds.") : null, null);

        var plan = ClaimPlan.Of([Line("4", null), Line("5", "completed"), Line("B", "paused"), Line("I", null)], SamplePlans.Catalogue, 5, TimeSpan.FromSeconds(10), null);
        var nothing = ClaimPlan.Of([Line("4", null)], new Catalogue(), 5, TimeSpan.FromSeconds(10), null);

        Assert.Equal(["4", "I"], plan.Now.Select(n => n.Line.Claim.Id));
        Assert.Equal(plan.All, plan.Takes);
        Assert.Equal((0, "4"), (nothing.Now.Count, Assert.Single(nothing.Unable)));
    }

    [Fact]
    public void Only_the_claims_on_the_articles_rows_are_answered_by_its_own_experiment() =>
        Assert.Equal(["1", "2", "5", "G"], ClaimList.All.Where(c => c.IsOfTheArticle).Select(c => c.Id));

    [Fact]
    public void Names_in_a_scatter_never_lie_on_one_another()
    {
        ReportRow Row(string name, double throughput, double p99) => new() { Name = name, Target = name, Definition = new Definition { Target = name }, Class = TargetClass.Sync, Runs = 3, Throughput = new ReportFigure(throughput, null, null, []), P99 = new ReportFigure(p99, null, null, []) };

        var shape = ScatterShape.Of([Row("uwsgi-http/bottle", 5_000, 30), Row("uwsgi-http/falcon", 5_010, 30.1), Row("uwsgi-uwsgi/bottle", 5_005, 30.05), Row("daphne/starlette", 2_500, 190)]);

        Assert.Equal(4, shape.Points.Count);
        Assert.Contains(shape.Points, p => !p.IsNamed);
        Assert.True(shape.Points.Single(p => p.Name == "daphne/starlette").IsNamed);
        Assert.All(shape.Points, p => Assert.InRange(p.Left, 0, 100));
    }

    [Fact]
    public void An_axis_from_zero_ends_above_its_values_and_steps_have_room()
    {
        var axis = CurveAxis.FromZero([4_970, 120], "req/s", true);
        var steps = CurveAxis.Steps([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 12, 14, 16], "workers");

        Assert.True(axis.Ticks[^1] >= 4_970);
        Assert.InRange(axis.Ticks.Count, 3, 8);
        Assert.Equal(1, steps.Ticks[0]);
        Assert.All(steps.Ticks.Zip(steps.Ticks.Skip(1)), p => Assert.True(steps.Scale.At(p.Second) - steps.Scale.At(p.First) > 7));
    }

    private async Task<Catalogue> WithMeinheldAsync()
    {
        var catalogue = SamplePlans.Catalogue with { Article = [.. SamplePlans.Catalogue.Article, new ArticleRow("gunicorn-meinheld/bottle", 16, 17, 32, 5_780)] };
        await using var db = Database.CreateDbContext();
        db.Runners.RemoveRange(db.Runners);
        db.Add(new RunnerRow { Name = "bench-2", Host = "bench-2", Catalogue = catalogue, Environment = SamplePlans.Environment, SeenAt = DateTimeOffset.UtcNow.AddHours(1) });
        await db.SaveChangesAsync();
        return catalogue;
    }
}
