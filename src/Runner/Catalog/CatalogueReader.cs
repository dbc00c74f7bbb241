using Microsoft.Extensions.Configuration;
using Wobble.Results.Domain;
using Wobble.Runner.Hosting;
using Wobble.Runner.Sandbox;

namespace Wobble.Runner.Catalog;

/// <summary>
/// Reads Wobble's manifests and those of the user's folders, looks what is installed, and gives the catalogue. Guarantees: a manifest that can't be
/// used is listed as broken and harms nothing else; installs nothing; ends within about a second.
/// </summary>
internal sealed class CatalogueReader
{
    private static readonly TimeSpan AskLimit = TimeSpan.FromSeconds(2);

    private readonly TargetFolder own;
    private readonly IReadOnlyList<TargetFolder> folders;
    private readonly TimeProvider clock;

    public CatalogueReader(DataFolder data, IReadOnlyList<string> targetFolders, TimeProvider? clock = null, string? wobbles = null, string? machineLock = null)
    {
        this.clock = clock ?? TimeProvider.System;
        own = new TargetFolder(wobbles ?? Path.Combine(AppContext.BaseDirectory, "TargetApps"), true);
        folders = [own, .. targetFolders.Select(f => Path.TrimEndingDirectorySeparator(Path.GetFullPath(f))).Distinct().Select(f => new TargetFolder(f, false))];
        Environments = new PythonEnvironments(data, this.clock, machineLock ?? MachineLock.DefaultPath);
    }

    /// <summary>Virtual environments of targets that Debian doesn't have.</summary>
    public PythonEnvironments Environments { get; }

    /// <summary>A reader with the folders of the setting TargetFolders (a list, or paths with a colon between them).</summary>
    public static CatalogueReader FromSettings(DataFolder data, IConfiguration settings)
    {
        var section = settings.GetSection("TargetFolders");
        var listed = section.Value is { } line ? line.Split(':') : section.GetChildren().Select(c => c.Value ?? "");
        return new CatalogueReader(data, listed.Where(f => f.Length > 0).ToList());
    }

    /// <summary>The settings file beside the executable, and the environment over it.</summary>
    public static CatalogueReader FromSettings(DataFolder data) =>
        FromSettings(data, new ConfigurationBuilder().AddJsonFile(Path.Combine(AppContext.BaseDirectory, "appsettings.json"), optional: true).AddEnvironmentVariables().Build());

    public async Task<LoadedCatalogue> ReadAsync()
    {
        var manifests = ManifestSet.Read(folders, own);
        var unreadable = TargetFolder.UnreadableAsync(folders.Where(f => Directory.Exists(f.Path)).ToList(), AskLimit);
        string[] packages = [.. StackPrograms.Packages, .. StackPrograms.Listed(own.Path), .. manifests.Packages];
        var installed = InstalledPackages.Probe(packages);
        var assembly = new TargetAssembly(own.Path, manifests.Databases, installed, Environments, await unreadable, clock.GetUtcNow());
        var targets = manifests.Servers.SelectMany(s => manifests.Apps.Where(a => a.Interface == s.Interface).Select(a => assembly.Target(s, a))).ToList();
        var catalogue = new Catalogue
        {
            Targets = targets.Select(t => t.Target).ToList(),
            Broken = manifests.Broken,
            Article = manifests.Article,
            Cores = Environment.ProcessorCount,
            Parts = StackPrograms.Parts(installed),
        };
        return new LoadedCatalogue(catalogue, targets, [.. installed.MissingOf(packages).Order(StringComparer.Ordinal)]);
    }

    /// <summary>Installs what the target still needs, if anything (after the run that goes on, of which <paramref name="onWaiting"/> is told), and reads the catalogue again: it says then whether that worked.</summary>
    public async Task<LoadedCatalogue> ReadAndInstallAsync(string target, TimeSpan limit, Func<string, ValueTask>? onWaiting = null, CancellationToken cancel = default)
    {
        var loaded = await ReadAsync();
        if (loaded.Find(target) is not { Environment: { IsInstalled: false } environment, Target.Unavailable: null }) return loaded;
        await Environments.EnsureAsync(environment, limit, retry: true, onWaiting ?? (_ => ValueTask.CompletedTask), cancel);
        return await ReadAsync();
    }

    /// <summary>Environments that nobody tried to make yet, of targets that lack nothing else.</summary>
    public IReadOnlyList<PythonEnvironment> NeverTried(LoadedCatalogue loaded) =>
        loaded.Targets.Where(t => t.Target.Unavailable is null).Select(t => t.Environment).OfType<PythonEnvironment>().DistinctBy(e => e.Folder)
            .Where(e => !e.IsInstalled && e.RememberedFailure(clock.GetUtcNow()) is null).ToList();
}

/// <summary>All manifests of all folders. A name that an earlier folder has is refused, so that nobody's run changes its meaning.</summary>
internal sealed class ManifestSet
{
    public List<ServerManifest> Servers { get; private set; } = [];
    public List<AppManifest> Apps { get; private set; } = [];
    public List<BrokenManifest> Broken { get; } = [];
    public IReadOnlyList<ArticleRow> Article { get; private set; } = [];
    public IReadOnlyDictionary<string, DatabaseStyle> Databases { get; private set; } = new Dictionary<string, DatabaseStyle>();

    /// <summary>Every Debian package that any of them names.</summary>
    public IEnumerable<string> Packages =>
        Servers.Concat<Manifest>(Apps).SelectMany(m => m.Packages.Concat(m.Options.SelectMany(o => o.Packages.Values.SelectMany(p => p))))
            .Concat(Databases.Values.SelectMany(d => d.Packages.Concat(d.Options.SelectMany(o => o.Packages.Values.SelectMany(p => p)))));

    public static ManifestSet Read(IReadOnlyList<TargetFolder> folders, TargetFolder own)
    {
        var set = new ManifestSet
        {
            Article = ManifestReader.ReadArticle(Path.Combine(own.Path, "article.json")),
            Databases = ManifestReader.ReadDatabases(Path.Combine(own.Path, "databases.json")),
        };
        foreach (var folder in folders)
        {
            if (!Directory.Exists(folder.Path)) set.Broken.Add(new BrokenManifest(folder.Path, "", "there is no such folder (setting TargetFolders)"));
            foreach (string file in folder.ServerFiles()) set.Add(file, set.Servers, () => ManifestReader.ReadServer(file, folder.AddedFrom));
            foreach (string file in folder.AppFiles()) set.Add(file, set.Apps, () => ManifestReader.ReadApp(file, folder.AddedFrom));
        }
        set.Servers = set.Servers.OrderBy(s => s.Class).ThenBy(s => s.Name, StringComparer.Ordinal).ToList();
        set.Apps = set.Apps.OrderBy(a => a.Interface == "wsgi" ? 0 : 1).ThenBy(a => a.Interface, StringComparer.Ordinal).ThenBy(a => a.Name, StringComparer.Ordinal).ToList();
        return set;
    }

    private void Add<T>(string file, List<T> read, Func<T> reader) where T : Manifest
    {
        try
        {
            var manifest = reader();
            if (read.FirstOrDefault(m => m.Name == manifest.Name) is { } first) throw new ManifestException("name", $"'{manifest.Name}' is taken by {first.File}");
            read.Add(manifest);
        }
        catch (ManifestException e)
        {
            Broken.Add(new BrokenManifest(file, e.Key, e.Message));
        }
    }
}
