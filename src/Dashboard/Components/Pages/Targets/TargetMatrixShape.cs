using Wobble.Results.Domain;

namespace Wobble.Dashboard.Components.Pages.Targets;

/// <summary>A server's targets, one for each app of the matrix; null: another interface.</summary>
public sealed record MatrixRow(string Server, IReadOnlyList<CatalogueTarget?> Targets);

/// <summary>The servers of one class.</summary>
public sealed record MatrixGroup(TargetClass Class, IReadOnlyList<MatrixRow> Rows);

/// <summary>Servers × apps as a table, by class. Apps stand in the order in which servers of the first class have them.</summary>
public sealed record TargetMatrixShape(IReadOnlyList<string> Apps, IReadOnlyList<MatrixGroup> Groups)
{
    /// <summary>The matrix of a catalogue.</summary>
    public static TargetMatrixShape Of(Catalogue catalogue)
    {
        ArgumentNullException.ThrowIfNull(catalogue);
        var targets = catalogue.Targets;
        string[] apps = [.. targets.OrderBy(t => t.Class).Select(t => t.App).Distinct()];
        return new TargetMatrixShape(apps,
        [
            .. targets.GroupBy(t => t.Class).OrderBy(g => g.Key).Select(group => new MatrixGroup(group.Key,
            [
                .. group.GroupBy(t => t.Server).Select(server => new MatrixRow(server.Key, [.. apps.Select(app => server.FirstOrDefault(t => t.App == app))])),
            ])),
        ]);
    }

    /// <summary>Each reason once, with whom it concerns: a server when all its targets share it, an app likewise, else the targets.</summary>
    public static IReadOnlyList<(string Who, string Why)> NotHere(Catalogue catalogue)
    {
        ArgumentNullException.ThrowIfNull(catalogue);
        return [.. catalogue.Targets.Where(t => t.Unavailable is not null).GroupBy(t => t.Unavailable!).Select(g => (Who(catalogue, [.. g]), g.Key))];
    }

    private static string Who(Catalogue catalogue, List<CatalogueTarget> targets)
    {
        var left = targets.ToList();
        var names = new List<string>();
        void Gather(Func<CatalogueTarget, string> key, Func<string, string> name)
        {
            foreach (var group in left.GroupBy(key).Where(g => g.Count() > 1 && g.Count() == catalogue.Targets.Count(t => key(t) == g.Key)).ToList())
            {
                names.Add(name(group.Key));
                left.RemoveAll(group.Contains);
            }
        }
        Gather(t => t.Server, server => server);
        Gather(t => t.App, app => app);
        names.AddRange(left.Select(t => t.Name));
        return string.Join(", ", names);
    }
}

/// <summary>What a class means, for the matrix.</summary>
public static class MatrixWords
{
    /// <summary>One line.</summary>
    public static string Of(TargetClass targetClass) => targetClass switch
    {
        TargetClass.Sync => "one request at a time in each worker",
        TargetClass.Green => "requests take turns when they wait",
        _ => "requests take turns where the code says so",
    };
}
