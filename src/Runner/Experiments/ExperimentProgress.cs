using System.Diagnostics;
using System.Globalization;
using Wobble.Results.Domain;
using Wobble.Results.Experiments;
using Wobble.Results.Facts;
using Wobble.Runner.Commands;

namespace Wobble.Runner.Experiments;

/// <summary>An experiment as it goes, on stderr: a line a run, with the time to go; in a terminal each second of the run, too.</summary>
internal sealed class ExperimentProgress(TextWriter error, bool isTerminal, ExperimentDefinition experiment)
{
    private readonly Stopwatch _spent = new();
    private LoadProgress? _load;
    private int _made;
    private string _head = "";

    public void Begin(NextRun next, IReadOnlyList<ExperimentRun> runs)
    {
        // The one that begins may be a repetition, and is not among them yet.
        int expected = Math.Max(runs.Count + 1, Schedule.RunsExpected(experiment, runs) + (next.Attempt > 1 ? 1 : 0));
        var each = _made == 0 ? ExperimentRules.TimeOf(next.Definition, next.Row, runs) : _spent.Elapsed / _made;
        _head = string.Create(CultureInfo.InvariantCulture, $"{runs.Count + 1,3} of {expected}  {Words(next)}  {experiment.Rows[next.Row].Name}");
        string toGo = each is { } known ? $"{ExperimentRules.Text(known * (expected - runs.Count))} to go" : "time to go not known yet";
        if (isTerminal) error.WriteLine($"{_head}  ({toGo})"); else _head += $"  ({toGo})";
        _load = new LoadProgress(error, isTerminal);
        _spent.Start();
    }

    public void Show(Fact fact)
    {
        if (isTerminal || fact is ProgressFact) _load?.Show(fact);
    }

    public void End(NextRun next, RunOutcome outcome)
    {
        _spent.Stop();
        _made++;
        _load?.End();
        string figures = outcome.Result is { } r
            ? $"{Figures.Text(r.Throughput)}/s, p50 {Figures.Text(r.LatencyMs.P50)}, p99 {Figures.Text(r.LatencyMs.P99)} ms, {r.Trust.Verdict}{(r.Trust.IsInvalid ? $": {r.Trust.Reasons[0].Sentence}" : "")}"
            : "";
        string end = outcome.End.State == RunState.Completed ? figures : string.Join("; ", new[] { $"{outcome.End.State.Word()}: {outcome.End.Reason}", figures }.Where(t => t.Length > 0));
        error.WriteLine(Printable.Of(isTerminal ? $"     {end}" : $"{_head}: {end}"));
        foreach (string left in outcome.End.Leftovers) error.WriteLine(Printable.Of($"     left behind: {left}"));
        error.Flush();
    }

    private static string Words(NextRun next) => next.Purpose switch
    {
        RunPurpose.Tune => string.Create(CultureInfo.InvariantCulture, $"tuning, {next.Definition.Workers,2} workers"),
        RunPurpose.Saturate => "closed loop first",
        RunPurpose.Capacity => $"at {Figures.Text(next.Definition.Rate)}/s",
        _ => $"round {next.Round}{(next.Attempt > 1 ? ", again" : "")}",
    };
}
