using Wobble.Dashboard.Components.Pages.Compare;
using Wobble.Results.Domain;
using Wobble.Results.Experiments;
using Wobble.Results.Queries;
using Wobble.Results.Statistics;
using Wobble.Tests.Support;

namespace Wobble.Dashboard.Tests.Pages;

public sealed class ComparingTests
{
    private static readonly Definition Planned = new() { Target = "uwsgi-http/bottle", Workers = 8, Connections = 100, For = TimeSpan.FromSeconds(10) };

    [Fact]
    public void The_same_set_up_twice_is_a_repetition() =>
        Assert.Equal("The set-ups are the same: each run repeats the other.", SetUps.Of([Samples.Compared(), Samples.Compared()]).Sentence);

    [Fact]
    public void A_target_brings_its_parts_its_options_and_its_default_workers()
    {
        var setUps = SetUps.Of([Samples.Compared(), Async(asked: null)]);

        Assert.True(setUps.IsLikeWithLike);
        Assert.Equal("Like with like: only the target differs, with what comes with it (its parts, workers and options).", setUps.Sentence);
        Assert.Equal(["Target", "Its parts", "Workers", "Options"], setUps.Different.Select(d => d.Name));
        Assert.Contains(("nginx", "1.22.1"), setUps.Same);
    }

    [Fact]
    public void Workers_that_somebody_chose_do_not_come_with_the_target()
    {
        var setUps = SetUps.Of([Samples.Compared(), Async(new Definition { Target = "uvicorn/starlette", Workers = 2 })]);

        Assert.False(setUps.IsLikeWithLike);
        Assert.Equal("Not like with like: besides the target, the workers differ. A difference below may come from there.", setUps.Sentence);
    }

    [Theory]
    [InlineData("workers", "Like with like: only the workers differ.")]
    [InlineData("pooler", "Like with like: only the pooler differs.")]
    [InlineData("keep", "Like with like: only the keep-alive differs.")]
    [InlineData("kernel", "Like with like: only the kernel differs.")]
    [InlineData("nginx", "Like with like: only the nginx differs.")]
    [InlineData("wobble", "Like with like: only Wobble differs.")]
    [InlineData("pooler kernel wobble", "Not like with like: besides the pooler, the kernel and Wobble differ. A difference below may come from there.")]
    [InlineData("workers kernel", "Not like with like: besides the workers, the kernel differs. A difference below may come from there.")]
    public void One_thing_that_differs_is_what_is_asked(string what, string sentence)
    {
        bool Has(string word) => what.Contains(word, StringComparison.Ordinal);
        var other = Samples.Compared(
            planned: Planned with { Workers = Has("workers") ? 4 : 8, Pooler = Has("pooler") ? "none" : "session:20", KeepAlive = Has("keep") },
            environment: SamplePlans.Environment with { Kernel = Has("kernel") ? "6.5" : SamplePlans.Environment.Kernel },
            versions: new() { ["nginx"] = Has("nginx") ? "1.25" : "1.22.1", ["python"] = "3.11.2", ["bottle"] = "1.0" },
            wobble: Has("wobble") ? "0.2.0" : "0.1.0");

        var setUps = SetUps.Of([Samples.Compared(planned: Planned), other]);

        Assert.Equal(sentence, setUps.Sentence);
    }

    [Fact]
    public void What_is_not_known_differs_from_nothing()
    {
        var never = Samples.Compared() with { Environment = null, Wobble = null, Versions = new Dictionary<string, string>(), Result = null };

        var setUps = SetUps.Of([Samples.Compared(), never]);

        Assert.DoesNotContain(setUps.Different, d => d.Name is "Kernel" or "nginx" or "Wobble");
    }

    [Fact]
    public void Figures_are_set_against_the_reference_and_one_run_each_can_not_tell()
    {
        var figures = ComparedFigures.Of([Samples.Compared(result: Samples.Result(20, 30, throughput: 5_000)), Async(null, Samples.Result(18, 75, throughput: 4_500))]);

        double?[] Ratios(string title) => [.. figures.Metrics.Single(m => m.Title == title).Figures.Select(f => f.Ratio)];
        Assert.Equal([null, 2.5], Ratios("p99"));
        Assert.Equal([null, .9], Ratios("Throughput"));
        Assert.Equal("uvicorn/starlette’s p99 was 2.50 times uwsgi-http/bottle’s. Whether that is more than chance, one run each can’t tell.", figures.Sentence);
        Assert.Equal("none in any of these runs", figures.Errors);
    }

    [Theory]
    [InlineData(33, "10% above")]
    [InlineData(27, "10% below")]
    [InlineData(30.01, "the same as")]
    public void Small_ratios_are_said_as_percent(double p99, string said) =>
        Assert.Contains($"The other run’s p99 was {said} the reference’s.", ComparedFigures.Of([Samples.Compared(), Samples.Compared(result: Samples.Result(20, p99))]).Sentence, StringComparison.Ordinal);

    [Fact]
    public void What_the_data_can_not_show_is_a_dash_with_its_reason()
    {
        var figures = ComparedFigures.Of([Samples.Compared(), Samples.Compared(result: Samples.Result(20, null, requests: 500))]);

        var p99 = figures.Metrics.Single(m => m.Title == "p99").Figures[1];
        Assert.Equal((null, null, "too few requests: 500 of 1,000"), (p99.Value, p99.Ratio, p99.Missing));
        Assert.Contains("p50 was the same as", figures.Sentence, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(RunState.Completed, "invalid", "invalid")]
    [InlineData(RunState.Failed, "doubtful", "failed")]
    [InlineData(RunState.Measuring, "", "measuring")]
    public void A_run_without_good_numbers_is_shown_said_and_in_no_ratio(RunState state, string trust, string why)
    {
        var bad = Samples.Compared("uwsgi-http/flask", state: state, trust: trust);

        var figures = ComparedFigures.Of([Samples.Compared(), bad, Samples.Compared()]);

        Assert.All(figures.Metrics.Select(m => m.Figures[1]), f => Assert.Equal((null, null, why), (f.Value, f.Ratio, f.Missing)));
        Assert.EndsWith($"uwsgi-http/flask has no numbers here ({why}).", figures.Sentence, StringComparison.Ordinal);
        Assert.StartsWith($"The reference, uwsgi-http/flask, has no numbers here ({why})", ComparedFigures.Of([bad, Samples.Compared()]).Sentence, StringComparison.Ordinal);
    }

    [Fact]
    public void Errors_are_said_by_kind() => Assert.Equal("uwsgi-http/bottle: 12 timeout, 3 status 5xx",
        ComparedFigures.Of([Samples.Compared(), Samples.Compared(result: Samples.Result(errors: new() { ["status_5xx"] = 3, ["timeout"] = 12 }))]).Errors);

    [Fact]
    public void An_address_is_a_comparison_of_two_to_five_different_runs()
    {
        string[] slugs = [.. Enumerable.Range(0, 6).Select(_ => Results.Storage.Slug.New())];

        Assert.Null(CompareUrl.Of(slugs[..2], null).Problem);
        Assert.Equal([slugs[1], slugs[0]], CompareUrl.Of(slugs[..2], slugs[1]).Slugs);
        Assert.Contains("compared with itself", CompareUrl.Of([slugs[0], slugs[0]], null).Problem, StringComparison.Ordinal);
        Assert.Contains("too many", CompareUrl.Of(slugs, null).Problem, StringComparison.Ordinal);
        Assert.Contains("One run alone", CompareUrl.Of(slugs[..1], null).Problem, StringComparison.Ordinal);
        Assert.Contains("is no run", CompareUrl.Of(["<b>", slugs[0]], null).Problem, StringComparison.Ordinal);
        Assert.Null(CompareUrl.Of([], null).Problem);
    }

    [Fact]
    public void Distributions_end_where_each_run_ends_and_are_named_there()
    {
        PercentilePoint[] Points(double upTo) => [.. Enumerable.Range(0, 41).Select(i => 1 - Math.Pow(10, -i / 10.0)).Where(q => q <= upTo).Select(q => new PercentilePoint(q, 20 + (q * 30)))];
        var curves = ComparedCurves.Of([Samples.Compared() with { Distribution = Points(.99991) }, Async(null) with { Distribution = Points(.991) }, Samples.Compared("uwsgi-http/flask")])!;

        Assert.Equal(["uwsgi-http/bottle", "uvicorn/starlette"], curves.Lines.Select(s => s.Label));
        Assert.Equal([5, 3], curves.Lines.Select(l => l.Marks.Count));
        Assert.Equal(["p50", "p90", "p99", "p99.9", "p99.99"], curves.X.Ticks.Select(curves.X.Words));
        Assert.False(curves.HasBands);
        Assert.Contains("uvicorn/starlette from 20.0 ms to 49.7 ms at p99", curves.Label, StringComparison.Ordinal);
        Assert.Null(ComparedCurves.Of([Samples.Compared()]));
    }

    [Fact]
    public void Rows_of_one_experiment_are_paired_by_round_and_others_by_welch()
    {
        double[] a = [82, 72, 66, 77, 71], b = [26, 23, 33, 27, 25];
        ComparedRun Side(string name, double[] p99s, string? experiment) => Samples.Compared() with { Name = name, Experiment = experiment, Each = [.. p99s.Select((p, i) => new SideRun(Results.Storage.Slug.New(), experiment is null ? null : i + 1, RunState.Completed, "sound", Samples.Result(20, p, requests: 50_000)))] };

        ComparedFigure P99(string? one, string? two) => ComparedFigures.Of([Side("B", b, one), Side("A", a, two)]).Metrics.Single(m => m.Title == "p99").Figures[1];
        var paired = P99("x", "x");
        var apart = P99("x", "y");

        // The second of the known answers of the statistics' tests.
        Assert.Equal((2.7592, 2.1886, 3.4786), (Math.Round(paired.Ratio!.Value, 4), Math.Round(paired.RatioInterval!.Value.Low, 4), Math.Round(paired.RatioInterval.Value.High, 4)));
        Assert.Equal("A's p99 is 2.1 to 3.5 times B's", paired.Verdict!.Sentence);
        Assert.NotEqual(paired.RatioInterval, apart.RatioInterval);
        var figures = ComparedFigures.Of([Side("B", b, null), Side("A", a, null)]);
        Assert.Contains(figures.Notes, n => n.StartsWith("measured at different times", StringComparison.Ordinal));
        Assert.Contains(figures.Notes, n => n.StartsWith("6 metrics", StringComparison.Ordinal));
    }

    [Fact]
    public void Runs_of_a_side_that_do_not_count_are_said()
    {
        var side = Samples.Compared() with
        {
            Each = [.. Enumerable.Range(1, 4).Select(i => new SideRun(Results.Storage.Slug.New(), i, i == 2 ? RunState.Failed : RunState.Completed, i == 3 ? "invalid" : "sound", Samples.Result(requests: 50_000)))],
        };

        var figures = ComparedFigures.Of([side, Samples.Compared("uwsgi-http/flask")]);

        Assert.Contains("uwsgi-http/bottle: 2 runs of 4 left out: failed or invalid", figures.Notes);
        Assert.Equal("no valid run in 2", ComparedFigures.WhyNot(side with { Each = [side.Each[1], side.Each[2]] }));
        Assert.EndsWith("Can't tell: uwsgi-http/bottle has no valid run in more than 20% of its rounds, which is a finding of its own.", figures.Sentence, StringComparison.Ordinal);
        Assert.False(figures.HasFewRuns);
    }

    [Theory]
    [InlineData(2, 2, 50_000, "Whether that is more than chance, 2 runs can’t tell: an interval needs 3 of each.", true)]
    [InlineData(2, 7, 50_000, "Whether that is more than chance, 2 and 7 runs can’t tell: an interval needs 3 of each.", true)]
    [InlineData(7, 7, 1_500, "Can't tell: too few requests for a verdict on p99.", false)]
    public void Why_several_runs_can_not_tell_is_the_true_reason(int one, int two, long requests, string end, bool few)
    {
        ComparedRun Side(string name, int count) => Samples.Compared(name) with { Each = [.. Enumerable.Range(1, count).Select(i => new SideRun(Results.Storage.Slug.New(), null, RunState.Completed, "sound", Samples.Result(20, 30 + i, requests: requests)))] };

        var figures = ComparedFigures.Of([Side("uwsgi-http/bottle", one), Side("uwsgi-http/flask", two)]);

        Assert.EndsWith(end, figures.Sentence, StringComparison.Ordinal);
        Assert.Equal(few, figures.HasFewRuns);
        Assert.All(figures.Metrics.Single(m => m.Title == "p99").Figures, f => Assert.Null(f.RatioInterval));
    }

    [Fact]
    public void P99_9_is_the_median_of_the_runs_as_in_a_report()
    {
        var side = Samples.Compared() with { Each = [.. ((double[])[31, 240, 33]).Select(p => new SideRun(Results.Storage.Slug.New(), null, RunState.Completed, "sound", Samples.Result(20, 30, requests: 50_000) with { LatencyMs = Samples.Result(20, 30).LatencyMs with { P999 = p } }))] };

        var figure = ComparedFigures.Of([side, Samples.Compared("uwsgi-http/flask")]).Metrics.Single(m => m.Title == "p99.9").Figures[0];

        Assert.Equal((33, null), (figure.Value, figure.Interval));
    }

    [Fact]
    public void Bands_end_at_p99_and_where_twenty_requests_are_left_beyond()
    {
        IReadOnlyList<PercentilePoint> Curve(int requests)
        {
            var histogram = Histograms.Create();
            for (int i = 1; i <= requests; i++) histogram.RecordValue(1_000_000 + (i * 1_000L));
            return DistributionCurve.Of(histogram);
        }

        var many = DistributionCurve.Typical([Curve(50_000), Curve(50_000), Curve(50_000)]);
        var few = DistributionCurve.Typical([Curve(50_000), Curve(50_000), Curve(1_500)]);

        Assert.Equal(2, many.Last(p => p.Low is not null).Nines, 6);
        Assert.True(many[^1].Nines > 3);
        // 20 of 1,500 are 1.3%.
        Assert.InRange(few.Last(p => p.Low is not null).Quantile, .98, 1 - (20 / 1_500.0));
        Assert.InRange(few[^1].Quantile, .99, .994);
    }

    [Theory]
    [InlineData(false, true), InlineData(true, false)]
    public void Options_that_are_the_targets_own_come_with_it_though_somebody_named_them(bool chosen, bool like)
    {
        var pool = new Dictionary<string, string> { ["pool"] = "10" };
        var side = Async(new Definition { Target = "uvicorn/starlette", Options = pool }) with { OptionsChosen = chosen ? pool : new Dictionary<string, string>() };

        Assert.Equal(like, SetUps.Of([Samples.Compared(), side]).IsLikeWithLike);
    }

    [Theory]
    [InlineData(true, null, true), InlineData(false, 2, true), InlineData(false, 5, false), InlineData(false, null, false)]
    public void Workers_that_were_tuned_or_published_come_with_the_target(bool tuned, int? published, bool like)
    {
        var row = new ExperimentRow { Name = "uvicorn/starlette", Class = TargetClass.Async, Definition = new Definition { Target = "uvicorn/starlette" }, TuneWorkers = tuned, Published = published is { } p ? new ArticleRow("uvicorn/starlette", p, 17, 75, 4_952) : null };
        var experiment = new ExperimentDefinition { Kind = ExperimentKind.Article, Question = "?", Rows = [row] };
        var side = Async(new Definition { Target = "uvicorn/starlette", Workers = 2 }) with { Name = row.Name, Asked = experiment };

        Assert.Equal(like, SetUps.Of([Samples.Compared(), side]).IsLikeWithLike);
    }

    private static ComparedRun Async(Definition? asked, RunResult? result = null) => Samples.Compared("uvicorn/starlette", TargetClass.Async, asked: asked ?? new Definition { Target = "uvicorn/starlette" },
        planned: Planned with { Target = "uvicorn/starlette", Workers = 2, Options = new Dictionary<string, string> { ["driver"] = "aiopg" } }, result: result);
}
