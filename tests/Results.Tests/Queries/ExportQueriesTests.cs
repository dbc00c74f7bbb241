using Microsoft.EntityFrameworkCore;
using Npgsql;
using Wobble.Results.Domain;
using Wobble.Results.Facts;
using Wobble.Results.Queries;
using Wobble.Results.Storage;
using Wobble.Tests.Support;

namespace Wobble.Results.Tests.Queries;

public sealed class ExportQueriesTests(TestDatabase database) : IClassFixture<TestDatabase>
{
    private readonly StoredRuns _runs = new(database);

    [Fact]
    public async Task Whoever_takes_a_run_slowly_keeps_no_connection()
    {
        var run = await _runs.RecordAsync(new FactsBuilder { PerSecond = 10 });
        var queries = new ExportQueries(new OneConnection(database));
        await using var seconds = queries.Seconds(run.Id, warmup: true, after: null, default).GetAsyncEnumerator();
        await using var samples = queries.Samples(run.Id, default).GetAsyncEnumerator();
        await using var facts = queries.Facts(run, default).GetAsyncEnumerator();

        Assert.True(await seconds.MoveNextAsync());
        Assert.True(await samples.MoveNextAsync());
        while (await facts.MoveNextAsync() && facts.Current is not SampleFact) { }

        Assert.NotNull(await queries.Run(run.Slug, default));
    }

    [Fact]
    public async Task A_long_run_is_whole_and_in_order_whatever_its_pieces()
    {
        var asked = new Definition { Target = "uwsgi-http/bottle", Workload = "mixed", For = TimeSpan.FromSeconds((2 * ExportQueries.AtOnce) + 10), Warmup = TimeSpan.FromSeconds(3) };
        var run = await _runs.RecordAsync(new FactsBuilder { Definition = asked, PerSecond = 4 });
        var queries = new ExportQueries(database);
        await using var db = database.CreateDbContext();

        var seconds = await queries.Seconds(run.Id, warmup: true, after: null, default).Select(s => (s.Stage, s.Number)).ToListAsync();
        var samples = await queries.Samples(run.Id, default).Select(s => (s.Stage, s.Second, s.Kind)).ToListAsync();

        Assert.Equal((2 * ExportQueries.AtOnce) + 13, seconds.Count);
        Assert.Equal(seconds.Order(), seconds);
        Assert.Equal((4 * ExportQueries.AtOnce) + 20, samples.Distinct().Count());
        Assert.Equal(samples.OrderBy(s => s.Stage).ThenBy(s => s.Second).ThenBy(s => s.Kind, StringComparer.Ordinal), samples);
        Assert.Equal([(1, asked.For.Value.TotalSeconds - 1)], await queries.Seconds(run.Id, warmup: true, after: (2 * ExportQueries.AtOnce) + 8, default).Select(s => (s.Stage, (double)s.Number)).ToListAsync());
    }

    [Fact]
    public async Task However_many_events_there_are_all_are_told_in_order()
    {
        var run = await _runs.RecordAsync(new FactsBuilder { PerSecond = 10 });
        await database.ExecuteAsync($"insert into events (run_id, fact_number, at, component, kind, text) select '{run.Id}', 1000000 + n, '2026-11-24T09:00:03Z'::timestamptz + n * interval '1 ms', 'uwsgi-http', 'crashed', 'It fell for the ' || n || 'th time.' from generate_series(1, 10001) n");
        await using var db = database.CreateDbContext();
        var kept = await db.Events.Where(e => e.RunId == run.Id).OrderBy(e => e.FactNumber).Select(e => e.Text).ToListAsync();

        var told = (await new ExportQueries(database).Facts(run, default).ToListAsync()).OfType<EventFact>().Select(e => e.Text);

        Assert.InRange(kept.Count, 10_002, 11_000);
        Assert.Equal(kept, told);
    }

    /// <summary>Contexts that share one connection: who waits for another waits in vain.</summary>
    private sealed class OneConnection(TestDatabase database) : IDbContextFactory<WobbleDb>
    {
        public WobbleDb CreateDbContext()
        {
            var builder = new DbContextOptionsBuilder<WobbleDb>();
            WobbleDb.Configure(builder, new NpgsqlConnectionStringBuilder(database.ConnectionString) { MaxPoolSize = 1, Timeout = 3 }.ConnectionString);
            return new WobbleDb(builder.Options);
        }
    }
}
