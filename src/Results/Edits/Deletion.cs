namespace Wobble.Results.Edits;

/// <summary>Why something isn't deleted, or doesn't come back.</summary>
public enum DeletionReason
{
    /// <summary>There is none of that name, or its rows are gone.</summary>
    Unknown,
    /// <summary>It isn't deleted, or came back a moment ago.</summary>
    ThereAlready,
    /// <summary>An experiment, or a run of it, goes on.</summary>
    GoesOn,
    /// <summary>It recurs.</summary>
    Recurs,
    /// <summary>The rows of some of an experiment's runs are gone.</summary>
    RowsGone,
    /// <summary>A run was deleted with its experiment, and comes back with it alone.</summary>
    WithExperiment,
    /// <summary>A run was deleted by itself, and its experiment later.</summary>
    ExperimentDeleted,
}

/// <summary>Why a deletion, or taking one back, changed nothing.</summary>
/// <param name="Reason">For programs.</param>
/// <param name="Sentence">For people.</param>
/// <param name="Experiment">Slug of the deleted experiment that must come back first, or with which a run comes back.</param>
public sealed record DeletionRefusal(DeletionReason Reason, string Sentence, string? Experiment = null)
{
    internal static readonly DeletionRefusal Gone = new(DeletionReason.Unknown, "It is gone for good.");
    internal static readonly DeletionRefusal There = new(DeletionReason.ThereAlready, "It is there already.");

    /// <summary>The sentence.</summary>
    public override string ToString() => Sentence;
}

/// <summary>What became of a deletion, or of taking one back.</summary>
/// <param name="Count">How many runs (comparisons) were deleted or came back; of an experiment its runs.</param>
/// <param name="Refused">Why what was left wasn't changed; null: nothing was left.</param>
public sealed record Deletion(int Count, DeletionRefusal? Refused)
{
    /// <summary>Why it isn't there after taking a deletion back; null when it is, whoever brought it back.</summary>
    public DeletionRefusal? Missing => Refused is { Reason: DeletionReason.ThereAlready } ? null : Refused;

    internal static Deletion No(DeletionReason reason, string sentence) => new(0, new DeletionRefusal(reason, sentence));
}
