using System.Globalization;
using System.IO.Compression;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;
using Microsoft.EntityFrameworkCore;
using Wobble.Results.Domain;
using Wobble.Results.Queries;
using Wobble.Results.Storage;

namespace Wobble.Results.Exports;

/// <summary>The first line of an exported run: what is not a fact.</summary>
public sealed record ExportHeader
{
    /// <summary>The format this code writes; a reader refuses a higher one.</summary>
    public const int CurrentFormat = 1;

    /// <summary>Format of the file; its name tells the file from any other.</summary>
    [JsonPropertyName("wobble_run")]
    public required int Format { get; init; }
    /// <summary>Key of the run, the same wherever it is imported.</summary>
    public required Guid Id { get; init; }
    /// <summary>Its permalink, the same wherever it is imported.</summary>
    public required string Slug { get; init; }
    /// <summary>What was asked.</summary>
    public required Definition Definition { get; init; }
    /// <summary>sync, green or async.</summary>
    public required TargetClass Class { get; init; }
    /// <summary>1, or 2 when the first attempt failed.</summary>
    public int Attempt { get; init; } = 1;
    /// <summary>Where it ran; null when no Runner took it.</summary>
    public string? Runner { get; init; }
    /// <summary>The verdict where it came from, to compare: an import computes its own from the facts.</summary>
    public string? Verdict { get; init; }
    /// <summary>Notes.</summary>
    public string? Notes { get; init; }
    /// <summary>Tags.</summary>
    public IReadOnlyList<string> Tags { get; init; } = [];
    /// <summary>When it was asked for.</summary>
    public required DateTimeOffset CreatedAt { get; init; }
    /// <summary>When a Runner took it.</summary>
    public DateTimeOffset? StartedAt { get; init; }
    /// <summary>Characters that fell off the front of each log.</summary>
    public IReadOnlyDictionary<string, long> LogsDropped { get; init; } = new Dictionary<string, long>();
}

/// <summary>The last line: without it a file was cut.</summary>
/// <param name="Facts">Lines between the first and this one.</param>
/// <param name="Sha256">Of all bytes before this line, hexadecimal.</param>
public sealed record ExportTrailer(int Facts, string Sha256);

/// <summary>
/// Writes a run that has ended as one file: gzip, JSON lines, a header, the numbered facts, a trailer. Guarantees: importing it elsewhere gives the same
/// run (samples, events, logs, environment, plan) and a verdict computed from them. Streams, so a run of a day costs no memory.
/// </summary>
public sealed class RunExport(ExportQueries queries)
{
    /// <summary>How such a file's name ends.</summary>
    public const string Ending = "wobble.gz";

    /// <summary>Writes it.</summary>
    /// <exception cref="InvalidOperationException">The run goes on.</exception>
    public async Task WriteAsync(Run run, Stream file, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(run);
        if (!run.State.IsFinal()) throw new InvalidOperationException($"The run is {run.State.Word()}: only what has ended can be exported.");
        await using var zip = new GZipStream(file, CompressionLevel.Optimal, leaveOpen: true);
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        async Task LineAsync(string line)
        {
            byte[] bytes = Encoding.UTF8.GetBytes(line + "\n");
            hash.AppendData(bytes);
            await zip.WriteAsync(bytes, cancel);
        }
        var logs = await queries.Logs(run.Id, cancel);
        await LineAsync(JsonSerializer.Serialize(HeaderOf(run, logs), WobbleJson.Options));
        int count = 0;
        await foreach (var fact in queries.Facts(run, cancel))
            await LineAsync(string.Create(CultureInfo.InvariantCulture, $"{{\"n\":{++count},{fact.ToLine().AsSpan(1)}"));
        await LineAsync(JsonSerializer.Serialize(new ExportTrailer(count, Convert.ToHexStringLower(hash.GetCurrentHash())), WobbleJson.Options));
    }

    private static ExportHeader HeaderOf(Run run, IReadOnlyList<ComponentLog> logs) => new()
    {
        Format = ExportHeader.CurrentFormat,
        Id = run.Id,
        Slug = run.Slug,
        Definition = run.Definition,
        Class = run.Class,
        Attempt = run.Attempt,
        Runner = run.RunnerName,
        Verdict = run.TrustVerdict,
        Notes = run.Notes,
        Tags = run.Tags,
        CreatedAt = run.CreatedAt,
        StartedAt = run.StartedAt,
        LogsDropped = logs.Where(l => l.Dropped > 0).ToDictionary(l => l.Component, l => l.Dropped),
    };
}
