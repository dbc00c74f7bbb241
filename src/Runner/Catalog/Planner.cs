using System.Globalization;
using System.Reflection;
using System.Security.Cryptography;
using Wobble.Results.Domain;

namespace Wobble.Runner.Catalog;

/// <summary>
/// Turns a definition into a plan. Guarantees: every default is filled in, every command, environment and configuration file is whole, and nothing in
/// it depends on anything but the arguments (the nonce, and a seed that wasn't given, are drawn). What can't be planned is refused, field by field.
/// </summary>
internal static class Planner
{
    public static Plan Plan(Definition asked, LoadedCatalogue catalogue, StackLayout layout, long? seed = null)
    {
        var errors = DefinitionRules.Check(asked, catalogue.Catalogue);
        if (errors.Count > 0) throw new PlanRefusedException(errors);
        var target = catalogue.Find(asked.Target)!;
        if (target.Environment is { IsInstalled: false }) throw new PlanRefusedException([new FieldError("target", asked.Target, "its packages must be installed first: ./wobble doctor --install")]);

        var definition = Complete(asked, target, catalogue.Catalogue.Cores);
        var stack = new StackParts(definition, target, Place(layout, target), Nonce());
        var load = Load(definition, stack, seed ?? RandomNumberGenerator.GetInt32(1, int.MaxValue));
        return new Plan
        {
            Definition = definition,
            Class = target.Target.Class,
            Nonce = stack.Nonce,
            Seed = load.Seed,
            Layout = stack.Layout,
            Components = stack.Components(load.Connections),
            Load = load,
            Versions = Versions(target, catalogue.Catalogue, definition),
            Wobble = typeof(Planner).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? "unknown",
            Warnings = [.. Warnings(definition, target.Target)],
        };
    }

    /// <summary>The definition with every default filled in.</summary>
    public static Definition Complete(Definition asked, LoadedTarget target, int cores)
    {
        bool hasStages = asked.Stages is not null;
        int workers = asked.Workers ?? Defaults.Workers(target.Target.Class, cores);
        var pooler = DatabaseConnections.PoolerOf(asked, workers) ?? throw Unchecked();
        return asked with
        {
            Workers = workers,
            Connections = asked.Connections ?? (asked.IsOpenLoop ? Defaults.OpenLoopConnections : MostOfStages(asked) ?? Defaults.Connections),
            For = hasStages || asked.Requests is not null ? asked.For : asked.For ?? Defaults.For,
            Workload = WorkloadOf(asked).Name,
            Pooler = pooler.ToString(),
            Options = target.Options.ToDictionary(o => o.Name, o => asked.Options.GetValueOrDefault(o.Name) ?? DefaultOf(o, workers, pooler)),
        };
    }

    private static string DefaultOf(ManifestOption option, int workers, PoolerSetting pooler) => option.Name == DatabaseConnections.Option
        ? DatabaseConnections.DefaultPool(int.Parse(option.Default, CultureInfo.InvariantCulture), workers, pooler).ToString(CultureInfo.InvariantCulture)
        : option.Default;

    private static IEnumerable<string> Warnings(Definition definition, CatalogueTarget target)
    {
        int workers = definition.Workers!.Value, each = DatabaseConnections.PerWorker(definition, target, workers);
        if (DatabaseConnections.PoolerOf(definition, workers) is { Mode: "session" } pooler && workers * each > pooler.Size)
            yield return string.Create(CultureInfo.InvariantCulture, $"{workers} workers may open {workers * each} connections, and with session pooling only {pooler.Size} of them get one to the database: the others wait until one of those leaves, and their requests hang.");
    }

    /// <summary>A closed loop in stages says its connections there.</summary>
    private static int? MostOfStages(Definition definition) =>
        LoadStage.MostConnections(StagesOf(definition));

    private static IReadOnlyList<LoadStage> StagesOf(Definition definition) =>
        definition.Stages is not { } text ? [] : LoadStage.TryParse(text, out var stages, out _) ? stages : throw Unchecked();

    private static Workload WorkloadOf(Definition definition) => Workload.TryParse(definition.Workload, out var workload) ? workload : throw Unchecked();

    private static InvalidOperationException Unchecked() => new("A definition is planned only after its rules were checked.");

    private static StackLayout Place(StackLayout layout, LoadedTarget target)
    {
        List<string> folders = [target.SharedFolder];
        if (target.Environment is { } environment) folders.Add(environment.Folder);
        if (target.Server.Command.Any(word => word.Contains("{folder}", StringComparison.Ordinal))) folders.Add(target.Server.Folder);
        return layout with
        {
            AppSource = target.App.Folder,
            AppFolder = layout.Sandboxed ? layout.AppFolder : target.App.Folder,
            ReadOnlyFolders = [.. layout.ReadOnlyFolders, .. folders],
        };
    }

    private static string Nonce() => Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(8));

    private static LoadPlan Load(Definition definition, StackParts stack, long seed)
    {
        var workload = WorkloadOf(definition);
        int port = stack.FrontPort;
        return new LoadPlan
        {
            Host = "127.0.0.1",
            Port = port,
            HostHeader = string.Create(CultureInfo.InvariantCulture, $"127.0.0.1:{port}"),
            Requests = workload.Kinds.Select(k => new LoadRequest { Kind = k.Kind, Weight = k.Weight, Path = k.Path }).ToList(),
            Connections = definition.Connections!.Value,
            Rate = definition.Rate,
            Stages = StagesOf(definition),
            KeepAlive = definition.KeepAlive,
            Warmup = definition.Warmup,
            For = definition.For,
            Count = definition.Requests,
            // A request that is meant to take long isn't late because it does: its own time comes on top of the 10 s that a quick one may take.
            Deadline = TimeSpan.FromSeconds(10) + TimeSpan.FromMilliseconds(workload.Kinds.Max(LongestMs)),
            Seed = seed,
            Nonce = stack.Nonce,
        };
    }

    private static int LongestMs(RequestKind kind)
    {
        int at = kind.Path.IndexOf("?ms=", StringComparison.Ordinal);
        return at < 0 ? 0 : int.Parse(kind.Path.AsSpan(at + 4), CultureInfo.InvariantCulture);
    }

    private static Dictionary<string, string> Versions(LoadedTarget target, Catalogue catalogue, Definition definition)
    {
        var versions = new Dictionary<string, string>(target.Target.Versions);
        foreach (var part in catalogue.Parts)
        {
            bool used = part.Name switch { "nginx" => definition.Proxy == "nginx", "pgbouncer" => definition.Pooler != "none", _ => true };
            if (used && part.Version is { } version) versions[part.Name] = version;
        }
        return versions;
    }
}
