using Microsoft.EntityFrameworkCore;
using Npgsql;
using Wobble.Results.Domain;
using Wobble.Results.Storage;

namespace Wobble.Results.Edits;

/// <summary>A configuration after a change.</summary>
/// <param name="Id">Key.</param>
/// <param name="Name">Its name.</param>
/// <param name="Version">Its present version.</param>
public sealed record SavedConfiguration(Guid Id, string Name, int Version);

/// <summary>
/// Changes of configurations. Guarantees: a name in use is unique; a changed definition is a new version and touches no run;
/// an edit that began from an older version is refused, so nobody's edit is lost unseen.
/// </summary>
public sealed class ConfigurationEdits(IDbContextFactory<WobbleDb> databases, TimeProvider clock)
{
    /// <summary>The longest name.</summary>
    public const int LongestName = 120;

    /// <summary>Makes one.</summary>
    public async Task<Edit<SavedConfiguration>> Create(string name, Definition definition, CancellationToken cancel)
    {
        if (CheckName(ref name) is { } wrong) return wrong;
        await using var db = await databases.CreateDbContextAsync(cancel);
        var now = clock.GetUtcNow();
        var configuration = new Configuration { Name = name, Definition = definition, CreatedAt = now, EditedAt = now };
        db.Add(configuration);
        return await Save(db, configuration, cancel);
    }

    /// <summary>Changes name and definition; <paramref name="fromVersion"/> is the version that the editor saw.</summary>
    public async Task<Edit<SavedConfiguration>> Change(Guid id, int fromVersion, string name, Definition definition, CancellationToken cancel)
    {
        if (CheckName(ref name) is { } wrong) return wrong;
        await using var db = await databases.CreateDbContextAsync(cancel);
        await using var transaction = await db.Database.BeginTransactionAsync(cancel);
        var configuration = await Locked(db, id, cancel);
        if (configuration is null) return Gone(id);
        if (configuration.Version != fromVersion)
            return Edit<SavedConfiguration>.Refused("version", $"{fromVersion}", $"somebody saved version {configuration.Version} meanwhile: open it, or save yours under another name");
        if (!Same(configuration.Definition, definition))
        {
            configuration.Definition = definition;
            configuration.Version++;
        }
        configuration.Name = name;
        configuration.EditedAt = clock.GetUtcNow();
        var saved = await Save(db, configuration, cancel);
        if (saved.Error is null) await transaction.CommitAsync(cancel);
        return saved;
    }

    /// <summary>Makes another of the same definition, named "NAME copy", "NAME copy 2" …</summary>
    public async Task<Edit<SavedConfiguration>> Duplicate(Guid id, CancellationToken cancel)
    {
        await using var db = await databases.CreateDbContextAsync(cancel);
        var original = await db.Configurations.AsNoTracking().FirstOrDefaultAsync(c => c.Id == id, cancel);
        if (original is null) return Gone(id);
        string stem = StoredText.Cut(original.Name, LongestName - 9);
        var taken = await db.Configurations.AsNoTracking().Where(c => c.ArchivedAt == null && c.Name.StartsWith(stem)).Select(c => c.Name).ToListAsync(cancel);
        string name = Enumerable.Range(1, taken.Count + 1).Select(i => i == 1 ? $"{stem} copy" : $"{stem} copy {i}").First(n => !taken.Contains(n));
        return await Create(name, original.Definition, cancel);
    }

    /// <summary>Takes it out of the lists; its runs stay. False when it isn't there or is archived already.</summary>
    public async Task<bool> Archive(Guid id, CancellationToken cancel)
    {
        await using var db = await databases.CreateDbContextAsync(cancel);
        var now = clock.GetUtcNow();
        return await db.Configurations.Where(c => c.Id == id && c.ArchivedAt == null).ExecuteUpdateAsync(c => c.SetProperty(x => x.ArchivedAt, now), cancel) == 1;
    }

    /// <summary>Brings an archived one back. Refused when its name was taken meanwhile.</summary>
    public async Task<Edit<SavedConfiguration>> Restore(Guid id, CancellationToken cancel)
    {
        await using var db = await databases.CreateDbContextAsync(cancel);
        await using var transaction = await db.Database.BeginTransactionAsync(cancel);
        var configuration = await Locked(db, id, cancel);
        if (configuration is null) return Gone(id);
        configuration.ArchivedAt = null;
        var saved = await Save(db, configuration, cancel);
        if (saved.Error is null) await transaction.CommitAsync(cancel);
        return saved;
    }

    private static Task<Configuration?> Locked(WobbleDb db, Guid id, CancellationToken cancel) =>
        db.Configurations.FromSql($"select * from configurations where id = {id} for update").AsTracking().SingleOrDefaultAsync(cancel);

    private static async Task<Edit<SavedConfiguration>> Save(WobbleDb db, Configuration configuration, CancellationToken cancel)
    {
        try
        {
            await db.SaveChangesAsync(cancel);
            return new(new SavedConfiguration(configuration.Id, configuration.Name, configuration.Version), null);
        }
        catch (DbUpdateException e) when (e.InnerException is PostgresException { SqlState: PostgresErrorCodes.UniqueViolation })
        {
            return Edit<SavedConfiguration>.Refused("name", configuration.Name, "a name that no other configuration has: this one is taken, choose another");
        }
    }

    private static Edit<SavedConfiguration>? CheckName(ref string name)
    {
        name = (name ?? "").Trim();
        if (name.Length == 0) return Edit<SavedConfiguration>.Refused("name", "", $"1 to {LongestName} characters");
        return name.Length > LongestName || name.Any(char.IsControl) ? Edit<SavedConfiguration>.Refused("name", name, $"1 to {LongestName} characters on one line; this has {name.Length}") : null;
    }

    private static Edit<SavedConfiguration> Gone(Guid id) => Edit<SavedConfiguration>.Refused("id", id.ToString(), "a configuration that is there");

    private static bool Same(Definition a, Definition b) =>
        System.Text.Json.JsonSerializer.Serialize(a, WobbleJson.Options) == System.Text.Json.JsonSerializer.Serialize(b, WobbleJson.Options);
}
