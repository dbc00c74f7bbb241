using Wobble.Results.Domain;
using Wobble.Results.Experiments;
using Wobble.Results.Statistics;
using static Wobble.Results.Tests.Experiments.Made;

namespace Wobble.Results.Tests.Experiments;

public sealed class ScheduleTests
{
    [Fact]
    public void Each_round_runs_every_row_once_in_a_shuffled_order_that_the_seed_decides()
    {
        var experiment = Compare(rows: 5, repetitions: 4, seed: 7);

        var runs = Play(experiment);

        Assert.Equal(20, runs.Count);
        foreach (var round in runs.GroupBy(r => r.Round)) Assert.Equal([0, 1, 2, 3, 4], round.Select(r => r.Row).Order());
        Assert.Equal(runs.Select(r => r.Row), Play(experiment).Select(r => r.Row));
        Assert.NotEqual(runs.Select(r => r.Row), Play(experiment with { Seed = 8 }).Select(r => r.Row));
        Assert.True(runs.GroupBy(r => r.Round).Select(g => string.Join(",", g.Select(r => r.Row))).Distinct().Count() > 1);
    }

    [Fact]
    public void Stopped_anywhere_it_goes_on_to_the_same_set_of_runs()
    {
        var experiment = Compare(rows: 3, repetitions: 3, seed: 1);
        var whole = Play(experiment);
        for (int stop = 0; stop < whole.Count; stop++)
            Assert.Equal(whole.Select(r => (r.Row, r.Round)), Play(experiment, [.. whole.Take(stop)]).Select(r => (r.Row, r.Round)));
    }

    [Fact]
    public void A_run_that_failed_is_repeated_once_and_both_are_kept()
    {
        var experiment = Compare(rows: 2, repetitions: 2, seed: 1);

        var runs = Play(experiment, play: next => next.Row == 1 && next.Round == 1 ? Run(next, 0, failed: true) : Run(next, 20));

        Assert.Equal([1, 2], runs.Where(r => r is { Row: 1, Round: 1 }).Select(r => r.Attempt));
        Assert.Equal(5, runs.Count);
    }

    [Fact]
    public void A_run_that_was_interrupted_is_run_again_and_is_no_mark_against_its_row()
    {
        var experiment = Compare(rows: 2, repetitions: 3, seed: 1);
        var cut = Run(Schedule.Next(experiment, [])!, 20) with { State = RunState.Interrupted, Result = null, Failure = "The Runner died." };

        var runs = Play(experiment, [cut]);

        Assert.Equal(7, runs.Count);
        Assert.Equal(7, Schedule.RunsExpected(experiment, runs));
        Assert.All(runs.Skip(1).GroupBy(r => (r.Row, r.Round)), g => Assert.Single(g));
        var report = Reporting.Of(experiment, runs);
        Assert.Equal((6, 6, 0), (report.Runs, report.ValidRuns, report.Rows.Sum(r => r.Discarded)));
        Assert.DoesNotContain(report.Notes, n => n.Contains("failed or invalid", StringComparison.Ordinal) || n.Contains("not ranked", StringComparison.Ordinal));
    }

    [Fact]
    public void A_row_that_could_not_be_begun_is_tried_twice_and_is_no_failure_of_its_target()
    {
        var experiment = Compare(rows: 3, repetitions: 3, seed: 1);

        var runs = Play(experiment, play: next => next.Row == 1 ? Run(next, 0, failed: true) with { Failure = ExperimentRun.CannotRun + "not installed, because pip can't reach its package index" } : Run(next, 20));
        var report = Reporting.Of(experiment, runs);

        Assert.Equal(2, runs.Count(r => r.Row == 1));
        var row = report.Rows.Single(r => r.Name == "B");
        Assert.Equal((0, true), (row.Runs, row.Reason!.Contains("not installed", StringComparison.Ordinal)));
        Assert.DoesNotContain(report.Ratios, r => r.A == "B" || r.B == "B");
        Assert.DoesNotContain(report.Notes, n => n.Contains('B'));
        Assert.Equal(3, report.CompleteRounds);
    }

    [Fact]
    public void One_row_may_be_tuned_by_itself()
    {
        var experiment = Compare(rows: 2, repetitions: 2, seed: 1);
        experiment = experiment with { Rows = [experiment.Rows[0], experiment.Rows[1] with { TuneWorkers = true }] };

        var runs = Play(experiment, play: next => Run(next, 20, next.Definition.Workers is { } w ? 100 - (10 * Math.Abs(w - 3)) : 50));

        Assert.All(runs.Where(r => r.Purpose == RunPurpose.Tune), r => Assert.Equal(1, r.Row));
        Assert.Equal([null, 3], runs.Where(r => r.Purpose == RunPurpose.Round).OrderBy(r => r.Row).Select(r => r.Definition.Workers).Distinct());
    }

    [Fact]
    public void Nothing_is_next_while_a_run_goes_on()
    {
        var experiment = Compare(rows: 2, repetitions: 2, seed: 1);
        var going = Run(Schedule.Next(experiment, [])!, 20) with { State = RunState.Measuring, Result = null };

        Assert.Null(Schedule.Next(experiment, [going]));
    }

    [Fact]
    public void An_unavailable_row_is_never_run()
    {
        var experiment = Compare(rows: 3, repetitions: 2, seed: 1);
        experiment = experiment with { Rows = [experiment.Rows[0], experiment.Rows[1] with { Unavailable = "not installed" }, experiment.Rows[2]] };

        Assert.DoesNotContain(Play(experiment), r => r.Row == 1);
    }

    [Fact]
    public void Workers_are_tuned_before_the_rounds_which_use_what_was_found()
    {
        var experiment = Compare(rows: 2, repetitions: 2, seed: 1) with { TuneWorkers = true };
        double Throughput(NextRun next) => 1_000.0 * next.Definition.Workers!.Value / (1 + (next.Definition.Workers!.Value * next.Definition.Workers!.Value / 49.0));

        var runs = Play(experiment, play: next => Run(next, 20, Throughput(next)));

        Assert.All(runs.Where(r => r.Purpose == RunPurpose.Round), r => Assert.InRange(r.Definition.Workers!.Value, 6, 8));
        Assert.InRange(runs.Count(r => r.Purpose == RunPurpose.Tune && r.Row == 0), 12, 20);
        Assert.True(runs.FindLastIndex(r => r.Purpose == RunPurpose.Tune) < runs.FindIndex(r => r.Purpose == RunPurpose.Round));
    }

    [Fact]
    public void Capacity_is_searched_around_the_objective_in_twelve_runs_after_a_saturating_one()
    {
        var experiment = Compare(rows: 1, repetitions: 1, seed: 1) with { Kind = ExperimentKind.Capacity, ObjectiveMs = 30 };
        // The p99 of a queue that fills at 2,000/s: 30 ms at 1,600/s.
        double P99(NextRun next) => next.Definition.Rate is { } rate ? 30 * Math.Pow(rate / 1_600, 3) : 80;

        var runs = Play(experiment, play: next => Run(next, P99(next), 2_000));

        Assert.Equal(13, runs.Count);
        Assert.Equal(RunPurpose.Saturate, runs[0].Purpose);
        var estimate = Capacity.Estimate(Schedule.CapacityRuns(0, runs), 30)!;
        Assert.InRange(estimate.Rate.Value, 1_570, 1_630);
        var report = Reporting.Of(experiment, runs);
        Assert.Equal((13, 13, 13), (report.Rows[0].Runs, report.ValidRuns, report.Runs));
        Assert.Empty(report.Ratios);
    }

    [Fact]
    public void A_step_of_a_capacity_that_was_interrupted_or_failed_once_is_made_again_and_counts_once()
    {
        var experiment = Compare(rows: 1, repetitions: 1, seed: 1) with { Kind = ExperimentKind.Capacity, ObjectiveMs = 30 };
        double P99(NextRun next) => next.Definition.Rate is { } rate ? 30 * Math.Pow(rate / 1_600, 3) : 80;
        var calm = Play(experiment, play: next => Run(next, P99(next), 2_000));

        int made = 0;
        var runs = Play(experiment, play: next => ++made switch
        {
            4 => Run(next, P99(next), 2_000) with { State = RunState.Interrupted, Result = null },
            9 => Run(next, 0, failed: true),
            _ => Run(next, P99(next), 2_000),
        });

        Assert.Equal(15, runs.Count);
        Assert.Equal(Schedule.CapacityRuns(0, calm), Schedule.CapacityRuns(0, runs));
        Assert.Equal(2, runs.Where(r => r.Purpose == RunPurpose.Capacity).Max(r => r.Attempt));
    }
}
