using System.ComponentModel;
using System.Text.Json.Serialization;
using Wobble.Results.Domain;
using Wobble.Results.Experiments;
using Wobble.Results.Experiments.Claims;
using Wobble.Results.Queries;
using Wobble.Results.Statistics;

namespace Wobble.Dashboard.Api.Experiments;

[Description("An experiment that was made. takes says how long it will take, as far as that is known; takes_s is null when it isn't: of a number of requests.")]
internal sealed record MadeExperiment(string Slug, string Url, string State, string Kind, string Question, int RunsExpected, string Takes, double? TakesS);

[Description("The state of an experiment after a change: waiting, running, paused, completed or cancelled.")]
internal sealed record ChangedExperiment(string Slug, string Url, string State);

[Description("An experiment that was brought back, and how many runs came back with it: 0 when it wasn't deleted.")]
internal sealed record RestoredExperiment(string Slug, string Url, string State, int Runs);

[Description("The newest experiments.")]
internal sealed record ExperimentList(IReadOnlyList<ListedExperiment> Experiments);

internal sealed record ListedExperiment(string Slug, string Url, string Kind, string Question, string State, DateTimeOffset CreatedAt, int Ended);

[Description("The article's claims, then the objections to it.")]
internal sealed record ClaimsAnswer(IReadOnlyList<ClaimAnswerLine> Claims);

[Description("A claim or an objection. verdict is null before its first run has ended; its answer is holds, doesnt or cant_tell.")]
internal sealed record ClaimAnswerLine(string Id, string Kind, string Words, string Method, string Rule, string? State, string? Experiment, string? Url, int Runs, Results.Experiments.Claims.ClaimVerdict? Verdict);

[Description("How far it has come. expected is what is known beforehand; to_go_s 0 when it has ended, null while it can't be told; waits_for a runner that is gone, though the next run is for it.")]
internal sealed record ExperimentProgress(int Ended, int Expected, double? ToGoS, string? Current, string? CurrentRun, string? WaitsFor);

[Description("One run of an experiment: what it is for, and its figures when they count.")]
internal sealed record ExperimentRunAnswer(string? Slug, string Name, RunPurpose Purpose, int Round, int Attempt, RunState State, string? Trust, int? Workers, double? Rate, double? P50, double? P90, double? P99, [property: JsonPropertyName("p99_9")] double? P999, double? Throughput, double? Wobble, string? Failure);

[Description("An experiment: the names of wobble experiment --json, and how far it has come. definition of a row is what was measured; value of a ratio is a ÷ b; low and high are null below three runs, rank and letters without a ranking.")]
internal sealed record ExperimentAnswer
{
    public required string Slug { get; init; }
    public required string Url { get; init; }
    [Description("waiting, running, paused, completed or cancelled")]
    public required string State { get; init; }
    public required ExperimentProgress Progress { get; init; }
    public required ExperimentKind Kind { get; init; }
    public required string Question { get; init; }
    public required string Sentence { get; init; }
    [Description("The metric of ranking and headline, chosen beforehand.")]
    public required string Headline { get; init; }
    [Description("The least difference of that metric that matters.")]
    public required double Delta { get; init; }
    [Description("Of a capacity: p99 must stay below it, ms.")]
    public double? ObjectiveMs { get; init; }
    public required int Repetitions { get; init; }
    public required long Seed { get; init; }
    [Description("0.95; 0.978 after rounds were added to verdicts that had been seen.")]
    public required double Confidence { get; init; }
    public string? Claim { get; init; }
    [Description("What it says to its claim; the article's to those that turn on its very rows. Empty before its first run has ended.")]
    public required IReadOnlyList<JudgedClaim> Claims { get; init; }
    public required int CompleteRounds { get; init; }
    public required int ValidRuns { get; init; }
    [Description("Runs of rounds that ended.")]
    public required int Runs { get; init; }
    public required IReadOnlyList<ReportRow> Rows { get; init; }
    public required IReadOnlyList<ReportRatio> Ratios { get; init; }
    public required IReadOnlyList<string> Notes { get; init; }
    [Description("Searches for workers and for capacity: their steps, and what they found.")]
    public required IReadOnlyList<ReportSearch> Searches { get; init; }
    [Description("Every run in the order they were made.")]
    public required IReadOnlyList<ExperimentRunAnswer> AllRuns { get; init; }
    public required DateTimeOffset CreatedAt { get; init; }
    public RunEnvironment? Environment { get; init; }

    public static ExperimentAnswer Of(ExperimentShown shown, string url)
    {
        var (definition, report) = (shown.Definition, shown.Report);
        return new ExperimentAnswer
        {
            Slug = shown.Slug,
            Url = url,
            State = shown.State,
            Progress = new ExperimentProgress(shown.Ended, shown.Expected, shown.ToGo is { } toGo ? Math.Round(toGo.TotalSeconds) : null, shown.Current is { } current ? definition.Rows[current.Row].Name : null, shown.Current?.Slug, shown.WaitsFor),
            Kind = definition.Kind,
            Question = definition.Question,
            Sentence = report.Sentence,
            Headline = report.Headline,
            Delta = report.Delta,
            ObjectiveMs = report.ObjectiveMs,
            Repetitions = definition.Repetitions,
            Seed = definition.Seed,
            Confidence = definition.Confidence,
            Claim = definition.Claim,
            Claims = [.. ClaimList.Judged(definition, shown.Runs).Select(c => JudgedClaim.Of(c.Claim, c.Verdict))],
            CompleteRounds = report.CompleteRounds,
            ValidRuns = report.ValidRuns,
            Runs = report.Runs,
            Rows = report.Rows,
            Ratios = report.Ratios,
            Notes = report.Notes,
            Searches = report.Searches,
            AllRuns = [.. shown.Runs.Select(r => RunOf(definition, r))],
            CreatedAt = shown.CreatedAt,
            Environment = shown.Environment,
        };
    }

    /// <summary>A run with the figures that the data can show.</summary>
    public static ExperimentRunAnswer RunOf(ExperimentDefinition definition, ExperimentRun run)
    {
        double? Value(Metric metric) => run.Result is { } result ? Reporting.ValueOf(result, metric, toJudge: false) : null;
        return new ExperimentRunAnswer(run.Slug, definition.Rows[run.Row].Name, run.Purpose, run.Round, run.Attempt, run.State, run.Result?.Trust.Verdict, run.Result?.Workers ?? run.Definition.Workers, run.Definition.Rate,
            Value(Metric.P50), Value(Metric.P90), Value(Metric.P99), Value(Metric.P999), Value(Metric.Throughput), Value(Metric.Wobble), run.Failure);
    }
}
