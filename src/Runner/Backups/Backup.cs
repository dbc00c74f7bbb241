using System.Formats.Tar;
using System.Reflection;
using System.Text.Json;
using Microsoft.EntityFrameworkCore;
using Wobble.Results;
using Wobble.Runner.Hosting;
using Wobble.Runner.Stacks;

namespace Wobble.Runner.Backups;

/// <summary>
/// Writes all that Wobble knows into one tar file: its database (pg_dump), journals of runs that go on, the token and the keys of cookies. Mode 0600,
/// as who has it can sign in. Guarantees: the file is there whole or not at all; a Wobble that runs goes on meanwhile.
/// </summary>
internal static class Backup
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;
    // A key takes a thousand.
    private const int MaxSecret = 64 * 1024;

    /// <summary>Writes it; answers what it holds.</summary>
    public static async Task<BackupManifest> WriteAsync(CommandDatabase database, DataFolder data, string file, CancellationToken cancel)
    {
        if (File.Exists(file)) throw new HostingException($"FILE: '{file}' is not allowed; a file that isn't there yet.", Commands.ExitCodes.BadInput);
        string draft = file + ".part", dump = file + ".dump.part";
        var journals = new List<(string Name, FirstBytes Content)>();
        try
        {
            // Journals first: a run that ends meanwhile is then in both, which does no harm, and never in neither.
            Open(data.Journals, journals);
            // Made here, so that pg_dump writes into a file that nobody else can read.
            using (Private(dump)) { }
            await PostgresTool.RunAsync(database.Programs, "pg_dump", database.ConnectionString, ["--format=custom", "--no-owner", "--no-privileges", $"--file={Path.GetFullPath(dump)}"], cancel);
            var keys = ReadKeys(data.Keys);
            byte[]? token = SharedFile.ReadSmall(data.Token, MaxSecret);
            var manifest = await ManifestAsync(database, journals.Count + keys.Count + (token is null ? 1 : 2), cancel);
            await using (var stream = Private(draft))
            {
                await using (var tar = new TarWriter(stream, TarEntryFormat.Pax, leaveOpen: true))
                {
                    await AddAsync(tar, BackupManifest.Name, new MemoryStream(JsonSerializer.SerializeToUtf8Bytes(manifest, WobbleJson.Indented)), cancel);
                    await tar.WriteEntryAsync(dump, BackupManifest.Dump, cancel);
                    foreach (var (name, content) in journals) await AddAsync(tar, BackupManifest.Journals + name, content, cancel);
                    foreach (var (name, bytes) in keys) await AddAsync(tar, BackupManifest.Keys + name, new MemoryStream(bytes), cancel);
                    if (token is not null) await AddAsync(tar, BackupManifest.Token, new MemoryStream(token), cancel);
                }
                stream.Flush(flushToDisk: true);
            }
            File.Move(draft, file);
            return manifest;
        }
        finally
        {
            foreach (var (_, content) in journals) await content.DisposeAsync();
            File.Delete(draft);
            File.Delete(dump);
        }
    }

    private static async Task<BackupManifest> ManifestAsync(CommandDatabase database, int entries, CancellationToken cancel)
    {
        await using var db = await database.Contexts.CreateDbContextAsync(cancel);
        return new BackupManifest
        {
            Format = BackupManifest.CurrentFormat,
            Wobble = typeof(Backup).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? "",
            At = DateTimeOffset.UtcNow,
            Migrations = [.. await db.Database.GetAppliedMigrationsAsync(cancel)],
            Runs = await db.Runs.LongCountAsync(cancel),
            Entries = entries,
        };
    }

    // Not read yet: of a run of hours one takes more than memory should.
    private static void Open(string folder, List<(string Name, FirstBytes Content)> journals)
    {
        if (!Directory.Exists(folder)) return;
        foreach (string path in Directory.EnumerateFiles(folder, "*.jsonl").Order(StringComparer.Ordinal))
        {
            try
            {
                journals.Add((Path.GetFileName(path), new FirstBytes(path)));
            }
            catch (FileNotFoundException)
            {
                // Its run ended at this moment, and is in the database.
            }
        }
    }

    // The folder is the Dashboard's user's, who may have put a link to what is root's there, or a pipe: those are no keys.
    private static List<(string Name, byte[] Bytes)> ReadKeys(string folder)
    {
        var keys = new List<(string, byte[])>();
        if (!Directory.Exists(folder)) return keys;
        foreach (string path in Directory.EnumerateFiles(folder).Order(StringComparer.Ordinal))
            if (SharedFile.ReadSmall(path, MaxSecret) is { } bytes) keys.Add((Path.GetFileName(path), bytes));
        return keys;
    }

    private static FileStream Private(string path) => new(path, new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write, UnixCreateMode = OwnerOnly });

    private static async Task AddAsync(TarWriter tar, string name, Stream content, CancellationToken cancel) =>
        await tar.WriteEntryAsync(new PaxTarEntry(TarEntryType.RegularFile, name) { DataStream = content, Mode = OwnerOnly }, cancel);
}
