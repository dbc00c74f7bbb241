using System.Globalization;
using Wobble.Results.Domain;
using Wobble.Runner.Stacks;

namespace Wobble.Runner.Catalog;

/// <summary>The components of one stack, from the database up. Everything is inside the plan: commands, environments, configuration files, probes.</summary>
internal sealed class StackParts(Definition definition, LoadedTarget target, StackLayout layout, string nonce)
{
    private readonly PoolerSetting pooler = PoolerSetting.TryParse(definition.Pooler, out var parsed) ? parsed : throw new ArgumentException("not checked", nameof(definition));
    private readonly int workers = definition.Workers!.Value;

    public StackLayout Layout { get; } = layout;
    public string Nonce { get; } = nonce;

    // A module that no folder has.
    private const string AbsentApp = "absent:app";

    private bool HasProxy => definition.Proxy == "nginx";
    private int Port(string of) => Layout.Ports[of];
    private int Processes => target.Server.Processes == WorkerProcesses.OneEach ? workers : 1;

    /// <summary>Where the load goes.</summary>
    public int FrontPort => HasProxy ? Port("proxy") : Port("target");

    public IReadOnlyList<ComponentPlan> Components(int connections)
    {
        List<ComponentPlan> components = [Database()];
        if (!pooler.IsNone) components.Add(Pooler());
        components.AddRange(Enumerable.Range(0, Processes).Select(Target));
        if (HasProxy) components.Add(Proxy(connections));
        return components;
    }

    private ComponentPlan Database() => new()
    {
        Name = "postgresql",
        Kind = ComponentKind.Database,
        Command = PostgresqlCommand.Of(BenchmarkDatabase.DataFolder(Layout.ClusterFolder), Layout.RunFolder, Port("database"), MaxDatabaseConnections()),
        Environment = Basics(),
        Ready = new ReadyProbe("postgresql", Port("database"), null, TimeSpan.FromSeconds(60)),
        // SIGINT is PostgreSQL's fast shutdown: it ends sessions and writes a checkpoint.
        StopSignal = "INT",
        StopWithin = TimeSpan.FromSeconds(20),
    };

    /// <summary>As it comes (100), and more only where this stack's own connections need more.</summary>
    private int MaxDatabaseConnections()
    {
        const int AsItComes = 100, Reserve = 10;
        int needed = pooler.IsNone ? workers * int.Parse(definition.Options.GetValueOrDefault("pool", "10"), CultureInfo.InvariantCulture) : pooler.Size;
        return Math.Max(AsItComes, needed + Reserve);
    }

    private ComponentPlan Pooler() => new()
    {
        Name = "pgbouncer",
        Kind = ComponentKind.Pooler,
        Command = [StackPrograms.Pgbouncer, $"{Layout.RunFolder}/{PgbouncerConfiguration.File}"],
        Environment = Basics(),
        Files = PgbouncerConfiguration.Files(pooler, Layout.RunFolder, Port("pooler"), Port("database"), MaxPoolerClients()),
        Ready = new ReadyProbe("tcp", Port("pooler"), null, TimeSpan.FromSeconds(10)),
        // SIGTERM stops at once; SIGINT would wait for the clients, which stop later.
        StopSignal = "TERM",
    };

    /// <summary>High enough that pgbouncer never refuses the app: every connection that all workers may open, and some for who asks its console.</summary>
    private int MaxPoolerClients() => Math.Max(1000, workers * int.Parse(definition.Options.GetValueOrDefault("pool", "100"), CultureInfo.InvariantCulture) + 100);

    private ComponentPlan Target(int index)
    {
        int port = Port("target") + index;
        return new ComponentPlan
        {
            Name = index == 0 ? target.Server.Name : string.Create(CultureInfo.InvariantCulture, $"{target.Server.Name}-{index + 1}"),
            Kind = ComponentKind.Target,
            Command = [.. Limits(), .. TargetCommand.Fill(target.Server.Command, new CommandValues
            {
                Port = port,
                Workers = workers,
                App = definition.Provoke == Provocations.BrokenApp ? AbsentApp : target.App.App,
                Python = target.Environment?.Python ?? StackPrograms.Python,
                Folder = target.Server.Folder,
                Options = target.Options.SelectMany(o => o.ArgumentsOf(definition.Options[o.Name])).ToList(),
            })],
            Environment = TargetEnvironment(),
            Ready = new ReadyProbe(target.Server.ReadyKind, port, target.Server.ReadyPath, target.Server.ReadyWithin),
            StopSignal = target.Server.StopSignal,
            StopWithin = target.Server.StopWithin,
            Workers = target.Server.Processes switch
            {
                WorkerProcesses.Master => workers,
                WorkerProcesses.MasterOfMany when workers > 1 => workers,
                _ => 0,
            },
        };
    }

    /// <summary>util-linux's prlimit sets the limit and becomes the server.</summary>
    private string[] Limits() => definition.Provoke == Provocations.FewFiles ? [StackPrograms.Prlimit, string.Create(CultureInfo.InvariantCulture, $"--nofile={Provocations.Files}:{Provocations.Files}"), "--"] : [];

    private Dictionary<string, string> TargetEnvironment()
    {
        var variables = Basics();
        string[] path = [Layout.AppFolder, target.SharedFolder, .. target.Environment is { } environment ? [environment.SitePackages] : Array.Empty<string>()];
        variables["PYTHONPATH"] = string.Join(':', path);
        variables["PYTHONDONTWRITEBYTECODE"] = "1";
        variables["WOBBLE_NONCE"] = Nonce;
        variables["WOBBLE_POOLER"] = pooler.Mode;
        variables["PGHOST"] = "127.0.0.1";
        variables["PGPORT"] = Port(pooler.IsNone ? "database" : "pooler").ToString(CultureInfo.InvariantCulture);
        variables["PGUSER"] = BenchmarkDatabase.AppRole;
        variables["PGDATABASE"] = BenchmarkDatabase.Name;
        foreach (var (name, value) in target.Server.Environment) variables[name] = value;
        foreach (var option in target.Options)
        {
            string value = definition.Options[option.Name];
            variables["WOBBLE_OPTION_" + option.Name.ToUpperInvariant()] = value;
            foreach (var (name, text) in option.EnvironmentOf(value)) variables[name] = text;
        }
        return variables;
    }

    private ComponentPlan Proxy(int connections) => new()
    {
        Name = "nginx",
        Kind = ComponentKind.Proxy,
        Command = [StackPrograms.Nginx, "-e", "stderr", "-p", Layout.RunFolder, "-c", $"{Layout.RunFolder}/{NginxConfiguration.File}"],
        Environment = Basics(),
        Files = new Dictionary<string, string>
        {
            [NginxConfiguration.File] = NginxConfiguration.Of(new NginxSettings
            {
                RunFolder = Layout.RunFolder,
                Port = Port("proxy"),
                Upstreams = Enumerable.Range(Port("target"), Processes).ToList(),
                Protocol = target.Server.Protocol,
                Connections = connections,
                KeepAlive = definition.Options.GetValueOrDefault(TargetAssembly.ProxyKeepAlive.Name) == "on",
            }),
        },
        Ready = target.Server.ReadyPath is { } path && target.Server.ReadyKind == "http"
            ? new ReadyProbe("http", Port("proxy"), path, target.Server.ReadyWithin)
            : new ReadyProbe("http", Port("proxy"), "/cpu?ms=0", target.Server.ReadyWithin),
        StopSignal = "TERM",
    };

    /// <summary>What every process gets, and nothing else comes from outside.</summary>
    private static Dictionary<string, string> Basics() => new()
    {
        ["PATH"] = "/usr/sbin:/usr/bin:/sbin:/bin",
        ["HOME"] = "/tmp",
        ["LANG"] = "C.UTF-8",
        ["TZ"] = "UTC",
    };
}
