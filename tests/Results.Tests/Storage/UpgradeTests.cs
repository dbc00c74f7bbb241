using Microsoft.EntityFrameworkCore;
using Wobble.Results.Domain;
using Wobble.Results.Exports;
using Wobble.Results.Queries;
using Wobble.Results.Storage;
using Wobble.Tests.Support;

namespace Wobble.Results.Tests.Storage;

/// <summary>
/// Databases of former schemas, kept as they were dumped (<c>pg_dump --inserts --no-owner</c>), one a schema that people may have: each comes up to date
/// with everything in it. A release adds its own, of a database with one configuration "kept", one experiment "Which?", one Runner and one comparison of all its runs, whose
/// first has the tag "kept", each completed with 60 answers.
/// </summary>
public sealed class UpgradeTests
{
    private const string Insert = "INSERT INTO public.";
    private const string History = "\"__EFMigrationsHistory\"";

    private static string Folder => Path.Combine(AppContext.BaseDirectory, "Storage", "Dumps");

    public static TheoryData<string> Dumps => [.. Directory.GetFiles(Folder, "*.sql").Select(f => Path.GetFileName(f))];

    [Theory, MemberData(nameof(Dumps))]
    public async Task A_database_of_a_former_schema_comes_up_to_date_with_its_data(string dump)
    {
        await using var database = await TestDatabase.CreateEmptyAsync();
        // Lines that begin with a backslash are for psql alone.
        string[] lines = [.. File.ReadLines(Path.Combine(Folder, dump)).Where(l => !l.StartsWith('\\'))];
        await database.ExecuteAsync(string.Join('\n', lines));

        // The newest dump may be of the present schema: then this changes nothing.
        await Schema.MigrateAsync(database);

        Assert.True(await Schema.IsCurrentAsync(database));
        var rows = lines.Where(l => l.StartsWith(Insert, StringComparison.Ordinal)).CountBy(l => l[Insert.Length..l.IndexOf(' ', Insert.Length)]).ToList();
        Assert.Contains(rows, r => r.Key == "samples");
        foreach (var (table, count) in rows.Where(r => r.Key != History)) Assert.Equal((table, count), (table, await CountAsync(database, table)));
        await using var db = database.CreateDbContext();
        Assert.Equal("kept", (await db.Configurations.SingleAsync()).Name);
        Assert.Equal("Which?", (await db.Experiments.SingleAsync()).Question);
        Assert.NotEmpty((await db.Runners.SingleAsync()).Catalogue.Targets);
        var runs = await db.Runs.AsNoTracking().OrderBy(r => r.Id).ToListAsync();
        Assert.Equal((await db.Comparisons.SingleAsync()).Runs, runs.Select(r => r.Slug));
        Assert.Equal(["kept"], runs[0].Tags);
        Assert.All(runs, run => Assert.Equal((RunState.Completed, 60L), (run.State, run.Requests)));

        // What was measured reads as before, down to the histograms, and goes out and in again.
        var queries = new ExportQueries(database);
        foreach (var run in runs)
        {
            Assert.Equal(60, (await queries.Latencies(run.Id, default)).TotalCount);
            Assert.Equal(run.P99, run.Result!.LatencyMs.P99);
            using var file = new MemoryStream();
            await new RunExport(queries).WriteAsync(run, file, default);
            file.Position = 0;
            Assert.True((await new RunImport(database, TimeProvider.System, Retention.Default).ReadAsync(file, default)).WasHere);
        }
    }

    [Fact]
    public void Each_dump_is_of_another_schema_that_this_code_knows()
    {
        using var db = new WobbleDbFactory().CreateDbContext([]);
        var known = db.Database.GetMigrations().ToList();

        var ends = Directory.GetFiles(Folder, "*.sql").Select(f => File.ReadLines(f).Last(l => l.StartsWith($"{Insert}{History} ", StringComparison.Ordinal)).Split('\'')[1]).ToList();

        Assert.NotEmpty(ends);
        Assert.Distinct(ends);
        Assert.All(ends, end => Assert.Contains(end, known));
    }

    private static async Task<int> CountAsync(TestDatabase database, string table)
    {
        await using var connection = new Npgsql.NpgsqlConnection(database.ConnectionString);
        await connection.OpenAsync();
        await using var command = new Npgsql.NpgsqlCommand($"select count(*)::int from public.{table}", connection);
        return (int)(await command.ExecuteScalarAsync())!;
    }
}
