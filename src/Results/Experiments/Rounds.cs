using Wobble.Results.Domain;
using Wobble.Results.Statistics;

namespace Wobble.Results.Experiments;

/// <summary>The valid runs of an experiment by row and round, and which rounds every ranked row has one in.</summary>
internal sealed class Rounds
{
    public Rounds(ExperimentDefinition experiment, Dictionary<(int Row, int Round), ExperimentRun> valid, List<ExperimentRun> ended)
    {
        Valid = valid;
        All = [.. ended.Select(r => r.Round).Distinct().Order()];
        // A row that hardly ever has a valid run would take every round with it: it is left out of the ranking instead, and named.
        // So is one that vanished midway: it isn't asked any more, and would take all later rounds with it.
        // A round that goes on has rows that were not run in it yet: only what ended without a valid run is missing.
        Asked = ended.Select(r => (r.Row, r.Round)).ToHashSet();
        Ranked = [.. Enumerable.Range(0, experiment.Rows.Count).Where(row => !Schedule.HasVanished(row, ended) && AskedOf(row) is > 0 and var asked && asked - Missing(row) >= (1 - Reporting.MostDiscarded) * asked)];
        Complete = [.. All.Where(round => Ranked.All(row => valid.ContainsKey((row, round))))];
    }

    public Dictionary<(int Row, int Round), ExperimentRun> Valid { get; }
    public List<int> All { get; }
    public List<int> Ranked { get; }
    public List<int> Complete { get; }
    private HashSet<(int Row, int Round)> Asked { get; }

    /// <summary>Rounds in which the row was run.</summary>
    public int AskedOf(int row) => All.Count(round => Asked.Contains((row, round)));

    /// <summary>Rounds in which it was run, and not one run of it is valid.</summary>
    public int Missing(int row) => All.Count(round => Asked.Contains((row, round)) && !Valid.ContainsKey((row, round)));

    /// <summary>Rounds that are left out because a ranked row has no valid run in them.</summary>
    public int Dropped => All.Count(round => Ranked.Any(row => Asked.Contains((row, round)) && !Valid.ContainsKey((row, round))));

    /// <summary>[row][round] of the ranked rows, in the complete rounds in which every one of them can show the metric; null when there is none.</summary>
    public List<List<double>>? Values(Metric metric)
    {
        double? At(int row, int round) => Reporting.ValueOf(Valid[(row, round)].Result!, metric, toJudge: true);
        var shown = Complete.Where(round => Ranked.All(row => At(row, round) is > 0)).ToList();
        return shown.Count == 0 || Ranked.Count == 0 ? null : [.. Ranked.Select(row => shown.Select(round => At(row, round)!.Value).ToList())];
    }

    /// <summary>Rounds in which both rows have a valid run, whatever it can show.</summary>
    public int Together(int a, int b) => All.Count(round => Valid.ContainsKey((a, round)) && Valid.ContainsKey((b, round)));

    /// <summary>Both rows' values in the rounds they share.</summary>
    public (List<double> A, List<double> B) Pair(int a, int b, Metric metric)
    {
        var x = new List<double>();
        var y = new List<double>();
        foreach (int round in All)
        {
            if (!Valid.TryGetValue((a, round), out var ra) || !Valid.TryGetValue((b, round), out var rb)) continue;
            if (Reporting.ValueOf(ra.Result!, metric, true) is not { } va || Reporting.ValueOf(rb.Result!, metric, true) is not { } vb || va <= 0 || vb <= 0) continue;
            x.Add(va);
            y.Add(vb);
        }
        return (x, y);
    }
}
