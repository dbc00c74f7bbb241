using System.Globalization;
using Microsoft.AspNetCore.WebUtilities;
using Wobble.Dashboard.Components.Controls;
using Wobble.Results.Domain;
using Wobble.Results.Queries;
using Wobble.Results.Storage;

namespace Wobble.Dashboard.Components.Pages.Runs;

/// <summary>The history's filters, page and chosen runs, as its address says them: all state of the page is there, so that it can be reloaded and shared.</summary>
public sealed record RunsUrl
{
    public const string Path = "/runs";
    private const int MaxDays = 36_500;

    public RunsFilter Filter { get; init; } = new();
    /// <summary>Slugs chosen for comparing, in the order chosen.</summary>
    public IReadOnlyList<string> Chosen { get; init; } = [];
    /// <summary>What the address says that is not allowed, field by field; it is left out of the filter.</summary>
    public IReadOnlyList<FieldError> Wrong { get; init; } = [];

    public static RunsUrl Parse(string address)
    {
        int query = address.IndexOf('?', StringComparison.Ordinal);
        var values = query < 0 ? [] : QueryHelpers.ParseQuery(address[query..].Split('#')[0]);
        var wrong = new List<FieldError>();
        // PostgreSQL takes no NUL.
        static string WithoutNul(string? text) => (text ?? "").Replace("\0", "", StringComparison.Ordinal);
        string? One(string name) => values.TryGetValue(name, out var v) && WithoutNul(v.LastOrDefault()).Trim() is { Length: > 0 } text ? text : null;
        List<T> Many<T>(string name, Func<string, (bool, T)> read, string allowed)
        {
            var all = new List<T>();
            foreach (string? given in values.TryGetValue(name, out var v) ? v : default)
            {
                string text = WithoutNul(given);
                var (ok, value) = read(text);
                if (ok) all.Add(value);
                else wrong.Add(new FieldError(name, text, allowed));
            }
            return [.. all.Distinct()];
        }
        T? Maybe<T>(string name, Func<string, (bool, T)> read, string allowed) where T : struct
        {
            if (One(name) is not { } text) return null;
            var (ok, value) = read(text);
            if (!ok) wrong.Add(new FieldError(name, text, allowed));
            return ok ? value : null;
        }

        var filter = new RunsFilter
        {
            Search = One("q") ?? "",
            Classes = Many("class", t => (Enum.TryParse(t, true, out TargetClass c) && c.Word() == t, c), "sync, green or async"),
            States = Many("state", t => (Enum.TryParse(t, true, out RunState s) && s.Word() == t, s), string.Join(", ", Enum.GetValues<RunState>().Select(s => s.Word()))),
            Trust = Many("trust", t => (t is "sound" or "doubtful" or "invalid", t), "sound, doubtful or invalid"),
            Tags = Many("tag", t => (t.Trim().Length is > 0 and <= TagRules.MaxLength, t.Trim().ToLowerInvariant()), $"1 to {TagRules.MaxLength} characters"),
            Days = Maybe("days", t => (int.TryParse(t, NumberStyles.None, CultureInfo.InvariantCulture, out int d) && d is >= 1 and <= MaxDays, d), $"1 to {MaxDays}"),
            Configuration = Maybe("configuration", t => (Guid.TryParse(t, out var g), g), "the id of a configuration"),
            Target = One("target"),
            Sort = Maybe("sort", t => (Enum.TryParse(t, true, out RunsSort s) && Enum.IsDefined(s) && !char.IsAsciiDigit(t[0]), s), "time, p50, p99, throughput or wobble") ?? RunsSort.Time,
            Reverse = One("reverse") == "true",
            After = One("after"),
            Before = One("before"),
        };
        var chosen = Many("r", t => (Slug.IsValid(t), t), "the slug of a run");
        return new RunsUrl { Filter = filter, Chosen = [.. chosen.Take(ComparisonQueries.Most)], Wrong = wrong };
    }

    /// <summary>The address; equal states give equal addresses.</summary>
    public override string ToString()
    {
        var pairs = new List<KeyValuePair<string, string?>>();
        void Add(string name, string? value)
        {
            if (!string.IsNullOrEmpty(value)) pairs.Add(new(name, value));
        }
        Add("q", Filter.Search);
        foreach (var c in Filter.Classes.Order()) Add("class", c.Word());
        foreach (var s in Filter.States.Order()) Add("state", s.Word());
        foreach (string t in Filter.Trust.Order(StringComparer.Ordinal)) Add("trust", t);
        foreach (string t in Filter.Tags.Order(StringComparer.Ordinal)) Add("tag", t);
        Add("days", Filter.Days?.ToString(CultureInfo.InvariantCulture));
        Add("configuration", Filter.Configuration?.ToString());
        Add("target", Filter.Target);
        if (Filter.Sort != RunsSort.Time) Add("sort", Filter.Sort.ToString().ToLowerInvariant());
        if (Filter.Reverse) Add("reverse", "true");
        Add("after", Filter.After);
        Add("before", Filter.Before);
        foreach (string slug in Chosen) Add("r", slug);
        return QueryHelpers.AddQueryString(Path, pairs);
    }

    /// <summary>Another filter begins at its first page; what was chosen stays.</summary>
    public RunsUrl With(Func<RunsFilter, RunsFilter> change) => this with { Filter = change(Filter) with { After = null, Before = null }, Wrong = [] };

    public RunsUrl After(string slug) => this with { Filter = Filter with { After = slug, Before = null } };

    public RunsUrl Before(string slug) => this with { Filter = Filter with { After = null, Before = slug } };

    /// <summary>Sorted by that column; when it is already, the other way round.</summary>
    public RunsUrl SortedBy(RunsSort sort) => With(f => f with { Sort = sort, Reverse = f.Sort == sort && !f.Reverse });

    /// <summary>Chooses the run, or no longer.</summary>
    public RunsUrl Toggle(string slug) => this with { Chosen = Chosen.Contains(slug) ? [.. Chosen.Where(s => s != slug)] : [.. Chosen.Append(slug).Take(ComparisonQueries.Most)] };

    /// <summary>No filter; sort and chosen runs stay.</summary>
    public RunsUrl Unfiltered => With(f => new RunsFilter { Sort = f.Sort, Reverse = f.Reverse });

    /// <summary>The filters in words: async, #overload, last 30 days.</summary>
    public string InWords(string? configuration)
    {
        var words = new List<string>();
        if (Filter.Search.Length > 0) words.Add($"“{Filter.Search}”");
        if (Filter.Target is { } target) words.Add(target);
        if (Filter.Configuration is not null) words.Add(configuration is null ? "an unknown configuration" : $"configuration {configuration}");
        if (Filter.Classes.Count > 0) words.Add(string.Join(" or ", Filter.Classes.Select(c => c.Adjective())));
        if (Filter.States.Count > 0) words.Add(string.Join(" or ", Filter.States.Select(s => s.Word())));
        if (Filter.Trust.Count > 0) words.Add(string.Join(" or ", Filter.Trust));
        words.AddRange(Filter.Tags.Select(t => $"#{t}"));
        if (Filter.Days is { } days) words.Add(days == 1 ? "last day" : $"last {Numbers.Count(days)} days");
        return string.Join(", ", words);
    }
}
