using System.Diagnostics;
using System.Formats.Tar;
using Microsoft.EntityFrameworkCore;
using Npgsql;
using Wobble.Results.Domain;
using Wobble.Results.Storage;
using Wobble.Runner.Backups;
using Wobble.Runner.Hosting;
using Wobble.Tests.Support;

namespace Wobble.Runner.Tests.Backups;

/// <summary>Backups with the private PostgreSQL that `up` has, each on a data folder of its own.</summary>
public sealed class BackupTests : IDisposable
{
    private readonly List<string> _folders = [];

    [Fact]
    public async Task What_was_backed_up_is_there_after_a_restore_elsewhere()
    {
        var (here, there) = (NewFolder(), NewFolder());
        string file = Path.Combine(NewFolder().Root, "all.tar");
        Run run;
        string before;
        await using (var database = await CommandDatabase.OpenAsync(here, alone: true, CancellationToken.None))
        {
            run = await new StoredRuns(database.Contexts).RecordAsync(new FactsBuilder { PerSecond = 50, Logs = [new("nginx", "hello")] }, tags: ["kept"], notes: "kept");
            before = await StoryAsync(database.ConnectionString);
            File.WriteAllText(here.Token, "the-token-of-here\n");
            Directory.CreateDirectory(here.Keys);
            File.WriteAllText(Path.Combine(here.Keys, "key-1.xml"), "<key/>");
            Directory.CreateDirectory(here.Journals);
            File.WriteAllText(Path.Combine(here.Journals, $"{Guid.CreateVersion7()}.jsonl"), "{}\n");

            var written = await Backup.WriteAsync(database, here, file, CancellationToken.None);

            Assert.Equal((1, 4), (written.Runs, written.Entries));
        }
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(file));

        await using (var database = await CommandDatabase.OpenAsync(there, alone: true, CancellationToken.None))
        {
            await new Restore(database, there).RunAsync(file, replace: false, CancellationToken.None);
        }

        // A start of its own, as ./run has.
        await using (var database = await CommandDatabase.OpenAsync(there, alone: true, CancellationToken.None))
        {
            Assert.Equal(before, await StoryAsync(database.ConnectionString));
            Assert.Equal(["wobble"], await DatabasesAsync(database.ConnectionString));
        }
        Assert.Equal(Schema.Newest, File.ReadAllText(there.DatabaseSchema).Trim());
        Assert.Equal("the-token-of-here\n", File.ReadAllText(there.Token));
        Assert.Equal("<key/>", File.ReadAllText(Path.Combine(there.Keys, "key-1.xml")));
        Assert.Single(Directory.GetFiles(there.Journals));
        Assert.False(Directory.Exists(Path.Combine(there.Root, "restore.part")));
    }

    [Fact]
    public async Task Runs_that_are_there_are_given_up_only_when_it_is_said()
    {
        var data = NewFolder();
        string file = Path.Combine(NewFolder().Root, "all.tar");
        await using var database = await CommandDatabase.OpenAsync(data, alone: true, CancellationToken.None);
        var runs = new StoredRuns(database.Contexts);
        var first = await runs.RecordAsync(new FactsBuilder { PerSecond = 10 });
        await Backup.WriteAsync(database, data, file, CancellationToken.None);
        var second = await runs.RecordAsync(new FactsBuilder { PerSecond = 10 });

        var refusal = await Assert.ThrowsAsync<HostingException>(() => new Restore(database, data).RunAsync(file, replace: false, CancellationToken.None));
        Assert.Contains("2 runs", refusal.Message);
        await new Restore(database, data).RunAsync(file, replace: true, CancellationToken.None);

        await using var db = await database.Contexts.CreateDbContextAsync();
        Assert.Equal([first.Id], await db.Runs.Select(r => r.Id).ToListAsync());
        Assert.NotEqual(first.Id, second.Id);
    }

    [Fact]
    public async Task A_file_that_is_no_backup_was_cut_or_is_of_a_newer_Wobble_changes_nothing()
    {
        var data = NewFolder();
        string folder = NewFolder().Root, file = Path.Combine(folder, "all.tar");
        await using var database = await CommandDatabase.OpenAsync(data, alone: true, CancellationToken.None);
        var run = await new StoredRuns(database.Contexts).RecordAsync(new FactsBuilder { PerSecond = 10 });
        await Backup.WriteAsync(database, data, file, CancellationToken.None);
        string before = await StoryAsync(database.ConnectionString);
        async Task<string> RefusalOf(string path) => (await Assert.ThrowsAsync<HostingException>(() => new Restore(database, data).RunAsync(path, replace: true, CancellationToken.None))).Message;
        string Changed(string name, Func<string, string?>? rename = null, Func<string, string>? manifest = null)
        {
            string to = Path.Combine(folder, name);
            using var from = new TarReader(File.OpenRead(file));
            using var writer = new TarWriter(File.Create(to));
            while (from.GetNextEntry(copyData: true) is { } entry)
            {
                if (entry.Name == BackupManifest.Name && manifest is not null)
                    writer.WriteEntry(new PaxTarEntry(TarEntryType.RegularFile, entry.Name) { DataStream = new MemoryStream(System.Text.Encoding.UTF8.GetBytes(manifest(new StreamReader(entry.DataStream!).ReadToEnd()))) });
                else if (rename is null || rename(entry.Name) is { } other && (entry.Name = other) is not null) writer.WriteEntry(entry);
            }
            return to;
        }

        File.WriteAllText(Path.Combine(folder, "text"), "no backup");
        Assert.Contains("what ./wobble backup wrote", await RefusalOf(Path.Combine(folder, "text")));
        Assert.Contains("a file that can be read", await RefusalOf(Path.Combine(folder, "nothing")));
        File.WriteAllBytes(Path.Combine(folder, "cut"), File.ReadAllBytes(file)[..(int)(new FileInfo(file).Length / 2)]);
        Assert.Contains("is not allowed", await RefusalOf(Path.Combine(folder, "cut")));
        Assert.Contains("'keys/../../escaped'", await RefusalOf(Changed("escaping", name => name == BackupManifest.Dump ? "keys/../../escaped" : name)));
        Assert.Contains("0 of 1 entries", await RefusalOf(Changed("empty", name => name == BackupManifest.Dump ? null : name)));
        Assert.Contains("update this Wobble first", await RefusalOf(Changed("newer", manifest: text => text.Replace("\"migrations\": [", "\"migrations\": [\"29990101000000_FlyingCars\",", StringComparison.Ordinal))));
        Assert.Contains("format 1", await RefusalOf(Changed("format", manifest: text => text.Replace("\"wobble_backup\": 1", "\"wobble_backup\": 2", StringComparison.Ordinal))));

        Assert.Equal(before, await StoryAsync(database.ConnectionString));
        Assert.Equal(["wobble"], await DatabasesAsync(database.ConnectionString));
    }

    [Fact]
    public async Task Among_the_keys_only_plain_files_are_read_whatever_the_Dashboards_user_put_there()
    {
        var data = NewFolder();
        string folder = NewFolder().Root, file = Path.Combine(folder, "all.tar"), secret = Path.Combine(folder, "secret");
        File.WriteAllText(secret, "of root alone");
        data.Make();
        Directory.CreateDirectory(data.Keys);
        File.WriteAllText(Path.Combine(data.Keys, "key-1.xml"), "<key/>");
        File.CreateSymbolicLink(Path.Combine(data.Keys, "key-2.xml"), secret);
        using (var pipe = Process.Start("/usr/bin/mkfifo", [Path.Combine(data.Keys, "key-3.xml")])) await pipe.WaitForExitAsync();
        await using var database = await CommandDatabase.OpenAsync(data, alone: true, CancellationToken.None);

        var manifest = await Task.Run(() => Backup.WriteAsync(database, data, file, CancellationToken.None)).WaitAsync(TimeSpan.FromSeconds(60));

        Assert.Equal(2, manifest.Entries);
        var names = new List<string>();
        using var tar = new TarReader(File.OpenRead(file));
        while (tar.GetNextEntry() is { } entry) names.Add(entry.Name);
        Assert.Equal([BackupManifest.Name, BackupManifest.Dump, "keys/key-1.xml"], names);
    }

    [Fact]
    public async Task Of_a_journal_that_grows_meanwhile_a_backup_has_what_was_there_when_it_was_opened()
    {
        string path = Path.Combine(NewFolder().Root, "journal");
        File.WriteAllText(path, "{}\n");
        await using var opened = new FirstBytes(path);
        File.AppendAllText(path, "{}\n{}\n");
        using var written = new MemoryStream();

        await using (var tar = new TarWriter(written, TarEntryFormat.Pax, leaveOpen: true))
        {
            await tar.WriteEntryAsync(new PaxTarEntry(TarEntryType.RegularFile, "journal") { DataStream = opened });
            await tar.WriteEntryAsync(new PaxTarEntry(TarEntryType.RegularFile, "next") { DataStream = new MemoryStream([1]) });
        }

        written.Position = 0;
        await using var reader = new TarReader(written);
        Assert.Equal("{}\n", new StreamReader(reader.GetNextEntry()!.DataStream!).ReadToEnd());
        Assert.Equal("next", reader.GetNextEntry()!.Name);
    }

    [Fact]
    public void A_journal_that_was_cut_since_ends_the_backup_with_a_sentence()
    {
        string path = Path.Combine(NewFolder().Root, "journal");
        File.WriteAllText(path, "{}\n{}\n");
        using var opened = new FirstBytes(path);
        File.WriteAllText(path, "");

        Assert.Contains("was cut", Assert.Throws<EndOfStreamException>(() => opened.CopyTo(Stream.Null)).Message);
    }

    [Fact]
    public void The_journal_of_a_long_run_comes_back_whatever_its_length()
    {
        Assert.False(Restore.IsTooLong($"journals/{Guid.CreateVersion7()}.jsonl", 1L << 40));
        Assert.False(Restore.IsTooLong("database.dump", 1L << 40));
        Assert.True(Restore.IsTooLong("keys/key-1.xml", 1L << 40));
    }

    [Fact]
    public async Task What_restores_left_that_were_killed_goes_with_the_next_and_nothing_else()
    {
        var data = NewFolder();
        string file = Path.Combine(NewFolder().Root, "all.tar");
        await using var database = await CommandDatabase.OpenAsync(data, alone: true, CancellationToken.None);
        await Backup.WriteAsync(database, data, file, CancellationToken.None);
        foreach (string name in (string[])["wobble_restored_20261126120000", "wobble_replaced_20261126120000", "wobble_restored_by_hand", "wobble_former_20261126120000"])
            await AskAsync(database.ConnectionString, $"create database {name} template template0");

        await new Restore(database, data).RunAsync(file, replace: false, CancellationToken.None);

        Assert.Equal(["wobble", "wobble_former_20261126120000", "wobble_restored_by_hand"], (await DatabasesAsync(database.ConnectionString)).Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task A_database_that_a_restore_renamed_is_not_made_anew_and_what_is_told_brings_it_back()
    {
        var data = NewFolder();
        string before;
        await using (var database = await CommandDatabase.OpenAsync(data, alone: true, CancellationToken.None))
        {
            await new StoredRuns(database.Contexts).RecordAsync(new FactsBuilder { PerSecond = 10 });
            before = await StoryAsync(database.ConnectionString);
            NpgsqlConnection.ClearAllPools();
            await AskAsync(new NpgsqlConnectionStringBuilder(database.ConnectionString) { Database = "postgres" }.ConnectionString, "alter database wobble rename to wobble_former_20261126120000");
        }

        var refused = await Assert.ThrowsAsync<HostingException>(() => CommandDatabase.OpenAsync(data, alone: true, CancellationToken.None));

        Assert.Contains("'wobble_former_20261126120000' is there", refused.Message);
        using (var mend = Process.Start(new ProcessStartInfo("/bin/bash", ["-c", refused.Message.Split("its name back: ")[1]]) { RedirectStandardOutput = true, RedirectStandardError = true })!)
        {
            var output = mend.StandardOutput.ReadToEndAsync();
            string errors = await mend.StandardError.ReadToEndAsync();
            await mend.WaitForExitAsync();
            Assert.True(mend.ExitCode == 0, errors + await output);
        }
        await using var again = await CommandDatabase.OpenAsync(data, alone: true, CancellationToken.None);
        Assert.Equal(before, await StoryAsync(again.ConnectionString));
    }

    [Fact]
    public async Task A_restore_beside_a_Wobble_that_runs_is_refused_and_a_backup_is_not()
    {
        var data = NewFolder();
        await using var up = await CommandDatabase.OpenAsync(data, alone: true, CancellationToken.None);

        await Assert.ThrowsAsync<HostingException>(() => CommandDatabase.OpenAsync(data, alone: true, CancellationToken.None));
        await using var beside = await CommandDatabase.OpenAsync(data, alone: false, CancellationToken.None);
        var manifest = await Backup.WriteAsync(beside, data, Path.Combine(NewFolder().Root, "all.tar"), CancellationToken.None);

        Assert.Equal(0, manifest.Runs);
    }

    [Fact]
    public async Task A_command_of_a_newer_Wobble_leaves_the_tables_of_one_that_runs_as_they_are()
    {
        var data = NewFolder();
        await using (var up = await CommandDatabase.OpenAsync(data, alone: true, CancellationToken.None))
        {
            await AskAsync(up.ConnectionString, $"""delete from "__EFMigrationsHistory" where migration_id = '{Schema.Newest}'""");

            var refused = await Assert.ThrowsAsync<HostingException>(() => CommandDatabase.OpenAsync(data, alone: false, CancellationToken.None));

            Assert.Contains($"Wobble runs on the data folder {data.Root}, and its tables are those of an older release", refused.Message);
            Assert.DoesNotContain(Schema.Newest, await ReadAsync(up.ConnectionString, """select migration_id from "__EFMigrationsHistory" """));
        }
    }

    [Fact]
    public async Task Without_runs_what_else_is_there_is_given_up_only_when_it_is_said()
    {
        var data = NewFolder();
        string file = Path.Combine(NewFolder().Root, "all.tar");
        await using var database = await CommandDatabase.OpenAsync(data, alone: true, CancellationToken.None);
        await Backup.WriteAsync(database, data, file, CancellationToken.None);
        await using (var db = await database.Contexts.CreateDbContextAsync())
        {
            var configuration = new Configuration { Name = "nightly", Definition = new FactsBuilder().Definition };
            db.AddRange(configuration, new Recurrence { ConfigurationId = configuration.Id, At = new TimeOnly(2, 30), Zone = "UTC" });
            await db.SaveChangesAsync();
        }

        var refusal = await Assert.ThrowsAsync<HostingException>(() => new Restore(database, data).RunAsync(file, replace: false, CancellationToken.None));
        Assert.Contains("what is here (1 configuration, 1 recurrence)", refusal.Message);
        await new Restore(database, data).RunAsync(file, replace: true, CancellationToken.None);

        await using var after = await database.Contexts.CreateDbContextAsync();
        Assert.Equal(0, await after.Configurations.CountAsync());
    }

    public void Dispose()
    {
        foreach (string folder in _folders) Directory.Delete(folder, recursive: true);
    }

    private DataFolder NewFolder()
    {
        var folder = Directory.CreateTempSubdirectory("wobble-test-backup-").FullName;
        File.SetUnixFileMode(folder, File.GetUnixFileMode(folder) | UnixFileMode.OtherExecute);
        _folders.Add(folder);
        return new DataFolder(folder);
    }

    private static async Task<string> StoryAsync(string connectionString) => string.Join('\n', await ReadAsync(connectionString, """
        select to_jsonb(r)::text from runs r union all select to_jsonb(s)::text from seconds s union all select to_jsonb(s)::text from samples s
        union all select to_jsonb(e)::text from events e union all select to_jsonb(l)::text from logs l order by 1
        """));

    private static async Task AskAsync(string connectionString, string sql)
    {
        await using var connection = new NpgsqlConnection(connectionString + ";Pooling=false");
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync();
    }

    private static Task<List<string>> DatabasesAsync(string connectionString) => ReadAsync(connectionString, "select datname::text from pg_database where datname like 'wobble%'");

    private static async Task<List<string>> ReadAsync(string connectionString, string sql)
    {
        await using var connection = new NpgsqlConnection(connectionString);
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand(sql, connection);
        await using var reader = await command.ExecuteReaderAsync();
        var rows = new List<string>();
        while (await reader.ReadAsync()) rows.Add(reader.GetString(0));
        return rows;
    }
}
