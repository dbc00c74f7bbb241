using Wobble.Results.Queries;
using Wobble.Results.Storage;

namespace Wobble.Dashboard.Components.Pages.Keeping;

/// <summary>A page of the audit log.</summary>
public sealed record AuditShown(IReadOnlyList<AuditEntry> Entries);

/// <summary>What is kept, what the Runners' data folders hold, and what was deleted last.</summary>
public sealed record HousekeepingShown(DiskUse Disk, IReadOnlyList<RunnerFolder> Folders, DeletedLast Deleted);
