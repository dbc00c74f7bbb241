namespace Wobble.Results.Domain;

/// <summary>Tags of runs, the same for pages and API: lower case, each once, in the order given.</summary>
public static class TagRules
{
    /// <summary>The most tags of a run.</summary>
    public const int MaxTags = 20;
    /// <summary>The most characters of a tag.</summary>
    public const int MaxLength = 40;

    /// <summary>The tags as they are kept; on a tag that is not allowed, null and the error.</summary>
    public static IReadOnlyList<string>? Normalise(IEnumerable<string> tags, out FieldError? error)
    {
        ArgumentNullException.ThrowIfNull(tags);
        var kept = tags.Select(t => t.Trim().ToLowerInvariant()).Where(t => t.Length > 0).Distinct(StringComparer.Ordinal).ToList();
        string? wrong = kept.FirstOrDefault(t => t.Length > MaxLength || t.Any(c => char.IsControl(c) || c == ','));
        error = wrong is not null ? new FieldError("tags", wrong, $"a tag has 1 to {MaxLength} characters and no comma")
            : kept.Count > MaxTags ? new FieldError("tags", string.Join(", ", kept), $"at most {MaxTags} tags")
            : null;
        return error is null ? kept : null;
    }
}
