using CsCheck;
using Wobble.Dashboard.Components.Pages.Configurations;
using Wobble.Dashboard.Components.Pages.Reading;
using Wobble.Dashboard.Components.Pages.Runs;
using Wobble.Dashboard.Components.Pages.Targets;
using Wobble.Dashboard.Components.Pages.Words;
using Wobble.Results.Domain;
using Wobble.Results.Queries;
using Wobble.Results.Statistics;
using Wobble.Tests.Support;

namespace Wobble.Dashboard.Tests.Pages;

public sealed class ListShapesTests
{
    private static readonly Gen<RunsFilter> Filters =
        from search in Gen.String[Gen.Char.AlphaNumeric, 0, 8]
        from classes in Gen.Enum<TargetClass>().HashSet[0, 3]
        from states in Gen.Enum<RunState>().HashSet[0, 4]
        from trust in Pick.Of("sound", "doubtful", "invalid").HashSet[0, 3]
        from tags in Pick.Of("article", "base line", "a&b=c", "#1").HashSet[0, 3]
        from days in Gen.Int[1, 400].Nullable()
        from configuration in Gen.Guid.Nullable()
        from sort in Gen.Enum<RunsSort>()
        from reverse in Gen.Bool
        select new RunsFilter { Search = search, Classes = [.. classes.Order()], States = [.. states.Order()], Trust = [.. trust.Order(StringComparer.Ordinal)], Tags = [.. tags.Order(StringComparer.Ordinal)], Days = days, Configuration = configuration, Sort = sort, Reverse = reverse };

    [Fact]
    public void Every_filter_survives_its_address() => Filters.Sample(filter =>
    {
        string address = new RunsUrl { Filter = filter }.ToString();

        var back = RunsUrl.Parse("http://localhost" + address);

        Assert.Empty(back.Wrong);
        Assert.Equal(address, back.ToString());
        Assert.Equal((filter.Search, filter.Days, filter.Configuration, filter.Sort, filter.Reverse), (back.Filter.Search, back.Filter.Days, back.Filter.Configuration, back.Filter.Sort, back.Filter.Reverse));
        Assert.Equal(filter.Tags, back.Filter.Tags);
        Assert.Equal(filter.States, back.Filter.States);
    });

    [Fact]
    public void What_an_address_says_wrong_is_named_and_left_out()
    {
        var url = RunsUrl.Parse("/runs?class=fast&class=async&state=Completed&days=-3&sort=3&trust=maybe&configuration=x&r=short");

        Assert.Equal([TargetClass.Async], url.Filter.Classes);
        Assert.Equal(["class", "state", "trust", "days", "configuration", "sort", "r"], url.Wrong.Select(w => w.Field));
        Assert.Equal("class: fast is not allowed; sync, green or async", url.Wrong[0].ToString());
    }

    [Fact]
    public void What_no_database_takes_is_left_out_of_a_filter()
    {
        var url = RunsUrl.Parse("/runs?q=a%00b&tag=c%00&target=%00&after=%00");

        Assert.Equal("/runs?q=ab&tag=c", url.ToString());
        Assert.Empty(url.Wrong);
    }

    [Fact]
    public void Turning_a_filter_begins_at_the_first_page_and_keeps_what_was_chosen()
    {
        string slug = Results.Storage.Slug.New();
        var url = RunsUrl.Parse($"/runs?after={slug}&r={slug}&q=x");

        Assert.Equal($"/runs?q=x&class=async&r={slug}", url.With(f => f with { Classes = [TargetClass.Async] }).ToString());
        Assert.Equal($"/runs?r={slug}", url.Unfiltered.ToString());
        Assert.Equal($"/runs?q=x&after={slug}", url.Toggle(slug).ToString());
        Assert.True(url.SortedBy(RunsSort.P99).SortedBy(RunsSort.P99).Filter.Reverse);
        Assert.Equal("“x”, green-threaded or async, #a, last 30 days", (url with { Filter = url.Filter with { Classes = [TargetClass.Green, TargetClass.Async], Tags = ["a"], Days = 30 } }).InWords(null));
    }

    [Fact]
    public void No_more_than_five_runs_are_chosen()
    {
        var url = Enumerable.Range(0, 9).Aggregate(new RunsUrl(), (u, _) => u.Toggle(Results.Storage.Slug.New()));

        Assert.Equal(ComparisonQueries.Most, url.Chosen.Count);
    }

    [Fact]
    public void Days_are_the_viewers()
    {
        var zone = TimeZoneInfo.FindSystemTimeZoneById("Pacific/Auckland");
        var rows = new[] { 0, -3, -20, -400, -24 * 400 }.Select(h => Samples.Row(at: Samples.Noon.AddHours(h))).ToList();

        // Noon in UTC is one in the morning of the 25th there.
        Assert.Equal(["Today, 25 November", "Yesterday, 24 November", "Sunday, 8 November", "21 October 2025"], RunDays.Of(rows, Samples.Noon, zone).Select(d => d.Title));
    }

    [Fact]
    public void The_matrix_has_servers_by_class_and_apps_in_a_row()
    {
        var matrix = TargetMatrixShape.Of(SamplePlans.Catalogue);

        Assert.Equal(["bottle", "flask", "starlette"], matrix.Apps);
        Assert.Equal([TargetClass.Sync, TargetClass.Green, TargetClass.Async], matrix.Groups.Select(g => g.Class));
        Assert.Equal(["uwsgi-http/bottle", "uwsgi-http/flask", null], matrix.Groups[0].Rows[0].Targets.Select(t => t?.Name));
    }

    [Fact]
    public void A_reason_stands_once_with_whom_it_concerns()
    {
        CatalogueTarget Target(string server, string app, string? why) => new() { Name = $"{server}/{app}", Server = server, App = app, Interface = "wsgi", Class = TargetClass.Sync, Unavailable = why };
        var catalogue = new Catalogue { Targets = [Target("a", "x", "no a"), Target("a", "y", "no a"), Target("b", "x", "no x"), Target("b", "y", null), Target("c", "x", "no x"), Target("c", "y", "other")] };

        Assert.Equal([("a", "no a"), ("b/x, c/x", "no x"), ("c/y", "other")], TargetMatrixShape.NotHere(catalogue));
    }

    [Fact]
    public void A_target_can_run_when_any_runner_that_is_here_can_run_it()
    {
        RunnerState Runner(string name, double secondsAgo, Catalogue catalogue) => new() { Name = name, Host = name, Catalogue = catalogue, Doing = "idle", Wobble = "", SeenAt = Samples.Noon.AddSeconds(-secondsAgo), StartedAt = Samples.Noon };
        var without = SamplePlans.Catalogue;
        var with = without with { Targets = [.. without.Targets.Select(t => t with { Unavailable = null })] };
        bool Can(params RunnerState[] runners) => Catalogues.Of(runners, null, Samples.Noon).Find("gunicorn-meinheld/bottle") is { Unavailable: null };

        Assert.False(Can(Runner("a", 1, without)));
        Assert.True(Can(Runner("a", 1, without), Runner("b", 1, with)));
        Assert.False(Can(Runner("a", 1, without), Runner("b", 60, with)));
        Assert.True(Can(Runner("b", 60, with)));
        Assert.Empty(Catalogues.Of([], null, Samples.Noon).Targets);
    }

    [Fact]
    public void A_trend_marks_each_run_that_has_a_figure_and_each_new_version()
    {
        TrendRun Run(string slug, double? p99, int version, bool counts = true) => new(slug, Samples.Noon, p99, counts, [new("configuration, version", $"{version}")]);

        var trend = TrendShape.Of(Trends.Of(Metric.P99, [Run("a", 20, 1), Run("b", 40, 1, counts: false), Run("c", null, 2), Run("d", 30, 2)]), TimeZoneInfo.Utc);

        Assert.Equal(["a", "b", "d"], trend.Marks.Select(m => m.Slug));
        Assert.Equal([false, true, false], trend.Marks.Select(m => m.IsHollow));
        Assert.True(trend.Marks[0].Top > trend.Marks[2].Top && trend.Marks[2].Top > trend.Marks[1].Top);
        Assert.Equal((1, false), (Assert.Single(trend.Lines).Number, trend.Lines[0].Differs));
        Assert.InRange(trend.Lines[0].Left, trend.Marks[1].Left, trend.Marks[2].Left);
        Assert.Empty(TrendShape.Of(Trends.Of(Metric.P99, []), TimeZoneInfo.Utc).Marks);
        var rounds = Assert.Single(TrendShape.Of(Trends.Of(Metric.P99, [Run("e", 30, 1) with { Experiment = "night", Rounds = 5 }]), TimeZoneInfo.Utc).Marks);
        Assert.Equal("/x/night", rounds.Href);
        Assert.EndsWith(", 5 rounds", rounds.Label, StringComparison.Ordinal);
    }

    [Fact]
    public void One_stall_does_not_flatten_the_strips_of_a_page()
    {
        double[] calm = [.. Enumerable.Range(0, 199).Select(i => i % 2 == 0 ? 20.0 : 40.0), 59_000];

        Assert.Equal((13, 320), StripAxis.Of([Samples.Row() with { Strip = calm }]));
        Assert.Equal("13 to 320 ms", StripAxis.Words(StripAxis.Of(null)));
    }

    [Fact]
    public void What_prerendering_read_is_handed_over_once_and_not_for_ever()
    {
        var clock = new Clock { Now = Samples.Noon };
        var handoffs = new Handoffs(clock);
        string first = handoffs.Keep("read")!, second = handoffs.Keep("read")!;

        Assert.Null(handoffs.Take<List<int>>("unknown"));
        Assert.Equal("read", handoffs.Take<string>(first));
        Assert.Null(handoffs.Take<string>(first));
        clock.Now += TimeSpan.FromMinutes(1);
        Assert.Null(handoffs.Take<string>(second));
    }

    private sealed class Clock : TimeProvider
    {
        public DateTimeOffset Now { get; set; }
        public override DateTimeOffset GetUtcNow() => Now;
    }
}
