using Microsoft.AspNetCore.WebUtilities;
using Wobble.Results.Queries;
using Wobble.Results.Storage;

namespace Wobble.Dashboard.Components.Pages.Compare;

/// <summary>What an address asks to compare.</summary>
/// <param name="Slugs">Each once, the reference first.</param>
/// <param name="Problem">Why that is no comparison; null: it may be one.</param>
public sealed record CompareUrl(IReadOnlyList<string> Slugs, string? Problem)
{
    /// <summary>Path of a comparison that isn't kept.</summary>
    public const string Path = "/compare";

    /// <summary>Address of a comparison, the reference first.</summary>
    public static string Write(IEnumerable<string> slugs) => QueryHelpers.AddQueryString(Path, slugs.Select(s => new KeyValuePair<string, string?>("r", s)));

    /// <summary>Of the names given and the one that shall be the reference.</summary>
    /// <param name="given">Names of sides.</param>
    /// <param name="reference">One of them.</param>
    /// <param name="alone">One may stand alone.</param>
    public static CompareUrl Of(IReadOnlyList<string> given, string? reference, bool alone = false)
    {
        ArgumentNullException.ThrowIfNull(given);
        string[] slugs = [.. given.Distinct()];
        if (reference is not null && slugs.Contains(reference)) slugs = [reference, .. slugs.Where(s => s != reference)];
        string? problem = given.FirstOrDefault(s => !SideName.IsValid(s)) is { } wrong ? $"“{wrong}” is no run: the name of a run has {Slug.Length} letters, digits, - and _; a row of an experiment is its name, a point and the row’s number."
            : slugs.Length < given.Count ? "A run compared with itself shows nothing: the two are one and the same measurement. To see how much runs of one configuration differ by themselves, run it again and compare the two."
            : slugs.Length > ComparisonQueries.Most ? $"{slugs.Length} runs are too many to tell apart in one figure: {ComparisonQueries.Fewest} to {ComparisonQueries.Most} can be compared."
            // One experiment alone may have several rows: that is known when it was read.
            : slugs.Length == 1 && !alone ? "One run alone is no comparison: choose another one, or up to four."
            : null;
        return new CompareUrl(slugs, problem);
    }
}
