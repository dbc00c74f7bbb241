using System.Collections.Concurrent;

namespace Wobble.Dashboard.Components.Pages.Reading;

/// <summary>
/// Hands what a page read while it was prerendered to its circuit, so that it is read once and doesn't blink. Kept in this process under a name nobody
/// can guess, for <see cref="Life"/>, taken once; whoever finds nothing reads again.
/// </summary>
public sealed class Handoffs(TimeProvider clock)
{
    /// <summary>A browser opens its circuit within a second or two.</summary>
    private static readonly TimeSpan Life = TimeSpan.FromSeconds(20);
    /// <summary>Pages that wait at once; beyond, a page is simply read twice.</summary>
    private const int Limit = 200;

    private readonly ConcurrentDictionary<string, (object Answer, DateTimeOffset Until)> _waiting = new();

    /// <summary>Keeps the answer; null when too many wait.</summary>
    public string? Keep(object answer)
    {
        var now = clock.GetUtcNow();
        foreach (var (old, entry) in _waiting)
            if (entry.Until < now) _waiting.TryRemove(old, out _);
        if (_waiting.Count >= Limit) return null;
        string name = Results.Storage.Slug.New();
        _waiting[name] = (answer, now + Life);
        return name;
    }

    /// <summary>The answer of that name, once; null when there is none, or none of that kind.</summary>
    public T? Take<T>(string? name) where T : class =>
        name is not null && _waiting.TryRemove(name, out var entry) && entry.Until >= clock.GetUtcNow() ? entry.Answer as T : null;
}
