using System.Diagnostics;
using System.Net;
using Npgsql;
using Wobble.Tests.Support;

namespace Wobble.Faults.Tests;

/// <summary>Wobble's own PostgreSQL away, out of connections, or without room.</summary>
public sealed class PostgresAwayTests
{
    private static readonly object Short = new { target = "uwsgi-http/bottle", workers = 2, connections = 4, warmup = "0s", @for = "3s" };

    private static bool IsWhole => Environment.GetEnvironmentVariable("WOBBLE_FAULTS") is { Length: > 0 };

    public static TheoryData<int> Seconds => IsWhole ? new(1, 60) : new(1);

    [Theory]
    [MemberData(nameof(Seconds))]
    public async Task Away_for_some_seconds_the_run_goes_on_and_nothing_of_it_is_missing(int seconds)
    {
        await using var cluster = await PostgresCluster.StartAsync();
        await using var product = await Product.StartAsync(connectionString: await DatabaseAsync(cluster));
        string slug = await product.QueueAsync(Short);
        await product.UntilAsync(slug, row => row.State == "measuring");

        await cluster.StopAsync();
        await product.UntilAsync("the pages to say so", () => SaysAwayAsync(product));
        await Task.Delay(TimeSpan.FromSeconds(seconds));
        await cluster.ResumeAsync();

        var run = await product.EndAsync(slug);
        Assert.True(run is { State: "completed", Requests: > 0, Samples: 3 }, run.ToString());
        await product.UntilAsync("the pages to recover", product.IsHealthyAsync, TimeSpan.FromSeconds(30));
        Assert.Contains(await EventsAsync(product, slug), text => text.StartsWith("Wobble's own database was away for ", StringComparison.Ordinal));
        Assert.True(await product.EndAsync(await product.QueueWhenItCanAsync(Short)) is { State: "completed" });
    }

    [Fact]
    public async Task Away_for_good_the_run_ends_in_its_journal_and_the_next_start_records_it()
    {
        await using var cluster = await PostgresCluster.StartAsync();
        await using var product = await Product.StartAsync(connectionString: await DatabaseAsync(cluster));
        string slug = await product.QueueAsync(Short);
        await product.UntilAsync(slug, row => row.State == "measuring");
        await cluster.StopAsync();
        await product.UntilAsync("the end to stand in the journal", () => Task.FromResult(Directory.EnumerateFiles(Path.Combine(product.Data, "journals"), "*.jsonl").Any(f => ReadShared(f).Contains("\"fact\":\"end\"", StringComparison.Ordinal))));

        var asked = Stopwatch.StartNew();
        Processes.Signal(product.Pid, Processes.SIGTERM);
        Assert.Equal(0, await product.EndOfUpAsync(TimeSpan.FromSeconds(40)));
        Assert.True(asked.Elapsed < TimeSpan.FromSeconds(40));
        await cluster.ResumeAsync();
        await product.StartUpAsync();

        var run = await product.EndAsync(slug, TimeSpan.FromSeconds(30));
        Assert.True(run is { State: "completed", Requests: > 0, Samples: 3 }, run.ToString());
    }

    [Fact]
    public async Task Without_a_connection_left_the_run_goes_on_and_is_recorded_afterwards()
    {
        await using var product = await Product.StartAsync();
        string slug = await product.QueueAsync(Short);
        await product.UntilAsync(slug, row => row.State == "measuring");
        var held = new List<NpgsqlConnection>();
        try
        {
            while (await TryConnectAsync(product) is { } connection) held.Add(connection);
            await product.UntilAsync("the sandbox to go", () => Task.FromResult(Victims.Find(Victims.Execution, product, Processes.All()) is null));
        }
        finally
        {
            foreach (var connection in held) await connection.DisposeAsync();
        }

        var run = await product.EndAsync(slug);
        Assert.True(run is { State: "completed", Requests: > 0, Samples: 3 }, run.ToString());
        await product.UntilAsync("the Dashboard", product.IsHealthyAsync, TimeSpan.FromSeconds(30));
        Assert.True(await product.EndAsync(await product.QueueWhenItCanAsync(Short)) is { State: "completed" });
        Assert.True(product.IsUp, product.Said);
    }

    [Fact]
    public async Task After_a_power_cut_what_was_recorded_is_there_and_the_run_under_way_is_interrupted()
    {
        await using var product = await Product.StartAsync();
        string done = await product.QueueAsync(Short);
        var before = await product.EndAsync(done);
        string slug = await product.QueueAsync(new { target = "uwsgi-http/bottle", workers = 2, connections = 4, warmup = "0s", @for = "30s" });
        var measuring = await product.UntilAsync(slug, row => row is { State: "measuring", Samples: >= 2 });

        // Parents first: who is stopped before its children die has no last word.
        var tree = product.Tree();
        foreach (var process in tree) Processes.Signal(process.Pid, Processes.SIGSTOP);
        foreach (var process in tree) Processes.Signal(process.Pid, Processes.SIGKILL);
        await product.UntilAsync("everything to be gone", () => Task.FromResult(!tree.Exists(p => p.IsAlive)), TimeSpan.FromSeconds(5));
        await product.StartUpAsync();

        Assert.Equal(before, await product.EndAsync(done));
        var run = await product.EndAsync(slug, TimeSpan.FromSeconds(30));
        Assert.Equal("interrupted", run.State);
        Assert.StartsWith("The Runner died while measuring", run.Reason);
        Assert.True(run.Samples >= measuring.Samples, $"{measuring.Samples} were acknowledged, {run.Samples} are there");
        Assert.True(await product.EndAsync(await product.QueueWhenItCanAsync(Short)) is { State: "completed" });
    }

    [Fact]
    public async Task A_full_disk_ends_the_run_with_a_sentence_and_with_room_again_the_next_is_fine()
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "only root can mount a small file system");
        string data = TestFolders.New("full");
        Assert.SkipUnless(Run("/usr/bin/mount", "-t", "tmpfs", "-o", "size=3g,mode=0711", "tmpfs", data) == 0, "this machine lets nobody mount");
        try
        {
            await using var product = await Product.StartAsync(data);
            // Longer than it takes to write the disk full.
            string slug = await product.QueueAsync(new { target = "uwsgi-http/bottle", workers = 2, connections = 4, warmup = "0s", @for = "25s" });
            await product.UntilAsync(slug, row => row.State == "measuring");
            string filler = Path.Combine(data, "filler");
            Fill(filler);
            await product.UntilAsync("the sandbox to go", () => Task.FromResult(Victims.Find(Victims.Execution, product, Processes.All()) is null));
            File.Delete(filler);
            // PostgreSQL may have found no room for its log again and again, so that `up` gave up on it and said so.
            bool gaveUp = !product.IsUp;
            if (gaveUp)
            {
                Assert.Contains("The disk is full", product.Said);
                await product.StartUpAsync();
            }

            var run = await product.EndAsync(slug);
            Assert.True((run.State == "failed" && run.Reason.Contains("No space left on device", StringComparison.Ordinal)) || (gaveUp && run.State == "interrupted"), run.ToString());
            await product.UntilAsync("the Dashboard", product.IsHealthyAsync, TimeSpan.FromSeconds(60));
            Assert.True(await product.EndAsync(await product.QueueWhenItCanAsync(Short)) is { State: "completed" });
        }
        finally
        {
            Run("/usr/bin/umount", "-l", data);
        }
    }

    private static async Task<string> DatabaseAsync(PostgresCluster cluster)
    {
        string name = "faults_" + Guid.NewGuid().ToString("N");
        await cluster.ExecuteAsync($"create database {name}");
        return cluster.ConnectionString(name);
    }

    private static async Task<bool> SaysAwayAsync(Product product)
    {
        using var ready = await product.Api.GetAsync(new Uri("/readyz", UriKind.Relative));
        return ready.StatusCode == HttpStatusCode.ServiceUnavailable && (await ready.Content.ReadAsStringAsync()).Contains("Wobble's database can't be reached", StringComparison.Ordinal);
    }

    private static async Task<IReadOnlyList<string>> EventsAsync(Product product, string slug)
    {
        await using var connection = new NpgsqlConnection(product.ConnectionString);
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand("select text from events e join runs r on r.id = e.run_id where slug = @slug", connection);
        command.Parameters.AddWithValue("slug", slug);
        await using var rows = await command.ExecuteReaderAsync();
        var texts = new List<string>();
        while (await rows.ReadAsync()) texts.Add(rows.GetString(0));
        return texts;
    }

    private static async Task<NpgsqlConnection?> TryConnectAsync(Product product)
    {
        var connection = new NpgsqlConnection(product.ConnectionString + ";Pooling=false");
        try
        {
            await connection.OpenAsync();
            return connection;
        }
        catch (PostgresException e) when (e.SqlState == PostgresErrorCodes.TooManyConnections)
        {
            await connection.DisposeAsync();
            return null;
        }
    }

    private static void Fill(string file)
    {
        using var filler = new FileStream(file, FileMode.Create, FileAccess.Write, FileShare.Read, bufferSize: 0);
        // To the last page: a megabyte that is left is room enough for a journal.
        foreach (int size in (int[])[1 << 20, 1 << 12, 1])
        {
            try
            {
                var zeros = new byte[size];
                while (true) filler.Write(zeros);
            }
            catch (IOException)
            {
                // That is what was wanted.
            }
        }
    }

    private static string ReadShared(string file)
    {
        using var reader = new StreamReader(new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete));
        return reader.ReadToEnd();
    }

    private static int Run(string program, params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardError = true })!;
        process.WaitForExit();
        return process.ExitCode;
    }
}
