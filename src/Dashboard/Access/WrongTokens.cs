using System.Collections.Concurrent;

namespace Wobble.Dashboard.Access;

/// <summary>
/// Counts wrong tokens by the address they came from, by form, link and header together: from <see cref="AccessSettings.WrongTokensPerMinute"/> on its wrong ones are answered 429. The
/// right one is let in all the same: somebody else of that address must not lock its owner out, and 256 random bits are guessed at no pace.
/// Bounded: whoever comes from very many addresses is still held off, all of them together.
/// </summary>
internal sealed class WrongTokens(AccessSettings settings, TimeProvider clock)
{
    private const int MostAddresses = 10_000;
    private static readonly TimeSpan Window = TimeSpan.FromMinutes(1);
    private const string Others = "";

    private readonly ConcurrentDictionary<string, (DateTimeOffset Since, int Count)> _counts = new();

    /// <summary>Notes one; answers true when it is the first of its window, which is worth a line in the audit log.</summary>
    public bool Note(string address)
    {
        var now = clock.GetUtcNow();
        if (_counts.Count >= MostAddresses)
        {
            foreach (var (key, value) in _counts) if (now - value.Since >= Window) _counts.TryRemove(key, out _);
            if (_counts.Count >= MostAddresses && !_counts.ContainsKey(address)) address = Others;
        }
        return _counts.AddOrUpdate(address, _ => (now, 1), (_, was) => now - was.Since >= Window ? (now, 1) : (was.Since, was.Count + 1)).Count == 1;
    }

    /// <summary>How long the address has to wait; null: not at all.</summary>
    public TimeSpan? Wait(string address)
    {
        if (!_counts.TryGetValue(address, out var count) && (_counts.Count < MostAddresses || !_counts.TryGetValue(Others, out count))) return null;
        var left = count.Since + Window - clock.GetUtcNow();
        return count.Count >= settings.WrongTokensPerMinute && left > TimeSpan.Zero ? left : null;
    }
}
