using Wobble.Results.Domain;
using Wobble.Results.Experiments;
using Wobble.Results.Statistics;
using static Wobble.Results.Tests.Experiments.Made;

namespace Wobble.Results.Tests.Experiments;

public sealed class SearchingTests
{
    private static double Throughput(NextRun next) => 1_000.0 * next.Definition.Workers!.Value / (1 + (next.Definition.Workers!.Value * next.Definition.Workers!.Value / 49.0));

    [Fact]
    public void A_tuning_tells_its_curve_its_choice_and_what_fresh_runs_say()
    {
        var experiment = Compare(rows: 1, repetitions: 3, seed: 1) with { Kind = ExperimentKind.Tune, TuneWorkers = true };

        var runs = Play(experiment, play: next => Run(next, 20, Throughput(next)));
        var report = Reporting.Of(experiment, runs);

        var search = Assert.Single(report.Searches);
        Assert.Equal("tune", search.Kind);
        Assert.InRange(search.Workers!.Value, 6, 8);
        Assert.Equal(Enumerable.Range(1, 9), search.Steps.Take(9).Select(s => s.Workers!.Value));
        Assert.Equal(3, report.Rows[0].Runs);
        Assert.Equal(search.Workers, report.Rows[0].Workers);
        Assert.All(runs.TakeLast(3), r => Assert.Equal((RunPurpose.Round, search.Workers), (r.Purpose, r.Definition.Workers)));
        Assert.Contains($"serves best with {search.Workers} workers", report.Sentence, StringComparison.Ordinal);
        Assert.Contains("of 3 fresh ones", report.Sentence, StringComparison.Ordinal);
    }

    [Fact]
    public void A_number_of_workers_that_does_not_work_counts_as_no_throughput()
    {
        var experiment = Compare(rows: 1, repetitions: 3, seed: 1) with { Kind = ExperimentKind.Tune, TuneWorkers = true };

        var report = Reporting.Of(experiment, Play(experiment, play: next => Run(next, 20, Throughput(next), failed: next.Definition.Workers > 4)));

        Assert.Equal(4, report.Searches[0].Workers);
        Assert.Contains(report.Searches[0].Steps, s => s is { Workers: 5, Counted: false, Throughput: null });
    }

    [Fact]
    public void A_target_that_never_works_ends_the_search_after_three_steps_without_a_choice()
    {
        var experiment = Compare(rows: 1, repetitions: 3, seed: 1) with { Kind = ExperimentKind.Tune, TuneWorkers = true };

        var runs = Play(experiment, play: next => Run(next, 0, failed: true));

        Assert.Equal(6, runs.Count(r => r.Purpose == RunPurpose.Tune));
        var search = Assert.Single(Reporting.Of(experiment, runs).Searches);
        Assert.Null(search.Workers);
        Assert.Contains("no number of workers works here", search.Sentence, StringComparison.Ordinal);
    }

    [Fact]
    public void The_articles_rule_stops_at_the_first_step_that_is_worse()
    {
        double[] throughput = [100, 190, 185, 240, 250, 245, 244, 243];
        var runs = throughput.Select((t, i) => new WorkersRun(i + 1, t)).ToList();

        Assert.Equal(2, WorkerLadder.UntilWorse(runs));
        Assert.Null(WorkerLadder.UntilWorse([.. runs.Take(2)]));
        Assert.Equal(5, WorkerLadder.UntilWorse([.. runs.Where(r => r.Workers != 3)]));
    }

    [Fact]
    public void A_capacity_tells_the_assured_rate_and_the_typical_one()
    {
        var experiment = Compare(rows: 1, repetitions: 1, seed: 1) with { Kind = ExperimentKind.Capacity, ObjectiveMs = 30 };
        double P99(NextRun next) => next.Definition.Rate is { } rate ? 30 * Math.Pow(rate / 1_600, 3) * (1 + (0.01 * (next.Round % 3))) : 80;

        var runs = Play(experiment, play: next => Run(next, P99(next), 2_000));
        var search = Assert.Single(Reporting.Of(experiment, runs).Searches);

        Assert.Equal(2_000, search.Saturated);
        Assert.Equal(12, search.Steps.Count);
        Assert.InRange(search.Rate!.Value, 1_570, 1_630);
        Assert.True(search.Assured <= search.Rate.Low && search.Rate.Low < search.Rate.Value);
        Assert.Contains("/s for sure with p99 below 30", search.Sentence, StringComparison.Ordinal);
        // Half a search tells nothing yet.
        Assert.Null(Assert.Single(Searching.Of(experiment, runs.Take(6).ToList())).Rate);
    }

    [Theory]
    [InlineData(500, "even at ")]
    [InlineData(5, "p99 is still below 30")]
    public void A_capacity_that_is_not_found_says_on_which_side_the_objective_lies(double p99, string why)
    {
        var experiment = Compare(rows: 1, repetitions: 1, seed: 1) with { Kind = ExperimentKind.Capacity, ObjectiveMs = 30 };

        var search = Assert.Single(Reporting.Of(experiment, Play(experiment, play: next => Run(next, p99, 2_000))).Searches);

        Assert.Null(search.Rate);
        Assert.Contains(why, search.Sentence, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(20, 0.05), InlineData(20, 0.12), InlineData(20, 0.2), InlineData(20, 0.27), InlineData(20, 0.31), InlineData(20, 0.6), InlineData(5, 0.1)]
    public void A_capacity_far_below_saturation_is_found(double objective, double share)
    {
        var experiment = Lasting(TimeSpan.FromSeconds(60)) with { ObjectiveMs = objective };
        const double most = 2_000;
        for (int seed = 0; seed < 20; seed++)
        {
            var random = new Random(seed);
            double P99(NextRun next) => objective * Math.Pow(next.Definition.Rate!.Value / (share * most), 1.5) * Math.Exp(0.05 * ((2 * random.NextDouble()) - 1));

            var runs = Play(experiment, play: next => Run(next, next.Definition.Rate is null ? 500 : P99(next), most));

            var search = Assert.Single(Reporting.Of(experiment, runs).Searches);
            Assert.InRange(search.Rate!.Value / (share * most), 0.95, 1.05);
            Assert.InRange(search.Steps.Count, 12, 12 + 4 + 3);
            Assert.Equal(runs.Count, Schedule.RunsExpected(experiment, runs));
        }
    }

    [Fact]
    public void Where_even_the_lowest_rate_is_over_the_search_ends_there()
    {
        var experiment = Lasting(TimeSpan.FromSeconds(60)) with { ObjectiveMs = 30 };

        var runs = Play(experiment, play: next => Run(next, 31 + (next.Round % 3), 2_000));
        var search = Assert.Single(Reporting.Of(experiment, runs).Searches);

        // 600/s thought fine, halved down to the least that gives a minute 1,000 requests.
        Assert.Equal([300, 150, 75, 37.5], search.Steps.Skip(Capacity.Bisections).Select(s => s.Rate!.Value));
        Assert.Null(search.Rate);
        Assert.Contains("even at 37.5/s p99 is not below 30.0 ms", search.Sentence, StringComparison.Ordinal);
        // Ten seconds have none lower than 120/s.
        Assert.Equal(7, Play(Lasting(TimeSpan.FromSeconds(10)) with { ObjectiveMs = 30 }, play: next => Run(next, 31, 2_000)).Count(r => r.Purpose == RunPurpose.Capacity));
    }

    [Fact]
    public void The_knee_of_a_capacity_is_in_its_search()
    {
        var experiment = Compare(rows: 1, repetitions: 1, seed: 1) with { Kind = ExperimentKind.Capacity, ObjectiveMs = 60 };
        double P99(NextRun next) => next.Definition.Rate is { } rate ? rate >= 1_950 ? 2_000 : 6 / (1 - (rate / 2_000)) : 80;

        var search = Assert.Single(Reporting.Of(experiment, Play(experiment, play: next => Run(next, P99(next), 2_000))).Searches);

        Assert.InRange(search.Knee!.Rate, 1_400, 1_950);
        Assert.Equal(P99(new NextRun(0, RunPurpose.Capacity, 1, 1, new Definition { Target = "", Rate = search.Knee.Rate })), search.Knee.P99Ms, 6);
    }

    private static ExperimentDefinition Lasting(TimeSpan length)
    {
        var experiment = Compare(rows: 1, repetitions: 1, seed: 1) with { Kind = ExperimentKind.Capacity };
        return experiment with { Rows = [.. experiment.Rows.Select(r => r with { Definition = r.Definition with { For = length } })] };
    }

    [Fact]
    public void A_capacity_refuses_what_would_set_its_rates()
    {
        var catalogue = new Catalogue { Cores = 2, Targets = [new CatalogueTarget { Name = "server/a", Server = "server", App = "a", Interface = "wsgi", Class = TargetClass.Sync }] };
        var shared = new Definition { Target = "", Connections = 10 };

        Assert.Equal("connections", Assert.Single(ExperimentRules.Check(Making.CapacityOf(["server/a"], shared, catalogue, 50, 1), catalogue)).Field);
        Assert.Contains(ExperimentRules.Check(Making.CapacityOf(["server/a"], shared with { Connections = null, Stages = "1s@10/s", For = null }, catalogue, 50, 1), catalogue), e => e is { Field: "stages", Value: "1s@10/s" });
        Assert.Contains(ExperimentRules.Check(Making.CapacityOf(["server/a"], shared with { Connections = null, Rate = 10 }, catalogue, 50, 1), catalogue), e => e.Field == "rate");
        Assert.Empty(ExperimentRules.Check(Making.CapacityOf(["server/a"], shared with { Connections = null }, catalogue, 50, 1), catalogue));
    }

    [Fact]
    public void Rounds_beyond_any_bound_are_refused_with_a_time_and_no_overflow()
    {
        var catalogue = new Catalogue { Cores = 2, Targets = [.. "ab".Select(c => new CatalogueTarget { Name = $"server/{c}", Server = "server", App = $"{c}", Interface = "wsgi", Class = TargetClass.Sync })] };
        var experiment = Compare(rows: 2, int.MaxValue, seed: 1);
        experiment = experiment with { Rows = [.. experiment.Rows.Select(r => r with { Definition = r.Definition with { For = TimeSpan.FromHours(1) } })] };

        var error = Assert.Single(ExperimentRules.Check(experiment, catalogue), e => e.Field == "repetitions");

        Assert.StartsWith("1 to 100; it would take ", error.Allowed, StringComparison.Ordinal);
        Assert.DoesNotContain("-", error.Allowed, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(0, "1 to 100")]
    [InlineData(10_000, "1 to 100; it would take 88 h 53 min")]
    public void Too_few_and_too_many_rounds_are_refused_with_the_time_they_would_take(int repetitions, string allowed)
    {
        var catalogue = new Catalogue { Cores = 2, Targets = [.. "ab".Select(c => new CatalogueTarget { Name = $"server/{c}", Server = "server", App = $"{c}", Interface = "wsgi", Class = TargetClass.Sync })] };

        var error = Assert.Single(ExperimentRules.Check(Compare(rows: 2, repetitions, seed: 1), catalogue));

        Assert.Equal(("repetitions", allowed), (error.Field, error.Allowed));
    }

    [Theory]
    [InlineData(32, 32), InlineData(64, 64), InlineData(256, 256), InlineData(50, 48)]
    public void A_search_goes_on_up_to_the_most_that_is_allowed(int most, int last)
    {
        var experiment = Compare(rows: 1, repetitions: 1, seed: 1) with { Kind = ExperimentKind.Tune, TuneWorkers = true, MostWorkers = most };

        var runs = Play(experiment, play: next => Run(next, 20, 100 * next.Definition.Workers!.Value));

        Assert.Equal(last, runs.Max(r => r.Definition.Workers));
    }

    [Fact]
    public void A_question_and_a_name_are_one_line_of_some_length()
    {
        var catalogue = new Catalogue { Cores = 2, Targets = [.. "ab".Select(c => new CatalogueTarget { Name = $"server/{c}", Server = "server", App = $"{c}", Interface = "wsgi", Class = TargetClass.Sync })] };
        var experiment = Compare(rows: 2, 3, seed: 1);
        ExperimentDefinition Named(string name) => experiment with { Rows = [experiment.Rows[0] with { Name = name }, experiment.Rows[1]] };

        string Refused(ExperimentDefinition asked) => Assert.Single(ExperimentRules.Check(asked, catalogue)) is var error ? $"{error.Field}: {error.Allowed}" : "";

        Assert.Empty(ExperimentRules.Check(Named(new string('n', 120)) with { Question = new string('q', 300) }, catalogue));
        Assert.Equal("question: at most 300 characters on one line; this has 301", Refused(experiment with { Question = new string('q', 301) }));
        Assert.Equal("rows.name: at most 120 characters on one line; this has 121", Refused(Named(new string('n', 121))));
        Assert.Equal("question", Assert.Single(ExperimentRules.Check(experiment with { Question = "two\nlines" }, catalogue)).Field);
    }

    [Fact]
    public void The_question_of_many_has_room_for_some_of_them()
    {
        var made = Making.Compare([.. Enumerable.Range(10, 40).Select(i => $"server-of-some-name/application-{i}")], new Definition { Target = "" }, new Catalogue(), 3, 1);

        Assert.EndsWith(" and 34 more differ?", made.Question, StringComparison.Ordinal);
        Assert.InRange(made.Question.Length, 200, ExperimentDefinition.LongestQuestion);
    }

    [Fact]
    public void Configurations_of_one_target_with_other_workers_are_not_asked_whether_it_differs_from_itself()
    {
        var definition = new Definition { Target = "server/a", Workers = 2 };

        Assert.Equal("How do server/a #1, server/a #2 differ?", Making.Of([(null, definition), (null, definition with { Workers = 8 })], new Catalogue(), 3, 1).Question);
        Assert.Equal("Does server/a differ from itself?", Making.Of([(null, definition), (null, definition)], new Catalogue(), 3, 1).Question);
    }

    [Fact]
    public void How_long_a_number_of_requests_takes_is_known_by_its_rate_or_after_a_run()
    {
        var experiment = Compare(rows: 1, 5, seed: 1);
        experiment = experiment with { Rows = [experiment.Rows[0] with { Definition = experiment.Rows[0].Definition with { Requests = 50_000 } }] };
        var runs = Play(experiment, play: next => Run(next, 20, throughput: 5_000));

        Assert.Null(ExperimentRules.Estimate(experiment));
        Assert.Equal(TimeSpan.FromSeconds(5 * 16), ExperimentRules.Estimate(experiment, runs));
        Assert.Equal(TimeSpan.FromSeconds(106), ExperimentRules.TimeOf(experiment.Rows[0].Definition with { Rate = 500 }));
        Assert.DoesNotContain("it would take", Assert.Single(ExperimentRules.Check(experiment with { Repetitions = 1_000 }, new Catalogue { Targets = [new CatalogueTarget { Name = "server/a", Server = "server", App = "a", Interface = "wsgi", Class = TargetClass.Sync }] })).Allowed, StringComparison.Ordinal);
    }
}
