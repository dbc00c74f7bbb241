using System.Diagnostics;
using System.Diagnostics.Metrics;

namespace Wobble.Results;

/// <summary>What Wobble tells of itself, by .NET's own means; a host sends it where its setting <c>OtlpEndpoint</c> says, and nowhere without it.</summary>
public static class Telemetry
{
    /// <summary>Name of the source of traces and of the meter.</summary>
    public const string Name = "Wobble";

    /// <summary>Traces: a span for each run and for each piece of recording.</summary>
    public static readonly ActivitySource Source = new(Name);
    /// <summary>Metrics.</summary>
    public static readonly Meter Meter = new(Name);
    /// <summary>Runs that ended, by state.</summary>
    public static readonly Counter<long> RunsEnded = Meter.CreateCounter<long>("wobble.runs.ended", "{run}", "Runs that ended");
    /// <summary>Facts that were recorded.</summary>
    public static readonly Counter<long> FactsRecorded = Meter.CreateCounter<long>("wobble.facts.recorded", "{fact}", "Facts recorded in PostgreSQL");
    /// <summary>How long facts waited from being noted to being recorded.</summary>
    public static readonly Histogram<double> RecordingSeconds = Meter.CreateHistogram<double>("wobble.recording.duration", "s", "Recording of the facts of a moment");

    /// <summary>The setting that turns it on: an address that takes OTLP over HTTP, such as http://127.0.0.1:4318. What is wrong with it; null when nothing.</summary>
    public static string? Refuse(string? endpoint) =>
        string.IsNullOrWhiteSpace(endpoint) || (Uri.TryCreate(endpoint, UriKind.Absolute, out var url) && url.Scheme is "http" or "https")
            ? null
            : $"OtlpEndpoint: '{endpoint}' is not allowed; an address that takes OTLP over HTTP, such as http://127.0.0.1:4318, or nothing for none.";
}
