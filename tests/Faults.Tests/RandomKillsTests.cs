using System.Diagnostics;
using System.Globalization;
using Npgsql;

namespace Wobble.Faults.Tests;

/// <summary>Random kills at random moments in a row, with runs going on: WOBBLE_KILLS of them (`bench/kills` does 200), a few by itself.</summary>
public sealed class RandomKillsTests(ITestOutputHelper output)
{
    private const int MostOfOneInAMinute = 3;
    private static readonly object Queued = new { target = "uwsgi-uwsgi/bottle", workers = 2, connections = 4, warmup = "0s", @for = "2s" };

    [Fact]
    public async Task Random_kills_leave_no_orphan_and_no_lost_or_double_run()
    {
        int kills = int.TryParse(Environment.GetEnvironmentVariable("WOBBLE_KILLS"), CultureInfo.InvariantCulture, out int asked) ? asked : 6;
        int seed = int.TryParse(Environment.GetEnvironmentVariable("WOBBLE_SEED"), CultureInfo.InvariantCulture, out int given) ? given : Random.Shared.Next();
        Say($"{kills} kills, seed {seed}");
        var random = new Random(seed);
        var slugs = new List<string>();
        var seen = new Dictionary<(int, long), Seen>();
        var struck = new Dictionary<string, int>();
        var recent = new Queue<(long At, string Victim)>();
        // What was there at a kill must be there at the end.
        var recorded = new Dictionary<string, long>();
        await using var product = await Product.StartAsync();
        for (int kill = 1; kill <= kills; kill++)
        {
            // Two runs wait at any time, so that one goes on at the next kill.
            while (await WaitingAsync(product) < 2) slugs.Add(await product.QueueWhenItCanAsync(Queued));
            await Task.Delay(random.Next(0, 3_000));
            while (recent.TryPeek(out var oldest) && Stopwatch.GetElapsedTime(oldest.At) > TimeSpan.FromMinutes(1)) recent.Dequeue();
            var all = Processes.All();
            foreach (var process in product.Tree(all)) seen.TryAdd((process.Pid, process.Started), process);
            // `up` gives up on who dies five times in a minute, as it should.
            var there = Victims.All.Where(v => recent.Count(r => r.Victim == v) < MostOfOneInAMinute).Select(v => (Name: v, Process: Victims.Find(v, product, all))).Where(v => v.Process is not null).ToList();
            if (there.Count == 0)
            {
                // The machine is another Wobble's just now, and the services were struck often enough in this minute.
                kill--;
                continue;
            }
            var (name, victim) = there[random.Next(there.Count)];
            foreach (string slug in slugs.TakeLast(3))
                if (await product.RowAsync(slug) is { } row) recorded[slug] = Math.Max(recorded.GetValueOrDefault(slug), row.Samples);
            Processes.Signal(victim!.Pid, Processes.SIGKILL);
            struck[name] = struck.GetValueOrDefault(name) + 1;
            recent.Enqueue((Stopwatch.GetTimestamp(), name));
            if (name != Victims.Up) continue;
            await product.EndOfUpAsync(TimeSpan.FromSeconds(10));
            await product.StartUpAsync();
        }
        await product.UntilAsync("the Dashboard", product.IsHealthyAsync);
        slugs.Add(await product.QueueWhenItCanAsync(Queued));

        var ends = new Dictionary<string, int>();
        foreach (string slug in slugs)
        {
            var row = await product.EndAsync(slug, TimeSpan.FromMinutes(5));
            ends[row.State] = ends.GetValueOrDefault(row.State) + 1;
            Assert.True(row.Samples >= recorded.GetValueOrDefault(slug), $"{slug}: {recorded.GetValueOrDefault(slug)} seconds were recorded at a kill, {row.Samples} are there");
        }
        Say($"struck: {string.Join(", ", struck.OrderByDescending(s => s.Value).Select(s => $"{s.Value} × {s.Key}"))}");
        Say($"{slugs.Count} runs: {string.Join(", ", ends.OrderBy(e => e.Key, StringComparer.Ordinal).Select(e => $"{e.Value} {e.Key}"))}; {product.Unanswered} were asked for without an answer");
        Assert.Equal(slugs.Count, slugs.Distinct().Count());
        // No more than was asked for; what was asked without an answer may have been made before who should answer died.
        Assert.InRange(await RunsAsync(product), slugs.Count, slugs.Count + product.Unanswered);
        Assert.Equal("completed", (await product.EndAsync(slugs[^1])).State);
        await AssertNoneTwiceAsync(product);
        await product.UntilAsync("every process of a run to be gone", () => Task.FromResult(Victims.Find(Victims.Execution, product, Processes.All()) is null), TimeSpan.FromSeconds(10));
        var current = product.Tree().Select(p => (p.Pid, p.Started)).ToHashSet();
        var orphans = seen.Values.Where(p => !current.Contains((p.Pid, p.Started)) && p.IsAlive).ToList();
        // Also what was born and left alone between two looks: everything of this Wobble names its folder.
        orphans.AddRange(Processes.All().Values.Where(p => p.Arguments.Any(a => a.Contains(product.Data, StringComparison.Ordinal)) && !product.Tree().Any(t => t.Pid == p.Pid) && orphans.TrueForAll(o => o.Pid != p.Pid)));
        Assert.True(orphans.Count == 0, string.Join(", ", orphans));
    }

    private static async Task<long> WaitingAsync(Product product)
    {
        try
        {
            await using var connection = new NpgsqlConnection(product.ConnectionString);
            await connection.OpenAsync();
            await using var command = new NpgsqlCommand("select count(*) from runs where state not in ('completed', 'failed', 'cancelled', 'interrupted')", connection);
            return (long)(await command.ExecuteScalarAsync())!;
        }
        catch (Exception e) when (e is NpgsqlException or System.Net.Sockets.SocketException or TimeoutException)
        {
            // Its turn was just now.
            return 2;
        }
    }

    private static async Task<long> RunsAsync(Product product)
    {
        await using var connection = new NpgsqlConnection(product.ConnectionString);
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand("select count(*) from runs", connection);
        return (long)(await command.ExecuteScalarAsync())!;
    }

    // A run has the machine once, and its database is started once.
    private static async Task AssertNoneTwiceAsync(Product product)
    {
        await using var connection = new NpgsqlConnection(product.ConnectionString);
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand("select count(*) from (select run_id from events where text like 'The run has the machine%' group by run_id having count(*) > 1) twice", connection);
        Assert.Equal(0L, await command.ExecuteScalarAsync());
    }

    private void Say(string line)
    {
        output.WriteLine(line);
        if (Environment.GetEnvironmentVariable("WOBBLE_FAULTS_LOG") is { Length: > 0 } log) File.AppendAllText(log, line + "\n");
    }
}
