using Wobble.Results.Domain;

namespace Wobble.Results.Experiments;

/// <summary>One number of workers that was tried.</summary>
/// <param name="Workers">How many.</param>
/// <param name="Throughput">Geometric mean over its valid runs, a second; null when none was valid.</param>
/// <param name="P99">Likewise, ms.</param>
/// <param name="TargetCores">Cores that the target's processes used, mean over those runs.</param>
/// <param name="AllCores">Cores that the whole stack used.</param>
/// <param name="Runs">Runs that ended, invalid ones too.</param>
/// <param name="Each">Throughput of each valid run.</param>
public sealed record TuningStep(int Workers, double? Throughput, double? P99, double? TargetCores, double? AllCores, int Runs, IReadOnlyList<double> Each);

/// <summary>A row's search for workers as a curve. Pure.</summary>
/// <param name="Row">Position of the row.</param>
/// <param name="Name">The row's name.</param>
/// <param name="Workers">What was found; null before the search has ended.</param>
/// <param name="Runs">Runs spent so far.</param>
/// <param name="Steps">By workers, rising.</param>
public sealed record TuningCurve(int Row, string Name, int? Workers, int Runs, IReadOnlyList<TuningStep> Steps)
{
    /// <summary>Every search of the experiment that has begun.</summary>
    public static IReadOnlyList<TuningCurve> All(ExperimentDefinition experiment, IReadOnlyList<ExperimentRun> runs)
    {
        ArgumentNullException.ThrowIfNull(experiment);
        return [.. runs.Where(r => r.Purpose == RunPurpose.Tune).Select(r => r.Row).Distinct().Order().Select(row => Of(experiment, row, runs))];
    }

    private static TuningCurve Of(ExperimentDefinition experiment, int row, IReadOnlyList<ExperimentRun> runs)
    {
        var mine = runs.Where(r => r.Row == row && r.Purpose == RunPurpose.Tune && r.SpeaksOfTarget).ToList();
        string target = experiment.Rows[row].Definition.Target.Split('/')[0];
        var steps = mine.GroupBy(r => r.Definition.Workers ?? 0).OrderBy(g => g.Key).Select(g =>
        {
            var valid = g.Where(r => r.IsValid).Select(r => r.Result!).ToList();
            return new TuningStep(g.Key, Mean(valid.Select(r => (double?)r.Throughput)), Mean(valid.Select(r => r.LatencyMs.P99)), Cores(valid, c => IsOf(target, c.Name)), Cores(valid, null), g.Count(), [.. valid.Select(r => r.Throughput)]);
        });
        return new TuningCurve(row, experiment.Rows[row].Name, Schedule.TunedWorkersOf(experiment, row, runs), mine.Count, [.. steps]);
    }

    // A server of one process each is uvicorn, uvicorn-2 …
    private static bool IsOf(string target, string component) => component == target || (component.StartsWith(target + "-", StringComparison.Ordinal) && int.TryParse(component[(target.Length + 1)..], out _));

    private static double? Mean(IEnumerable<double?> values)
    {
        var known = values.Where(v => v is > 0).Select(v => Math.Log(v!.Value)).ToList();
        return known.Count == 0 ? null : Math.Exp(known.Average());
    }

    private static double? Cores(List<RunResult> runs, Func<ComponentCost, bool>? which)
    {
        var known = runs.Select(r => r.CoresOf(which)).OfType<double>().ToList();
        return known.Count == 0 ? null : known.Average();
    }
}
