using Microsoft.EntityFrameworkCore;
using Wobble.Results.Domain;
using Wobble.Results.Edits;
using Wobble.Results.Jobs;
using Wobble.Results.Queries;
using Wobble.Results.Statistics;
using Wobble.Results.Storage;
using Wobble.Results.Tests.Queries;
using Wobble.Tests.Support;

namespace Wobble.Results.Tests.Jobs;

public sealed class RecurrenceTests : IAsyncLifetime
{
    private readonly FakeJobs _jobs = new();
    private TestDatabase _database = null!;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _database = await TestDatabase.CreateAsync();
        await _database.Keep(new RunnerRow { Name = "bench-1", Catalogue = SamplePlans.Catalogue, SeenAt = DateTimeOffset.UtcNow.AddDays(1) });
    }

    public ValueTask DisposeAsync() => _database.DisposeAsync();

    [Fact]
    public async Task When_its_time_comes_a_run_is_queued_and_never_a_second_beside_it()
    {
        var configuration = await ConfigurationAsync();
        var id = await MakeAsync(new RecurrenceWish { Configuration = configuration.Id, Time = "02:30" });

        await Job.ExecuteAsync(id, Cancel);
        await DaysPassAsync();
        await Job.ExecuteAsync(id, Cancel);

        await using var db = _database.CreateDbContext();
        var run = await db.Runs.SingleAsync(r => r.ConfigurationId == configuration.Id, Cancel);
        Assert.Equal([RecurrenceJob.Tag], run.Tags);
        Assert.Equal(run.Id, Assert.Single(_jobs.Queued).RunId);
        var row = (await Rows.One(id, Cancel))!;
        Assert.Equal((run.Slug, "The one before had not ended."), (row.Last, row.Problem));
        Assert.NotNull(row.NextAt);

        await db.Runs.ExecuteUpdateAsync(r => r.SetProperty(x => x.State, RunState.Completed), Cancel);
        await DaysPassAsync();
        await Job.ExecuteAsync(id, Cancel);
        Assert.Equal(2, await db.Runs.CountAsync(Cancel));
        Assert.Null((await Rows.One(id, Cancel))!.Problem);
    }

    [Fact]
    public async Task Handed_out_again_it_queues_no_second_one_of_the_same_time_and_the_next_time_another()
    {
        var configuration = await ConfigurationAsync();
        var id = await MakeAsync(new RecurrenceWish { Configuration = configuration.Id, Time = "02:30" });
        await using var db = _database.CreateDbContext();
        async Task<int> AtAsync(DateTimeOffset now)
        {
            await new RecurrenceJob(_database, _jobs, new StoppedClock(now)).ExecuteAsync(id, Cancel);
            await db.Runs.ExecuteUpdateAsync(r => r.SetProperty(x => x.State, RunState.Completed), Cancel);
            return await db.Runs.CountAsync(Cancel);
        }
        var time = new DateTimeOffset(DateTime.UtcNow.Date.AddHours(2.5), TimeSpan.Zero);

        Assert.Equal(1, await AtAsync(time.AddSeconds(20)));
        Assert.Equal(1, await AtAsync(time.AddMinutes(1)));
        Assert.Equal(1, await AtAsync(time.AddHours(8)));
        // By a clock that is a little behind.
        Assert.Equal(2, await AtAsync(time.AddDays(1).AddSeconds(-5)));
    }

    [Fact]
    public async Task A_paused_a_deleted_and_an_archived_one_queue_nothing()
    {
        var configuration = await ConfigurationAsync();
        var id = await MakeAsync(new RecurrenceWish { Configuration = configuration.Id, Time = "02:30", Days = ["mon"], Zone = "Europe/Berlin" });

        Assert.True(await Edits.Pause(id, Cancel));
        await Job.ExecuteAsync(id, Cancel);
        Assert.Null((await Rows.One(id, Cancel))!.NextAt);
        Assert.True(await Edits.Resume(id, Cancel));
        await new ConfigurationEdits(_database, TimeProvider.System).Archive(configuration.Id, Cancel);
        await Job.ExecuteAsync(id, Cancel);
        Assert.Equal("The configuration is archived.", (await Rows.One(id, Cancel))!.Problem);
        Assert.True(await Edits.Delete(id, Cancel));
        await Job.ExecuteAsync(id, Cancel);

        Assert.Empty(_jobs.Queued);
    }

    [Fact]
    public async Task One_is_found_however_many_there_are()
    {
        var configuration = await ConfigurationAsync();
        await using var db = _database.CreateDbContext();
        var now = DateTimeOffset.UtcNow;
        db.AddRange(Enumerable.Range(0, 501).Select(i => new Recurrence { Id = Guid.CreateVersion7(now.AddSeconds(i - 1_000)), ConfigurationId = configuration.Id, At = new TimeOnly(2, 30), Zone = "UTC" }));
        var last = new Recurrence { ConfigurationId = configuration.Id, At = new TimeOnly(4, 0), Zone = "UTC" };
        db.Add(last);
        await db.SaveChangesAsync(Cancel);

        Assert.Equal("04:00", (await Rows.One(last.Id, Cancel))?.Time);
    }

    [Fact]
    public async Task An_experiment_is_made_anew()
    {
        var queue = new ExperimentQueue(_database, _jobs, TimeProvider.System);
        var made = await queue.CreateAsync(c => Wobble.Results.Experiments.Making.Compare(["uwsgi-http/bottle", "uwsgi-http/flask"], new FactsBuilder().Definition, c, 3, 1), cancellation: Cancel);
        var id = await MakeAsync(new RecurrenceWish { Experiment = made.Experiment!.Slug, Time = "02:30" });

        await Job.ExecuteAsync(id, Cancel);

        var row = (await Rows.One(id, Cancel))!;
        Assert.True(row.LastIsExperiment);
        Assert.NotEqual(made.Experiment.Slug, row.Last);
        var again = (await new ExperimentQueries(_database).BySlug(row.Last!, Cancel))!;
        Assert.Equal((3, 2), (again.Definition.Repetitions, again.Definition.Rows.Count));
        // Once it was deleted nothing leads there.
        await _database.ExecuteAsync($"update experiments set deleted_at = now() where slug = '{row.Last}'");
        row = (await Rows.One(id, Cancel))!;
        Assert.Equal((null, true, true), (row.Last, row.LastIsDeleted, row.LastAt is not null));
    }

    [Theory]
    [InlineData(1), InlineData(3)]
    public async Task Tried_again_after_PostgreSQL_went_away_it_queues_one(int repetitions)
    {
        var configuration = await _database.Keep(new Configuration { Name = Guid.NewGuid().ToString(), Definition = new FactsBuilder().Definition with { Repetitions = repetitions } });
        var id = await MakeAsync(new RecurrenceWish { Configuration = configuration.Id, Time = "02:30" });

        await Assert.ThrowsAnyAsync<Exception>(() => new RecurrenceJob(new AwayDatabase(_database) { At = "UPDATE recurrences" }, _jobs, TimeProvider.System).ExecuteAsync(id, Cancel));
        await Job.ExecuteAsync(id, Cancel);

        await using var db = _database.CreateDbContext();
        Assert.Equal(1, await db.Runs.CountAsync(Cancel));
        Assert.Equal(repetitions > 1 ? 1 : 0, await db.Experiments.CountAsync(Cancel));
        Assert.Null((await Rows.One(id, Cancel))!.Problem);
    }

    [Fact]
    public async Task What_waits_for_a_Runner_that_is_gone_is_said_so_in_its_turn()
    {
        var configuration = await _database.Keep(new Configuration { Name = Guid.NewGuid().ToString(), Definition = new FactsBuilder().Definition with { Repetitions = 3 } });
        var id = await MakeAsync(new RecurrenceWish { Configuration = configuration.Id, Time = "02:30" });
        await Job.ExecuteAsync(id, Cancel);

        await _database.ExecuteAsync("update runners set seen_at = now() - interval '1 minute'");
        await DaysPassAsync();
        await Job.ExecuteAsync(id, Cancel);

        Assert.Equal("The one before had not ended: it waits for the runner bench-1, which is gone.", (await Rows.One(id, Cancel))!.Problem);
    }

    [Theory]
    [InlineData("25:00", "mon", "UTC", null, null, "time"), InlineData("02:30", "someday", "UTC", null, null, "days"), InlineData("02:30", "mon", "Nowhere/Town", null, null, "zone")]
    [InlineData("02:30", "mon", "UTC", "http://example.com/", null, "webhook"), InlineData("02:30", "mon", "UTC", null, "secret", "secret")]
    public async Task What_is_not_allowed_is_named(string time, string day, string zone, string? webhook, string? secret, string field)
    {
        var configuration = await ConfigurationAsync();

        var (id, errors) = await Edits.Create(new RecurrenceWish { Configuration = configuration.Id, Time = time, Days = [day], Zone = zone, Webhook = webhook, Secret = secret }, Cancel);

        Assert.Null(id);
        Assert.Equal(field, Assert.Single(errors).Field);
    }

    [Fact]
    public async Task A_change_of_the_level_is_found_once_and_waits_for_its_webhook()
    {
        var configuration = await ConfigurationAsync();
        var id = await MakeAsync(new RecurrenceWish { Configuration = configuration.Id, Time = "02:30", Webhook = "https://hooks.example.com/T0/path-secret", Secret = "s" });
        await _database.ExecuteAsync("update recurrences set told_until = '2026-01-01', created_at = '2026-01-01'");
        double[] values = [31, 30, 32, 29, 31, 30, 33, 31, 38, 37, 39, 36, 38, 40, 37];
        await _database.KeepAll(values.Select((v, i) => Stored.Run(minutesAgo: 1_000 - i, p99: v, configuration: configuration.Id, version: 1)));
        await using var db = _database.CreateDbContext();
        var runs = await db.Runs.OrderBy(r => r.CreatedAt).ToListAsync(Cancel);
        await db.Recurrences.ExecuteUpdateAsync(r => r.SetProperty(x => x.LastSlug, runs[^1].Slug), Cancel);
        var watch = new ChangeWatch(_database, TimeProvider.System);

        Assert.Equal(1, await watch.LookAsync(Cancel));
        Assert.Equal(0, await watch.LookAsync(Cancel));
        // One more run of the new level: the same change, which isn't told of again.
        await _database.Keep(Stored.Run(minutesAgo: 500, p99: 38, configuration: configuration.Id, version: 1));
        await db.Recurrences.ExecuteUpdateAsync(r => r.SetProperty(x => x.LastSlug, runs[0].Slug), Cancel);
        Assert.Equal(0, await watch.LookAsync(Cancel));

        var row = (await Rows.One(id, Cancel))!;
        var notice = Assert.Single(row.Notices);
        Assert.Equal(("The level changed here: p99 is 17 to 28% higher.", runs[8].Slug, "waiting"), (notice.Sentence, notice.Run, notice.State));
        Assert.Equal(("https://hooks.example.com/…", true), (row.Webhook, row.IsSigned));
        var body = System.Text.Json.JsonDocument.Parse((await db.Notices.SingleAsync(Cancel)).Body).RootElement;
        Assert.Equal(("level_changed", "p99", runs[8].Slug), (body.GetProperty("event").GetString(), body.GetProperty("metric").GetString(), body.GetProperty("run").GetProperty("slug").GetString()));
    }

    [Fact]
    public async Task A_recurring_experiment_is_watched_by_the_configurations_among_its_rows()
    {
        Configuration calm = await ConfigurationAsync(), changed = await ConfigurationAsync();
        var queue = new ExperimentQueue(_database, _jobs, TimeProvider.System);
        var made = await queue.CreateAsync(c =>
        {
            var of = Wobble.Results.Experiments.Making.Of([("calm", calm.Definition), ("changed", changed.Definition)], c, 3, 1);
            return of with { Rows = [of.Rows[0] with { ConfigurationId = calm.Id }, of.Rows[1] with { ConfigurationId = changed.Id }] };
        }, cancellation: Cancel);
        var plain = await queue.CreateAsync(c => Wobble.Results.Experiments.Making.Compare(["uwsgi-http/bottle", "uwsgi-http/flask"], new FactsBuilder().Definition, c, 3, 1), cancellation: Cancel);
        var refused = await Edits.Create(new RecurrenceWish { Experiment = plain.Experiment!.Slug, Time = "02:30", Webhook = "https://hooks.example.com/" }, Cancel);
        Assert.Equal("webhook", Assert.Single(refused.Errors).Field);
        var id = await MakeAsync(new RecurrenceWish { Experiment = made.Experiment!.Slug, Time = "02:30", Webhook = "https://hooks.example.com/" });
        await _database.ExecuteAsync("update experiments set state = 'completed'; update recurrences set told_until = '2026-01-01', created_at = '2026-01-01', last_slug = (select slug from experiments limit 1)");
        double[] values = [31, 30, 32, 29, 31, 30, 33, 31, 38, 37, 39, 36, 38, 40, 37];
        await _database.KeepAll(values.Select((v, i) => Stored.Run(minutesAgo: 1_000 - i, p99: v, configuration: changed.Id, version: 1)));
        await _database.KeepAll(values.Select((_, i) => Stored.Run(minutesAgo: 1_000 - i, p99: 30 + (i % 3), configuration: calm.Id, version: 1)));

        Assert.Equal(1, await new ChangeWatch(_database, TimeProvider.System).LookAsync(Cancel));

        Assert.Equal("waiting", Assert.Single((await Rows.One(id, Cancel))!.Notices).State);
        // The other one changes at the same place: that the first was told of says nothing of it.
        await _database.ExecuteAsync($"delete from runs where configuration_id = '{calm.Id}'; update recurrences set looked_at = null");
        await _database.KeepAll(values.Select((v, i) => Stored.Run(minutesAgo: 1_000 - i, p99: v, configuration: calm.Id, version: 1)));
        Assert.Equal(1, await new ChangeWatch(_database, TimeProvider.System).LookAsync(Cancel));
        Assert.Equal(2, (await Rows.One(id, Cancel))!.Notices.Count);
    }

    [Fact]
    public void A_change_with_few_runs_behind_it_is_not_told_of_yet()
    {
        TrendRun Run(int i) => new($"run-{i}", DateTimeOffset.UnixEpoch.AddDays(i), i < 10 ? 30 + (i % 3) : 45 + (i % 3), true, [new("kernel", i < 10 ? "6.1" : "6.2")]);
        var three = Trends.Of(Metric.P99, [.. Enumerable.Range(0, 13).Select(Run)]);
        var four = Trends.Of(Metric.P99, [.. Enumerable.Range(0, 14).Select(Run)]);

        Assert.Equal(Difference.Differs, Assert.Single(three.Steps).Difference);
        Assert.Empty(ChangeWatch.New(three, DateTimeOffset.UnixEpoch, toldOf: null));
        Assert.Single(ChangeWatch.New(four, DateTimeOffset.UnixEpoch, toldOf: null));
        Assert.Empty(ChangeWatch.New(four, DateTimeOffset.UnixEpoch.AddDays(11), toldOf: null));
        Assert.Empty(ChangeWatch.New(four, DateTimeOffset.UnixEpoch, DateTimeOffset.UnixEpoch.AddDays(11)));
        Assert.Empty(ChangeWatch.New(four, DateTimeOffset.UnixEpoch, DateTimeOffset.UnixEpoch.AddDays(8)));
    }

    private RecurrenceJob Job => new(_database, _jobs, TimeProvider.System);
    private RecurrenceEdits Edits => new(_database, TimeProvider.System);
    private RecurrenceQueries Rows => new(_database, TimeProvider.System);

    private Task DaysPassAsync() => _database.ExecuteAsync("update recurrences set last_at = last_at - interval '2 days'");

    private Task<Configuration> ConfigurationAsync() => _database.Keep(new Configuration { Name = Guid.NewGuid().ToString(), Definition = new FactsBuilder().Definition });

    private async Task<Guid> MakeAsync(RecurrenceWish wish)
    {
        var (id, errors) = await Edits.Create(wish, Cancel);
        Assert.Empty(errors);
        return id!.Value;
    }
}
