using Microsoft.AspNetCore.Components;
using Wobble.Dashboard.Components.Controls;
using Wobble.Dashboard.Components.Pages.Words;
using Wobble.Results.Domain;
using Wobble.Results.Experiments;
using Wobble.Results.Queries;
using Wobble.Results.Statistics;

namespace Wobble.Dashboard.Components.Pages.Experiments;

/// <summary>What the page read: the experiment, or that there is none.</summary>
public sealed record ExperimentAnswer(ExperimentShown? Shown);

/// <summary>An experiment by its permalink: what is asked, what its runs show so far, and every run behind it.</summary>
public sealed partial class ExperimentPage
{
    /// <summary>From the address.</summary>
    [Parameter] public string Slug { get; set; } = "";

    [Inject] private ExperimentQueries Experiments { get; set; } = default!;

    /// <inheritdoc/>
    protected override object Question => Slug;
    /// <inheritdoc/>
    protected override bool IsLive => Shown is null or { State: "running" or "paused" };

    private ExperimentShown? Shown => Answer?.Shown;
    private string Title => Shown is null ? "Experiment – Wobble" : $"{Shown.Definition.Question} – Wobble";
    private string Headline => Shown!.Definition.Headline.Title();
    private bool HasPublished => Shown!.Report.Rows.Any(r => r.Published is not null);

    private string Method
    {
        get
        {
            var definition = Shown!.Definition;
            string what = DefinitionWords.Summary(definition.Rows[0].Definition with { Workers = null });
            string rounds = definition.Kind is ExperimentKind.Tune or ExperimentKind.Capacity ? "a search" : Numbers.Many(definition.Repetitions, "round");
            return $"{Numbers.Many(definition.Rows.Count, "configuration")}, {rounds}{(definition.TuneWorkers ? ", workers tuned for each" : "")}: {what}";
        }
    }

    private string Progress => Shown!.State switch
    {
        "running" => $"{Shown.Ended} of about {Shown.Expected} runs; about {ExperimentRules.Text(Shown.ToGo)} to go. Results grow while it runs.",
        "paused" => $"Paused after {Shown.Ended} of about {Shown.Expected} runs.",
        "cancelled" => $"Cancelled after {Numbers.Many(Shown.Ended, "run")}; what was measured is kept.",
        _ => $"{Numbers.Many(Shown.Ended, "run")}, {Shown.Report.ValidRuns} valid.",
    };

    /// <inheritdoc/>
    protected override async Task<ExperimentAnswer> AskAsync(CancellationToken cancel) => new(await Experiments.BySlug(Slug, cancel));

    private string NameOf(ExperimentRun run) => Shown!.Definition.Rows[run.Row].Name;

    private static string WordsOf(ExperimentRun run) => run.Purpose switch
    {
        RunPurpose.Tune => $"tuning: {run.Definition.Workers} workers",
        RunPurpose.Saturate => "to see where to look",
        RunPurpose.Capacity => $"at {Numbers.Three(run.Definition.Rate)}/s",
        _ => $"round {run.Round}{(run.Attempt > 1 ? ", again" : "")}",
    };
}
