using System.Globalization;
using Wobble.Results.Domain;

namespace Wobble.Dashboard.Components.Pages.NewRun;

/// <summary>How requests are offered.</summary>
public enum LoadKind
{
    /// <summary>N connections, each asks again when it is answered.</summary>
    Closed,
    /// <summary>A rate, whatever the answers do.</summary>
    Open,
    /// <summary>Stages of either.</summary>
    Stages,
}

/// <summary>
/// What stands in the fields of New run, as typed: text that is no number stays as it is, also in the address, until somebody corrects it.
/// <see cref="RunFormReading"/> makes definitions of it, <see cref="RunFormUrl"/> an address.
/// </summary>
public sealed record RunForm
{
    /// <summary>Workloads that have a time of their own.</summary>
    public static readonly IReadOnlyList<string> TimedWorkloads = ["slow", "cpu"];

    /// <summary>Chosen targets, in the order chosen.</summary>
    public List<string> Targets { get; init; } = [];
    /// <summary>Empty: each target's own default.</summary>
    public string Workers { get; set; } = "";
    /// <summary>nginx or none.</summary>
    public string Proxy { get; set; } = "nginx";
    /// <summary>session, transaction or none.</summary>
    public string PoolerMode { get; set; } = "session";
    /// <summary>Server connections. Empty: as pgbouncer comes, or one for each worker where these are more.</summary>
    public string PoolSize { get; set; } = "";
    /// <summary>The pooler in the words of a definition, its size as typed.</summary>
    public string Pooler => PoolerMode == "none" || PoolSize.Length == 0 ? PoolerMode : $"{PoolerMode}:{PoolSize}";
    /// <summary>row, mixed, slow-tail, or slow and cpu with <see cref="WorkloadMs"/>.</summary>
    public string Workload { get; set; } = "row";
    /// <summary>Milliseconds of each workload that has a time of its own.</summary>
    public Dictionary<string, string> WorkloadMs { get; init; } = new() { ["slow"] = "50", ["cpu"] = "20" };
    /// <summary>How requests are offered.</summary>
    public LoadKind Load { get; set; }
    /// <summary>Connections of a closed loop.</summary>
    public string Connections { get; set; } = Number(Defaults.Connections);
    /// <summary>Requests a second of an open loop.</summary>
    public string Rate { get; set; } = "1000";
    /// <summary>The most connections of an open loop.</summary>
    public string MostConnections { get; set; } = Number(Defaults.OpenLoopConnections);
    /// <summary>Such as 10s@500/s,10s@1000/s.</summary>
    public string Stages { get; set; } = "10s@500/s,10s@1000/s,10s@2000/s";
    /// <summary>Connections are kept.</summary>
    public bool KeepAlive { get; set; }
    /// <summary>A duration; a number alone is seconds.</summary>
    public string Warmup { get; set; } = Duration.Format(Defaults.Warmup);
    /// <summary>True: a number of requests is measured, not a time.</summary>
    public bool ByRequests { get; set; }
    /// <summary>A duration; a number alone is seconds.</summary>
    public string For { get; set; } = Duration.Format(Defaults.For);
    /// <summary>Requests measured.</summary>
    public string Requests { get; set; } = "100000";
    /// <summary>Runs of each target.</summary>
    public string Repetitions { get; set; } = "1";
    /// <summary>Target → option → value, where it differs from the article's.</summary>
    public Dictionary<string, Dictionary<string, string>> Options { get; init; } = [];
    /// <summary>The runner it is meant for; empty: any that can.</summary>
    public string Runner { get; set; } = "";
    /// <summary>Tags with commas between.</summary>
    public string Tags { get; set; } = "";
    /// <summary>Notes.</summary>
    public string Notes { get; set; } = "";

    /// <summary>The fields of a definition.</summary>
    public static RunForm Of(Definition definition)
    {
        ArgumentNullException.ThrowIfNull(definition);
        string[] workload = definition.Workload.Split(':');
        var pooler = PoolerSetting.TryParse(definition.Pooler, out var setting) ? setting : new PoolerSetting("none", 0);
        var form = new RunForm
        {
            Targets = [definition.Target],
            Workers = definition.Workers is { } workers ? Number(workers) : "",
            Proxy = definition.Proxy,
            PoolerMode = pooler.Mode,
            Workload = workload[0],
            Load = definition.Stages is not null ? LoadKind.Stages : definition.Rate is not null ? LoadKind.Open : LoadKind.Closed,
            KeepAlive = definition.KeepAlive,
            Warmup = Duration.Format(definition.Warmup),
            ByRequests = definition.Requests is not null,
            Repetitions = Number(definition.Repetitions),
        };
        if (!pooler.IsNone && definition.Pooler.Contains(':', StringComparison.Ordinal)) form.PoolSize = Number(pooler.Size);
        if (workload.Length > 1) form.WorkloadMs[workload[0]] = workload[1];
        if (definition.Rate is { } rate) form.Rate = rate.ToString("0.######", CultureInfo.InvariantCulture);
        if (definition.Stages is { } stages) form.Stages = stages;
        if (definition.Connections is { } connections)
        {
            if (definition.IsOpenLoop) form.MostConnections = Number(connections);
            else form.Connections = Number(connections);
        }
        if (definition.For is { } length) form.For = Duration.Format(length);
        if (definition.Requests is { } requests) form.Requests = Number(requests);
        if (definition.Options.Count > 0) form.Options[definition.Target] = new(definition.Options);
        return form;
    }

    /// <summary>The value of an option, the article's when nothing else was chosen.</summary>
    public string Option(CatalogueTarget target, TargetOption option)
    {
        ArgumentNullException.ThrowIfNull(target);
        ArgumentNullException.ThrowIfNull(option);
        return Options.GetValueOrDefault(target.Name)?.GetValueOrDefault(option.Name) ?? option.Default;
    }

    /// <summary>Sets an option; the article's value isn't kept, so that equal stacks have equal definitions.</summary>
    public void SetOption(CatalogueTarget target, TargetOption option, string value)
    {
        ArgumentNullException.ThrowIfNull(target);
        ArgumentNullException.ThrowIfNull(option);
        var options = Options.TryGetValue(target.Name, out var given) ? given : Options[target.Name] = [];
        if (value == option.Default) options.Remove(option.Name);
        else options[option.Name] = value;
        if (options.Count == 0) Options.Remove(target.Name);
    }

    /// <summary>Chooses a target, or no longer.</summary>
    public void Toggle(string target)
    {
        if (!Targets.Remove(target)) Targets.Add(target);
    }

    private static string Number(long value) => value.ToString(CultureInfo.InvariantCulture);
}
