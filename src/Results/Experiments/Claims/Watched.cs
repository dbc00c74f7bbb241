using Wobble.Results.Domain;

namespace Wobble.Results.Experiments.Claims;

/// <summary>What was watched beside the figures of a claim's configurations: means over their valid runs, for information.</summary>
internal static class Watched
{
    /// <summary>A judge that says it, too.</summary>
    public static Func<ExperimentDefinition, IReadOnlyList<ExperimentRun>, ClaimVerdict> With(
        this Func<ExperimentDefinition, IReadOnlyList<ExperimentRun>, ClaimVerdict> judge, Func<IReadOnlyList<RunResult>, string?> watched) => (experiment, runs) =>
    {
        var lines = new List<string>();
        for (int row = 0; row < experiment.Rows.Count; row++)
        {
            var results = runs.Where(r => r.Row == row && r is { Purpose: RunPurpose.Round, IsValid: true }).Select(r => r.Result!).ToList();
            if (results.Count > 0 && watched(results) is { } said) lines.Add($"{experiment.Rows[row].Name}: {said}");
        }
        return judge(experiment, runs) with { Beside = lines };
    };

    /// <summary>Objection A turns on it: who waited in the pooler, and how long.</summary>
    public static string? InThePooler(IReadOnlyList<RunResult> results)
    {
        var waits = results.Select(r => r.Pooler).OfType<PoolerWait>().ToList();
        return waits.Count == 0 ? "no pooler"
            : $"{Figures.Text(waits.Average(w => w.ClientsWaiting))} clients waited for a connection on average, in {Figures.Percent(waits.Average(w => w.ShareOfTime))} of the seconds, the longest {Figures.Text(waits.Max(w => w.LongestWaitMs))} ms";
    }

    /// <summary>The cause that claim 7 names: who gets a core, and how evenly.</summary>
    public static string? OnTheCores(IReadOnlyList<RunResult> results)
    {
        var cores = results.Select(r => r.WorkersOnCores).OfType<WorkersOnCores>().ToList();
        if (cores.Count == 0) return null;
        var evenness = cores.Select(c => c.Evenness).OfType<double>().ToList();
        return $"workers waited {Figures.Text(cores.Average(c => c.WaitMsPerSecond))} ms a second for a core and were put off one {Figures.Text(cores.Average(c => c.PutOffPerSecond))} times"
            + (evenness.Count == 0 ? "" : $"; evenness of their CPU time {Figures.Text(evenness.Average())}");
    }
}
