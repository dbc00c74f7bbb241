using System.Globalization;
using Wobble.Dashboard.Components.Controls;
using Wobble.Dashboard.Components.Pages.Words;
using Wobble.Results.Domain;
using Wobble.Results.Experiments;
using Wobble.Results.Queries;

namespace Wobble.Dashboard.Components.Pages.Compare;

/// <summary>One thing about set-ups, as each run has it.</summary>
/// <param name="Name">What: Workers.</param>
/// <param name="Values">One for each run; null: not known.</param>
/// <param name="Differs">For each run whether it differs from the reference, which is the first.</param>
public sealed record SetUpRow(string Name, IReadOnlyList<string?> Values, IReadOnlyList<bool> Differs)
{
    /// <summary>True when any run differs from the reference.</summary>
    public bool IsDifferent => Differs.Any(d => d);
}

/// <summary>
/// How the set-ups of runs differ, said before any figure, since a difference in the figures may come from here. What is asked is the first thing of
/// the definitions that differs; whatever else differs, and doesn't come with it, makes the comparison one of unlike things.
/// </summary>
/// <param name="Different">What differs, in the order of the stack.</param>
/// <param name="Same">What is the same in all: name and value.</param>
/// <param name="Sentence">Like with like, or not and why.</param>
/// <param name="IsLikeWithLike">False when more differs than what is asked.</param>
public sealed record SetUps(IReadOnlyList<SetUpRow> Different, IReadOnlyList<(string Name, string Value)> Same, string Sentence, bool IsLikeWithLike)
{
    private const string Target = "Target", Workers = "Workers", Options = "Options", Parts = "Its parts";

    /// <summary>Of these runs, the reference first.</summary>
    public static SetUps Of(IReadOnlyList<ComparedRun> runs)
    {
        ArgumentNullException.ThrowIfNull(runs);
        var asked = Asked(runs);
        var found = Found(runs);
        var parts = RowOf(Parts, runs, r => OwnParts(runs, r));
        SetUpRow[] all = [.. asked.Take(1), parts, .. asked.Skip(1), .. found];
        var different = all.Where(r => r.IsDifferent).ToList();
        var same = all.Where(r => !r.IsDifferent && r.Values[0] is not null && r.Name != Parts).Select(r => (r.Name, r.Values[0]!)).ToList();
        var (sentence, like) = Judge(runs, different);
        return new SetUps(different, same, sentence, like);
    }

    private static List<SetUpRow> Asked(IReadOnlyList<ComparedRun> runs) =>
    [
        RowOf(Target, runs, r => r.Definition.Target),
        RowOf(Workers, runs, r => r.Definition.Workers is { } w ? Numbers.Count(w) : null),
        RowOf(Options, runs, r => r.Definition.Options.Count == 0 ? "none" : string.Join(", ", r.Definition.Options.OrderBy(o => o.Key, StringComparer.Ordinal).Select(o => $"{o.Key.Replace('_', ' ')} {o.Value}"))),
        RowOf("Proxy", runs, r => r.Definition.Proxy),
        RowOf("Pooler", runs, r => DefinitionWords.Pooler(r.Definition.Pooler)),
        RowOf("Workload", runs, r => r.Definition.Workload),
        RowOf("Load", runs, r => DefinitionWords.LoadAtLength(r.Definition)),
        RowOf("Keep-alive", runs, r => DefinitionWords.KeepAlive(r.Definition.KeepAlive)),
        RowOf("Warm-up", runs, r => DefinitionWords.Span(r.Definition.Warmup)),
        RowOf("Measured", runs, r => DefinitionWords.Measure(r.Definition)),
    ];

    private static List<SetUpRow> Found(IReadOnlyList<ComparedRun> runs)
    {
        var rows = new List<SetUpRow>
        {
            RowOf("Machine", runs, r => r.Environment?.Host),
            RowOf("CPU", runs, r => r.Environment?.Cpu),
            RowOf("Cores", runs, r => r.Environment?.Cores.ToString(CultureInfo.InvariantCulture)),
            RowOf("Memory", runs, r => r.Environment is { } e ? Numbers.Megabytes(e.MemoryMb) : null),
            RowOf("Governor", runs, r => r.Environment?.Governor),
            RowOf("Kernel", runs, r => r.Environment?.Kernel),
            RowOf("System", runs, r => r.Environment?.System),
            RowOf("Sandbox", runs, r => r.Environment?.Sandbox),
            RowOf("Generator’s place", runs, r => r.Environment?.GeneratorPlace),
        };
        foreach (string name in CommonVersions(runs)) rows.Add(RowOf(name, runs, r => r.Versions.GetValueOrDefault(name)));
        rows.Add(RowOf("Generator’s engine", runs, r => r.Result?.Generator.Engine));
        rows.Add(RowOf("Wobble", runs, r => r.Wobble));
        return rows;
    }

    // Versions that all runs have are of the stack around the target; those that only some have are parts of a target.
    private static IEnumerable<string> CommonVersions(IReadOnlyList<ComparedRun> runs) => runs.Where(r => r.Versions.Count > 0).ToList() is { Count: > 0 } known
        ? known[0].Versions.Keys.Where(k => known.All(r => r.Versions.ContainsKey(k))).Order(StringComparer.OrdinalIgnoreCase)
        : [];

    private static string? OwnParts(IReadOnlyList<ComparedRun> runs, ComparedRun run)
    {
        var common = CommonVersions(runs).ToHashSet();
        string[] own = [.. run.Versions.Where(v => !common.Contains(v.Key)).OrderBy(v => v.Key, StringComparer.OrdinalIgnoreCase).Select(v => $"{v.Key} {v.Value}")];
        return own.Length == 0 ? null : string.Join(", ", own);
    }

    // A value that isn't known (a run that never began) differs from nothing.
    private static SetUpRow RowOf(string name, IReadOnlyList<ComparedRun> runs, Func<ComparedRun, string?> read)
    {
        string?[] values = [.. runs.Select(read)];
        string? reference = values.FirstOrDefault(v => v is not null);
        return new SetUpRow(name, values, [.. values.Select(v => v is not null && v != reference)]);
    }

    private static (string Sentence, bool Like) Judge(IReadOnlyList<ComparedRun> runs, List<SetUpRow> different)
    {
        if (different.Count == 0) return ("The set-ups are the same: each run repeats the other.", true);
        string question = different[0].Name;
        var others = different.Skip(1).Where(r => !ComesWith(question, r, runs)).Select(r => The(r.Name)).ToList();
        if (others.Count == 0) return ($"Like with like: only {The(question)} {(question == Options || question == Workers ? "differ" : "differs")}{With(different.Skip(1))}.", true);
        return ($"Not like with like: besides {The(question)}, {Listed(others)} {(others is [var one] && one != The(Workers) && one != The(Options) && one != The("Cores") ? "differs" : "differ")}. A difference below may come from there.", false);
    }

    // Each target has its own parts, its article's options, and its own workers, unless somebody said otherwise.
    private static bool ComesWith(string question, SetUpRow row, IReadOnlyList<ComparedRun> runs) => question == Target && row.Name switch
    {
        Parts => true,
        Options => runs.All(r => (r.OptionsChosen ?? r.Row.Definition.Options).Count == 0),
        Workers => runs.All(HasOwnWorkers),
        _ => false,
    };

    // By its class, as the article published it, or as a search found it best.
    private static bool HasOwnWorkers(ComparedRun run)
    {
        if (run.Row.Definition.Workers is not { } workers) return true;
        int row = run.Asked?.Rows.ToList().FindIndex(r => r.Name == run.Name) ?? -1;
        return row >= 0 && (Schedule.IsTuned(run.Asked!, row) || run.Asked!.Rows[row].Published?.Workers == workers);
    }

    private static string With(IEnumerable<SetUpRow> followers) => followers.ToList() is { Count: > 0 } rows ? $", with what comes with it ({Listed(rows.ConvertAll(r => Lower(r.Name)))})" : "";

    private static string The(string name) => name is "Wobble" ? name : "the " + Lower(name);

    private static string Lower(string name) => name is "Wobble" or "CPU" ? name : char.ToLowerInvariant(name[0]) + name[1..];

    private static string Listed(List<string> names) => names.Count == 1 ? names[0] : $"{string.Join(", ", names.SkipLast(1))} and {names[^1]}";
}
