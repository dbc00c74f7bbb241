using Hangfire;
using Hangfire.Common;
using Hangfire.States;

namespace Wobble.Tests.Support;

/// <summary>Hangfire's client as a list: what was queued, where, and what was deleted.</summary>
public sealed class FakeJobs : IBackgroundJobClient
{
    /// <summary>Jobs in order.</summary>
    public List<(string Id, Guid RunId, string Queue)> Queued { get; } = [];
    /// <summary>Ids of deleted jobs.</summary>
    public List<string> Deleted { get; } = [];
    /// <summary>When set, queueing fails with it.</summary>
    public Exception? Failure { get; set; }

    /// <inheritdoc/>
    public string Create(Job job, IState state)
    {
        if (Failure is not null) throw Failure;
        string id = (Queued.Count + 1).ToString(System.Globalization.CultureInfo.InvariantCulture);
        Queued.Add((id, (Guid)job.Args[0], ((EnqueuedState)state).Queue));
        return id;
    }

    /// <inheritdoc/>
    public bool ChangeState(string jobId, IState state, string expectedState)
    {
        if (state is DeletedState) Deleted.Add(jobId);
        return true;
    }
}
