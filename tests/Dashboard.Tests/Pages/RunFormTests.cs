using CsCheck;
using Wobble.Dashboard.Components.Pages.NewRun;
using Wobble.Results.Domain;
using Wobble.Tests.Support;

namespace Wobble.Dashboard.Tests.Pages;

public sealed class RunFormTests
{
    private static readonly Catalogue Catalogue = SamplePlans.Catalogue;

    [Fact]
    public void A_fresh_form_asks_for_the_defaults()
    {
        var reading = RunFormReading.Of(new RunForm { Targets = ["uwsgi-http/bottle"] }, Catalogue);

        Assert.Empty(reading.Errors);
        var definition = Assert.Single(reading.Definitions);
        Assert.Equal((null, 100, null, false), (definition.Workers, definition.Connections, definition.Rate, definition.KeepAlive));
        Assert.Equal((TimeSpan.FromSeconds(2), TimeSpan.FromSeconds(10), "session", "nginx", "row", 1), (definition.Warmup, definition.For, definition.Pooler, definition.Proxy, definition.Workload, definition.Repetitions));
    }

    [Theory]
    [InlineData("workers", "-1", "1 to 256")]
    [InlineData("workers", "many", "a whole number, 1 to 256")]
    [InlineData("workers", "99999999999", "a whole number, 1 to 256")]
    [InlineData("connections", "0", "1 to 20000")]
    [InlineData("rate", "0", "more than 0")]
    [InlineData("rate", "fast", "a number of requests a second")]
    [InlineData("warmup", "soon", "a number with ms, s, m or h")]
    [InlineData("for", "100ms", "1s to 24h")]
    [InlineData("for", "-3", "a number with ms, s, m or h")]
    [InlineData("requests", "0", "1 to 1000000000")]
    [InlineData("stages", "10s@fast", "no amount that is allowed")]
    [InlineData("workload", "slow:", "slow:MS")]
    [InlineData("pooler", "session:0", "N from 1 to 1000")]
    [InlineData("repetitions", "1000", "1 to 100")]
    [InlineData("tags", "a tag that has far more letters than any tag is allowed to have", "40 characters")]
    public void What_is_wrong_is_said_at_its_field_with_value_and_what_is_allowed(string field, string value, string allowed)
    {
        var form = RunFormUrl.Parse($"/new?target=uwsgi-http/bottle&{field}={Uri.EscapeDataString(value)}")!;

        var error = Assert.Single(RunFormReading.Of(form, Catalogue).Errors);

        Assert.Equal(field, error.Field);
        Assert.Contains(value == "slow:" || field is "pooler" ? value : value.Trim(), error.Value, StringComparison.Ordinal);
        Assert.Contains(allowed, error.Allowed, StringComparison.Ordinal);
    }

    [Fact]
    public void Without_a_target_that_is_the_error() => Assert.Equal("target", Assert.Single(RunFormReading.Of(new RunForm(), Catalogue).Errors).Field);

    [Fact]
    public void A_target_that_is_not_here_says_why() =>
        Assert.Contains("Debian has no meinheld", Assert.Single(RunFormReading.Of(new RunForm { Targets = ["gunicorn-meinheld/bottle"] }, Catalogue).Errors).Allowed, StringComparison.Ordinal);

    [Fact]
    public void Each_of_several_targets_is_checked_by_its_own_rules()
    {
        var form = new RunForm { Targets = ["uwsgi-http/bottle", "daphne/starlette", "uwsgi-uwsgi/bottle"], Proxy = "none" };
        form.SetOption(Catalogue.Find("daphne/starlette")!, new TargetOption("driver", "aiopg", [], null, null, ""), "odbc");

        var errors = RunFormReading.Of(form, Catalogue).Errors;

        Assert.Equal(["workers", "proxy", "options.daphne/starlette.driver"], errors.Select(e => e.Field));
    }

    [Theory]
    [InlineData("10", 10)]
    [InlineData("1.5", 1.5)]
    [InlineData("2m", 120)]
    public void A_number_alone_is_seconds(string text, double seconds) =>
        Assert.Equal(TimeSpan.FromSeconds(seconds), RunFormReading.Of(new RunForm { Targets = ["uwsgi-http/bottle"], For = text }, Catalogue).Definitions[0].For);

    [Fact]
    public void Thousands_may_have_commas() =>
        Assert.Equal(3_000, RunFormReading.Of(new RunForm { Targets = ["uwsgi-http/bottle"], Load = LoadKind.Open, Rate = "3,000" }, Catalogue).Definitions[0].Rate);

    [Fact]
    public void Fields_that_are_not_in_use_are_not_looked_at()
    {
        var form = new RunForm { Targets = ["uwsgi-http/bottle"], Rate = "x", Stages = "x", Requests = "x", PoolerMode = "none", PoolSize = "x", MostConnections = "x" };

        Assert.Empty(RunFormReading.Of(form, Catalogue).Errors);
    }

    [Theory]
    [InlineData("""{"target":"uwsgi-http/bottle"}""")]
    [InlineData("""{"target":"uvicorn/starlette","workers":2,"rate":2500.5,"connections":50,"keep_alive":true,"for":"2m","options":{"driver":"asyncpg"}}""")]
    [InlineData("""{"target":"uvicorn/starlette","stages":"10s@500/s,10s@1000/s","warmup":"0s","workload":"slow:7","pooler":"none","proxy":"none"}""")]
    [InlineData("""{"target":"uwsgi-http/flask","stages":"10s@50,10s@100","workload":"cpu:0","pooler":"transaction:5"}""")]
    [InlineData("""{"target":"uwsgi-http/flask","requests":100000,"repetitions":5,"workload":"mixed"}""")]
    public void A_definition_survives_form_and_address(string json)
    {
        var definition = System.Text.Json.JsonSerializer.Deserialize<Definition>(json, Wobble.Results.WobbleJson.Options)!;

        var again = RunFormReading.Of(RunFormUrl.Parse(RunFormUrl.Write(RunForm.Of(definition), null))!, Catalogue);

        Assert.Empty(again.Errors);
        var back = Assert.Single(again.Definitions);
        Assert.Equal(definition with { For = back.For, Connections = back.Connections, Options = back.Options }, back);
        Assert.Equal(definition.Options, back.Options);
        Assert.Equal(definition.For ?? (definition.Requests is null && definition.Stages is null ? Defaults.For : null), back.For);
    }

    private static readonly Gen<string> Text = Gen.OneOf(Gen.Const(""), Gen.Const("20"), Gen.String[Gen.Char.AlphaNumeric, 0, 6], Gen.String[Pick.Of('&', '=', '+', '%', '#', ' ', 'é', '/', ','), 0, 5]);

    private static readonly Gen<RunForm> Forms =
        from targets in Pick.Of("uwsgi-http/bottle", "uvicorn/starlette", "daphne/starlette").HashSet[1, 3]
        from texts in Text.Array[10]
        from load in Gen.Enum<LoadKind>()
        from workload in Pick.Of("row", "mixed", "slow", "cpu")
        from pooler in Pick.Of("session", "transaction")
        from keepAlive in Gen.Bool
        from byRequests in Gen.Bool
        from hasOption in Gen.Bool
        select Made([.. targets], texts, load, workload, pooler, keepAlive, byRequests, hasOption);

    private static RunForm Made(List<string> targets, string[] texts, LoadKind load, string workload, string pooler, bool keepAlive, bool byRequests, bool hasOption)
    {
        var form = new RunForm { Targets = targets, Workers = texts[0], Load = load, Workload = workload, PoolerMode = pooler, PoolSize = texts[1], KeepAlive = keepAlive, ByRequests = byRequests, Warmup = texts[2], For = texts[3], Requests = texts[4], Tags = texts[5], Notes = texts[6], Repetitions = texts[7] };
        (form.Connections, form.MostConnections, form.Rate, form.Stages) = load switch
        {
            LoadKind.Closed => (texts[8], form.MostConnections, form.Rate, form.Stages),
            LoadKind.Open => (form.Connections, texts[8], texts[9], form.Stages),
            _ => (form.Connections, texts[8], form.Rate, texts[9]),
        };
        if (!byRequests) form.Requests = new RunForm().Requests;
        if (RunForm.TimedWorkloads.Contains(workload)) form.WorkloadMs[workload] = texts[0];
        if (hasOption) form.Options[targets[0]] = new() { ["driver"] = texts[1] };
        return form;
    }

    [Fact]
    public void Whatever_is_typed_survives_its_address() => Forms.Sample(form =>
    {
        var back = RunFormUrl.Parse(RunFormUrl.Write(form, null))!;

        Assert.Equal(form.Targets, back.Targets);
        Assert.Equal(Said(form), Said(back));
        Assert.Equal(RunFormUrl.Write(form, null), RunFormUrl.Write(back, null));
    });

    private static object Said(RunForm f) => (f.Workers, f.Proxy, f.PoolerMode, f.PoolSize, f.Workload, f.WorkloadMs["slow"] + f.WorkloadMs["cpu"], f.Load,
        (f.Connections, f.MostConnections, f.Rate, f.Stages, f.KeepAlive, f.Warmup, f.ByRequests, f.For, f.Requests, f.Repetitions, f.Tags, f.Notes, string.Join(';', f.Options.SelectMany(o => o.Value.Select(v => $"{o.Key} {v.Key} {v.Value}")))));

    [Theory]
    [InlineData("/new")]
    [InlineData("/new?configuration=5")]
    [InlineData("/new?again=x#target")]
    public void An_address_without_a_target_is_no_form(string address) => Assert.Null(RunFormUrl.Parse(address));

    [Fact]
    public void The_article_value_of_an_option_is_not_kept()
    {
        var (form, target) = (new RunForm { Targets = ["uvicorn/starlette"] }, Catalogue.Find("uvicorn/starlette")!);
        form.SetOption(target, target.Options[0], "asyncpg");
        Assert.Equal("asyncpg", form.Option(target, target.Options[0]));

        form.SetOption(target, target.Options[0], "aiopg");

        Assert.Empty(form.Options);
    }
}
