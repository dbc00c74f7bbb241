using Microsoft.AspNetCore.Components;
using Wobble.Dashboard.Access;
using Wobble.Dashboard.Components.Controls;
using Wobble.Results.Domain;
using Wobble.Results.Experiments;
using Wobble.Results.Queries;
using Wobble.Results.Statistics;

namespace Wobble.Dashboard.Components.Pages.Experiments;

/// <summary>Asks for an experiment: targets of one's choice, a number of workers, a capacity. Says beforehand how long it takes.</summary>
public sealed partial class NewExperiment
{
    private enum Kinds
    {
        Compare,
        Configurations,
        Tune,
        Capacity,
    }

    private readonly List<string> chosen = [];
    private readonly List<Guid> chosenConfigurations = [];
    private Kinds kind = Kinds.Compare;
    private int rounds = 5;
    private double seconds = 10;
    private double objective = 50;
    private WorkersChoice workers = WorkersChoice.Fixed;
    private string workload = "row";
    private string pooler = "session:20";
    private int connections = Defaults.Connections;
    private bool keepAlive;
    private string question = "";
    private Metric headline = Metric.P99;
    private double? delta;
    private bool busy;
    private IReadOnlyList<string> errors = [];

    /// <summary>Of a Runner; null when none has joined.</summary>
    [Parameter, EditorRequired] public Catalogue? Catalogue { get; set; }

    /// <summary>Those that are saved and in use.</summary>
    [Parameter] public IReadOnlyList<ConfigurationRow> Configurations { get; set; } = [];

    [Inject] private Changes Changes { get; set; } = default!;
    [Inject] private NavigationManager Navigation { get; set; } = default!;

    private Definition Shared => new() { Target = "", For = TimeSpan.FromSeconds(Math.Clamp(seconds, 0, 86_400)), Workload = workload, Pooler = pooler, Connections = connections == Defaults.Connections ? null : connections, KeepAlive = keepAlive };

    private string Takes
    {
        get
        {
            if (Catalogue is null || !HasChosen) return "";
            var definition = Make(Catalogue, 0);
            int runs = Schedule.RunsExpected(definition);
            return $"About {Numbers.Many(runs, "run")}: {(ExperimentRules.Estimate(definition) is { } takes ? ExperimentRules.Text(takes) : ExperimentRules.CantTell)}";
        }
    }

    private void Choose(string target)
    {
        if (!chosen.Remove(target))
        {
            if (kind == Kinds.Tune) chosen.Clear();
            chosen.Add(target);
        }
    }

    private void Choose(Guid configuration)
    {
        if (!chosenConfigurations.Remove(configuration)) chosenConfigurations.Add(configuration);
    }

    private bool HasChosen => kind == Kinds.Configurations ? chosenConfigurations.Count > 0 : chosen.Count > 0;

    private ExperimentDefinition Make(Catalogue catalogue, long seed)
    {
        var made = MakeOfKind(catalogue, seed);
        if (kind is Kinds.Tune or Kinds.Capacity) return made;
        return made with { Question = string.IsNullOrWhiteSpace(question) ? made.Question : question.Trim(), Headline = headline, Delta = delta / 100 };
    }

    private ExperimentDefinition OfConfigurations(Catalogue catalogue, long seed)
    {
        List<ConfigurationRow> rows = [.. chosenConfigurations.Select(id => Configurations.FirstOrDefault(c => c.Id == id)).OfType<ConfigurationRow>()];
        var made = Making.Of([.. rows.Select(r => ((string?)r.Name, r.Definition))], catalogue, rounds, seed);
        return made with { Rows = [.. made.Rows.Select((row, i) => row with { ConfigurationId = rows[i].Id, ConfigurationVersion = rows[i].Version })] };
    }

    private ExperimentDefinition MakeOfKind(Catalogue catalogue, long seed) => kind switch
    {
        Kinds.Configurations => OfConfigurations(catalogue, seed),
        Kinds.Tune => Making.Tune(chosen.FirstOrDefault() ?? "", Shared, catalogue, seed),
        Kinds.Capacity => Making.CapacityOf(chosen, Shared with { Connections = null }, catalogue, objective, seed),
        _ => Making.Compare(Making.Sides(chosen), Shared, catalogue, rounds, seed, workers),
    };

    private async Task StartAsync()
    {
        if (busy) return;
        if (!HasChosen)
        {
            errors = [$"{new FieldError(kind == Kinds.Configurations ? "configurations" : "targets", "", "choose at least one")}."];
            return;
        }
        busy = true;
        bool isLeft = false;
        try
        {
            long seed = Random.Shared.NextInt64(1, 1_000_000);
            var outcome = await Changes.CreateExperimentAsync(catalogue => Make(catalogue, seed), null, CancellationToken.None);
            errors = [.. outcome.Errors.Select(e => $"{e}.")];
            isLeft = outcome.Experiment is not null;
            if (outcome.Experiment is { } experiment) Navigation.NavigateTo($"/x/{experiment.Slug}");
        }
        catch (NotChangedException e)
        {
            errors = [e.Message];
        }
        finally
        {
            // A page that is being left starts nothing more.
            busy = isLeft;
        }
    }
}
