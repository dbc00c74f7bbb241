using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Logging.Abstractions;
using Wobble.Results.Domain;
using Wobble.Results.Housekeeping;
using Wobble.Results.Storage;
using Wobble.Runner.Hosting;
using Wobble.Runner.Work;
using Wobble.Tests.Support;

namespace Wobble.Runner.Tests.Work;

public sealed class HousekeepingTests : IAsyncLifetime
{
    private static readonly Retention OneDay = new(1, null, 7);
    private TestDatabase _database = null!;

    public async ValueTask InitializeAsync() => _database = await TestDatabase.CreateAsync();

    public ValueTask DisposeAsync() => _database.DisposeAsync();

    [Fact]
    public async Task A_runner_that_joined_deletes_nothing_whatever_its_settings_and_the_one_of_up_does()
    {
        var old = await OldRunAsync("elsewhere");
        var settings = TestRunner.NewSettings(_database, "joined") with { Retention = OneDay };
        await using (var joined = await TestRunner.StartAsync(_database, settings: settings))
        {
            // Its services have begun long before.
            await joined.WaitForAsync(await joined.QueueAsync(), RunState.Completed);
        }
        Assert.Null((await FindAsync(old)).DeletedAt);

        await using var own = await TestRunner.StartAsync(_database, settings: settings with { Name = "own", Housekeeping = true });

        await own.WaitForAsync(old, r => r.DeletedAt is not null, "deleted");
    }

    [Fact]
    public void Up_tells_its_own_runner_to_keep_house_and_no_setting_means_no()
    {
        var up = new UpSettings { Data = new DataFolder(TestFolders.New("work")), Addresses = ListenAddress.Parse("http://127.0.0.1:0"), ConnectionString = null, PublicUrl = null, Token = null, Runner = "/bin/true", Dashboard = "/bin/true" };
        var environment = new Services(up, "Host=x;Database=wobble", null, "").Runner().Environment();

        Assert.True(SettingsOf(environment["Housekeeping"]).Housekeeping);
        Assert.False(SettingsOf(null).Housekeeping);
        Assert.Equal("Housekeeping: perhaps is not allowed; true or false.", Assert.Throws<WorkSettingException>(() => SettingsOf("perhaps")).Message);
    }

    [Fact]
    public async Task While_a_run_of_any_runner_is_under_way_only_a_few_rows_go()
    {
        var measuring = await new StoredRuns(_database).RecordAsync(new FactsBuilder { PerSecond = 10, End = null }, runner: "elsewhere");
        for (int i = 0; i < Housekeeper.PurgedAtOnce + 2; i++) await OldRunAsync("alpha");
        await _database.ExecuteAsync("update runs set deleted_at = now() - interval '30 days' where state = 'completed'");
        using var service = new HousekeepingService(TestRunner.NewSettings(_database) with { Housekeeping = true }, _database, TimeProvider.System, NullLogger<HousekeepingService>.Instance);

        await service.RoundAsync(CancellationToken.None);
        Assert.Equal(2, await DeletedAsync());
        await _database.ExecuteAsync($"update runs set state = 'interrupted' where id = '{measuring.Id}'");
        await service.RoundAsync(CancellationToken.None);
        Assert.Equal(0, await DeletedAsync());
    }

    [Fact]
    public async Task While_a_run_of_any_runner_is_under_way_only_some_of_what_is_due_is_deleted()
    {
        var measuring = await new StoredRuns(_database).RecordAsync(new FactsBuilder { PerSecond = 10, End = null }, runner: "elsewhere");
        await _database.ExecuteAsync($$"""
            insert into runs (id, slug, state, definition, target, class, attempt, created_at, finished_at, tags, pinned)
            select gen_random_uuid(), substr(md5(i::text) || md5(i::text), 1, 22), 'completed', '{"target":"a/b"}', 'a/b', 'sync', 1, now() - interval '3 days', now() - interval '3 days', array[]::text[], false
            from generate_series(1, {{Housekeeper.ExpiredAtOnce + 2}}) i
            """);
        using var service = new HousekeepingService(TestRunner.NewSettings(_database) with { Housekeeping = true, Retention = OneDay }, _database, TimeProvider.System, NullLogger<HousekeepingService>.Instance);

        await service.RoundAsync(CancellationToken.None);
        Assert.Equal(Housekeeper.ExpiredAtOnce, await DeletedAsync());
        await _database.ExecuteAsync($"update runs set state = 'interrupted' where id = '{measuring.Id}'");
        await service.RoundAsync(CancellationToken.None);
        Assert.Equal(Housekeeper.ExpiredAtOnce + 2, await DeletedAsync());
    }

    private static WorkSettings SettingsOf(string? housekeeping) =>
        WorkSettings.From(new ConfigurationBuilder().AddInMemoryCollection([KeyValuePair.Create<string, string?>("ConnectionStrings:Wobble", "Host=x;Database=wobble"), KeyValuePair.Create<string, string?>("RunnerName", "alpha"), KeyValuePair.Create<string, string?>("Housekeeping", housekeeping)]).Build());

    private Task<Run> OldRunAsync(string runner) => new StoredRuns(_database).RecordAsync(new FactsBuilder { PerSecond = 10, Start = DateTimeOffset.UtcNow.AddDays(-3) }, runner: runner);

    private Task<Run> FindAsync(Run run) => new StoredRuns(_database).FindAsync(run.Id);

    private async Task<int> DeletedAsync()
    {
        await using var db = _database.CreateDbContext();
        return await db.Runs.CountAsync(r => r.DeletedAt != null);
    }
}
