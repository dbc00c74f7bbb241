namespace Wobble.Results.Domain;

/// <summary>What a Runner's data folder holds: lengths of plain files; a link counts for nothing, and what it leads to neither.</summary>
/// <param name="At">When the Runner looked.</param>
/// <param name="Folder">The data folder, on the Runner's machine.</param>
/// <param name="Parts">Its folders, those that are there; <see cref="DataFolderPart.Rest"/> is last.</param>
public sealed record DataFolderUse(DateTimeOffset At, string Folder, IReadOnlyList<DataFolderPart> Parts);

/// <summary>A folder in a data folder.</summary>
/// <param name="Name">Its name, such as <c>journals</c>, or <see cref="Rest"/>.</param>
/// <param name="Bytes">What was counted.</param>
/// <param name="Problem">Why that isn't all, a sentence; null: it is.</param>
public sealed record DataFolderPart(string Name, long Bytes, string? Problem)
{
    /// <summary>Name of what lies beside the folders that Wobble names.</summary>
    public const string Rest = "rest";
}
