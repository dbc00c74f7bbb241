using System.Globalization;
using Microsoft.AspNetCore.Components;
using Wobble.Dashboard.Access;
using Wobble.Dashboard.Components.Controls;
using Wobble.Dashboard.Components.Pages.Targets;
using Wobble.Dashboard.Components.Pages.Words;
using Wobble.Results.Domain;
using Wobble.Results.Edits;
using Wobble.Results.Jobs;
using Wobble.Results.Queries;

namespace Wobble.Dashboard.Components.Pages.NewRun;

/// <summary>What New run needs to know.</summary>
/// <param name="Runners">Machines and what they can run.</param>
/// <param name="Going">Runs in hand.</param>
/// <param name="Queued">Runs that wait.</param>
/// <param name="Configuration">What the form began from.</param>
/// <param name="Again">The run that the form began from.</param>
/// <param name="LastAsked">The run asked for last.</param>
/// <param name="Last">The last result of each chosen target.</param>
public sealed record NewRunShown(IReadOnlyList<RunnerState> Runners, IReadOnlyList<GoingOn> Going, IReadOnlyList<RunRow> Queued, ConfigurationRow? Configuration, RunRow? Again, RunRow? LastAsked, IReadOnlyDictionary<string, RunRow> Last);

/// <summary>Asks for runs. What is typed stands in the address, so that a reload, a lost circuit or a link loses nothing.</summary>
public sealed partial class NewRunPage
{
    private const string FirstTarget = "uwsgi-http/bottle";

    private FormContext? context;
    private RunFormReading reading = new([], []);
    private string address = "";
    private int? fromVersion;
    private string? refusal;
    private bool isQueueing;

    [Inject] private RunnerQueries Runners { get; set; } = default!;
    [Inject] private HomeQueries Home { get; set; } = default!;
    [Inject] private RunsQueries Runs { get; set; } = default!;
    [Inject] private ConfigurationQueries Configurations { get; set; } = default!;
    [Inject] private Changes Changes { get; set; } = default!;
    [Inject] private NavigationManager Navigation { get; set; } = default!;

    /// <summary>The configuration that the form begins from.</summary>
    [SupplyParameterFromQuery(Name = "configuration")] public string? ConfigurationId { get; set; }
    /// <summary>The configuration's version when the form was filled from it: the page reads newer ones while it is open.</summary>
    [SupplyParameterFromQuery(Name = "version")] public string? ConfigurationVersion { get; set; }
    /// <summary>The run that the form begins from.</summary>
    [SupplyParameterFromQuery(Name = "again")] public string? AgainSlug { get; set; }

    /// <inheritdoc/>
    protected override object Question => (ConfigurationId, AgainSlug, string.Join(' ', context?.Form.Targets ?? []));
    /// <inheritdoc/>
    protected override bool IsLive => true;
    /// <inheritdoc/>
    protected override bool Ticks => Answer?.Going.Count > 0;

    private IReadOnlyDictionary<string, RunRow> Last => Answer?.Last ?? new Dictionary<string, RunRow>();
    private bool IsChanged => Answer?.Configuration is { } from && !(reading.Definitions.Count == 1 && Same(reading.Definitions[0], from.Definition));
    private string Wait => Answer is null ? "" : Waiting.For(Answer.Going, Answer.Queued, Clock.GetUtcNow()).ToString();
    private int Asked => reading.Definitions.Sum(d => Math.Max(1, d.Repetitions));
    private string QueueWords => isQueueing ? "Queueing" : Asked <= 1 ? "Queue run" : $"Queue {Numbers.Count(Asked)} runs";

    /// <inheritdoc/>
    protected override async Task OnParametersSetAsync()
    {
        if (address != Navigation.Uri)
        {
            address = Navigation.Uri;
            context = RunFormUrl.Parse(address) is { } form ? ContextOf(form) : null;
            fromVersion = int.TryParse(ConfigurationVersion, NumberStyles.None, CultureInfo.InvariantCulture, out int version) ? version : null;
        }
        await base.OnParametersSetAsync();
        if (context is null && Answer is not null) Fill(Answer);
    }

    /// <inheritdoc/>
    protected override async Task<NewRunShown> AskAsync(CancellationToken cancel)
    {
        var runners = await Runners.All(cancel);
        var configuration = Guid.TryParse(ConfigurationId, out var id) ? await Configurations.One(id, cancel) : null;
        var again = AgainSlug is { } slug && Wobble.Results.Storage.Slug.IsValid(slug) && await Runs.Rows([slug], cancel) is [var run, ..] ? run : null;
        var going = await Home.GoingOn(cancel);
        var queued = await Home.Queued(cancel);
        var lastAsked = await Home.Recent(1, cancel) is [var newest, ..] ? newest : null;
        // A copy: who looks may choose another while this is asked. An address may name one with a NUL, which PostgreSQL doesn't take.
        string[] targets = context is not null ? [.. context.Form.Targets.Where(t => !t.Contains('\0', StringComparison.Ordinal))] : [configuration?.Definition.Target ?? again?.Target ?? FirstTarget];
        return new NewRunShown(runners, going, queued, configuration, again, lastAsked, await Runs.LastOf(targets, cancel));
    }

    /// <inheritdoc/>
    protected override void OnAnswered()
    {
        if (Answer is null) return;
        if (context is null) Fill(Answer);
        else Read();
    }

    private void Fill(NewRunShown answer)
    {
        var catalogue = Catalogues.Of(answer.Runners, null, Clock.GetUtcNow());
        var form = answer.Configuration is { } configuration ? RunForm.Of(configuration.Definition)
            : answer.Again is { } again ? RunForm.Of(again.Definition)
            : new RunForm { Targets = Beginning(catalogue) };
        context = ContextOf(form);
        fromVersion = answer.Configuration?.Version;
        Read();
    }

    private static List<string> Beginning(Catalogue catalogue) =>
        (catalogue.Find(FirstTarget) is { Unavailable: null } first ? first : catalogue.Targets.FirstOrDefault(t => t.Unavailable is null)) is { } target ? [target.Name] : [];

    private FormContext ContextOf(RunForm form) => new() { Form = form, Catalogue = new Catalogue(), Typed = Typed, Settled = Settled };

    private void Read()
    {
        if (context is null || Answer is null) return;
        // An address that says no version, such as one of before.
        fromVersion ??= Answer.Configuration?.Version;
        context.Catalogue = Catalogues.Of(Answer.Runners, context.Form.Runner, Clock.GetUtcNow());
        reading = RunFormReading.Of(context.Form, context.Catalogue);
        context.Errors = reading.Errors;
    }

    private void Typed()
    {
        refusal = null;
        Read();
        StateHasChanged();
    }

    private void Settled()
    {
        if (context is null) return;
        // From Wobble's own root, which may lie below a path, and escaped as the browser says it back.
        string written = Navigation.ToAbsoluteUri(RunFormUrl.Write(context.Form, Answer?.Configuration?.Id, fromVersion)[1..]).AbsoluteUri;
        if (written == address) return;
        address = written;
        Navigation.NavigateTo(written, replace: true);
    }

    private async Task QueueAsync()
    {
        if (context is null || Answer is null || isQueueing) return;
        Read();
        if (reading.Errors.Count > 0)
        {
            refusal = $"Nothing was queued. {string.Join(" ", reading.Errors.Select(e => e + "."))}";
            return;
        }
        isQueueing = true;
        bool isLeft = false;
        try
        {
            // Several runs answer one question together: they are an experiment, in shuffled rounds.
            var requests = reading.Definitions.Select(d => Request(context.Form, d)).ToList();
            var outcome = requests.Count == 1 ? await Changes.QueueAsync(requests[0], Closed) : await Changes.RepeatAsync(requests, Closed);
            if (outcome.Errors.Count > 0) refusal = $"Nothing was queued. {string.Join(" ", outcome.Errors.Select(e => e + "."))}";
            else
            {
                isLeft = true;
                Navigation.NavigateTo(outcome.Experiment is { } experiment ? $"/x/{experiment.Slug}" : $"/r/{outcome.Runs[0].Slug}");
            }
        }
        catch (NotChangedException e)
        {
            refusal = $"{e.Message} What you chose stays here.";
        }
        finally
        {
            // A page that is being left starts nothing more.
            isQueueing = isLeft;
        }
    }

    private RunRequest Request(RunForm form, Definition definition) => new()
    {
        Definition = definition,
        ConfigurationId = Answer?.Configuration is { ArchivedAt: null } from && !IsChanged ? from.Id : null,
        Tags = [.. RunFormReading.TagsOf(form).Where(t => t.Length > 0)],
        Notes = form.Notes,
        Runner = form.Runner.Length == 0 ? null : form.Runner,
    };

    private void Saved(SavedConfiguration saved) => Navigation.NavigateTo($"/configurations/{saved.Id}");

    // Two definitions that say the same, one of them by leaving out a default, are one.
    private static bool Same(Definition a, Definition b) => RunFormUrl.Write(RunForm.Of(a), null) == RunFormUrl.Write(RunForm.Of(b), null);
}
