using Microsoft.EntityFrameworkCore;
using Npgsql;
using Wobble.Results.Storage;
using Xunit;

namespace Wobble.Tests.Support;

/// <summary>
/// A fresh, migrated database of the shared cluster: use it as <c>IClassFixture&lt;TestDatabase&gt;</c>, one for each test class. It is also the
/// factory of contexts that the code under test asks for.
/// </summary>
public sealed class TestDatabase : IAsyncLifetime, IDbContextFactory<WobbleDb>
{
    private const string Template = "wobble_template";
    private static readonly Lazy<Task> TemplateMade = new(MakeTemplateAsync);
    private static int _count;
    private PostgresCluster? _cluster;
    private string? _connectionString;
    private DbContextOptions<WobbleDb>? _options;

    /// <summary>For code that opens connections of its own.</summary>
    public string ConnectionString => _connectionString ?? throw new InvalidOperationException("The database is made by InitializeAsync.");

    /// <summary>A database outside a fixture. Dispose it.</summary>
    public static async Task<TestDatabase> CreateAsync()
    {
        var database = new TestDatabase();
        await database.InitializeAsync();
        return database;
    }

    /// <summary>A database without a single table, in the shared cluster or one of its own. Dispose it.</summary>
    public static async Task<TestDatabase> CreateEmptyAsync(PostgresCluster? cluster = null)
    {
        var database = new TestDatabase();
        await database.InitializeAsync(cluster ?? await PostgresCluster.SharedAsync(), "template0");
        return database;
    }

    /// <inheritdoc/>
    public async ValueTask InitializeAsync()
    {
        await TemplateMade.Value;
        await InitializeAsync(await PostgresCluster.SharedAsync(), Template);
    }

    private async Task InitializeAsync(PostgresCluster cluster, string template)
    {
        _cluster = cluster;
        string name = $"wobble_{Interlocked.Increment(ref _count)}";
        await cluster.ExecuteAsync($"create database {name} template {template}");
        _connectionString = cluster.ConnectionString(name);
        _options = OptionsFor(_connectionString);
    }

    /// <inheritdoc/>
    public WobbleDb CreateDbContext() => new(_options ?? throw new InvalidOperationException("The database is made by InitializeAsync."));

    /// <summary>Runs one statement.</summary>
    public async Task ExecuteAsync(string sql)
    {
        await using var connection = new NpgsqlConnection(ConnectionString);
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync();
    }

    /// <summary>Drops it, for tests that make it anew.</summary>
    public async Task DropAsync()
    {
        if (_connectionString is null || _cluster is null) return;
        await using (var connection = new NpgsqlConnection(_connectionString)) NpgsqlConnection.ClearPool(connection);
        await _cluster.ExecuteAsync($"drop database if exists {new NpgsqlConnectionStringBuilder(_connectionString).Database} with (force)");
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync() => await DropAsync();

    private static async Task MakeTemplateAsync()
    {
        var cluster = await PostgresCluster.SharedAsync();
        await cluster.ExecuteAsync($"create database {Template}");
        await using var db = new WobbleDb(OptionsFor(cluster.ConnectionString(Template) + ";Pooling=false"));
        await db.Database.MigrateAsync();
    }

    private static DbContextOptions<WobbleDb> OptionsFor(string connectionString)
    {
        var builder = new DbContextOptionsBuilder<WobbleDb>();
        WobbleDb.Configure(builder, connectionString);
        return builder.Options;
    }
}
