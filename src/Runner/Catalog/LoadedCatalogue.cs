using Wobble.Results.Domain;

namespace Wobble.Runner.Catalog;

/// <summary>The catalogue with what a planner needs of each target.</summary>
internal sealed class LoadedCatalogue(Catalogue catalogue, IReadOnlyList<LoadedTarget> targets, IReadOnlyList<string> missingPackages)
{
    /// <summary>What others see of it.</summary>
    public Catalogue Catalogue { get; } = catalogue;
    /// <summary>All targets, in the order of <see cref="Catalogue.Targets"/>.</summary>
    public IReadOnlyList<LoadedTarget> Targets { get; } = targets;

    /// <summary>Debian packages that any part or target could use and that are missing.</summary>
    public IReadOnlyList<string> MissingPackages { get; } = missingPackages;
    /// <summary>The one command that installs them; null when none is missing.</summary>
    public string? InstallLine => MissingPackages.Count == 0 ? null : $"apt-get install --no-install-recommends {string.Join(' ', MissingPackages)}";

    /// <summary>The target of that name, or null.</summary>
    public LoadedTarget? Find(string name) => Targets.FirstOrDefault(t => t.Target.Name == name);
}

/// <summary>A target with its manifests.</summary>
internal sealed record LoadedTarget
{
    public required CatalogueTarget Target { get; init; }
    public required ServerManifest Server { get; init; }
    public required AppManifest App { get; init; }
    /// <summary>All its options: the server's, the app's, the database module's and the proxy's.</summary>
    public required IReadOnlyList<ManifestOption> Options { get; init; }
    /// <summary>Folder of the modules that apps share (<c>bench</c>).</summary>
    public required string SharedFolder { get; init; }
    /// <summary>The virtual environment it runs in; null when Debian has all it needs.</summary>
    public PythonEnvironment? Environment { get; init; }
}
