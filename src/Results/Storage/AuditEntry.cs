namespace Wobble.Results.Storage;

/// <summary>One thing that somebody did, or tried. Written before it is done, so that what was begun and never ended shows, too.</summary>
public sealed class AuditEntry
{
    /// <summary>The most characters of <see cref="What"/>.</summary>
    public const int LongestWhat = 1_000;
    /// <summary>The most characters of <see cref="Who"/>.</summary>
    public const int LongestWho = 200;

    /// <summary>Key; rises with time.</summary>
    public long Id { get; init; }
    /// <summary>When it was asked for.</summary>
    public required DateTimeOffset At { get; init; }
    /// <summary><c>operator</c>, <c>viewer</c>, a name from the identity provider, <c>wobble</c> for Wobble itself, or <c>nobody</c>.</summary>
    public required string Who { get; init; }
    /// <summary>Address it came from; null for Wobble itself.</summary>
    public string? From { get; init; }
    /// <summary>What, as one line: <c>delete SLUG</c>.</summary>
    public required string What { get; init; }
    /// <summary><c>done</c>, <c>nothing to do</c>, <c>refused: …</c>, <c>failed: …</c>; null: it was begun, and its end isn't known.</summary>
    public string? Outcome { get; set; }
}
