using System.Globalization;
using Wobble.Results.Domain;

namespace Wobble.Tests.Support;

/// <summary>Plans, environments and a catalogue as a Runner of a 2-core machine would make them.</summary>
public static class SamplePlans
{
    /// <summary>A 2-core virtual machine.</summary>
    public static RunEnvironment Environment { get; } = new()
    {
        Host = "bench-1",
        Cpu = "Example CPU @ 2.50GHz",
        Cores = 2,
        CoresOfMachine = 2,
        MemoryMb = 8_192,
        MemoryAvailableMb = 6_000,
        Kernel = "6.1.0-20-amd64",
        System = "Debian GNU/Linux 12 (bookworm)",
        ClockSource = "tsc",
        Virtual = true,
        Somaxconn = "4096",
        Sandbox = "bubblewrap",
        GeneratorPlace = "shares core 1, nice -10",
        LoadAverage = 0.1,
        User = "wobble-run",
        Versions = Versions,
        Wobble = "0.1.0+abcdef0",
    };

    /// <summary>A few targets of each class, one that isn't installed, one broken manifest.</summary>
    public static Catalogue Catalogue { get; } = new()
    {
        Cores = 2,
        Targets =
        [
            Target("uwsgi-http", "bottle", "wsgi", TargetClass.Sync),
            Target("uwsgi-http", "flask", "wsgi", TargetClass.Sync),
            Target("uwsgi-uwsgi", "bottle", "wsgi", TargetClass.Sync) with { NeedsProxy = true },
            Target("gunicorn-gevent", "flask", "wsgi", TargetClass.Green),
            Target("gunicorn-meinheld", "bottle", "wsgi", TargetClass.Sync) with { Unavailable = "not installed, because Debian has no meinheld: ./wobble targets --install meinheld" },
            Target("uvicorn", "starlette", "asgi", TargetClass.Async),
            Target("daphne", "starlette", "asgi", TargetClass.Async) with { OneProcessEach = true },
        ],
        Broken = [new BrokenManifest("/srv/targets/mine.json", "interface", "'wsgo' is not allowed; wsgi, asgi or aiohttp")],
        Article = [new ArticleRow("uwsgi-http/bottle", 16, 19, 26, 5_140), new ArticleRow("uvicorn/starlette", 5, 17, 82, 4_446)],
        Parts = [new Part("nginx", "1.22.1", null), new Part("pgbouncer", "1.18.0", null), new Part("postgresql", "15.14", null), new Part("bubblewrap", "0.8.0", null)],
    };

    private static Dictionary<string, string> Versions => new() { ["nginx"] = "1.22.1", ["pgbouncer"] = "1.18.0", ["postgresql"] = "15.14", ["python"] = "3.11.2" };

    /// <summary>The definition with its defaults, and a stack for it.</summary>
    public static Plan For(Definition definition, TargetClass targetClass = TargetClass.Sync)
    {
        var full = definition with
        {
            Workers = definition.Workers ?? Defaults.Workers(targetClass, 2),
            Connections = definition.Connections ?? (definition.IsOpenLoop ? Defaults.OpenLoopConnections : Defaults.Connections),
            For = definition.For ?? (definition.Requests is null && definition.Stages is null ? Defaults.For : null),
        };
        if (!PoolerSetting.TryParse(full.Pooler, out var pooler) || !Workload.TryParse(full.Workload, out var workload)) throw new ArgumentException("Pooler or workload can't be read.", nameof(definition));
        IReadOnlyList<LoadStage> stages = [];
        if (full.Stages is not null && !LoadStage.TryParse(full.Stages, out stages, out string? wrong)) throw new ArgumentException(wrong, nameof(definition));
        string server = full.Target.Split('/')[0];
        var components = new List<ComponentPlan> { Component("postgresql", ComponentKind.Database, 5432, ["/usr/lib/postgresql/15/bin/postgres", "-D", "/cluster"]) };
        if (!pooler.IsNone) components.Add(Component("pgbouncer", ComponentKind.Pooler, 6432, ["/usr/sbin/pgbouncer", "/run/wobble/pgbouncer.ini"], ("pgbouncer.ini", $"[pgbouncer]\npool_mode = {pooler.Mode}\ndefault_pool_size = {pooler.Size.ToString(CultureInfo.InvariantCulture)}\n")));
        components.Add(Component(server, ComponentKind.Target, 8001, ["/usr/bin/" + server, "--workers", full.Workers.Value.ToString(CultureInfo.InvariantCulture)]) with { Workers = full.Workers.Value });
        if (full.Proxy == "nginx") components.Add(Component("nginx", ComponentKind.Proxy, 8000, ["/usr/sbin/nginx", "-c", "/run/wobble/nginx.conf"], ("nginx.conf", "worker_processes 1;\n")));
        return new Plan
        {
            Definition = full,
            Class = targetClass,
            Nonce = "0123456789abcdef",
            Seed = 42,
            Layout = new StackLayout
            {
                Sandboxed = true,
                RunFolder = "/run/wobble",
                AppFolder = "/app",
                ClusterFolder = "/cluster",
                AppSource = "/var/lib/wobble/app/runner/TargetApps/apps/" + full.Target.Split('/')[^1],
                Ports = new Dictionary<string, int> { ["proxy"] = 8000, ["target"] = 8001, ["pooler"] = 6432, ["database"] = 5432 },
            },
            Components = components,
            Load = new LoadPlan
            {
                Host = "127.0.0.1",
                Port = full.Proxy == "nginx" ? 8000 : 8001,
                Requests = [.. workload.Kinds.Select(k => new LoadRequest { Kind = k.Kind, Weight = k.Weight, Path = k.Path })],
                Connections = full.Connections.Value,
                Rate = full.Rate,
                Stages = stages,
                KeepAlive = full.KeepAlive,
                Warmup = full.Warmup,
                For = full.For,
                Count = full.Requests,
                Seed = 42,
                Nonce = "0123456789abcdef",
            },
            Versions = Versions,
            Wobble = "0.1.0+abcdef0",
        };
    }

    private static ComponentPlan Component(string name, ComponentKind kind, int port, string[] command, params (string Name, string Text)[] files) => new()
    {
        Name = name,
        Kind = kind,
        Command = command,
        Environment = new Dictionary<string, string> { ["PATH"] = "/usr/bin:/bin", ["LANG"] = "C.UTF-8" },
        Files = files.ToDictionary(f => f.Name, f => f.Text),
        Ready = new ReadyProbe("tcp", port, null, TimeSpan.FromSeconds(10)),
    };

    private static CatalogueTarget Target(string server, string app, string iface, TargetClass targetClass) => new()
    {
        Name = $"{server}/{app}",
        Server = server,
        App = app,
        Interface = iface,
        Class = targetClass,
        Versions = new Dictionary<string, string> { [server] = "2.0.21", [app] = "0.12.23", ["python"] = "3.11.2" },
        Options = targetClass == TargetClass.Async
            ? [new TargetOption("driver", "aiopg", ["aiopg", "asyncpg"], null, null, "Driver of PostgreSQL"), new TargetOption("loop", "auto", ["auto", "asyncio", "uvloop"], null, null, "Event loop")]
            : [new TargetOption("driver", "psycopg2", ["psycopg2"], null, null, "Driver of PostgreSQL"), new TargetOption("pool", "4", [], 1, 100, "Connections of each worker")],
        About = $"{app} under {server}.",
        ServerAbout = $"{server} serves.",
        AppAbout = $"{app} answers.",
    };
}
