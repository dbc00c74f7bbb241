using System.Diagnostics;
using Microsoft.EntityFrameworkCore;
using Wobble.Results.Domain;
using Wobble.Results.Edits;
using Wobble.Results.Housekeeping;
using Wobble.Results.Queries;
using Wobble.Results.Storage;
using Wobble.Results.Tests.Queries;
using Wobble.Tests.Support;

namespace Wobble.Results.Tests.Housekeeping;

public sealed class HousekeeperTests(TestDatabase database) : IClassFixture<TestDatabase>, IAsyncLifetime
{
    private const int Day = 24 * 60;
    private readonly StoppedClock _clock = new(Stored.Noon);

    private Housekeeper Housekeeper => new(database, _clock);

    public async ValueTask InitializeAsync() => await database.ExecuteAsync("delete from runs; delete from audit");

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    [Fact]
    public async Task By_age_what_ended_too_long_ago_goes_but_for_what_is_pinned_or_goes_on()
    {
        var old = await database.Keep(Stored.Run(minutesAgo: 31 * Day));
        var pinned = Stored.Run(minutesAgo: 31 * Day);
        pinned.Pinned = true;
        await database.Keep(pinned);
        await database.Keep(Stored.Run(minutesAgo: 31 * Day, state: RunState.Queued));
        await database.Keep(Stored.Run(minutesAgo: 29 * Day));

        Assert.Equal(1, await Housekeeper.ExpireAsync(new Retention(30, null, 7), default));

        Assert.Equal([old.Id], await DeletedAsync());
        Assert.Equal("wobble", Assert.Single(await new AuditQueries(database).Page(null, "retention", default)).Who);
    }

    [Fact]
    public async Task By_count_the_newest_stay_and_pinned_ones_beyond_them()
    {
        var runs = Enumerable.Range(0, 6).Select(i => Stored.Run(minutesAgo: i)).ToList();
        runs[5].Pinned = true;
        await database.KeepAll(runs);

        Assert.Equal(2, await Housekeeper.ExpireAsync(new Retention(null, 3, 7), default));

        Assert.Equal(runs[3..5].Select(r => r.Id).Order(), await DeletedAsync());
        Assert.Equal(0, await Housekeeper.ExpireAsync(new Retention(null, 3, 7), default));
    }

    [Fact]
    public async Task Without_settings_nothing_is_deleted()
    {
        await database.Keep(Stored.Run(minutesAgo: 10_000 * Day));

        Assert.Equal(0, await Housekeeper.ExpireAsync(Retention.Default, default));
    }

    [Fact]
    public async Task A_deleted_run_can_be_brought_back_until_its_rows_go()
    {
        var run = await new StoredRuns(database).RecordAsync(new FactsBuilder { PerSecond = 20 });
        var edits = new RunEdits(database, _clock, Retention.Default);
        await edits.Delete([run.Id], default);
        async Task<(int, DeletionReason?)> BackAsync()
        {
            var back = await edits.Restore([run.Id], default);
            return (back.Count, back.Refused?.Reason);
        }

        Assert.Equal(0, await Housekeeper.PurgeAsync(new Retention(null, null, 7), default));
        Assert.Equal(1, (await edits.Restore([run.Id], default)).Count);
        Assert.Equal((0, DeletionReason.ThereAlready), await BackAsync());
        await edits.Delete([run.Id], default);
        _clock.Now = Stored.Noon.AddDays(7);
        Assert.Equal(1, await Housekeeper.PurgeAsync(new Retention(null, null, 7), default));

        Assert.Equal((0, DeletionReason.Unknown), await BackAsync());
        await using var db = database.CreateDbContext();
        Assert.Equal((0, 0, 0, 0), (await db.Samples.CountAsync(), await db.Seconds.CountAsync(), await db.Events.CountAsync(), await db.Logs.CountAsync()));
    }

    [Theory, InlineData(30, null), InlineData(null, 1)]
    public async Task What_retention_deleted_and_somebody_brought_back_stays(int? days, int? runs)
    {
        var retention = new Retention(days, runs, 7);
        var (old, other) = (await database.Keep(Stored.Run(minutesAgo: 31 * Day)), await database.Keep(Stored.Run(minutesAgo: 32 * Day)));
        var young = await database.Keep(Stored.Run());
        var edits = new RunEdits(database, _clock, retention);
        Assert.Equal(2, await Housekeeper.ExpireAsync(retention, default));
        await edits.Delete([young.Id], default);

        Assert.Equal(new Deletion(2, null), await edits.Restore([old.Id, young.Id], default));
        await Housekeeper.ExpireAsync(retention, default);

        Assert.Equal([other.Id], await DeletedAsync());
        await using var db = database.CreateDbContext();
        Assert.Equal([old.Id], await db.Runs.Where(r => r.Pinned).Select(r => r.Id).ToListAsync());
    }

    [Theory, InlineData("waiting"), InlineData("running"), InlineData("paused")]
    public async Task What_an_experiment_is_made_of_stays_until_it_is_over(string state)
    {
        var definition = Wobble.Results.Experiments.Making.Compare(["a/x", "b/x"], new Definition { Target = "" }, new Catalogue(), 2, 1);
        var experiment = await new StoredExperiments(database).PlayAsync(definition, _ => (30, 4_000), state: state, limit: 3);
        await database.ExecuteAsync($"update runs set created_at = '{Stored.Noon.AddDays(-60):u}', finished_at = '{Stored.Noon.AddDays(-60):u}' where experiment_id = '{experiment.Id}'");
        await database.KeepAll([Stored.Run(), Stored.Run(minutesAgo: 1)]);
        var retention = new Retention(30, 2, 7);
        await database.ExecuteAsync($"update runs set deleted_at = '{Stored.Noon.AddDays(-59):u}' where id = (select min(id::text)::uuid from runs where experiment_id = '{experiment.Id}')");

        Assert.Equal((0, 0), (await Housekeeper.ExpireAsync(retention, default), await Housekeeper.PurgeAsync(retention, default)));
        await database.ExecuteAsync($"update experiments set state = 'completed' where id = '{experiment.Id}'");

        Assert.Equal((2, 1), (await Housekeeper.ExpireAsync(retention, default), await Housekeeper.PurgeAsync(retention, default)));
    }

    [Fact]
    public async Task A_page_of_runs_waits_for_no_deletion()
    {
        // bench/housekeeping asks for more.
        int many = int.TryParse(Environment.GetEnvironmentVariable("RUNS"), out int asked) ? asked : 1_500;
        await database.ExecuteAsync($"""
            insert into runs (id, slug, state, definition, target, class, attempt, created_at, finished_at, tags, pinned, deleted_at)
            select gen_random_uuid(), substr(md5(i::text) || md5(i::text), 1, 22), 'completed', '{"{\"target\":\"a/b\"}"}', 'a/b', 'sync', 1, '2026-11-01'::timestamptz + i * interval '1 s', now(), array[]::text[], false, '2026-11-02'::timestamptz
            from generate_series(1, {many}) i
            """);
        await database.ExecuteAsync("insert into seconds (run_id, stage, number, length, requests, errors, watched) select id, 1, n, 1, 10, '{}', '{\"generator\":{},\"components\":[]}' from runs, generate_series(0, 9) n");
        var listed = await database.Keep(Stored.Run());
        var queries = new RunsQueries(database, _clock);
        await queries.Page(new RunsFilter(), default);
        var before = Stopwatch.StartNew();
        await queries.Page(new RunsFilter(), default);
        before.Stop();
        var all = Stopwatch.StartNew();

        var purge = Task.Run(async () =>
        {
            int removed = 0, some;
            while ((some = await Housekeeper.PurgeAsync(Retention.Default, default)) > 0)
            {
                // One transaction removes a few runs: that is what keeps pages from waiting.
                Assert.InRange(some, 1, Results.Housekeeping.Housekeeper.PurgedAtOnce);
                removed += some;
            }
            return removed;
        });
        var pages = new List<double>();
        while (!purge.IsCompleted || pages.Count == 0)
        {
            var page = Stopwatch.StartNew();
            Assert.Equal(listed.Id, Assert.Single((await queries.Page(new RunsFilter(), default)).Rows).Id);
            pages.Add(page.Elapsed.TotalMilliseconds);
        }

        Assert.Equal(many, await purge);
        pages.Sort();
        TestContext.Current.TestOutputHelper?.WriteLine($"{many} runs with 10 seconds each removed in {all.Elapsed.TotalSeconds:0.0} s; a page of runs: {before.Elapsed.TotalMilliseconds:0.0} ms before; meanwhile {pages.Count} times, median {pages[pages.Count / 2]:0.0} ms, p99 {pages[(int)(pages.Count * .99)]:0.0} ms, longest {pages[^1]:0.0} ms");
        Assert.True(pages[^1] < 5_000, $"A page waited for {pages[^1]:0} ms.");
    }

    [Theory]
    [InlineData("KeepDays", "0"), InlineData("KeepDays", "-1"), InlineData("KeepDays", "1e3"), InlineData("KeepDays", "ten")]
    [InlineData("KeepRuns", "0"), InlineData("KeepRuns", "99999999999"), InlineData("KeepDeletedDays", "-1"), InlineData("KeepDeletedDays", "5000")]
    public void A_setting_that_is_not_allowed_is_named_with_what_is(string name, string value)
    {
        var errors = new List<FieldError>();

        Retention.Read(key => key == name ? value : null, errors);

        Assert.Equal((name, value), (Assert.Single(errors).Field, errors[0].Value));
        Assert.Contains("a whole number", errors[0].Allowed);
    }

    [Fact]
    public void Settings_are_read_and_said()
    {
        var errors = new List<FieldError>();

        var retention = Retention.Read(key => key switch { "KeepDays" => "90", "KeepRuns" => " 50000 ", _ => "" }, errors);

        Assert.Empty(errors);
        Assert.Equal("The newest 50,000 runs are kept, for 90 days; pinned ones stay. What was deleted can be brought back for 7 days, then its rows go.", retention.ToString());
    }

    [Fact]
    public async Task Disk_use_counts_what_is_listed_pinned_and_deleted()
    {
        var pinned = Stored.Run();
        pinned.Pinned = true;
        await database.KeepAll([pinned, Stored.Run(minutesAgo: 5), Stored.Run(deleted: Stored.Noon)]);

        var disk = await new HousekeepingQueries(database).Disk(default);

        Assert.Equal((2, 1, 1, Stored.Noon.AddMinutes(-5)), (disk.Runs, disk.Pinned, disk.Deleted, disk.Oldest));
        Assert.True(disk.DatabaseBytes > 1_000_000);
        Assert.Contains(disk.Tables, t => t.Name == "runs");
        Assert.Single((await new HousekeepingQueries(database).Deleted(default)).Runs);
    }

    [Fact]
    public async Task A_renewed_link_is_worth_something_and_the_old_one_nothing()
    {
        var (a, b) = (await database.Keep(Stored.Run()), await database.Keep(Stored.Run()));
        string comparison = (await new ComparisonEdits(database, _clock).Keep([a.Slug, b.Slug], default)).Value!;
        var links = new LinkEdits(database);

        string renewed = (await links.RenewRun(a.Slug, default))!;
        string kept = (await links.RenewComparison(comparison, default))!;

        var queries = new ExportQueries(database);
        Assert.Null(await queries.Run(a.Slug, default));
        Assert.Equal(a.Id, (await queries.Run(renewed, default))!.Id);
        await using var db = database.CreateDbContext();
        Assert.Equal([renewed, b.Slug], (await db.Comparisons.SingleAsync(c => c.Slug == kept)).Runs);
        Assert.Null(await links.RenewRun(a.Slug, default));
    }

    [Fact]
    public async Task An_experiment_with_a_new_link_has_new_ones_for_its_runs_and_is_found_by_what_names_it()
    {
        var definition = Wobble.Results.Experiments.Making.Compare(["a/x", "b/x"], new Definition { Target = "" }, new Catalogue(), 3, 1);
        var experiment = await new StoredExperiments(database).PlayAsync(definition, _ => (30, 4_000));
        var other = await database.Keep(Stored.Run());
        string comparison = (await new ComparisonEdits(database, _clock).Keep([$"{experiment.Slug}.2", $"{experiment.Slug}.1", other.Slug], default)).Value!;
        var waiting = await new StoredExperiments(database).PlayAsync(definition with { StartsAfter = experiment.Slug }, _ => (30, 4_000), state: "waiting", limit: 0);
        await using var db = database.CreateDbContext();
        var before = await db.Runs.Where(r => r.ExperimentId == experiment.Id).OrderBy(r => r.Id).Select(r => r.Slug).ToListAsync();

        string renewed = (await new LinkEdits(database).RenewExperiment(experiment.Slug, default))!;

        var experiments = new ExperimentQueries(database);
        Assert.Null(await experiments.BySlug(experiment.Slug, default));
        Assert.Equal(6, (await experiments.BySlug(renewed, default))!.Runs.Count);
        Assert.Empty((await db.Runs.Where(r => r.ExperimentId == experiment.Id).Select(r => r.Slug).ToListAsync()).Intersect(before));
        Assert.Equal([$"{renewed}.2", $"{renewed}.1", other.Slug], (await db.Comparisons.SingleAsync(c => c.Slug == comparison)).Runs);
        Assert.Equal(renewed, (await experiments.BySlug(waiting.Slug, default))!.Definition.StartsAfter);
        Assert.Null(await new LinkEdits(database).RenewExperiment(experiment.Slug, default));
    }

    [Fact]
    public async Task A_run_that_was_deleted_when_its_experiment_got_a_new_link_comes_back_under_a_new_one()
    {
        var experiment = await new StoredExperiments(database).PlayAsync(Wobble.Results.Experiments.Making.Compare(["a/x", "b/x"], new Definition { Target = "" }, new Catalogue(), 3, 1), _ => (30, 4_000));
        await using var db = database.CreateDbContext();
        var run = await db.Runs.AsNoTracking().Where(r => r.ExperimentId == experiment.Id).OrderBy(r => r.Id).FirstAsync();
        var edits = new RunEdits(database, _clock, Retention.Default);
        await edits.Delete([run.Id], default);

        Assert.NotNull(await new LinkEdits(database).RenewExperiment(experiment.Slug, default));
        await edits.Restore([run.Id], default);

        Assert.Null(await new ExportQueries(database).Run(run.Slug, default));
        Assert.Equal(1, await db.Runs.CountAsync(r => r.Id == run.Id && r.DeletedAt == null));
        // By itself a deleted run is given none: its link opens nothing.
        await edits.Delete([run.Id], default);
        string now = await db.Runs.Where(r => r.Id == run.Id).Select(r => r.Slug).SingleAsync();
        Assert.Null(await new LinkEdits(database).RenewRun(now, default));
    }

    private async Task<List<Guid>> DeletedAsync()
    {
        await using var db = database.CreateDbContext();
        return [.. (await db.Runs.Where(r => r.DeletedAt != null).Select(r => r.Id).ToListAsync()).Order()];
    }
}
