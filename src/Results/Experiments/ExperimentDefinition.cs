using System.Globalization;
using System.Text.Json.Serialization;
using Wobble.Results.Domain;
using Wobble.Results.Statistics;

namespace Wobble.Results.Experiments;

/// <summary>What an experiment asks and how: kept with it, never changed but by "more rounds". With its runs it determines what is run next and what the report says.</summary>
public sealed record ExperimentDefinition
{
    /// <summary>What kind it is.</summary>
    public required ExperimentKind Kind { get; init; }
    /// <summary>What it asks, one sentence.</summary>
    public required string Question { get; init; }
    /// <summary>The configurations, the reference first; names are unique (an A/A has "… #1" and "… #2").</summary>
    public required IReadOnlyList<ExperimentRow> Rows { get; init; }
    /// <summary>R: rounds of each configuration.</summary>
    public int Repetitions { get; init; } = 5;
    /// <summary>Seed of the rounds' order, kept so that the order can be told again.</summary>
    public long Seed { get; init; }
    /// <summary>The metric of ranking and headline, chosen beforehand.</summary>
    public Metric Headline { get; init; } = Metric.P99;
    /// <summary>Least difference of the headline metric that matters; null: the metric's own, as of all others.</summary>
    public double? Delta { get; init; }
    /// <summary>True: workers are tuned for each row before the rounds (unless <see cref="ExperimentRow.TunedWorkers"/> is known).</summary>
    public bool TuneWorkers { get; init; }
    /// <summary>Highest step of the ladder of workers.</summary>
    public int MostWorkers { get; init; } = UsualMostWorkers;
    /// <summary>Capacity: p99 must stay below it, ms.</summary>
    public double? ObjectiveMs { get; init; }
    /// <summary>Rounds were added after somebody saw the verdicts: intervals are 97.8% from then on.</summary>
    public bool RoundsWereAdded { get; init; }
    /// <summary>The claim (1–9) or objection (A–I) it answers; null otherwise.</summary>
    public string? Claim { get; init; }
    /// <summary>The Runner that all of its runs belong to: the one that was asked for, else the one whose catalogue it was made against. Null without a database.</summary>
    public string? Runner { get; init; }
    /// <summary>Slug of the experiment that ends before this one begins; null: it begins at once.</summary>
    public string? StartsAfter { get; init; }
    /// <summary>Tags of each of its runs.</summary>
    public IReadOnlyList<string> Tags { get; init; } = [];
    /// <summary>Notes of each of its runs.</summary>
    public string? Notes { get; init; }

    /// <summary>The least difference of a metric that was chosen to matter; null: the metric's own.</summary>
    public double? DeltaOf(Metric metric) => metric == Headline ? Delta : null;

    /// <summary>Confidence of its intervals.</summary>
    [JsonIgnore]
    public double Confidence => RoundsWereAdded ? Student.AfterALook : UsualConfidence;

    /// <summary>Confidence of intervals that nobody looked at before.</summary>
    public const double UsualConfidence = Student.Confidence;

    /// <summary>A confidence for people: <c>95%</c>, <c>97.8%</c>.</summary>
    public static string LevelOf(double confidence) => string.Create(CultureInfo.InvariantCulture, $"{confidence * 100:0.#}%");

    /// <summary>Capacity: the objective when none is said, ms.</summary>
    public const double UsualObjectiveMs = 50;
    /// <summary>Highest step of the ladder of workers when none is said.</summary>
    public const int UsualMostWorkers = 32;
    /// <summary>The longest question.</summary>
    public const int LongestQuestion = 300;
    /// <summary>The longest name of a row: that of a configuration.</summary>
    public const int LongestName = 120;
    /// <summary>Most rounds.</summary>
    public const int MostRepetitions = 100;
    /// <summary>Most rows.</summary>
    public const int MostRows = 40;
}

/// <summary>Kinds of experiments.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<ExperimentKind>))]
public enum ExperimentKind
{
    /// <summary>One configuration, repeated.</summary>
    [JsonStringEnumMemberName("repetitions")] Repetitions,
    /// <summary>Two or more, in shuffled rounds.</summary>
    [JsonStringEnumMemberName("compare")] Compare,
    /// <summary>The article's rows, in shuffled rounds.</summary>
    [JsonStringEnumMemberName("article")] Article,
    /// <summary>A claim or an objection, in shuffled rounds.</summary>
    [JsonStringEnumMemberName("claim")] Claim,
    /// <summary>The number of workers.</summary>
    [JsonStringEnumMemberName("tune")] Tune,
    /// <summary>The highest rate that meets an objective.</summary>
    [JsonStringEnumMemberName("capacity")] Capacity,
}

/// <summary>One configuration of an experiment.</summary>
public sealed record ExperimentRow
{
    /// <summary>Unique in the experiment.</summary>
    public required string Name { get; init; }
    /// <summary>What each of its runs is.</summary>
    public required Definition Definition { get; init; }
    /// <summary>sync, green or async.</summary>
    public required TargetClass Class { get; init; }
    /// <summary>Why it can't run here; null when it can. Such a row has no runs and keeps its reason.</summary>
    public string? Unavailable { get; init; }
    /// <summary>True: its workers are tuned before the rounds, whatever the others' are.</summary>
    public bool TuneWorkers { get; init; }
    /// <summary>Workers found by an earlier tuning on this machine with this workload.</summary>
    public int? TunedWorkers { get; init; }
    /// <summary>When that tuning ended.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public DateTimeOffset? TunedAt { get; init; }
    /// <summary>The article's figures for it.</summary>
    public ArticleRow? Published { get; init; }
    /// <summary>Set: it is offered this share (0–1) of the throughput of the slowest target among such rows, which closed loops find before the rounds.</summary>
    public double? ShareOfSlowest { get; init; }
    /// <summary>The configuration it comes from, if any.</summary>
    public Guid? ConfigurationId { get; init; }
    /// <summary>That configuration's version then.</summary>
    public int? ConfigurationVersion { get; init; }
}

/// <summary>One run of an experiment, as far as it has come.</summary>
public sealed record ExperimentRun
{
    /// <summary>Position of its row, from 0.</summary>
    public required int Row { get; init; }
    /// <summary>What it is for.</summary>
    public required RunPurpose Purpose { get; init; }
    /// <summary>Round, from 1; for tuning and capacity its number in the search.</summary>
    public required int Round { get; init; }
    /// <summary>1, or 2 when the first failed or was invalid.</summary>
    public int Attempt { get; init; } = 1;
    /// <summary>What was run.</summary>
    public required Definition Definition { get; init; }
    /// <summary>Its permalink; null on the command line.</summary>
    public string? Slug { get; init; }
    /// <summary>Where it stands.</summary>
    public required RunState State { get; init; }
    /// <summary>Its result, once it has one.</summary>
    public RunResult? Result { get; init; }
    /// <summary>Why it isn't completed.</summary>
    public string? Failure { get; init; }
    /// <summary>What the stack left behind when it was asked to stop.</summary>
    public IReadOnlyList<string> Leftovers { get; init; } = [];
    /// <summary>The machine it ran on, see <see cref="MachineText.Of"/>; null when that isn't known.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyDictionary<string, string>? Machine { get; init; }

    /// <summary>How a run begins to say that it could not even be begun: something that it needs is not on the machine.</summary>
    public const string CannotRun = "It can't run here: ";

    /// <summary>It could not even be begun.</summary>
    [JsonIgnore]
    public bool CouldNotBegin => Failure?.StartsWith(CannotRun, StringComparison.Ordinal) == true;

    /// <summary>It ended by itself, well or badly. What was interrupted or cancelled says nothing about the target: it enters nothing and is run again.</summary>
    [JsonIgnore]
    public bool SpeaksOfTarget => State is RunState.Completed or RunState.Failed;

    /// <summary>Completed and not invalid: the only runs whose figures count.</summary>
    [JsonIgnore]
    public bool IsValid => State == RunState.Completed && Result is { Trust.IsInvalid: false };
}

/// <summary>What a run of an experiment is for.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<RunPurpose>))]
public enum RunPurpose
{
    /// <summary>A round: its figures enter the report.</summary>
    [JsonStringEnumMemberName("round")] Round,
    /// <summary>A step of the search for workers.</summary>
    [JsonStringEnumMemberName("tune")] Tune,
    /// <summary>Closed loop, to see where a capacity search must look.</summary>
    [JsonStringEnumMemberName("saturate")] Saturate,
    /// <summary>A step of a capacity search.</summary>
    [JsonStringEnumMemberName("capacity")] Capacity,
}
