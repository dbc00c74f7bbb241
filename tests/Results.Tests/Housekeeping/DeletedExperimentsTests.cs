using Microsoft.EntityFrameworkCore;
using Npgsql;
using Wobble.Results.Domain;
using Wobble.Results.Edits;
using Wobble.Results.Experiments;
using Wobble.Results.Experiments.Claims;
using Wobble.Results.Housekeeping;
using Wobble.Results.Jobs;
using Wobble.Results.Queries;
using Wobble.Results.Storage;
using Wobble.Results.Tests.Queries;
using Wobble.Tests.Support;

namespace Wobble.Results.Tests.Housekeeping;

public sealed class DeletedExperimentsTests : IAsyncLifetime
{
    private static readonly Retention Week = new(null, null, 7);
    private readonly StoppedClock _clock = new(Stored.Noon);
    private TestDatabase _database = null!;

    private ExperimentEdits Edits => new(_database, _clock, Retention.Default);
    private Housekeeper Housekeeper => new(_database, _clock);
    private ExperimentQueries Experiments => new(_database);

    public async ValueTask InitializeAsync() => _database = await TestDatabase.CreateAsync();

    public ValueTask DisposeAsync() => _database.DisposeAsync();

    [Fact]
    public async Task It_goes_with_its_runs_and_comes_back_with_those_that_went_with_it()
    {
        var experiment = await PlayedAsync();
        var other = await PlayedAsync();
        var runs = await RunsOfAsync(experiment);
        await new RunEdits(_database, _clock, Retention.Default).SetPinned(runs[1].Id, true, default);
        // At the same moment by the clock, and by itself all the same.
        await new RunEdits(_database, _clock, Retention.Default).Delete([runs[0].Id], default);

        Assert.Equal(5, (await Edits.Delete(experiment.Slug, default)).Count);

        Assert.Null(await Experiments.BySlug(experiment.Slug, default));
        Assert.Equal([other.Slug], (await Experiments.Latest(10, default)).Select(e => e.Slug));
        Assert.Equal(6, (await new RunsQueries(_database, _clock).Count(new RunsFilter(), default)).Value);
        Assert.Null(await new ExportQueries(_database).Run(runs[2].Slug, default));
        Assert.Null(await new LinkEdits(_database).RenewExperiment(experiment.Slug, default));
        Assert.Equal(RoundsOutcome.TooLate, await new ExperimentQueue(_database, new FakeJobs(), _clock).AddRoundsAsync(experiment.Slug, 1));
        var deleted = await new HousekeepingQueries(_database).Deleted(default);
        Assert.Equal((experiment.Slug, experiment.Question, 5, _clock.Now), (Assert.Single(deleted.Experiments).Slug, deleted.Experiments[0].Question, deleted.Experiments[0].Runs, deleted.Experiments[0].DeletedAt));
        Assert.Equal(runs[0].Id, Assert.Single(deleted.Runs).Id);
        Assert.Equal((6, 1), ((await new HousekeepingQueries(_database).Disk(default)).Deleted, (await new HousekeepingQueries(_database).Disk(default)).DeletedExperiments));

        Assert.Equal(5, (await Edits.Restore(experiment.Slug, default)).Count);

        Assert.Equal(runs[1..].Select(r => r.Slug), (await Experiments.BySlug(experiment.Slug, default))!.Runs.Select(r => r.Slug));
        Assert.Equal([runs[0].Id], (await RunsOfAsync(experiment)).Where(r => r.DeletedAt is not null).Select(r => r.Id));
        Assert.True((await RunsOfAsync(experiment))[1].Pinned);
        Assert.DoesNotContain(await RunsOfAsync(experiment), r => r.DeletedWithExperiment);
        Assert.Equal((0, "It is there already."), ((await Edits.Restore(experiment.Slug, default)).Count, (await Edits.Restore(experiment.Slug, default)).Refused?.Sentence));
        Assert.Empty((await new HousekeepingQueries(_database).Deleted(default)).Experiments);
    }

    [Fact]
    public async Task Open_pages_are_told_when_it_goes_and_when_it_comes_back()
    {
        var experiment = await PlayedAsync();
        await using var connection = new NpgsqlConnection(_database.ConnectionString);
        await connection.OpenAsync();
        await using (var listen = new NpgsqlCommand($"listen {Notifications.Runs}", connection)) await listen.ExecuteNonQueryAsync();
        var told = new List<string>();
        connection.Notification += (_, e) => told.Add(e.Payload);

        await Edits.Delete(experiment.Slug, default);
        await connection.WaitAsync();
        await Edits.Restore(experiment.Slug, default);
        await connection.WaitAsync();

        Assert.Equal([Guid.Empty.ToString(), Guid.Empty.ToString()], told);
    }

    [Theory, InlineData("waiting"), InlineData("running"), InlineData("paused")]
    public async Task What_goes_on_is_refused_with_what_to_do_first(string state)
    {
        var experiment = await PlayedAsync(state, limit: 3);

        var refused = (await Edits.Delete(experiment.Slug, default)).Refused!;

        Assert.Equal((DeletionReason.GoesOn, $"It is {state}: cancel it first."), (refused.Reason, refused.Sentence));
        Assert.All(await RunsOfAsync(experiment), r => Assert.Null(r.DeletedAt));
    }

    [Fact]
    public async Task One_that_was_cancelled_waits_for_the_run_that_is_being_stopped()
    {
        var experiment = await PlayedAsync("cancelled", limit: 2);
        var last = (await RunsOfAsync(experiment))[^1];
        await _database.ExecuteAsync($"update runs set state = 'measuring' where id = '{last.Id}'");

        Assert.Equal(new DeletionRefusal(DeletionReason.GoesOn, $"Its run {last.Slug} is measuring: try again in a moment."), (await Edits.Delete(experiment.Slug, default)).Refused);
        await _database.ExecuteAsync($"update runs set state = 'cancelled' where id = '{last.Id}'");

        Assert.Equal(2, (await Edits.Delete(experiment.Slug, default)).Count);
    }

    [Fact]
    public async Task One_that_recurs_stays_and_a_deleted_one_cannot_be_made_to_recur()
    {
        var experiment = await PlayedAsync();
        var recurrences = new RecurrenceEdits(_database, _clock);
        var wish = new RecurrenceWish { Experiment = experiment.Slug, Time = "02:30" };
        var id = (await recurrences.Create(wish, default)).Id!.Value;
        Assert.True(await recurrences.Pause(id, default));

        Assert.Equal(new DeletionRefusal(DeletionReason.Recurs, "It recurs, and would be made anew from what is gone: delete what recurs first."), (await Edits.Delete(experiment.Slug, default)).Refused);
        Assert.True(await recurrences.Delete(id, default));
        Assert.Null((await Edits.Delete(experiment.Slug, default)).Refused);

        var errors = (await recurrences.Create(wish, default)).Errors;
        Assert.Equal("experiment", Assert.Single(errors).Field);
    }

    [Fact]
    public async Task One_that_is_not_there_or_was_deleted_before_is_unknown()
    {
        var experiment = await PlayedAsync();
        await Edits.Delete(experiment.Slug, default);

        foreach (string slug in (string[])[experiment.Slug, Slug.New(), "x"]) Assert.Equal(DeletionReason.Unknown, (await Edits.Delete(slug, default)).Refused?.Reason);
        Assert.Equal(new DeletionRefusal(DeletionReason.Unknown, "It is gone for good."), (await Edits.Restore(Slug.New(), default)).Refused);
    }

    [Fact]
    public async Task A_run_of_it_does_not_come_back_alone()
    {
        var experiment = await PlayedAsync();
        var runs = await RunsOfAsync(experiment);
        var edits = new RunEdits(_database, _clock, Retention.Default);
        await edits.Delete([runs[0].Id], default);
        await Edits.Delete(experiment.Slug, default);
        var alone = await _database.Keep(Stored.Run(deleted: Stored.Noon));

        Assert.Equal(new Deletion(1, Later(experiment)), await edits.Restore([runs[0].Id, runs[1].Id, alone.Id], default));

        Assert.All(await RunsOfAsync(experiment), r => Assert.NotNull(r.DeletedAt));
        Assert.Equal(new Deletion(0, new(DeletionReason.WithExperiment, "It was deleted with its experiment: bring that back, and it comes with it.", experiment.Slug)), await edits.Restore([runs[1].Id], default));

        // What was deleted by itself before comes back after it, not with it.
        await Edits.Restore(experiment.Slug, default);
        Assert.NotNull((await RunsOfAsync(experiment))[0].DeletedAt);
        Assert.Equal(new Deletion(1, null), await edits.Restore([runs[0].Id], default));

        static DeletionRefusal Later(Experiment of) => new(DeletionReason.ExperimentDeleted, "Its experiment was deleted, too: bring that back first, then this run.", of.Slug);
    }

    [Fact]
    public async Task Rounds_that_are_added_at_the_same_moment_either_come_first_or_not_at_all()
    {
        var queue = new ExperimentQueue(_database, new FakeJobs(), _clock);
        for (int i = 0; i < 10; i++)
        {
            var experiment = await PlayedAsync();

            var added = queue.AddRoundsAsync(experiment.Slug, 1);
            var deleted = Edits.Delete(experiment.Slug, default);
            await Task.WhenAll(added, deleted);

            bool isAdded = await added == RoundsOutcome.Added;
            Assert.NotEqual(isAdded, (await deleted).Refused is null);
            await using var db = _database.CreateDbContext();
            Assert.Equal(isAdded ? ("running", false) : ("completed", true), await db.Experiments.Where(e => e.Id == experiment.Id).Select(e => new ValueTuple<string, bool>(e.State, e.DeletedAt != null)).SingleAsync());
        }
    }

    [Fact]
    public async Task What_retention_would_delete_again_is_pinned()
    {
        var experiment = await PlayedAsync();
        await _database.ExecuteAsync($"update runs set created_at = '{Stored.Noon.AddDays(-60):u}', finished_at = '{Stored.Noon.AddDays(-60):u}'");
        var edits = new ExperimentEdits(_database, _clock, new Retention(30, null, 7));
        await edits.Delete(experiment.Slug, default);

        await edits.Restore(experiment.Slug, default);

        Assert.Equal(0, await Housekeeper.ExpireAsync(new Retention(30, null, 7), default));
        Assert.All(await RunsOfAsync(experiment), r => Assert.True(r.Pinned));
    }

    [Fact]
    public async Task For_good_it_goes_after_its_runs_a_few_at_a_time_and_nothing_is_left_that_names_it()
    {
        var experiment = await PlayedAsync(rounds: 8);
        var kept = await PlayedAsync();
        await FoundAsync(experiment, "a/x");
        await FoundAsync(kept, "b/x");
        await Edits.Delete(experiment.Slug, default);

        Assert.Equal(0, await Housekeeper.PurgeAsync(Week, default));
        _clock.Now = Stored.Noon.AddDays(7);
        var removed = new List<int>();
        while (await Housekeeper.PurgeAsync(Week, default) is > 0 and var some)
        {
            removed.Add(some);
            if (removed.Count > 1) continue;
            // What is left of it would look whole: it is neither brought back nor offered.
            var queries = new HousekeepingQueries(_database);
            Assert.Equal((0, 0, 0, 0), ((await queries.Disk(default)).DeletedExperiments, (await queries.Disk(default)).Deleted, (await queries.Deleted(default)).Experiments.Count, (await queries.Deleted(default)).Runs.Count));
            Assert.Equal(new DeletionRefusal(DeletionReason.RowsGone, "The rows of 10 of its 16 runs are gone for good."), (await Edits.Restore(experiment.Slug, default)).Refused);
            Assert.All(await RunsOfAsync(experiment), r => Assert.True(r.DeletedWithExperiment && r.DeletedAt is not null));
        }

        Assert.Equal([Results.Housekeeping.Housekeeper.PurgedAtOnce, 6, 1], removed);
        await using var db = _database.CreateDbContext();
        Assert.Equal([kept.Id], await db.Experiments.Select(e => e.Id).ToListAsync());
        Assert.Equal([kept.Slug], await db.Tunings.Select(t => t.Experiment).ToListAsync());
        Assert.Equal((6, 6), (await db.Runs.CountAsync(), await db.Runs.CountAsync(r => r.ExperimentId == kept.Id)));
        Assert.Equal(DeletionReason.Unknown, (await Edits.Restore(experiment.Slug, default)).Refused?.Reason);
    }

    [Fact]
    public async Task What_it_found_goes_and_comes_back_with_it()
    {
        var experiment = await new StoredExperiments(_database).PlayAsync(Making.Tune("uwsgi-http/bottle", new Definition { Target = "" }, SamplePlans.Catalogue, 1), _ => (20, 1_000));
        await _database.Keep(new RunnerRow { Name = "bench-1", Catalogue = SamplePlans.Catalogue });
        var asked = Making.Compare(["uwsgi-http/bottle"], new Definition { Target = "" }, SamplePlans.Catalogue, 3, 1, WorkersChoice.Tune);
        await FoundAsync(experiment, "uwsgi-http/bottle", $"{SetupText.Of(asked.Rows[0].Definition)}, 2 cores");
        async Task<int?> KnownAsync()
        {
            await using var db = _database.CreateDbContext();
            return (await Tunings.KnownAsync(db, asked, "bench-1", 2, default)).Rows[0].TunedWorkers;
        }
        Assert.Equal((4, 1), (await KnownAsync(), (await Experiments.Tunings(10, default)).Count));

        await Edits.Delete(experiment.Slug, default);
        Assert.Equal((null, 0), (await KnownAsync(), (await Experiments.Tunings(10, default)).Count));
        await Edits.Restore(experiment.Slug, default);

        Assert.Equal((4, 1), (await KnownAsync(), (await Experiments.Tunings(10, default)).Count));
    }

    [Fact]
    public async Task A_claim_is_answered_by_none_that_was_deleted()
    {
        var claim = ClaimList.Find("5")!;
        async Task<Experiment> MeasureAsync() => await new StoredExperiments(_database).PlayAsync(claim.Make(SamplePlans.Catalogue, 3, TimeSpan.FromSeconds(10), 1), next => (30, next.Definition.Target.EndsWith("flask", StringComparison.Ordinal) ? 3_300 : 5_000));
        var former = await MeasureAsync();
        var newest = await MeasureAsync();
        async Task<string?> AnsweredByAsync() => (await new ClaimQueries(_database).All(default)).Single(l => l.Claim.Id == "5").Slug;
        Assert.Equal(newest.Slug, await AnsweredByAsync());

        await Edits.Delete(newest.Slug, default);
        Assert.Equal(former.Slug, await AnsweredByAsync());
        await Edits.Delete(former.Slug, default);

        Assert.Null(await AnsweredByAsync());
    }

    [Fact]
    public async Task A_comparison_is_deleted_alone_and_one_of_a_deleted_experiment_says_what_is_gone()
    {
        var experiment = await PlayedAsync();
        var other = await _database.Keep(Stored.Run());
        var edits = new ComparisonEdits(_database, _clock);
        string[] sides = [$"{experiment.Slug}.1", $"{experiment.Slug}.2"];
        string kept = (await edits.Keep(sides, default)).Value!, beside = (await edits.Keep([experiment.Slug, other.Slug], default)).Value!;
        var queries = new ComparisonQueries(_database);

        Assert.True(await edits.Delete(kept, default));

        Assert.False(await edits.Delete(kept, default));
        Assert.Null(await queries.Kept(kept, default));
        Assert.Equal([beside], (await queries.LastKept(10, default)).Select(c => c.Slug));
        Assert.Null(await new LinkEdits(_database).RenewComparison(kept, default));
        Assert.Equal(6, (await Experiments.BySlug(experiment.Slug, default))!.Runs.Count);
        var gone = Assert.Single((await new HousekeepingQueries(_database).Deleted(default)).Comparisons);
        Assert.Equal((kept, "a/x, b/x"), (gone.Slug, string.Join(", ", gone.Targets)));
        // Its link ended: the same runs kept again have another.
        string again = (await edits.Keep(sides, default)).Value!;
        Assert.NotEqual(kept, again);
        Assert.Equal(new Deletion(1, null), await edits.Restore(kept, default));
        Assert.Equal(DeletionReason.ThereAlready, (await edits.Restore(kept, default)).Refused?.Reason);
        Assert.Equal(sides, (await queries.Kept(kept, default))!.Runs);

        await Edits.Delete(experiment.Slug, default);
        Assert.Equal([experiment.Slug], ComparisonQueries.Missing([experiment.Slug, other.Slug], (await queries.Runs([experiment.Slug, other.Slug], default)).Runs));
        Assert.Equal("runs", (await edits.Keep(sides, default)).Error!.Field);
        Assert.Equal([other.Target], (await queries.LastKept(10, default)).Single(c => c.Slug == beside).Targets);
    }

    [Fact]
    public async Task A_deleted_comparison_goes_for_good_after_the_same_time()
    {
        var (a, b) = (await _database.Keep(Stored.Run()), await _database.Keep(Stored.Run()));
        var edits = new ComparisonEdits(_database, _clock);
        string kept = (await edits.Keep([a.Slug, b.Slug], default)).Value!, stays = (await edits.Keep([b.Slug, a.Slug], default)).Value!;
        await edits.Delete(kept, default);
        await _database.KeepAll([.. Enumerable.Range(0, Results.Housekeeping.Housekeeper.PurgedAtOnce + 1).Select(_ => Stored.Run(deleted: Stored.Noon))]);

        Assert.Equal(0, await Housekeeper.PurgeAsync(Week, default));
        _clock.Now = Stored.Noon.AddDays(7);
        // It doesn't wait for the runs.
        Assert.Equal((Results.Housekeeping.Housekeeper.PurgedAtOnce + 1, 1, 0), (await Housekeeper.PurgeAsync(Week, default), await Housekeeper.PurgeAsync(Week, default), await Housekeeper.PurgeAsync(Week, default)));

        Assert.Equal("It is gone for good.", (await edits.Restore(kept, default)).Refused?.Sentence);
        await using var db = _database.CreateDbContext();
        Assert.Equal([stays], await db.Comparisons.Select(c => c.Slug).ToListAsync());
        Assert.Equal(2, await db.Runs.CountAsync());
    }

    [Fact]
    public async Task One_that_lost_all_its_runs_to_retention_is_deleted_and_removed_as_any()
    {
        var experiment = await PlayedAsync();
        await _database.ExecuteAsync("delete from runs");
        Assert.Equal("Its runs were deleted: nothing is left to show.", (await Experiments.BySlug(experiment.Slug, default))!.Report.Sentence);

        Assert.Equal(new Deletion(0, null), await Edits.Delete(experiment.Slug, default));
        Assert.Equal(new Deletion(0, null), await Edits.Restore(experiment.Slug, default));
        Assert.NotNull(await Experiments.BySlug(experiment.Slug, default));
        await Edits.Delete(experiment.Slug, default);
        _clock.Now = Stored.Noon.AddDays(7);

        Assert.Equal(1, await Housekeeper.PurgeAsync(Week, default));
    }

    [Fact]
    public async Task What_each_Runner_told_of_its_data_folder_is_read_and_who_told_nothing_is_there_too()
    {
        var told = new DataFolderUse(Stored.Noon, "/var/lib/wobble", [new DataFolderPart("journals", 5, null), new DataFolderPart(DataFolderPart.Rest, 7, "it can't be read")]);
        await _database.KeepAll([new RunnerRow { Name = "b", Host = "second" }, new RunnerRow { Name = "a", Host = "first" }]);
        await using (var db = _database.CreateDbContext()) await db.Runners.Where(r => r.Name == "a").ExecuteUpdateAsync(r => r.SetProperty(x => x.DataFolder, told));

        var folders = await new HousekeepingQueries(_database).Folders(default);

        Assert.Equal([("a", "first"), ("b", "second")], folders.Select(f => (f.Runner, f.Host)));
        Assert.Equivalent(told, folders[0].Told, strict: true);
        Assert.Null(folders[1].Told);
    }

    private Task<Experiment> PlayedAsync(string state = "completed", int limit = 1_000, int rounds = 3) =>
        new StoredExperiments(_database).PlayAsync(Making.Compare(["a/x", "b/x"], new Definition { Target = "" }, new Catalogue(), rounds, 1), _ => (30, 4_000), state, limit);

    private Task<Tuning> FoundAsync(Experiment experiment, string target, string setup = "row") =>
        _database.Keep(new Tuning { Target = target, Runner = "bench-1", Setup = setup, Workers = 4, Runs = 6, Experiment = experiment.Slug, At = Stored.Noon });

    private async Task<List<Run>> RunsOfAsync(Experiment experiment)
    {
        await using var db = _database.CreateDbContext();
        return await db.Runs.AsNoTracking().Where(r => r.ExperimentId == experiment.Id).OrderBy(r => r.Id).ToListAsync();
    }
}
