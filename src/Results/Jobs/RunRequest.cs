using Wobble.Results.Domain;
using Wobble.Results.Storage;

namespace Wobble.Results.Jobs;

/// <summary>Asks for runs of a definition.</summary>
public sealed record RunRequest
{
    /// <summary>What to run, and how often.</summary>
    public required Definition Definition { get; init; }
    /// <summary>The configuration it comes from, if any; its present version is noted.</summary>
    public Guid? ConfigurationId { get; init; }
    /// <summary>Tags of each run.</summary>
    public IReadOnlyList<string> Tags { get; init; } = [];
    /// <summary>Notes of each run.</summary>
    public string? Notes { get; init; }
    /// <summary>The Runner it is meant for; null: any that can.</summary>
    public string? Runner { get; init; }
}

/// <summary>What became of a <see cref="RunRequest"/>: either errors and nothing queued, or runs.</summary>
/// <param name="Errors">What is wrong, field by field.</param>
/// <param name="Runs">The queued runs, in order.</param>
/// <param name="Experiment">What binds them, when more were asked for; its later runs are made one after the other.</param>
public sealed record QueueOutcome(IReadOnlyList<FieldError> Errors, IReadOnlyList<Run> Runs, Experiment? Experiment)
{
    internal static QueueOutcome Refused(params IReadOnlyList<FieldError> errors) => new(errors, [], null);
}

/// <summary>What a request may have beside its definition, checked once for runs and experiments alike.</summary>
internal static class RequestRules
{
    /// <summary>The tags as they are kept; what is wrong is added to <paramref name="errors"/>.</summary>
    public static IReadOnlyList<string> Check(IReadOnlyList<string> tags, string? notes, List<FieldError> errors)
    {
        var kept = TagRules.Normalise(tags, out var tagError);
        if (tagError is not null) errors.Add(tagError);
        if (notes is { Length: > RunQueue.MaxNotes }) errors.Add(new FieldError("notes", $"{notes.Length} characters", $"at most {RunQueue.MaxNotes} characters"));
        return kept ?? [];
    }
}

/// <summary>What became of a wish to cancel.</summary>
public enum CancelOutcome
{
    /// <summary>There is no such run.</summary>
    Unknown,
    /// <summary>It had ended already.</summary>
    TooLate,
    /// <summary>It was queued and is cancelled.</summary>
    Cancelled,
    /// <summary>Its Runner was told; it ends within seconds.</summary>
    Asked,
}
