using System.Globalization;
using Wobble.Dashboard.Components.Controls;
using Wobble.Dashboard.Components.Pages.Words;
using Wobble.Results.Domain;

namespace Wobble.Dashboard.Components.Pages.NewRun;

/// <summary>One box of the stack.</summary>
/// <param name="Title">What it is.</param>
/// <param name="Detail">Version, settings.</param>
/// <param name="Arrow">What flows into it, beside the arrow above it.</param>
public sealed record StackBox(string Title, string Detail, string? Arrow)
{
    /// <summary>True for a part that was left out.</summary>
    public bool IsOff { get; init; }
    /// <summary>Set for the target.</summary>
    public TargetClass? Class { get; init; }
    /// <summary>Worker processes to draw; 0: none.</summary>
    public int Workers { get; init; }
    /// <summary>Other targets that come after, each with its own stack.</summary>
    public string? Then { get; init; }
}

/// <summary>The stack of a definition as boxes from the load to the database.</summary>
internal static class StackPicture
{
    public static IReadOnlyList<StackBox> Of(IReadOnlyList<Definition> definitions, Catalogue catalogue)
    {
        var definition = definitions.Count > 0 ? definitions[0] : new Definition { Target = "" };
        var target = catalogue.Find(definition.Target);
        int workers = definition.Workers ?? (target is null ? 0 : Defaults.Workers(target.Class, catalogue.Cores));
        string? VersionOf(string part) => catalogue.Parts.FirstOrDefault(p => p.Name == part)?.Version;
        string connecting = definition.KeepAlive ? "kept connections" : "a connection a request";
        bool proxy = definition.Proxy != "none";
        var pooler = DatabaseConnections.PoolerOf(definition, workers) ?? new PoolerSetting("none", 0);

        return
        [
            new("Load generator", DefinitionWords.LoadAtLength(definition), null),
            proxy
                ? new("nginx", Join(VersionOf("nginx"), target?.OneProcessEach == true ? $"upstream of {Numbers.Many(workers, "process", "processes")}" : "one upstream"), connecting)
                : new("No proxy", "the load meets the server itself", null) { IsOff = true },
            new(target?.Name ?? "No target yet", target is null ? "choose one from the matrix" : Numbers.Many(workers, "worker"), proxy ? Spoken(definition, target) : connecting)
            {
                Class = target?.Class,
                Workers = Math.Clamp(workers, 0, DefinitionRules.MaxWorkers),
                Then = definitions.Count > 1 ? $"then {string.Join(", ", definitions.Skip(1).Select(d => d.Target))}" : null,
            },
            pooler.IsNone
                ? new("No pooler", "each worker connects by itself", Asked(definition, target, workers)) { IsOff = true }
                : new("pgbouncer", Join(VersionOf("pgbouncer"), $"{pooler.Mode}, {Numbers.Many(pooler.Size, "server connection")}"), Asked(definition, target, workers)),
            new("PostgreSQL", Join(VersionOf("postgresql"), "1,000,000 rows"), pooler.IsNone ? null : $"{Numbers.Count(pooler.Size)} at most"),
        ];
    }

    /// <summary>Connections that one worker may open; a worker that runs one request at a time opens one.</summary>
    public static int PoolOf(Definition definition, CatalogueTarget target, int workers) => DatabaseConnections.PerWorker(definition, target, workers);

    // nginx opens a connection a request to the server, as in the article, unless its switch says otherwise.
    private static string Spoken(Definition definition, CatalogueTarget? target) =>
        target?.NeedsProxy == true ? "uwsgi protocol" : definition.Options.GetValueOrDefault("proxy_keepalive") == "on" ? "HTTP/1.1, kept" : "HTTP/1.0";

    private static string? Asked(Definition definition, CatalogueTarget? target, int workers)
    {
        if (target is null || workers < 1) return null;
        int pool = PoolOf(definition, target, workers);
        return pool == 1 ? $"1 a worker, {Numbers.Count(workers)} in all" : $"up to {pool} a worker, {Numbers.Count((long)pool * workers)} in all";
    }

    private static string Join(string? version, string rest) => version is null ? rest : $"{version}, {rest}";
}
