using System.Text.Json;
using Wobble.Results;
using Wobble.Results.Domain;
using Wobble.Results.Experiments;
using Wobble.Results.Experiments.Claims;
using Wobble.Runner.Commands;

namespace Wobble.Runner.Experiments;

/// <summary>What an experiment on the command line answers: its JSON and its exit code.</summary>
internal static class ExperimentAnswer
{
    /// <summary>The report, and beside its own members what only the command line says.</summary>
    public static string Json(IExperimentStore store, Report report, IReadOnlyList<(Claim Claim, ClaimVerdict Verdict)> claims, ExperimentEnd end)
    {
        var answer = JsonSerializer.SerializeToNode(report, WobbleJson.Options)!.AsObject();
        answer["kind"] = JsonSerializer.SerializeToNode(store.Definition.Kind, WobbleJson.Options);
        answer["repetitions"] = store.Definition.Repetitions;
        answer["seed"] = store.Definition.Seed;
        answer["complete"] = end == ExperimentEnd.Completed;
        answer["slug"] = store.Slug;
        answer["environment"] = JsonSerializer.SerializeToNode(store.Environment, WobbleJson.Options);
        if (claims.Count > 0)
            answer["claims"] = JsonSerializer.SerializeToNode(claims.Select(c => JudgedClaim.Of(c.Claim, c.Verdict)), WobbleJson.Options);
        return answer.ToJsonString(WobbleJson.Options);
    }

    /// <summary>0 when each configuration that can run has a valid run; sentences of conditions that hold go to <paramref name="missed"/>.</summary>
    public static int Code(IExperimentStore store, Report report, ExperimentEnd end, IReadOnlyList<FailIf> conditions, List<string> missed)
    {
        if (end == ExperimentEnd.Cancelled) return ExitCodes.Cancelled;
        if (end is ExperimentEnd.OutOfTime or ExperimentEnd.TakenOver) return ExitCodes.Unfinished;
        var experiment = store.Definition;
        if (Enumerable.Range(0, experiment.Rows.Count).All(row => Schedule.WhyNotHere(experiment, row, store.Runs) is not null)) return ExitCodes.Failed;
        for (int row = 0; row < experiment.Rows.Count; row++)
        {
            if (Schedule.WhyNotHere(experiment, row, store.Runs) is not null) continue;
            // Of a provoked fall it is enough that it was provoked.
            if (experiment.Rows[row].Definition.Provoke is not null && store.Runs.Any(r => r.Row == row && r.SpeaksOfTarget)) continue;
            var mine = store.Runs.Where(r => r.Row == row && (experiment.Kind == ExperimentKind.Capacity || r.Purpose == RunPurpose.Round)).ToList();
            if (mine.Any(r => r.IsValid)) continue;
            return mine.Any(r => r.State == RunState.Completed) ? ExitCodes.Invalid : ExitCodes.Failed;
        }
        if (experiment.Kind == ExperimentKind.Capacity)
        {
            foreach (var condition in conditions)
                foreach (var search in report.Searches.Where(s => s.Kind == "capacity"))
                    if (condition.HoldsOfRate(search.Assured) is { } sentence) missed.Add($"{search.Name}: {sentence}");
            return missed.Count > 0 ? ExitCodes.FailIf : ExitCodes.Ok;
        }
        foreach (var condition in conditions)
            for (int row = 0; row < experiment.Rows.Count; row++)
            {
                var results = store.Runs.Where(r => r.Row == row && r is { Purpose: RunPurpose.Round, IsValid: true }).Select(r => r.Result!).ToList();
                if (results.Count > 0 && condition.Holds(results) is { } sentence) missed.Add($"{experiment.Rows[row].Name}: {sentence}");
            }
        return missed.Count > 0 ? ExitCodes.FailIf : ExitCodes.Ok;
    }
}
