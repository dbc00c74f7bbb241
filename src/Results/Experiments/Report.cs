using System.Text.Json.Serialization;
using Wobble.Results.Domain;

namespace Wobble.Results.Experiments;

/// <summary>What an experiment shows so far, with the names of <c>--json</c> and the API.</summary>
public sealed record Report
{
    /// <summary>What was asked.</summary>
    public required string Question { get; init; }
    /// <summary>The answer in one sentence.</summary>
    public required string Sentence { get; init; }
    /// <summary>The metric chosen beforehand.</summary>
    public required string Headline { get; init; }
    /// <summary>δ: the least difference of that metric that matters.</summary>
    public required double Delta { get; init; }
    /// <summary>Capacity: p99 must stay below it, ms; null in other kinds.</summary>
    public double? ObjectiveMs { get; init; }
    /// <summary>Every row, unavailable ones with their reason; in the order of the headline where there is one.</summary>
    public required IReadOnlyList<ReportRow> Rows { get; init; }
    /// <summary>Ratios to the reference (the first row named).</summary>
    public required IReadOnlyList<ReportRatio> Ratios { get; init; }
    /// <summary>Searches for workers and capacity.</summary>
    public IReadOnlyList<ReportSearch> Searches { get; init; } = [];
    /// <summary>Rounds in which every row that is ranked has a valid run.</summary>
    public required int CompleteRounds { get; init; }
    /// <summary>Sentences a reader needs: rounds dropped, invalid runs, outlying runs, drift.</summary>
    public IReadOnlyList<string> Notes { get; init; } = [];
    /// <summary>Valid runs, all runs.</summary>
    public required int ValidRuns { get; init; }
    /// <summary>All runs that ended.</summary>
    public required int Runs { get; init; }
}

/// <summary>One configuration's figures: the typical run with its interval.</summary>
public sealed record ReportRow
{
    /// <summary>Unique in the experiment.</summary>
    public required string Name { get; init; }
    /// <summary>Server/app.</summary>
    public required string Target { get; init; }
    /// <summary>sync, green, async.</summary>
    public required TargetClass Class { get; init; }
    /// <summary>Workers of its runs.</summary>
    public int? Workers { get; init; }
    /// <summary>What was measured: workload, load, length, stack and options. Its workers stand beside it; the rates of a capacity are in its search.</summary>
    public required Definition Definition { get; init; }
    /// <summary>Valid runs.</summary>
    public required int Runs { get; init; }
    /// <summary>Runs that failed or are invalid.</summary>
    public int Discarded { get; init; }
    /// <summary>Why there are no runs; null when there are.</summary>
    public string? Reason { get; init; }
    /// <summary>ms</summary>
    public ReportFigure? P50 { get; init; }
    /// <summary>ms</summary>
    public ReportFigure? P90 { get; init; }
    /// <summary>ms</summary>
    public ReportFigure? P99 { get; init; }
    /// <summary>ms: median and range of the runs, no interval.</summary>
    [JsonPropertyName("p99_9")]
    public ReportFigure? P999 { get; init; }
    /// <summary>Frozen seconds of all its valid runs together, the other half of p99.9; null in results of earlier releases.</summary>
    public FreezeRate? Freezes { get; init; }
    /// <summary>A second.</summary>
    public ReportFigure? Throughput { get; init; }
    /// <summary>p99 ÷ p50.</summary>
    public ReportFigure? Wobble { get; init; }
    /// <summary>Best rank; null without a ranking.</summary>
    public int? RankLow { get; init; }
    /// <summary>Worst rank.</summary>
    public int? RankHigh { get; init; }
    /// <summary>Rows that share a letter can't be told apart; null without a ranking.</summary>
    public string? Letters { get; init; }
    /// <summary>The article's figures.</summary>
    public ArticleRow? Published { get; init; }
    /// <summary>Permalinks of its runs, rounds in order.</summary>
    public IReadOnlyList<string> Slugs { get; init; } = [];
}

/// <summary>A figure with its interval.</summary>
/// <param name="Value">Typical run (p99.9: median of the runs).</param>
/// <param name="Low">Lower end; null below three runs, and for p99.9.</param>
/// <param name="High">Upper end.</param>
/// <param name="Each">The value of each valid run, rounds in order.</param>
public sealed record ReportFigure(double Value, double? Low, double? High, IReadOnlyList<double> Each);

/// <summary>A ratio a ÷ b with its verdict, and by which method: <c>paired</c>, <c>shared_noise</c> or <c>welch</c>.</summary>
public sealed record ReportRatio(string A, string B, string Metric, double? Value, double? Low, double? High, double? P, string Verdict, string Sentence, string Method)
{
    /// <summary>By the round.</summary>
    public const string Paired = "paired";
    /// <summary>By the round, the noise of all ranked rows estimated together.</summary>
    public const string SharedNoise = "shared_noise";
    /// <summary>Measured at different times.</summary>
    public const string Welch = "welch";
}
