using System.Formats.Tar;
using System.Reflection;
using System.Text.Json;
using Microsoft.EntityFrameworkCore;
using Wobble.Results;
using Wobble.Runner.Hosting;

namespace Wobble.Runner.Backups;

/// <summary>
/// Writes all that Wobble knows into one tar file: its database (pg_dump), journals of runs that go on, the token and the keys of cookies. Mode 0600,
/// as who has it can sign in. Guarantees: the file is there whole or not at all; a Wobble that runs goes on meanwhile.
/// </summary>
internal static class Backup
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    /// <summary>Writes it; answers what it holds.</summary>
    public static async Task<BackupManifest> WriteAsync(CommandDatabase database, DataFolder data, string file, CancellationToken cancel)
    {
        if (File.Exists(file)) throw new HostingException($"FILE: '{file}' is not allowed; a file that isn't there yet.", Commands.ExitCodes.BadInput);
        string draft = file + ".part", dump = file + ".dump.part";
        try
        {
            // Journals first: a run that ends meanwhile is then in both, which does no harm, and never in neither.
            var journals = ReadAll(data.Journals, "*.jsonl");
            // Made here, so that pg_dump writes into a file that nobody else can read.
            using (Private(dump)) { }
            await PostgresTool.RunAsync(database.Programs, "pg_dump", database.ConnectionString, ["--format=custom", "--no-owner", "--no-privileges", $"--file={Path.GetFullPath(dump)}"], cancel);
            var keys = ReadAll(data.Keys, "*");
            bool hasToken = File.Exists(data.Token);
            var manifest = await ManifestAsync(database, journals.Count + keys.Count + (hasToken ? 2 : 1), cancel);
            await using (var stream = Private(draft))
            {
                await using (var tar = new TarWriter(stream, TarEntryFormat.Pax, leaveOpen: true))
                {
                    await AddAsync(tar, BackupManifest.Name, JsonSerializer.SerializeToUtf8Bytes(manifest, WobbleJson.Indented), cancel);
                    await tar.WriteEntryAsync(dump, BackupManifest.Dump, cancel);
                    foreach (var (name, bytes) in journals) await AddAsync(tar, BackupManifest.Journals + name, bytes, cancel);
                    foreach (var (name, bytes) in keys) await AddAsync(tar, BackupManifest.Keys + name, bytes, cancel);
                    if (hasToken) await AddAsync(tar, BackupManifest.Token, await File.ReadAllBytesAsync(data.Token, cancel), cancel);
                }
                stream.Flush(flushToDisk: true);
            }
            File.Move(draft, file);
            return manifest;
        }
        finally
        {
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

    private static List<(string Name, byte[] Bytes)> ReadAll(string folder, string pattern)
    {
        var files = new List<(string, byte[])>();
        if (!Directory.Exists(folder)) return files;
        foreach (string path in Directory.EnumerateFiles(folder, pattern).Order(StringComparer.Ordinal))
        {
            try
            {
                files.Add((Path.GetFileName(path), File.ReadAllBytes(path)));
            }
            catch (FileNotFoundException)
            {
                // Its run ended at this moment, and is in the database.
            }
        }
        return files;
    }

    private static FileStream Private(string path) => new(path, new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write, UnixCreateMode = OwnerOnly });

    private static async Task AddAsync(TarWriter tar, string name, byte[] bytes, CancellationToken cancel) =>
        await tar.WriteEntryAsync(new PaxTarEntry(TarEntryType.RegularFile, name) { DataStream = new MemoryStream(bytes), Mode = OwnerOnly }, cancel);
}
