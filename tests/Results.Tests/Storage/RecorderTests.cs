using CsCheck;
using Microsoft.EntityFrameworkCore;
using Npgsql;
using Wobble.Results.Domain;
using Wobble.Results.Facts;
using Wobble.Results.Queries;
using Wobble.Results.Statistics;
using Wobble.Results.Storage;
using Wobble.Tests.Support;

namespace Wobble.Results.Tests.Storage;

public sealed class RecorderTests(TestDatabase database) : IClassFixture<TestDatabase>
{
    private readonly StoredRuns _runs = new(database);
    private readonly Recorder _recorder = new(database);

    [Fact]
    public async Task A_whole_run_becomes_rows_and_a_summary()
    {
        var facts = new FactsBuilder { ErrorsPerSecond = new Dictionary<string, long> { ["timeout"] = 3 } };

        var run = await _runs.RecordAsync(facts);

        Assert.Equal(RunState.Completed, run.State);
        Assert.Equal(10_000, run.Requests);
        Assert.Equal(15, run.Errors);
        Assert.Equal(2_000, run.Throughput!.Value, 1e-6);
        Assert.InRange(run.P50!.Value, 18.5, 19.5);
        Assert.InRange(run.P99!.Value / run.P50.Value, 1.3, 1.5);
        Assert.Equal(8, run.Workers);
        Assert.Equal(2 * 5, run.Strip!.Length);
        Assert.NotNull(run.TrustVerdict);
        Assert.NotNull(run.WholeResult()!.Plan);
        Assert.Null(run.Result!.Plan);
        Assert.True(run.StartedAt < run.WarmingAt && run.WarmingAt < run.MeasuringAt && run.MeasuringAt < run.FinishingAt && run.FinishingAt < run.FinishedAt);
        await using var db = database.CreateDbContext();
        Assert.Equal(6, await db.Seconds.CountAsync(s => s.RunId == run.Id));
        Assert.Equal(6, await db.Samples.CountAsync(s => s.RunId == run.Id));
        Assert.Equal(facts.Build().OfType<EventFact>().Select(e => e.Text), await db.Events.Where(e => e.RunId == run.Id).OrderBy(e => e.FactNumber).Select(e => e.Text).ToListAsync());
    }

    [Fact]
    public async Task A_second_has_the_percentiles_of_all_its_kinds_merged()
    {
        var facts = new FactsBuilder { Definition = new Definition { Target = "uvicorn/starlette", Workload = "mixed", For = TimeSpan.FromSeconds(1), Warmup = TimeSpan.Zero } };
        var sample = facts.Build().OfType<SampleFact>().Single();

        var run = await _runs.RecordAsync(facts);

        await using var db = database.CreateDbContext();
        var second = await db.Seconds.SingleAsync(s => s.RunId == run.Id);
        Assert.Equal(Percentiles.Ms(Histograms.Merge(sample.Kinds.Select(k => k.Latency)), 99), second.P99);
        Assert.Equal(["cpu", "row"], await db.Samples.Where(s => s.RunId == run.Id).Select(s => s.Kind).OrderBy(k => k).ToListAsync());
    }

    [Fact]
    public async Task Facts_recorded_in_any_pieces_and_more_than_once_give_the_same_run()
    {
        var facts = Numbered(new FactsBuilder { PerSecond = 100, Logs = [new("nginx", "a"), new("nginx", "b"), new("nginx", "c")] });
        string expected = await StoryAsync((await PreparingAsync()).Id, facts);

        // Where each piece ends, and how many of its facts come again with the next one.
        await Gen.Select(Gen.Int[1, 7], Gen.Int[0, 5]).Array[60].SampleAsync(async pieces =>
        {
            var run = await PreparingAsync();
            int done = 0;
            foreach (var (length, again) in pieces)
            {
                int from = Math.Max(0, done - again), to = Math.Min(facts.Count, done + length);
                await _recorder.RecordAsync(run.Id, [.. facts.Skip(from).Take(to - from)]);
                if ((done = to) == facts.Count) break;
            }
            await _recorder.RecordAsync(run.Id, facts);
            Assert.Equal(expected, await StoryAsync(run.Id, null));
        }, iter: 20);
    }

    [Fact]
    public async Task Facts_of_a_recorded_run_given_again_in_any_order_change_nothing()
    {
        var facts = Numbered(new FactsBuilder { PerSecond = 100 });
        var run = await PreparingAsync();
        string before = await StoryAsync(run.Id, facts);

        await Gen.Shuffle(facts.ToArray()).SampleAsync(async shuffled =>
        {
            foreach (var (number, fact) in shuffled) await _recorder.RecordAsync(run.Id, number, fact);
            Assert.Equal(before, await StoryAsync(run.Id, null));
        }, iter: 5);
    }

    [Fact]
    public async Task Facts_read_back_from_the_rows_give_the_same_run_again()
    {
        var first = await _runs.RecordAsync(new FactsBuilder
        {
            Definition = new Definition { Target = "uvicorn/starlette", Rate = 500, Workload = "mixed", For = TimeSpan.FromSeconds(3), Warmup = TimeSpan.FromSeconds(1) },
            ErrorsPerSecond = new Dictionary<string, long> { ["timeout"] = 2 },
            Leftovers = ["uvicorn (31)"],
        });

        var facts = await new ExportQueries(database).Facts(first, CancellationToken.None).ToListAsync();
        var lines = facts.Select(f => Fact.TryParse(f.ToLine(), out var fact) ? fact! : throw new InvalidOperationException(f.ToLine())).ToList();
        var second = await _runs.RecordFirstAsync(0);
        await _recorder.RecordAsync(second.Id, [.. lines.Select((f, i) => new NumberedFact(i + 1, f))]);

        Assert.Equal(await FiguresAsync(first.Id), await FiguresAsync(second.Id));
    }

    [Fact]
    public async Task A_state_never_moves_back()
    {
        var run = await _runs.RecordAsync(new FactsBuilder { End = null, PerSecond = 50 });

        await _recorder.RecordAsync(run.Id, 900, new PhaseFact(RunState.Warming));
        Assert.Equal(RunState.Measuring, (await _runs.FindAsync(run.Id)).State);

        await _recorder.RecordAsync(run.Id, 901, new EndFact { State = RunState.Cancelled, Reason = "Cancelled." });
        await _recorder.RecordAsync(run.Id, 902, new EndFact { State = RunState.Completed });
        await _recorder.RecordAsync(run.Id, 903, new PhaseFact(RunState.Finishing));
        var ended = await _runs.FindAsync(run.Id);
        Assert.Equal((RunState.Cancelled, "Cancelled."), (ended.State, ended.Failure));
        Assert.Equal(250, ended.Requests);
    }

    [Fact]
    public async Task A_queued_run_is_moved_by_no_fact()
    {
        var run = await _runs.QueuedAsync();

        foreach (var phase in (RunState[])[RunState.Preparing, RunState.Warming, RunState.Measuring, RunState.Finishing]) await _recorder.RecordAsync(run.Id, 1, new PhaseFact(phase));
        await _recorder.RecordAsync(run.Id, 2, new EndFact { State = RunState.Completed });

        Assert.Equal(RunState.Queued, (await _runs.FindAsync(run.Id)).State);
    }

    [Fact]
    public async Task Progress_is_shown_while_preparing_and_then_gone()
    {
        var run = await _runs.RecordFirstAsync(3);

        await _recorder.RecordAsync(run.Id, 10, new ProgressFact("seeding 1,000,000 rows", 430_000, 1_000_000));
        Assert.Equal("Seeding 1,000,000 rows, 43%", (await _runs.FindAsync(run.Id)).Progress);

        await _recorder.RecordAsync(run.Id, 11, new PhaseFact(RunState.Warming));
        Assert.Null((await _runs.FindAsync(run.Id)).Progress);
    }

    [Fact]
    public async Task A_log_keeps_its_last_256_KB_and_counts_what_fell_off()
    {
        var run = await _runs.RecordFirstAsync(3);

        await _recorder.RecordAsync(run.Id, 10, new LogFact("uvicorn", new string('a', ComponentLog.Limit + 7)));
        await _recorder.RecordAsync(run.Id, 11, new LogFact("uvicorn", "the end"));

        await using var db = database.CreateDbContext();
        var log = await db.Logs.SingleAsync(l => l.RunId == run.Id && l.Component == "uvicorn");
        Assert.Equal(ComponentLog.Limit, log.Text.Length);
        Assert.EndsWith("athe end", log.Text, StringComparison.Ordinal);
        Assert.Equal(14, log.Dropped);
    }

    [Fact]
    public async Task Text_that_PostgreSQL_refuses_is_kept_with_replacements()
    {
        var run = await _runs.RecordFirstAsync(3);
        string hostile = "nul \0, half a pair \ud83d, whole \ud83d\ude00, escaped \\u0000";

        await _recorder.RecordAsync(run.Id, 10, new LogFact(new string('x', 100), hostile));
        await _recorder.RecordAsync(run.Id, 11, new EventFact("nginx", "warning", hostile));
        await _recorder.RecordAsync(run.Id, 12, new EndFact { State = RunState.Failed, Reason = hostile, Leftovers = [hostile] });

        const string kept = "nul \ufffd, half a pair \ufffd, whole \ud83d\ude00, escaped \\u0000";
        await using var db = database.CreateDbContext();
        Assert.Equal(kept, (await db.Logs.SingleAsync(l => l.RunId == run.Id && l.Component.StartsWith("xxx"))).Text);
        Assert.Equal(kept, (await db.Events.SingleAsync(e => e.RunId == run.Id && e.FactNumber == 11)).Text);
        Assert.Equal(kept, (await _runs.FindAsync(run.Id)).End!.Leftovers.Single());
    }

    [Fact]
    public async Task A_notice_follows_each_commit()
    {
        var run = await _runs.RecordFirstAsync(3);
        await using var listener = new NpgsqlConnection(database.ConnectionString + ";Pooling=false");
        await listener.OpenAsync();
        await using (var listen = new NpgsqlCommand($"listen {Notifications.Runs}", listener)) await listen.ExecuteNonQueryAsync();
        var heard = new TaskCompletionSource<string>();
        listener.Notification += (_, e) => heard.TrySetResult(e.Payload);

        await _recorder.RecordAsync(run.Id, 10, new EventFact("nginx", "ready", "nginx is ready."));

        await listener.WaitAsync(new CancellationTokenSource(TimeSpan.FromSeconds(10)).Token);
        Assert.Equal(run.Id.ToString(), await heard.Task);
    }

    [Fact]
    public async Task A_run_that_does_not_exist_is_said_to_be_unknown() =>
        Assert.False(await _recorder.RecordAsync(Guid.CreateVersion7(), 1, new ProgressFact("seeding", 0, 0)));

    private static List<NumberedFact> Numbered(FactsBuilder facts) => [.. facts.Build().Select((f, i) => new NumberedFact(i + 1, f))];

    private async Task<Run> PreparingAsync() => await _runs.RecordFirstAsync(0);

    // All that is measured, and what it comes to.
    private Task<string> FiguresAsync(Guid runId) => TextAsync(runId, """
        select concat_ws(E'\n',
            (select jsonb_build_array(r.state, r.plan, r.environment, r.result, r.end, r.p50, r.p999, r.throughput, r.errors, r.trust_verdict, r.strip::text, r.measuring_at, r.finished_at) from runs r where r.id = @run)::text,
            (select jsonb_agg(to_jsonb(s) - 'run_id' order by stage, number) from seconds s where run_id = @run)::text,
            (select jsonb_agg(to_jsonb(s) - 'run_id' order by stage, second, kind) from samples s where run_id = @run)::text,
            (select jsonb_agg(to_jsonb(e) - 'run_id' - 'id' - 'fact_number' order by fact_number) from events e where run_id = @run)::text,
            (select jsonb_agg(to_jsonb(l) - 'run_id' - 'last_fact' order by component) from logs l where run_id = @run)::text)
        """);

    // Everything that facts lead to, as text, without keys.
    private async Task<string> StoryAsync(Guid runId, List<NumberedFact>? first)
    {
        if (first is not null) await _recorder.RecordAsync(runId, first);
        return await TextAsync(runId, """
            select concat_ws(E'\n',
                (select to_jsonb(r) - 'id' - 'slug' from runs r where r.id = @run)::text,
                (select jsonb_agg(to_jsonb(s) - 'run_id' order by stage, number) from seconds s where run_id = @run)::text,
                (select jsonb_agg(to_jsonb(s) - 'run_id' order by stage, second, kind) from samples s where run_id = @run)::text,
                (select jsonb_agg(to_jsonb(e) - 'run_id' - 'id' order by fact_number) from events e where run_id = @run)::text,
                (select jsonb_agg(to_jsonb(l) - 'run_id' order by component) from logs l where run_id = @run)::text)
            """);
    }

    private async Task<string> TextAsync(Guid runId, string sql)
    {
        await using var connection = new NpgsqlConnection(database.ConnectionString);
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand(sql, connection);
        command.Parameters.AddWithValue("run", runId);
        return (string)(await command.ExecuteScalarAsync())!;
    }
}
