using System.Globalization;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.Extensions.Primitives;

namespace Wobble.Dashboard.Components.Pages.NewRun;

/// <summary>
/// A form as an address, in the words of the API, and back. Guarantees: reading what was written gives the same form, whatever stands in its fields;
/// what has its default isn't written. Only words that are no field's are passed over.
/// </summary>
internal static class RunFormUrl
{
    public const string Path = "/new";
    private static readonly RunForm Untouched = new();

    /// <summary>The form, or null when the address names no target: then a configuration, a run or the defaults fill it.</summary>
    public static RunForm? Parse(string address)
    {
        int query = address.IndexOf('?', StringComparison.Ordinal);
        if (query < 0) return null;
        var values = QueryHelpers.ParseQuery(address[query..].Split('#')[0]);
        if (!values.TryGetValue("target", out var targets)) return null;
        var form = new RunForm { Targets = [.. targets.Where(t => !string.IsNullOrWhiteSpace(t)).Select(t => t!).Distinct()] };
        foreach (var (name, set) in Fields)
            if (values.TryGetValue(name, out var value)) set.Write(form, value.LastOrDefault() ?? "");
        foreach (string? option in values.TryGetValue("option", out var options) ? options : default(StringValues)) ReadOption(form, option ?? "");
        return form;
    }

    /// <summary>The address of the form; <paramref name="configuration"/> is what it began from, in its <paramref name="version"/> then.</summary>
    public static string Write(RunForm form, Guid? configuration, int? version = null)
    {
        var pairs = new List<KeyValuePair<string, string?>>();
        if (configuration is { } id) pairs.Add(new("configuration", id.ToString()));
        if (configuration is not null && version is { } from) pairs.Add(new("version", from.ToString(CultureInfo.InvariantCulture)));
        foreach (string target in form.Targets.DefaultIfEmpty("")) pairs.Add(new("target", target));
        foreach (var (name, field) in Fields)
            if (field.Read(form) is { } value && value != field.Read(Untouched)) pairs.Add(new(name, value));
        foreach (string target in form.Targets)
            foreach (var (name, value) in form.Options.GetValueOrDefault(target) ?? [])
                pairs.Add(new("option", form.Targets.Count == 1 ? $"{name}={value}" : $"{target}:{name}={value}"));
        return QueryHelpers.AddQueryString(Path, pairs);
    }

    /// <param name="Read">Null: not in use, or its default.</param>
    private sealed record Field(Func<RunForm, string?> Read, Action<RunForm, string> Write);

    // Order matters where one decides what another means: "stages" and "rate" say which kind of load it is.
    private static readonly IReadOnlyList<(string Name, Field Field)> Fields =
    [
        ("workers", new(f => f.Workers, (f, v) => f.Workers = v)),
        ("proxy", new(f => f.Proxy, (f, v) => f.Proxy = v)),
        ("pooler", new(f => f.Pooler, WritePooler)),
        ("workload", new(f => RunForm.TimedWorkloads.Contains(f.Workload) ? $"{f.Workload}:{f.WorkloadMs[f.Workload]}" : f.Workload, WriteWorkload)),
        ("stages", new(f => f.Load == LoadKind.Stages ? f.Stages : null, (f, v) => (f.Load, f.Stages) = (LoadKind.Stages, v))),
        ("rate", new(f => f.Load == LoadKind.Open ? f.Rate : null, (f, v) => (f.Load, f.Rate) = (LoadKind.Open, v))),
        ("connections", new(ReadConnections, WriteConnections)),
        ("keep_alive", new(f => f.KeepAlive ? "true" : "false", (f, v) => f.KeepAlive = v == "true")),
        ("warmup", new(f => f.Warmup, (f, v) => f.Warmup = v)),
        ("for", new(f => f.For, (f, v) => f.For = v)),
        ("requests", new(f => f.ByRequests ? f.Requests : null, (f, v) => (f.ByRequests, f.Requests) = (true, v))),
        ("repetitions", new(f => f.Repetitions, (f, v) => f.Repetitions = v)),
        ("runner", new(f => f.Runner, (f, v) => f.Runner = v)),
        ("tags", new(f => f.Tags, (f, v) => f.Tags = v)),
        ("notes", new(f => f.Notes, (f, v) => f.Notes = v)),
    ];

    private static string? ReadConnections(RunForm form)
    {
        var (value, usual) = form.Load == LoadKind.Closed ? (form.Connections, Untouched.Connections) : (form.MostConnections, Untouched.MostConnections);
        return value == usual ? null : value;
    }

    private static void WriteConnections(RunForm form, string value)
    {
        if (form.Load == LoadKind.Closed) form.Connections = value;
        else form.MostConnections = value;
    }

    private static void WritePooler(RunForm form, string value)
    {
        int colon = value.IndexOf(':', StringComparison.Ordinal);
        form.PoolerMode = colon < 0 ? value : value[..colon];
        form.PoolSize = colon < 0 ? "" : value[(colon + 1)..];
    }

    private static void WriteWorkload(RunForm form, string value)
    {
        int colon = value.IndexOf(':', StringComparison.Ordinal);
        form.Workload = colon < 0 ? value : value[..colon];
        if (colon >= 0) form.WorkloadMs[form.Workload] = value[(colon + 1)..];
    }

    private static void ReadOption(RunForm form, string text)
    {
        int equals = text.IndexOf('=', StringComparison.Ordinal);
        if (equals <= 0) return;
        string name = text[..equals], value = text[(equals + 1)..];
        int colon = name.LastIndexOf(':');
        foreach (string target in colon >= 0 ? [name[..colon]] : form.Targets)
        {
            if (!form.Options.TryGetValue(target, out var options)) form.Options[target] = options = [];
            options[name[(colon + 1)..]] = value;
        }
    }
}
