using System.Formats.Tar;
using System.Globalization;
using System.Text.Json;
using Microsoft.EntityFrameworkCore;
using Npgsql;
using Wobble.Results;
using Wobble.Results.Storage;
using Wobble.Runner.Hosting;

namespace Wobble.Runner.Backups;

/// <summary>
/// Puts a backup in the place of what is there. Guarantees: the present database stays as it is until the restored one is whole and up to date; a file
/// that is no backup, was cut, or is of a newer Wobble changes nothing. A backup holds a database's own commands, so restore only your own.
/// </summary>
internal sealed class Restore(CommandDatabase database, DataFolder data)
{
    private const long MaxSmall = 512L * 1024 * 1024;

    /// <summary>Restores; answers what the backup held.</summary>
    /// <param name="file">The backup.</param>
    /// <param name="replace">True: what is there is given up for it.</param>
    /// <param name="cancel">Until the restored database takes its place.</param>
    public async Task<BackupManifest> RunAsync(string file, bool replace, CancellationToken cancel)
    {
        await RefuseToLoseAsync(replace, cancel);
        string folder = Path.Combine(data.Root, "restore.part");
        if (Directory.Exists(folder)) Directory.Delete(folder, recursive: true);
        Directory.CreateDirectory(folder, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        try
        {
            var manifest = await UnpackAsync(file, folder, cancel);
            await RestoreDatabaseAsync(Path.Combine(folder, BackupManifest.Dump), cancel);
            PutBack(folder);
            return manifest;
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private async Task RefuseToLoseAsync(bool replace, CancellationToken cancel)
    {
        if (replace) return;
        await using var db = await database.Contexts.CreateDbContextAsync(cancel);
        (string What, long Count)[] kept =
        [
            ("run", await db.Runs.LongCountAsync(cancel)), ("configuration", await db.Configurations.LongCountAsync(cancel)), ("experiment", await db.Experiments.LongCountAsync(cancel)),
            ("comparison", await db.Comparisons.LongCountAsync(cancel)), ("recurrence", await db.Recurrences.LongCountAsync(cancel)),
        ];
        string there = string.Join(", ", kept.Where(k => k.Count > 0).Select(k => string.Create(CultureInfo.InvariantCulture, $"{k.Count:N0} {k.What}{(k.Count == 1 ? "" : "s")}")));
        if (there.Length > 0) throw new HostingException($"A restore would replace what is here ({there}): give --replace if that is meant (and ./wobble backup first).", Commands.ExitCodes.BadInput);
    }

    // Names are looked at one by one, so no entry can name a place outside the folder.
    private static async Task<BackupManifest> UnpackAsync(string file, string folder, CancellationToken cancel)
    {
        try
        {
            await using var stream = new FileStream(file, FileMode.Open, FileAccess.Read);
            await using var tar = new TarReader(stream);
            var first = await tar.GetNextEntryAsync(copyData: false, cancel);
            if (first is not { Name: BackupManifest.Name, EntryType: TarEntryType.RegularFile, DataStream: { } text, Length: < 1024 * 1024 }) throw Refused(file, "what ./wobble backup wrote");
            var manifest = Check(file, await JsonSerializer.DeserializeAsync<BackupManifest>(text, WobbleJson.Options, cancel) ?? throw Refused(file, "what ./wobble backup wrote"));
            int entries = 0;
            bool hasDump = false;
            while (await tar.GetNextEntryAsync(copyData: false, cancel) is { } entry)
            {
                entries++;
                hasDump |= entry.Name == BackupManifest.Dump;
                if (entry.EntryType != TarEntryType.RegularFile || !IsKnown(entry.Name)) throw Refused(file, $"what ./wobble backup wrote; it holds '{entry.Name}'");
                if (IsTooLong(entry.Name, entry.Length)) throw Refused(file, $"a token and keys of at most {MaxSmall / 1024 / 1024} MB");
                string path = Path.Combine(folder, entry.Name);
                Directory.CreateDirectory(Path.GetDirectoryName(path)!);
                await entry.ExtractToFileAsync(path, overwrite: false, cancel);
            }
            if (!hasDump || entries != manifest.Entries) throw Refused(file, $"a whole backup: {entries} of {manifest.Entries} entries are there");
            return manifest;
        }
        catch (Exception e) when (e is InvalidDataException or JsonException or EndOfStreamException or FormatException or ArgumentException)
        {
            throw Refused(file, $"what ./wobble backup wrote ({e.Message})");
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException or UnauthorizedAccessException)
        {
            throw Refused(file, "a file that can be read");
        }
    }

    /// <summary>The database and the journal of a long run may take what they take.</summary>
    internal static bool IsTooLong(string name, long length) =>
        length > MaxSmall && name != BackupManifest.Dump && !name.StartsWith(BackupManifest.Journals, StringComparison.Ordinal);

    private static bool IsKnown(string name) =>
        name is BackupManifest.Dump or BackupManifest.Token
        || (name.StartsWith(BackupManifest.Journals, StringComparison.Ordinal) && name.EndsWith(".jsonl", StringComparison.Ordinal) && Guid.TryParseExact(name[BackupManifest.Journals.Length..^".jsonl".Length], "D", out _))
        || (name.StartsWith(BackupManifest.Keys, StringComparison.Ordinal) && name.Length is var length && length > BackupManifest.Keys.Length && name[BackupManifest.Keys.Length..].All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '.') && name[BackupManifest.Keys.Length] != '.');

    private static BackupManifest Check(string file, BackupManifest manifest)
    {
        if (manifest.Format != BackupManifest.CurrentFormat) throw Refused(file, $"a backup of format {BackupManifest.CurrentFormat}; this one has {manifest.Format}, of Wobble {manifest.Wobble}");
        using var db = new Database.Contexts("Host=none").CreateDbContext();
        if (manifest.Migrations.Except(db.Database.GetMigrations(), StringComparer.Ordinal).FirstOrDefault() is { } newer)
            throw Refused(file, $"a backup of this Wobble or an older one; this one is of {manifest.Wobble}, which has '{newer}': update this Wobble first");
        return manifest;
    }

    private async Task RestoreDatabaseAsync(string dump, CancellationToken cancel)
    {
        var present = new NpgsqlConnectionStringBuilder(database.ConnectionString) { Pooling = false };
        string name = PostgresTool.DatabaseOf(present), stamp = DateTime.UtcNow.ToString("yyyyMMddHHmmss", CultureInfo.InvariantCulture);
        string draft = $"{name}_restored_{stamp}", replaced = $"{name}_replaced_{stamp}";
        await using var server = new NpgsqlConnection(new NpgsqlConnectionStringBuilder(present.ConnectionString) { Database = "postgres" }.ConnectionString);
        await server.OpenAsync(cancel);
        await DropLeftAsync(server, name);
        await ExecuteAsync(server, $"create database {Quoted(draft)} template template0");
        try
        {
            string drafted = new NpgsqlConnectionStringBuilder(present.ConnectionString) { Database = draft }.ConnectionString;
            await PostgresTool.RunAsync(database.Programs, "pg_restore", drafted, ["--exit-on-error", "--no-owner", "--no-privileges", dump], cancel);
            await Database.MigrateAsync(drafted, cancel);
            NpgsqlConnection.ClearAllPools();
            await ReplaceAsync(server, name, draft, replaced);
        }
        catch (PostgresException e) when (e.SqlState == PostgresErrorCodes.ObjectInUse)
        {
            await ExecuteAsync(server, $"drop database if exists {Quoted(draft)} with (force)");
            throw new HostingException("Something uses Wobble's database: end every Runner and Dashboard that works with it, then restore again. Nothing was changed.");
        }
        catch
        {
            await ExecuteAsync(server, $"drop database if exists {Quoted(draft)} with (force)");
            throw;
        }
        try
        {
            await ExecuteAsync(server, $"drop database {Quoted(replaced)} with (force)");
        }
        catch (NpgsqlException)
        {
            // The backup is in its place; what it replaced goes with the next restore.
        }
    }

    // Both at once: whatever ends this, there is a database of that name.
    private static async Task ReplaceAsync(NpgsqlConnection server, string name, string draft, string replaced)
    {
        await using var transaction = await server.BeginTransactionAsync(CancellationToken.None);
        await ExecuteAsync(server, $"alter database {Quoted(name)} rename to {Quoted(replaced)}");
        await ExecuteAsync(server, $"alter database {Quoted(draft)} rename to {Quoted(name)}");
        await transaction.CommitAsync(CancellationToken.None);
    }

    // Of restores that were killed: drafts, and what was replaced just before. Those that are in use may be another restore's.
    private static async Task DropLeftAsync(NpgsqlConnection server, string name)
    {
        foreach (string left in (string[])[.. await Schema.FindStampedAsync(server, $"{name}_restored_", CancellationToken.None), .. await Schema.FindStampedAsync(server, $"{name}_replaced_", CancellationToken.None)])
        {
            try
            {
                await ExecuteAsync(server, $"drop database if exists {Quoted(left)}");
            }
            catch (PostgresException e) when (e.SqlState == PostgresErrorCodes.ObjectInUse)
            {
                // The next restore drops it.
            }
        }
    }

    private void PutBack(string folder)
    {
        var owner = UnprivilegedUser.OfServices();
        PutBack(Path.Combine(folder, "journals"), data.Journals, null);
        PutBack(Path.Combine(folder, "keys"), data.Keys, owner);
        string token = Path.Combine(folder, BackupManifest.Token);
        if (File.Exists(token)) Move(token, data.Token, owner);
    }

    private static void PutBack(string from, string to, UnprivilegedUser? owner)
    {
        if (!Directory.Exists(from)) return;
        Directory.CreateDirectory(to, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        owner?.Own(to);
        foreach (string path in Directory.EnumerateFiles(from)) Move(path, Path.Combine(to, Path.GetFileName(path)), owner);
    }

    private static void Move(string from, string to, UnprivilegedUser? owner)
    {
        File.SetUnixFileMode(from, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        owner?.Own(from);
        File.Move(from, to, overwrite: true);
    }

    private static async Task ExecuteAsync(NpgsqlConnection server, string sql)
    {
        await using var command = new NpgsqlCommand(sql, server);
        await command.ExecuteNonQueryAsync(CancellationToken.None);
    }

    private static string Quoted(string name) => $"\"{name.Replace("\"", "\"\"", StringComparison.Ordinal)}\"";

    private static HostingException Refused(string file, string allowed) => new($"FILE: '{file}' is not allowed; {allowed}. Nothing was changed.", Commands.ExitCodes.BadInput);
}
