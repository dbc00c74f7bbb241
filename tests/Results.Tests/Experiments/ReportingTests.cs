using Wobble.Results.Experiments;
using Wobble.Results.Statistics;
using static Wobble.Results.Tests.Experiments.Made;

namespace Wobble.Results.Tests.Experiments;

public sealed class ReportingTests
{
    private static readonly double[][] Six = [[31, 33, 30], [32, 35, 31], [36, 40, 34], [75, 84, 72], [139, 150, 121], [355, 402, 340]];

    [Fact]
    public void Six_rows_of_three_rounds_give_the_known_ranking()
    {
        var experiment = Compare(rows: 6, repetitions: 3, seed: 3);

        var report = Reporting.Of(experiment, Play(experiment, play: next => Run(next, Six[next.Row][next.Round - 1])));

        Assert.Equal(["A 1–2 a", "B 1–2 a", "C 3–3 b", "D 4–4 c", "E 5–5 d", "F 6–6 e"], report.Rows.Select(r => $"{r.Name} {r.RankLow}–{r.RankHigh} {r.Letters}"));
        var last = report.Ratios.Single(r => r is { A: "F", Metric: "p99" });
        Assert.Equal(11.6496, last.Value!.Value, 4);
        Assert.Equal(("F's p99 is 11 to 13 times A's", ReportRatio.SharedNoise), (last.Sentence, last.Method));
        Assert.Equal("By p99, A or B may be first of 6, F is last.", report.Sentence);
        Assert.Equal(3, report.CompleteRounds);
    }

    [Fact]
    public void Two_rows_of_five_rounds_are_compared_in_one_sentence()
    {
        var experiment = Compare(rows: 2, repetitions: 5, seed: 3);
        double[][] p99 = [[26, 23, 33, 27, 25], [82, 72, 66, 77, 71]];

        var report = Reporting.Of(experiment, Play(experiment, play: next => Run(next, p99[next.Row][next.Round - 1])));

        Assert.Equal("B's p99 is 2.1 to 3.5 times A's.", report.Sentence);
        Assert.Equal(("differs", "A"), (report.Ratios.Single(r => r.Metric == "p99").Verdict, report.Ratios[0].B));
    }

    [Fact]
    public void Of_three_rows_of_which_one_never_works_the_other_two_are_compared_in_the_sentence()
    {
        var experiment = Compare(rows: 3, repetitions: 5, seed: 3);
        double[][] p99 = [[26, 23, 33, 27, 25], [1, 1, 1, 1, 1], [82, 72, 66, 77, 71]];

        var report = Reporting.Of(experiment, Play(experiment, play: next => Run(next, p99[next.Row][next.Round - 1], failed: next.Row == 1)));

        Assert.Equal("C's p99 is 2.1 to 3.5 times A's.", report.Sentence);
    }

    [Theory]
    [InlineData(5, 1_500, Metric.P99, "A's p99 was 21.0 to 25.0 ms: too few requests for a verdict on p99 in 5 of 5 rounds (2,000 a run are needed).")]
    [InlineData(5, 50_000, Metric.P999, "A's p99.9 was 31.5 to 37.5 ms: it has no interval, since a freeze hits some runs and not others.")]
    [InlineData(2, 50_000, Metric.P99, "A's p99 was 21.0 and 22.0 ms: an interval needs 3 runs.")]
    public void Why_there_is_no_interval_is_the_true_reason(int repetitions, long requests, Metric headline, string sentence)
    {
        var experiment = Compare(rows: 1, repetitions, seed: 3) with { Headline = headline };

        var report = Reporting.Of(experiment, Play(experiment, play: next => Run(next, 20 + next.Round) is var run ? run with { Result = run.Result! with { Requests = requests } } : run));

        Assert.Equal(sentence, report.Sentence);
    }

    [Fact]
    public void Noise_is_said_to_be_shared_only_where_it_was()
    {
        var experiment = Compare(rows: 6, repetitions: 5, seed: 3);

        // Six rows are measured, five are ranked.
        var report = Reporting.Of(experiment, Play(experiment, play: next => Run(next, Six[next.Row][next.Round % 3], failed: next is { Row: 5, Round: > 2 })));

        Assert.All(report.Rows, r => Assert.True(r.Runs > 0));
        Assert.All(report.Ratios, r => Assert.Equal(ReportRatio.Paired, r.Method));
    }

    [Fact]
    public void A_report_says_what_was_measured()
    {
        var experiment = Compare(rows: 2, repetitions: 3, seed: 3) with { Headline = Metric.Throughput, Delta = .02 };
        experiment = experiment with { Rows = [.. experiment.Rows.Select(r => r with { Definition = r.Definition with { Workload = "mixed" } })] };

        var report = Reporting.Of(experiment, Play(experiment));

        Assert.Equal((.02, null), (report.Delta, report.ObjectiveMs));
        Assert.All(report.Rows, r => Assert.Equal(("mixed", 100, TimeSpan.FromSeconds(10)), (r.Definition.Workload, r.Definition.Connections, r.Definition.For)));
    }

    [Fact]
    public void An_invalid_run_has_no_numbers_and_its_round_is_dropped_for_both()
    {
        var experiment = Compare(rows: 2, repetitions: 6, seed: 3);

        var report = Reporting.Of(experiment, Play(experiment, play: next => Run(next, next.Row == 0 ? 20 + next.Round : 40 + next.Round, invalid: next is { Row: 1, Round: 2 })));

        Assert.Equal((6, 5), (report.Rows[0].Runs, report.Rows[1].Runs));
        Assert.Equal(2, report.Rows[1].Discarded);
        Assert.Equal(5, report.CompleteRounds);
        Assert.Contains(report.Notes, n => n.StartsWith("B: 2 runs failed or invalid", StringComparison.Ordinal));
    }

    [Fact]
    public void More_than_a_fifth_invalid_gives_no_verdict()
    {
        var experiment = Compare(rows: 2, repetitions: 5, seed: 3);

        var report = Reporting.Of(experiment, Play(experiment, play: next => Run(next, 20, invalid: next is { Row: 1, Round: 2 or 3 })));

        var ratio = report.Ratios.Single(r => r.Metric == "p99");
        Assert.Equal("cant_tell", ratio.Verdict);
        Assert.Contains("2 of 5 rounds", ratio.Sentence, StringComparison.Ordinal);
    }

    [Fact]
    public void A_round_that_goes_on_takes_nothing_from_what_was_measured()
    {
        var experiment = Compare(rows: 6, repetitions: 5, seed: 3);
        var runs = Play(experiment, play: next => Run(next, Six[next.Row][(next.Round - 1) % 3]));

        // Three rounds and a half.
        var report = Reporting.Of(experiment, [.. runs.Take(21)]);

        Assert.Equal(3, report.CompleteRounds);
        Assert.All(report.Rows, r => Assert.NotNull(r.Letters));
        Assert.DoesNotContain(report.Notes, n => n.Contains("left out", StringComparison.Ordinal) || n.Contains("not ranked", StringComparison.Ordinal));
        Assert.All(report.Ratios.Where(r => r.Metric == "p99"), r => Assert.NotNull(r.Low));
    }

    [Fact]
    public void A_run_that_cannot_show_the_metric_costs_its_round_and_not_the_ranking()
    {
        var experiment = Compare(rows: 6, repetitions: 4, seed: 3);
        ExperimentRun Few(NextRun next)
        {
            var run = Run(next, Six[next.Row][(next.Round - 1) % 3]);
            return next is { Row: 5, Round: 4 } ? run with { Result = run.Result! with { Requests = 1_700 } } : run;
        }

        var report = Reporting.Of(experiment, Play(experiment, play: Few));

        Assert.Equal(["A 1–2 a", "B 1–2 a", "C 3–3 b", "D 4–4 c", "E 5–5 d", "F 6–6 e"], report.Rows.Select(r => $"{r.Name} {r.RankLow}–{r.RankHigh} {r.Letters}"));
        Assert.Contains("1 of 4 complete rounds left out of the ranking: a run in them has too few requests for p99", report.Notes);
    }

    [Fact]
    public void Below_three_runs_there_are_values_and_no_interval()
    {
        var experiment = Compare(rows: 2, repetitions: 2, seed: 3);

        var report = Reporting.Of(experiment, Play(experiment));

        Assert.Null(report.Rows[0].P99!.Low);
        Assert.Equal([20.0, 20.0], report.Rows[0].P99!.Each);
        Assert.Null(report.Rows[0].Letters);
        Assert.Equal("cant_tell", report.Ratios.Single(r => r.Metric == "p99").Verdict);
    }

    [Fact]
    public void Valid_runs_with_too_few_requests_for_a_percentile_are_not_said_to_be_missing()
    {
        var experiment = Compare(rows: 2, repetitions: 5, seed: 3);

        var report = Reporting.Of(experiment, Play(experiment, play: next => Run(next, 20) is var run ? run with { Result = run.Result! with { Requests = 15_000 } } : run));

        Assert.Equal("can't tell: too few requests for a verdict on p99.9 in 5 of 5 rounds (20,000 a run are needed)", report.Ratios.Single(r => r.Metric == "p99_9").Sentence);
        Assert.DoesNotContain("too few", report.Ratios.Single(r => r.Metric == "p99").Sentence, StringComparison.Ordinal);
    }

    [Fact]
    public void P99_9_has_a_median_and_no_interval()
    {
        var experiment = Compare(rows: 1, repetitions: 5, seed: 3);

        var figure = Reporting.Of(experiment, Play(experiment, play: next => Run(next, 20 + next.Round))).Rows[0].P999!;

        Assert.Equal(23 * 1.5, figure.Value, 6);
        Assert.Null(figure.Low);
    }

    [Fact]
    public void An_unavailable_row_keeps_its_reason()
    {
        var experiment = Compare(rows: 2, repetitions: 3, seed: 3);
        experiment = experiment with { Rows = [experiment.Rows[0], experiment.Rows[1] with { Unavailable = "not installed, because pip can't reach it" }] };

        var row = Reporting.Of(experiment, Play(experiment)).Rows[1];

        Assert.Equal((0, "not installed, because pip can't reach it"), (row.Runs, row.Reason));
    }

    [Fact]
    public void Throughput_ranks_the_greater_first()
    {
        var experiment = Compare(rows: 6, repetitions: 3, seed: 3) with { Headline = Metric.Throughput };

        var report = Reporting.Of(experiment, Play(experiment, play: next => Run(next, 20, Six[next.Row][next.Round - 1])));

        Assert.Equal("F", report.Rows[0].Name);
        Assert.Equal((1, 1), (report.Rows[0].RankLow!.Value, report.Rows[0].RankHigh!.Value));
    }

    [Fact]
    public void A_row_that_vanishes_midway_takes_no_round_from_the_others()
    {
        var experiment = Compare(rows: 6, repetitions: 10, seed: 3);
        ExperimentRun Of(NextRun next) => next is { Row: 5, Round: >= 6 }
            ? Run(next, 0, failed: true) with { Failure = ExperimentRun.CannotRun + "target: no such target" }
            : Run(next, Six[next.Row][(next.Round - 1) % 3]);

        var report = Reporting.Of(experiment, Play(experiment, play: Of));

        Assert.Equal(10, report.CompleteRounds);
        Assert.Equal(["A", "B", "C", "D", "E"], report.Rows.Where(r => r.RankLow is not null).Select(r => r.Name));
        // What was measured of it before is kept.
        Assert.Equal(5, report.Rows.Single(r => r.Name == "F").Runs);
        Assert.NotNull(report.Ratios.Single(r => r is { A: "F", Metric: "p99" }).Low);
        Assert.Contains("F is not ranked: from round 6 on it could not be begun any more", report.Notes);
    }

    [Fact]
    public void What_changed_of_the_machine_is_told_once_for_all_and_for_packages_of_each_row()
    {
        var experiment = Compare(rows: 2, repetitions: 3, seed: 3);
        ExperimentRun On(NextRun next) => Run(next, 20 + next.Round) with
        {
            // Two environments with packages of the same name, of which one was upgraded.
            Machine = new Dictionary<string, string> { ["kernel"] = next.Round == 1 ? "6.1" : "6.2", ["starlette"] = next.Row == 0 ? "0.26" : next.Round < 3 ? "0.40" : "0.41" },
        };

        var notes = Reporting.Of(experiment, Play(experiment, play: On)).Notes;

        Assert.Contains("the machine changed: from round 2 on kernel 6.1 → 6.2; from round 3 on starlette 0.40 → 0.41; runs before and after it are taken together", notes);
        Assert.DoesNotContain(Reporting.Of(experiment, Play(experiment)).Notes, n => n.Contains("changed", StringComparison.Ordinal));
    }
}
