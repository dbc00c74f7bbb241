using System.Linq.Expressions;
using Wobble.Results.Domain;
using Wobble.Results.Storage;

namespace Wobble.Results.Queries;

/// <summary>One run as lists show it: no plan, no environment, no histogram, so that a page of them is a small read.</summary>
public sealed record RunRow
{
    /// <summary>Key.</summary>
    public required Guid Id { get; init; }
    /// <summary>The permalink.</summary>
    public required string Slug { get; init; }
    /// <summary><c>server/app</c>.</summary>
    public required string Target { get; init; }
    /// <summary>sync, green or async.</summary>
    public required TargetClass Class { get; init; }
    /// <summary>Where it stands.</summary>
    public required RunState State { get; init; }
    /// <summary>What was asked.</summary>
    public required Definition Definition { get; init; }
    /// <summary>The configuration it was started from.</summary>
    public Guid? ConfigurationId { get; init; }
    /// <summary>Its version then.</summary>
    public int? ConfigurationVersion { get; init; }
    /// <summary>The Runner that took it, or that is meant to.</summary>
    public string? Runner { get; init; }
    /// <summary>Workers it ran with.</summary>
    public int? Workers { get; init; }
    /// <summary>Good answers a second.</summary>
    public double? Throughput { get; init; }
    /// <summary>ms; null when the data can't show it.</summary>
    public double? P50 { get; init; }
    /// <summary>ms; null when the data can't show it.</summary>
    public double? P99 { get; init; }
    /// <summary>p99 ÷ p50.</summary>
    public double? Wobble { get; init; }
    /// <summary><c>sound</c>, <c>doubtful</c>, <c>invalid</c>; null until the end.</summary>
    public string? Trust { get; init; }
    /// <summary>p50 and p99 of each second in turn, ms.</summary>
    public IReadOnlyList<double>? Strip { get; init; }
    /// <summary>Why it isn't completed.</summary>
    public string? Failure { get; init; }
    /// <summary>What a long preparation does now.</summary>
    public string? Progress { get; init; }
    /// <summary>Notes of its users.</summary>
    public string? Notes { get; init; }
    /// <summary>Tags.</summary>
    public required IReadOnlyList<string> Tags { get; init; }
    /// <summary>When it was asked for.</summary>
    public required DateTimeOffset CreatedAt { get; init; }
    /// <summary>When a Runner took it.</summary>
    public DateTimeOffset? StartedAt { get; init; }
    /// <summary>When its warm-up began.</summary>
    public DateTimeOffset? WarmingAt { get; init; }
    /// <summary>When its measurement began.</summary>
    public DateTimeOffset? MeasuringAt { get; init; }
    /// <summary>When it reached a final state.</summary>
    public DateTimeOffset? FinishedAt { get; init; }

    /// <summary>True when its figures may stand beside others: measured to the end, and not invalid.</summary>
    public bool HasFigures => State == RunState.Completed && Trust is not null and not "invalid";

    internal static readonly Expression<Func<Run, RunRow>> Of = r => new RunRow
    {
        Id = r.Id,
        Slug = r.Slug,
        Target = r.Target,
        Class = r.Class,
        State = r.State,
        Definition = r.Definition,
        ConfigurationId = r.ConfigurationId,
        ConfigurationVersion = r.ConfigurationVersion,
        Runner = r.RunnerName ?? r.WantedRunner,
        Workers = r.Workers ?? r.Definition.Workers,
        Throughput = r.Throughput,
        P50 = r.P50,
        P99 = r.P99,
        Wobble = r.Wobble,
        Trust = r.TrustVerdict,
        Strip = r.Strip,
        Failure = r.Failure,
        Progress = r.Progress,
        Notes = r.Notes,
        Tags = r.Tags,
        CreatedAt = r.CreatedAt,
        StartedAt = r.StartedAt,
        WarmingAt = r.WarmingAt,
        MeasuringAt = r.MeasuringAt,
        FinishedAt = r.FinishedAt,
    };
}
