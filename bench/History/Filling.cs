using System.Diagnostics;
using Microsoft.EntityFrameworkCore;
using Npgsql;
using Wobble.Results.Domain;
using Wobble.Results.Storage;
using Wobble.Tests.Support;

namespace Wobble.Bench.History;

/// <summary>
/// Fills a database: a few dozen runs go in as the product records them, fact by fact; then PostgreSQL copies their rows under new keys, spread over two
/// years, with levels that wander, versions that change and configurations that most runs belong to. 60 samples a run: 2 of warm-up, 58 measured.
/// </summary>
internal sealed class Filling(string connectionString) : IDbContextFactory<WobbleDb>
{
    private const int RunsAtOnce = 2_000;
    private const int Configurations = 60;
    private static readonly (string Target, TargetClass Class, double Ms, double Tail)[] Targets =
    [
        ("uwsgi-http/bottle", TargetClass.Sync, 19, 1.4), ("uwsgi-http/flask", TargetClass.Sync, 25, 1.4), ("uwsgi-uwsgi/bottle", TargetClass.Sync, 18, 1.5), ("uwsgi-http/falcon", TargetClass.Sync, 21, 1.3),
        ("gunicorn/flask", TargetClass.Sync, 35, 1.4), ("gunicorn-gevent/flask", TargetClass.Green, 39, 2.2), ("uvicorn/starlette", TargetClass.Async, 17, 4.8), ("aiohttp/aiohttp", TargetClass.Async, 19, 4.4),
    ];

    public WobbleDb CreateDbContext()
    {
        var builder = new DbContextOptionsBuilder<WobbleDb>();
        WobbleDb.Configure(builder, connectionString);
        return new WobbleDb(builder.Options);
    }

    /// <summary>Makes what is missing of so many runs.</summary>
    public async Task FillAsync(int runs)
    {
        await Schema.MigrateAsync(this);
        await ExecuteAsync("create table if not exists copies (id uuid primary key, of uuid not null, number int not null unique); create table if not exists templates (id uuid primary key, number serial)");
        if (await CountAsync("select count(*) from templates") == 0) await RecordTemplatesAsync();
        int there = await CountAsync("select count(*) from copies");
        var clock = Stopwatch.StartNew();
        while (there < runs)
        {
            int more = Math.Min(RunsAtOnce, runs - there);
            await CopyAsync(there, more, runs);
            there += more;
            if (clock.Elapsed > TimeSpan.FromSeconds(20))
            {
                Console.Error.WriteLine($"{there:#,0} of {runs:#,0} runs");
                clock.Restart();
            }
        }
        await ExecuteAsync("vacuum analyze");
    }

    public async Task<int> CountAsync(string sql) => Convert.ToInt32(await ScalarAsync(sql));

    public async Task<object?> ScalarAsync(string sql)
    {
        await using var connection = new NpgsqlConnection(connectionString);
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand(sql, connection) { CommandTimeout = 0 };
        return await command.ExecuteScalarAsync();
    }

    private Task<object?> ExecuteAsync(string sql) => ScalarAsync(sql);

    private async Task RecordTemplatesAsync()
    {
        var stored = new StoredRuns(this);
        var definition = new FactsBuilder().Definition with { For = TimeSpan.FromSeconds(58), Warmup = TimeSpan.FromSeconds(2) };
        for (int i = 0; i < 3 * Targets.Length; i++)
        {
            var (target, of, ms, tail) = Targets[i % Targets.Length];
            var run = await stored.RecordAsync(new FactsBuilder { Definition = definition with { Target = target }, Class = of, MedianMs = ms, TailRatio = tail, PerSecond = 4_000, Seed = i });
            await ExecuteAsync($"insert into templates (id) values ('{run.Id}'); update runs set deleted_at = now() where id = '{run.Id}'");
        }
        await using var db = CreateDbContext();
        for (int i = 0; i < Configurations; i++)
        {
            var (target, _, _, _) = Targets[i % Targets.Length];
            db.Configurations.Add(new Configuration { Name = $"{target}, {i / Targets.Length + 1}", Definition = definition with { Target = target } });
        }
        await db.SaveChangesAsync();
    }

    // Keys are uuids of version 7, as the product makes them. Every 40th run fell over, every 200th is doubtful or invalid; a tag here, a note there.
    private async Task CopyAsync(int from, int count, int of)
    {
        var changed = new Dictionary<string, string>
        {
            ["id"] = "c.id",
            ["slug"] = "translate(left(encode(decode(md5('slug' || c.id::text), 'hex'), 'base64'), 22), '+/', '-_')",
            ["configuration_id"] = $"case when c.number % 10 < 8 then (select id from configurations order by name offset (c.number % {Configurations}) limit 1) end",
            ["configuration_version"] = "case when c.number % 10 < 8 then 1 end",
            ["state"] = "case when c.number % 40 = 7 then 'failed' else 'completed' end",
            ["trust_verdict"] = "case when c.number % 200 = 3 then 'invalid' when c.number % 10 = 1 then 'doubtful' else 'sound' end",
            ["p50"] = "t.p50 * c.level", ["p99"] = "t.p99 * c.level", ["throughput"] = "t.throughput / c.level",
            ["tags"] = "case when c.number % 25 = 0 then array['nightly'] when c.number % 333 = 0 then array['article', 'baseline'] else array[]::text[] end",
            ["notes"] = "case when c.number % 50 = 0 then 'after the upgrade of node ' || (c.number % 997) end",
            ["created_at"] = "c.at", ["started_at"] = "c.at", ["warming_at"] = "c.at + interval '2 s'", ["measuring_at"] = "c.at + interval '4 s'", ["finishing_at"] = "c.at + interval '62 s'", ["finished_at"] = "c.at + interval '63 s'",
            ["deleted_at"] = "null::timestamptz",
            ["environment"] = "jsonb_set(t.environment, '{kernel}', to_jsonb('6.1.0-' || (c.number * 6 / " + of + ") || '-amd64'))",
        };
        string[] columns = ((string)(await ScalarAsync("select string_agg(column_name, ',' order by ordinal_position) from information_schema.columns where table_schema = 'public' and table_name = 'runs' and is_generated = 'NEVER'"))!).Split(',');
        string values = string.Join(", ", columns.Select(c => changed.TryGetValue(c, out var value) ? value : $"t.\"{c}\""));
        await ExecuteAsync($"""
            begin;
            select setseed(0.42);
            set local synchronous_commit = off;
            create temporary table c on commit drop as
                select n as number, at, (lpad(to_hex((extract(epoch from at) * 1000)::bigint), 12, '0') || '7' || substr(md5('k' || n), 1, 3) || '8' || substr(md5('k' || n), 4, 15))::uuid as id, pick.id as of,
                    exp(0.06 * sqrt(-2 * ln(1 - random())) * cos(6.2832 * random())) * case when n > {of} * 0.95 then 1.15 else 1 end as level
                from (select n, timestamptz '2024-11-26' + n * (interval '730 days' / {of}) as at from generate_series({from}, {from + count - 1}) n) n
                join (select id, number - 1 as number from templates) pick on pick.number = (n * 7) % 24;
            insert into copies select id, of, number from c;
            insert into runs ({string.Join(", ", columns.Select(c => $"\"{c}\""))}) select {values} from c join runs t on t.id = c.of order by c.number;
            insert into seconds select c.id, s.stage, s.number, s.length, s.requests, s.errors, s.p50 * c.level, s.p90 * c.level, s.p99 * c.level, s.p999, s.max, s.watched, s.lateness from c join seconds s on s.run_id = c.of order by c.number, s.stage, s.number;
            insert into samples select c.id, s.stage, s.second, s.kind, s.requests, s.errors, s.latency, s.service from c join samples s on s.run_id = c.of order by c.number, s.stage, s.second;
            insert into events (run_id, fact_number, at, second, component, kind, text) select c.id, e.fact_number, c.at, e.second, e.component, e.kind, e.text from c join events e on e.run_id = c.of order by c.number, e.fact_number;
            commit;
            """);
    }
}
