using Microsoft.EntityFrameworkCore;
using Wobble.Results.Storage;
using Wobble.Tests.Support;

namespace Wobble.Results.Tests.Storage;

public sealed class SchemaTests
{
    [Fact]
    public async Task Processes_that_start_together_on_an_empty_database_prepare_it_one_after_the_other()
    {
        await using var database = await TestDatabase.CreateEmptyAsync();
        int inside = 0, calls = 0;

        await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => Schema.MigrateAsync(database, async connection =>
        {
            Assert.Equal(1, Interlocked.Increment(ref inside));
            await using var command = new Npgsql.NpgsqlCommand("select count(*) from runs", connection);
            Assert.Equal(0L, await command.ExecuteScalarAsync());
            calls++;
            Interlocked.Decrement(ref inside);
        })));

        Assert.Equal(4, calls);
        Assert.True(await Schema.IsCurrentAsync(database));
    }

    [Fact]
    public async Task A_database_that_the_server_does_not_have_is_made()
    {
        await using var database = await TestDatabase.CreateEmptyAsync();
        await database.DropAsync();

        await Task.WhenAll(Schema.MigrateAsync(database), Schema.MigrateAsync(database));

        Assert.True(await Schema.IsCurrentAsync(database));
    }

    [Fact]
    public async Task A_database_that_a_restore_renamed_is_not_hidden_by_a_new_one()
    {
        await using var database = await TestDatabase.CreateEmptyAsync();
        var cluster = await PostgresCluster.SharedAsync();
        string name = new Npgsql.NpgsqlConnectionStringBuilder(database.ConnectionString).Database!, former = $"{name}_former_20261126120000";
        await cluster.ExecuteAsync($"alter database {name} rename to {former}");

        var refused = await Assert.ThrowsAsync<DatabaseMissingException>(() => Schema.MigrateAsync(database));

        Assert.Equal(former, refused.Former);
        Assert.Contains($"alter database \"{former}\" rename to \"{name}\"", refused.Message, StringComparison.Ordinal);
        await cluster.ExecuteAsync($"alter database {former} rename to {name}");
        await Schema.MigrateAsync(database);
        Assert.True(await Schema.IsCurrentAsync(database));
    }

    [Fact]
    public async Task An_empty_database_is_not_current()
    {
        await using var database = await TestDatabase.CreateEmptyAsync();

        Assert.False(await Schema.IsCurrentAsync(database));
    }

    [Fact]
    public async Task A_newer_database_is_refused_and_left_as_it_is()
    {
        await using var database = await TestDatabase.CreateAsync();
        await database.ExecuteAsync("""insert into "__EFMigrationsHistory" values ('29990101000000_FromTheFuture', '99.0')""");

        var refused = await Assert.ThrowsAsync<SchemaTooNewException>(() => Schema.MigrateAsync(database));

        Assert.Contains("29990101000000_FromTheFuture", refused.Message, StringComparison.Ordinal);
        await using var db = database.CreateDbContext();
        Assert.Contains("29990101000000_FromTheFuture", await db.Database.GetAppliedMigrationsAsync());
        await Assert.ThrowsAsync<SchemaTooNewException>(() => Schema.IsCurrentAsync(database));
    }

    [Fact]
    public void The_migrations_say_all_that_the_model_has()
    {
        using var db = new WobbleDbFactory().CreateDbContext([]);

        Assert.False(db.Database.HasPendingModelChanges());
    }
}
