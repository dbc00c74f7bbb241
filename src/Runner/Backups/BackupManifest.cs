using System.Text.Json.Serialization;

namespace Wobble.Runner.Backups;

/// <summary>The first entry of a backup: what it is, so that a restore can refuse before it touches anything.</summary>
internal sealed record BackupManifest
{
    public const int CurrentFormat = 1;
    public const string Name = "wobble-backup.json";
    public const string Dump = "database.dump";
    public const string Token = "token";
    public const string Keys = "keys/";
    public const string Journals = "journals/";

    [JsonPropertyName("wobble_backup")]
    public required int Format { get; init; }
    /// <summary>Wobble's version.</summary>
    public required string Wobble { get; init; }
    public required DateTimeOffset At { get; init; }
    /// <summary>Migrations the database had, in order.</summary>
    public required IReadOnlyList<string> Migrations { get; init; }
    public required long Runs { get; init; }
    /// <summary>Number of entries after this one: fewer, and the file was cut.</summary>
    public required int Entries { get; init; }
}
