using Wobble.Dashboard.Components.Controls;
using Wobble.Dashboard.Components.Pages.Words;
using Wobble.Results.Domain;
using Wobble.Results.Experiments;
using Wobble.Results.Queries;

namespace Wobble.Dashboard.Components.Pages.Experiments;

/// <summary>An experiment in sentences, for its page and its file.</summary>
internal static class ExperimentWords
{
    /// <summary>How it asks: "13 configurations, 5 rounds: …".</summary>
    public static string Method(ExperimentShown shown)
    {
        var definition = shown.Definition;
        string rounds = definition.Kind is ExperimentKind.Tune or ExperimentKind.Capacity ? "a search" : Numbers.Many(definition.Repetitions, "round");
        return $"{Numbers.Many(definition.Rows.Count, "configuration")}, {rounds}{(definition.TuneWorkers ? ", workers tuned for each" : "")}: {DefinitionWords.Summary(Shared(definition), definition.Kind == ExperimentKind.Capacity ? "open, rates searched" : null)}";
    }

    /// <summary>How far it has come.</summary>
    public static string Progress(ExperimentShown shown) => shown.State switch
    {
        "waiting" => $"Waits for another experiment; then about {Numbers.Many(shown.Expected, "run")}{(shown.ToGo is { } all ? $", {ExperimentRules.Text(all)}" : "")}.",
        "running" when shown.WaitsFor is { } gone => $"{shown.Ended} of about {Numbers.Many(shown.Expected, "run")}; it waits for the runner {gone}, which is gone: all its runs belong on that machine.",
        "running" => $"{shown.Ended} of about {Numbers.Many(shown.Expected, "run")}{(shown.ToGo is { } left ? $"; about {ExperimentRules.Text(left)} to go" : "")}. Results grow while it runs.",
        "paused" => $"Paused after {shown.Ended} of about {Numbers.Many(shown.Expected, "run")}.",
        "cancelled" => $"Cancelled after {Numbers.Many(shown.Ended, "run")}; what was measured is kept.",
        _ => $"{Numbers.Many(shown.Ended, "run")}, {shown.Runs.Count(r => r.IsValid)} valid.",
    };

    /// <summary>What a run is for: "round 3, again".</summary>
    public static string Purpose(ExperimentRun run) => run.Purpose switch
    {
        RunPurpose.Tune => $"tuning: {Numbers.Many(run.Definition.Workers ?? 1, "worker")}",
        RunPurpose.Saturate => "to see where to look",
        RunPurpose.Capacity => $"at {Numbers.Three(run.Definition.Rate)}/s",
        _ => $"round {run.Round}{(run.Attempt > 1 ? ", again" : "")}",
    };

    // What all rows have; where they differ, the first one's would be wrong for the others.
    private static Definition Shared(ExperimentDefinition definition)
    {
        var all = definition.Rows.Select(r => r.Definition).ToList();
        var first = all[0];
        return first with
        {
            Workers = all.Select(d => d.Workers).Distinct().Count() == 1 ? first.Workers : null,
            Options = first.Options.Where(o => all.TrueForAll(d => d.Options.GetValueOrDefault(o.Key) == o.Value)).ToDictionary(),
        };
    }
}
