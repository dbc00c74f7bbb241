using Wobble.Results.Domain;
using static Wobble.Results.Experiments.Claims.ClaimRows;

namespace Wobble.Results.Experiments.Claims;

/// <summary>Claim 9: falls are provoked, and what each server did is listed.</summary>
internal static class Falls
{
    private static readonly string[] Targets = ["uwsgi-http/bottle", "gunicorn/flask", "gunicorn-gevent/flask", "uvicorn/starlette", "aiohttp/aiohttp", "daphne/starlette"];
    private const int LongestReason = 160;

    public static IReadOnlyList<ExperimentRow> Rows(Catalogue catalogue) => [.. from target in Targets from provocation in Provocations.All select Of(catalogue, target, provocation, d => d with { Provoke = provocation })];

    public static ClaimVerdict Judge(ExperimentDefinition experiment, IReadOnlyList<ExperimentRun> runs)
    {
        var findings = new List<ClaimFinding>();
        var bad = new Dictionary<TargetClass, HashSet<string>> { [TargetClass.Sync] = [], [TargetClass.Async] = [], [TargetClass.Green] = [] };
        var all = new Dictionary<TargetClass, HashSet<string>> { [TargetClass.Sync] = [], [TargetClass.Async] = [], [TargetClass.Green] = [] };
        for (int i = 0; i < experiment.Rows.Count; i++)
        {
            var row = experiment.Rows[i];
            if (row.Definition.Provoke is not { } provocation || runs.LastOrDefault(r => r.Row == i && r.SpeaksOfTarget) is not { } run) continue;
            bool fell = Fell(run);
            all[row.Class].Add(row.Definition.Target);
            if (fell) bad[row.Class].Add(row.Definition.Target);
            bool decides = row.Class != TargetClass.Green;
            findings.Add(new ClaimFinding(row.Definition.Target, provocation, "falls", null, null, null, decides, fell == (row.Class == TargetClass.Async) ? ClaimAnswer.Holds : ClaimAnswer.Doesnt, $"{row.Name}: {What(run)}"));
        }
        var (sync, async) = (all[TargetClass.Sync], all[TargetClass.Async]);
        if (sync.Count == 0 || async.Count == 0) return ClaimVerdict.CantTell(ClaimRules.NothingToCompare);
        int badSync = bad[TargetClass.Sync].Count, badAsync = bad[TargetClass.Async].Count;
        // Shares: there are not as many of one class as of the other.
        var answer = (double)badAsync / async.Count > (double)badSync / sync.Count ? ClaimAnswer.Holds : ClaimAnswer.Doesnt;
        string names = string.Join(", ", bad.Values.SelectMany(b => b).Order(StringComparer.Ordinal));
        return new ClaimVerdict(answer, $"Left something behind, or stayed up and did not answer or hardly did: {badAsync} of {async.Count} async and {badSync} of {sync.Count} sync servers{(names.Length == 0 ? "" : $" ({names})")}. A list of what happened once, without an interval.", findings);
    }

    /// <summary>Processes or a port were left, or something stayed up that answered nobody, or hardly anybody.</summary>
    private static bool Fell(ExperimentRun run) => run.Leftovers.Count > 0 || (run.Failure is { } why && IsSilent(why)) || IsUpInVain(run);

    // Who died, or was asked to stop, answers nobody any more, and the proxy says so: that is no answer of theirs.
    private static bool IsUpInVain(ExperimentRun run) => run is { State: RunState.Completed, Result: { } result, Definition.Provoke: not Provocations.StopLoaded } && result.Errors.Values.Sum() > result.Requests;

    // An app that can't load is no reason not to answer: 5xx says so.
    private static bool IsSilent(string why) => why.Contains("nothing was answered", StringComparison.Ordinal) || (why.Contains("was not ready within", StringComparison.Ordinal) && !why.Contains(" answered 5", StringComparison.Ordinal));

    private static string What(ExperimentRun run)
    {
        long failed = run.Result?.Errors.Values.Sum() ?? 0, asked = failed + (run.Result?.Requests ?? 0);
        var parts = new List<string>();
        if (run.State == RunState.Completed) parts.Add(failed == 0 ? "went on, no request failed" : $"went on, {Figures.Count(failed)} of {Figures.Count(asked)} requests failed ({Kinds(run.Result!)})");
        else parts.Add(Short(run.Failure ?? "failed"));
        parts.AddRange(run.Leftovers.Select(Short));
        return string.Join("; ", parts);
    }

    private static string Kinds(RunResult result) => string.Join(", ", result.Errors.OrderByDescending(e => e.Value).Select(e => $"{Figures.Count(e.Value)} {e.Key}"));

    private static string Short(string text)
    {
        string line = text.ReplaceLineEndings(" ").TrimEnd('.');
        return line.Length <= LongestReason ? line : line[..LongestReason] + "…";
    }
}
