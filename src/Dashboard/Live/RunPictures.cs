using Wobble.Results.Queries;
using Wobble.Results.Storage;

namespace Wobble.Dashboard.Live;

/// <summary>Pictures of runs, one reading for all pages that show the same run. Keeps the runs that were looked at last.</summary>
internal sealed class RunPictures(RunQueries queries, RunFeed feed, TimeProvider clock)
{
    /// <summary>Some 0.5 MB each.</summary>
    public const int Most = 16;

    private readonly Dictionary<string, (RunEntry Entry, long UsedAt)> _entries = [];
    private readonly Lock _lock = new();

    /// <summary>The run of that slug as of now; null when there is none.</summary>
    public Task<RunPicture?> OfAsync(string slug, CancellationToken cancel) => OfAsync(slug, entry => entry.ReadAsync(), cancel);

    /// <summary>The run as of the last announcement, for who was told by the feed: read once for all of them. Null when there is none.</summary>
    public Task<RunPicture?> ToldAsync(string slug, CancellationToken cancel) => OfAsync(slug, entry => entry.ReadToldAsync(), cancel);

    private async Task<RunPicture?> OfAsync(string slug, Func<RunEntry, Task<RunPicture?>> read, CancellationToken cancel)
    {
        if (!Slug.IsValid(slug)) return null;
        var picture = await read(Entry(slug)).WaitAsync(cancel);
        if (picture is null) Forget(slug);
        return picture;
    }

    private RunEntry Entry(string slug)
    {
        lock (_lock)
        {
            var entry = _entries.TryGetValue(slug, out var known) ? known.Entry : new RunEntry(slug, queries, () => feed.Told);
            _entries[slug] = (entry, clock.GetTimestamp());
            if (_entries.Count > Most) _entries.Remove(_entries.MinBy(e => e.Value.UsedAt).Key);
            return entry;
        }
    }

    private void Forget(string slug)
    {
        lock (_lock) _entries.Remove(slug);
    }
}
