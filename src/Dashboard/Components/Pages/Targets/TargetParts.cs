using Wobble.Dashboard.Components.Controls;
using Wobble.Results.Domain;

namespace Wobble.Dashboard.Components.Pages.Targets;

/// <summary>A server, or an app, with all targets it is a part of.</summary>
/// <param name="Name">Its name.</param>
/// <param name="About">What it is; null when the runner doesn't say.</param>
/// <param name="Version">As installed, its own or that of its packages; null when it isn't.</param>
/// <param name="Targets">In the catalogue's order, at least one.</param>
public sealed record TargetPart(string Name, string? About, string? Version, IReadOnlyList<CatalogueTarget> Targets);

/// <summary>An option with the servers, or apps, that have it so.</summary>
/// <param name="Name">Such as <c>driver</c>.</param>
/// <param name="Of">all, or names.</param>
/// <param name="Values">The article's first.</param>
/// <param name="About">What it switches.</param>
public sealed record OptionPart(string Name, string Of, string Values, string About);

/// <summary>
/// What the targets are made of, each part once: pairs repeat what their server and their app are, and there are many times more of them. Pure.
/// </summary>
public static class TargetParts
{
    /// <summary>Servers by class, each with the targets it makes.</summary>
    public static IReadOnlyList<TargetPart> Servers(Catalogue catalogue)
    {
        ArgumentNullException.ThrowIfNull(catalogue);
        return [.. catalogue.Targets.GroupBy(t => t.Server).OrderBy(g => g.First().Class).Select(g => Part(g.Key, [.. g], g.First().ServerAbout, OfServer))];
    }

    /// <summary>Apps by interface, each with the targets it makes.</summary>
    public static IReadOnlyList<TargetPart> Apps(Catalogue catalogue)
    {
        ArgumentNullException.ThrowIfNull(catalogue);
        return [.. catalogue.Targets.GroupBy(t => t.App).OrderBy(g => g.First().Class).Select(g => Part(g.Key, [.. g], g.First().AppAbout, here => here[0].Versions.GetValueOrDefault(g.Key)))];
    }

    /// <summary>Options, each once for those that have the same values.</summary>
    public static IReadOnlyList<OptionPart> Options(Catalogue catalogue)
    {
        ArgumentNullException.ThrowIfNull(catalogue);
        var all = catalogue.Targets.SelectMany(t => t.Options.Select(o => (Target: t, Option: o))).ToList();
        return
        [
            .. all.GroupBy(x => (x.Option.Name, Values: Values(x.Option)))
                .Select(g => new OptionPart(g.Key.Name, OfWhom(catalogue, [.. g.Select(x => x.Target)]), g.Key.Values, InCommon([.. g.Select(x => x.Option.About).Distinct()])))
                .OrderBy(o => o.Name, StringComparer.Ordinal).ThenBy(o => o.Of, StringComparer.Ordinal),
        ];
    }

    private static TargetPart Part(string name, IReadOnlyList<CatalogueTarget> targets, string? about, Func<List<CatalogueTarget>, string?> versionOf)
    {
        var here = targets.Where(t => t.Unavailable is null).ToList();
        return new TargetPart(name, about ?? (targets.Count == 1 ? targets[0].About : null), here.Count == 0 ? null : versionOf(here), targets);
    }

    // Its own, or those of the packages that make it: what all its targets have, without Python, the drivers and a single app.
    private static string? OfServer(List<CatalogueTarget> here)
    {
        if (here[0].Versions.GetValueOrDefault(here[0].Server) is { } own) return own;
        var others = here.SelectMany(t => t.Options).Where(o => o.Name == "driver").SelectMany(o => o.Values).Concat(here.Select(t => t.App)).Append("python").ToHashSet();
        var packages = here[0].Versions.Where(v => !others.Contains(v.Key) && here.TrueForAll(t => t.Versions.ContainsKey(v.Key))).Select(v => $"{v.Key} {v.Value}").ToList();
        return packages.Count == 0 ? null : string.Join(", ", packages);
    }

    private static string OfWhom(Catalogue catalogue, HashSet<CatalogueTarget> having)
    {
        if (having.Count == catalogue.Targets.Count) return "all";
        var servers = Covering(catalogue, having, t => t.Server);
        var apps = Covering(catalogue, having, t => t.App);
        var shorter = (servers, apps) switch
        {
            (null, null) => [.. having.Select(t => t.Name)],
            (null, var a) => a!,
            (var s, null) => s,
            var (s, a) => a.Count < s.Count ? a : s,
        };
        return string.Join(", ", shorter);
    }

    // Names whose targets are exactly these; null when a name has others, too.
    private static List<string>? Covering(Catalogue catalogue, HashSet<CatalogueTarget> having, Func<CatalogueTarget, string> key)
    {
        var names = having.Select(key).Distinct().ToList();
        return catalogue.Targets.Count(t => names.Contains(key(t))) == having.Count ? names : null;
    }

    private static string InCommon(List<string> abouts)
    {
        if (abouts.Count == 1) return abouts[0];
        var beginnings = abouts.Select(a => a.Split(';')[0]).Distinct().ToList();
        return beginnings.Count == 1 ? beginnings[0] : abouts[0];
    }

    private static string Values(TargetOption option) => option.Values.Count > 0
        ? string.Join(", ", option.Values.OrderBy(v => v != option.Default))
        : $"{option.Default}; {Numbers.Tick(option.Min ?? 0)} to {Numbers.Tick(option.Max ?? 0)}";
}
