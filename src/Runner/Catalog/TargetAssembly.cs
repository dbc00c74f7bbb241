using Wobble.Results.Domain;

namespace Wobble.Runner.Catalog;

/// <summary>Makes targets of servers and apps: their options, versions, and whether they can run here. Pure but for looking at environments' markers.</summary>
internal sealed class TargetAssembly(
    string wobbles,
    IReadOnlyDictionary<string, DatabaseStyle> databases,
    InstalledPackages installed,
    PythonEnvironments environments,
    IReadOnlyDictionary<string, string> unreadable,
    DateTimeOffset now)
{
    /// <summary>A switch of nginx, so every target has it that nginx speaks HTTP to.</summary>
    public static readonly ManifestOption ProxyKeepAlive = new()
    {
        Name = "proxy_keepalive",
        Default = "off",
        Values = ["off", "on"],
        About = "Whether nginx keeps its connections to the server (HTTP/1.1) or opens one a request (HTTP/1.0, as in the article)",
        Arguments = new Dictionary<string, IReadOnlyList<string>>(),
        Environment = new Dictionary<string, IReadOnlyDictionary<string, string>>(),
        Packages = new Dictionary<string, IReadOnlyList<string>>(),
        Needs = new Dictionary<string, string>(),
    };

    // No name of a server or an app has a dot, so no two have one environment.
    private static string EnvironmentName(ServerManifest server, AppManifest app) =>
        server.Requirements is null ? $"app.{app.Name}" : app.Requirements is null ? $"server.{server.Name}" : $"both.{server.Name}.{app.Name}";

    public LoadedTarget Target(ServerManifest server, AppManifest app)
    {
        var database = databases[app.Database];
        ManifestOption[] proxy = server.Protocol == "http" ? [ProxyKeepAlive] : [];
        // A switch of the server for the database module means nothing to an app that brings its own access to the database.
        var options = server.Options.Where(o => app.Database != "none" || o.Needs.Count == 0).Concat(app.Options).Concat(database.Options).Concat(proxy).ToList();
        string[] requirements = [.. new[] { server.Requirements, app.Requirements }.OfType<string>()];
        var environment = requirements.Length == 0 ? null : environments.Of(EnvironmentName(server, app), requirements);
        string? unavailable = Unavailable(server, app, database, options, environment);
        var target = new CatalogueTarget
        {
            Name = $"{server.Name}/{app.Name}",
            Server = server.Name,
            App = app.Name,
            Interface = server.Interface,
            Class = server.Class,
            Unavailable = unavailable,
            Note = unavailable is null && environment is { IsInstalled: false } ? $"{Missing(server, app)} is not in Debian and is installed with pip before its first run" : null,
            NeedsProxy = server.Protocol != "http",
            OneProcessEach = server.Processes == WorkerProcesses.OneEach,
            Versions = Versions(server, app, database, environment),
            Options = options.Select(Option).ToList(),
            About = $"{server.Title} with {app.Title}. {server.About}. {app.About}.",
            ServerAbout = $"{server.About}.",
            AppAbout = $"{app.About}.",
            AddedFrom = app.AddedFrom ?? server.AddedFrom,
        };
        return new LoadedTarget { Target = target, Server = server, App = app, Options = options, SharedFolder = Path.Combine(wobbles, "shared"), Environment = environment };
    }

    private string? Unavailable(ServerManifest server, AppManifest app, DatabaseStyle database, List<ManifestOption> options, PythonEnvironment? environment)
    {
        string? clash = options.GroupBy(o => o.Name).FirstOrDefault(g => g.Count() > 1)?.Key;
        if (clash is not null) return $"not usable, because {server.Name} and {app.Name} both have an option {clash}";
        if (app.NotUnder.TryGetValue(server.Name, out string? why)) return $"not usable, because {why}";
        string[] missing = [.. installed.MissingOf([$"postgresql-{StackPrograms.PostgresqlMajor}", "python3", .. server.Packages, .. app.Packages, .. database.Packages])];
        if (missing.Length > 0) return $"not installed, because {(missing.Length == 1 ? "the Debian package" : "the Debian packages")} {string.Join(", ", missing)} {(missing.Length == 1 ? "is" : "are")} missing: apt-get install {string.Join(' ', missing)}";
        string program = server.Command[0];
        if (!TargetCommand.IsPlaceholder(program) && !File.Exists(program)) return $"not installed, because there is no {program}";
        foreach (string? folder in new[] { server.AddedFrom ?? wobbles, app.AddedFrom ?? wobbles })
            if (unreadable.TryGetValue(folder, out string? path)) return $"not readable, because {StackUser.Called}, who runs the stack, can't read {path}";
        if (environment is { IsInstalled: false } && environment.RememberedFailure(now) is { OutOfTime: false } failure) return $"not installed, because {failure.Reason}";
        return null;
    }

    private static string Missing(ServerManifest server, AppManifest app) => server.Requirements is null ? app.Title : app.Requirements is null ? server.Title : $"{server.Title} with {app.Title}";

    private Dictionary<string, string> Versions(ServerManifest server, AppManifest app, DatabaseStyle database, PythonEnvironment? environment)
    {
        var versions = new Dictionary<string, string>();
                if (environment is not null)
            foreach (var (package, version) in environment.Versions()) versions[package] = version;
        string[] packages = [.. server.Packages, .. app.Packages, .. database.Packages, "python3"];
        foreach (string package in packages)
            if (installed.VersionOf(package) is { } version) versions.TryAdd(ShortName(package), version);
        return versions;
    }

    /// <summary>Debian's python3-flask is everybody's flask.</summary>
    public static string ShortName(string package) => package == "python3" ? "python" : package.StartsWith("python3-", StringComparison.Ordinal) ? package["python3-".Length..] : package;

    private TargetOption Option(ManifestOption option)
    {
        var unavailable = new Dictionary<string, string>();
        foreach (var (value, packages) in option.Packages)
            if (installed.MissingOf(packages) is { Count: > 0 } missing) unavailable[value] = $"Debian's {string.Join(", ", missing)} must be installed for it: apt-get install {string.Join(' ', missing)}";
        return new TargetOption(option.Name, option.Default, option.Values, option.Min, option.Max, option.About)
        {
            Unavailable = unavailable,
            Needs = option.Needs,
            NeedsProxy = option == ProxyKeepAlive,
        };
    }
}
