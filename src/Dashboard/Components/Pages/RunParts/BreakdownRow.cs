using Wobble.Results.Domain;

namespace Wobble.Dashboard.Components.Pages.RunParts;

/// <summary>A part of a run by itself: a stage, or a kind of request.</summary>
public sealed record BreakdownRow(string Name, long Requests, double Throughput, Latencies Ms, IReadOnlyDictionary<string, long> Errors);
