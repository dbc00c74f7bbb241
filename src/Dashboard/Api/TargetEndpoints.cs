using System.ComponentModel;
using Wobble.Dashboard.Access;
using Wobble.Results.Domain;
using Wobble.Results.Queries;

namespace Wobble.Dashboard.Api;

[Description("What can be run: every target that a runner knows, with what it lacks. Empty until a runner has joined.")]
internal sealed record TargetList(IReadOnlyList<TargetAnswer> Targets, IReadOnlyList<BrokenManifest> Broken, IReadOnlyList<Part> Parts, IReadOnlyList<ArticleRow> Article);

[Description("A server with an app. unavailable says why no runner can run it now; null: one can.")]
internal sealed record TargetAnswer
{
    public required string Name { get; init; }
    public required string Server { get; init; }
    public required string App { get; init; }
    public required string Interface { get; init; }
    public required TargetClass Class { get; init; }
    public string? Unavailable { get; init; }
    public bool NeedsProxy { get; init; }
    public bool OneProcessEach { get; init; }
    [Description("Workers when nothing else is asked for.")]
    public required int DefaultWorkers { get; init; }
    public required IReadOnlyDictionary<string, string> Versions { get; init; }
    public required IReadOnlyList<TargetOption> Options { get; init; }
    public string? About { get; init; }
    public string? AddedFrom { get; init; }
    [Description("Runners that can run it; named to who is signed in.")]
    public required IReadOnlyList<string> Runners { get; init; }
}

internal sealed record RunnerList(IReadOnlyList<RunnerAnswer> Runners);

[Description("A machine that executes runs. gone: it hasn't spoken for 15 s.")]
internal sealed record RunnerAnswer(string Name, string Host, bool Gone, string Doing, string Wobble, int Cores, RunEnvironment? Environment, DateTimeOffset SeenAt, DateTimeOffset StartedAt);

/// <summary>What can be run, and by whom.</summary>
internal static class TargetEndpoints
{
    public static void MapTargets(this RouteGroupBuilder api)
    {
        api.MapGet("/targets", TargetsAsync).AllowAnonymous().WithSummary("List targets").Produces<TargetList>();
        api.MapGet("/runners", RunnersAsync).RequireAuthorization(Roles.Read).WithSummary("List runners").Produces<RunnerList>();
    }

    private static async Task<IResult> TargetsAsync(RunnerQueries queries, Operator who, TimeProvider clock, CancellationToken cancel)
    {
        var known = await queries.All(cancel);
        var there = known.Where(r => !r.IsGone(clock.GetUtcNow())).ToList();
        if (there.Count == 0) there = [.. known.Take(1)];
        // Names of machines, and where things lie on them, are for who may use them.
        bool mayRead = await who.MayReadAsync();
        if (!mayRead) there = [.. there.Select(r => r with { Catalogue = r.Catalogue.ForStrangers() })];
        var targets = there.SelectMany(r => r.Catalogue.Targets.Select(t => (Runner: r, Target: t))).GroupBy(p => p.Target.Name, StringComparer.Ordinal)
            .Select(group => Answer([.. group], mayRead));
        var broken = there.SelectMany(r => r.Catalogue.Broken).Distinct();
        var parts = there.Count > 0 ? there[0].Catalogue.Parts : [];
        return TypedResults.Ok(new TargetList([.. targets], [.. broken], parts, there.Count > 0 ? there[0].Catalogue.Article : []));
    }

    private static TargetAnswer Answer(IReadOnlyList<(RunnerState Runner, CatalogueTarget Target)> offers, bool mayRead)
    {
        var (runner, target) = offers.FirstOrDefault(o => o.Target.Unavailable is null, offers[0]);
        return new TargetAnswer
        {
            Name = target.Name,
            Server = target.Server,
            App = target.App,
            Interface = target.Interface,
            Class = target.Class,
            Unavailable = target.Unavailable,
            NeedsProxy = target.NeedsProxy,
            OneProcessEach = target.OneProcessEach,
            DefaultWorkers = Defaults.Workers(target.Class, runner.Catalogue.Cores),
            Versions = target.Versions,
            Options = target.Options,
            About = target.About,
            AddedFrom = target.AddedFrom,
            Runners = mayRead ? [.. offers.Where(o => o.Target.Unavailable is null).Select(o => o.Runner.Name)] : [],
        };
    }

    private static async Task<IResult> RunnersAsync(RunnerQueries queries, TimeProvider clock, CancellationToken cancel)
    {
        var now = clock.GetUtcNow();
        return TypedResults.Ok(new RunnerList([.. (await queries.All(cancel)).Select(r => new RunnerAnswer(r.Name, r.Host, r.IsGone(now), r.Doing, r.Wobble, r.Catalogue.Cores, r.Environment, r.SeenAt, r.StartedAt))]));
    }
}
