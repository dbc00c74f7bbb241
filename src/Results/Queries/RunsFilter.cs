using Wobble.Results.Domain;

namespace Wobble.Results.Queries;

/// <summary>Which runs are asked for, and in which order. An empty filter is every run that wasn't deleted, newest first.</summary>
public sealed record RunsFilter
{
    /// <summary>Words; each must be part of the target, a word of the notes (or its beginning), a tag, or the slug.</summary>
    public string Search { get; init; } = "";
    /// <summary>Only these classes; empty: all.</summary>
    public IReadOnlyList<TargetClass> Classes { get; init; } = [];
    /// <summary>Only these states; empty: all.</summary>
    public IReadOnlyList<RunState> States { get; init; } = [];
    /// <summary>Only these verdicts (<c>sound</c>, <c>doubtful</c>, <c>invalid</c>); empty: all.</summary>
    public IReadOnlyList<string> Trust { get; init; } = [];
    /// <summary>Only runs with all of these tags.</summary>
    public IReadOnlyList<string> Tags { get; init; } = [];
    /// <summary>Only the last N days; null: all.</summary>
    public int? Days { get; init; }
    /// <summary>Only runs asked for at this time or later; null: all.</summary>
    public DateTimeOffset? Since { get; init; }
    /// <summary>Only runs asked for before this time; null: all.</summary>
    public DateTimeOffset? Until { get; init; }
    /// <summary>Only runs of this configuration.</summary>
    public Guid? Configuration { get; init; }
    /// <summary>Only this target.</summary>
    public string? Target { get; init; }
    /// <summary>The column.</summary>
    public RunsSort Sort { get; init; } = RunsSort.Time;
    /// <summary>False: newest, or least, first … see <see cref="RunsSort"/>. True: the other way round.</summary>
    public bool Reverse { get; init; }
    /// <summary>Rows of a page, at most <see cref="RunsQueries.LargestPage"/>.</summary>
    public int Size { get; init; } = RunsQueries.PageSize;
    /// <summary>Slug of the run after which the page begins; null: the first page.</summary>
    public string? After { get; init; }
    /// <summary>Slug of the run before which the page ends.</summary>
    public string? Before { get; init; }

    /// <summary>True when any run at all would be shown.</summary>
    public bool IsEmpty => Search.Length == 0 && Classes.Count == 0 && States.Count == 0 && Trust.Count == 0 && Tags.Count == 0 && Days is null && Since is null && Until is null && Configuration is null && Target is null;
}

/// <summary>What a list of runs is ordered by. Sorted by a figure, runs without that figure are left out.</summary>
public enum RunsSort
{
    /// <summary>When it was asked for, newest first.</summary>
    Time,
    /// <summary>p50, least first.</summary>
    P50,
    /// <summary>p99, least first.</summary>
    P99,
    /// <summary>Throughput, greatest first.</summary>
    Throughput,
    /// <summary>p99 ÷ p50, least first.</summary>
    Wobble,
}

/// <summary>One page of runs.</summary>
/// <param name="Rows">In the order asked for.</param>
/// <param name="HasPrevious">True when rows come before.</param>
/// <param name="HasNext">True when rows come after.</param>
public sealed record PageOfRuns(IReadOnlyList<RunRow> Rows, bool HasPrevious, bool HasNext);

/// <summary>How many, counted no further than a limit.</summary>
/// <param name="Value">At most the limit.</param>
/// <param name="IsMore">True when there are more than <paramref name="Value"/>.</param>
public readonly record struct BoundedCount(int Value, bool IsMore);
