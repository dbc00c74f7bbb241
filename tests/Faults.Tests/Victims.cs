namespace Wobble.Faults.Tests;

/// <summary>What is struck, as docs/faults.md names it.</summary>
internal static class Victims
{
    public const string Up = "./run itself", Dashboard = "Dashboard", Runner = "Runner", OwnPostgres = "Wobble's own PostgreSQL", Execution = "Execution", Generator = "load generator",
        Master = "server's master", Worker = "one worker", Nginx = "nginx", Pgbouncer = "pgbouncer", Database = "benchmark's PostgreSQL";

    public static readonly string[] All = [Up, Dashboard, Runner, OwnPostgres, Execution, Generator, Master, Worker, Nginx, Pgbouncer, Database];

    /// <summary>Part of a run's sandbox, so that it is there only while a run goes on.</summary>
    public static bool IsOfRun(string victim) => victim is not (Up or Dashboard or Runner or OwnPostgres);

    /// <summary>The victim's process among those of one Wobble; null when it is not there.</summary>
    public static Seen? Find(string victim, Product product, Dictionary<int, Seen> all)
    {
        var tree = product.Tree(all);
        var execution = tree.Find(p => p.Has("execute") && p.Has("--inside") && p.Arguments[0].EndsWith("/dotnet", StringComparison.Ordinal));
        Seen? OfRun(string name) => execution is null ? null : tree.Find(p => p.Parent == execution.Pid && p.Name == name);
        var master = execution is null ? null : tree.Find(p => p.Parent == execution.Pid && p.Name.StartsWith("uwsgi", StringComparison.Ordinal));
        return victim switch
        {
            Up => tree.Find(p => p.Pid == product.Pid),
            Dashboard => tree.Find(p => p.Arguments[0].EndsWith("/Dashboard/Dashboard", StringComparison.Ordinal)),
            Runner => tree.Find(p => p.Arguments[0].EndsWith("/Runner/Runner", StringComparison.Ordinal) && p.Has("work")),
            OwnPostgres => tree.Find(p => p.Parent == product.Pid && p.Name == "postgres"),
            Execution => execution,
            Generator => execution is null ? null : tree.Find(p => p.Parent == execution.Pid && p.Has("generate")),
            Master => master,
            Worker => master is null ? null : tree.Find(p => p.Parent == master.Pid),
            Nginx => OfRun("nginx"),
            Pgbouncer => OfRun("pgbouncer"),
            Database => OfRun("postgres"),
            _ => throw new ArgumentException(victim),
        };
    }
}
