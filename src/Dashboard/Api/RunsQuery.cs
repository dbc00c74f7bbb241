using System.Globalization;
using Wobble.Results.Domain;
using Wobble.Results.Queries;
using Wobble.Results.Storage;

namespace Wobble.Dashboard.Api;

/// <summary>The query of <c>GET /api/runs</c> as a filter, or each part of it that is wrong. Names may be given several times, or their values joined by commas.</summary>
internal sealed class RunsQuery
{
    /// <summary>Names that are known, with what they may be; also the API's description of them.</summary>
    public static readonly IReadOnlyList<(string Name, string Allowed)> Names =
    [
        ("q", "words that target, tags, notes or slug hold"),
        ("target", "a target, such as uwsgi-http/bottle"),
        ("state", $"one or more of {WordsOf<RunState>()}"),
        ("class", $"one or more of {WordsOf<TargetClass>()}"),
        ("trust", "one or more of sound, doubtful, invalid"),
        ("tag", "one or more tags; runs that have all of them"),
        ("since", "a date or time by ISO 8601, such as 2026-11-24 or 2026-11-24T08:00:00Z; runs asked for then or later"),
        ("until", "a date or time by ISO 8601; runs asked for before"),
        ("configuration", "id of a configuration"),
        ("sort", $"one of {WordsOf<RunsSort>()}"),
        ("reverse", "true or false"),
        ("size", $"rows of a page, 1 to {RunsQueries.LargestPage}; {RunsQueries.PageSize} when left out"),
        ("after", "slug of the run after which the page begins"),
        ("before", "slug of the run before which the page ends"),
    ];

    private readonly IQueryCollection _query;
    private readonly List<FieldError> _errors = [];

    private RunsQuery(IQueryCollection query) => _query = query;

    public static (RunsFilter Filter, IReadOnlyList<FieldError> Errors) Read(IQueryCollection query)
    {
        var reader = new RunsQuery(query);
        var filter = reader.Filter();
        foreach (string name in query.Keys.Where(k => Names.All(n => n.Name != k)))
            reader._errors.Add(new FieldError(name, query[name].ToString(), $"there is no such filter; there are {string.Join(", ", Names.Select(n => n.Name))}"));
        return (filter, reader._errors);
    }

    private RunsFilter Filter() => new()
    {
        Search = Text("q") ?? "",
        Target = Text("target"),
        States = Enums<RunState>("state"),
        Classes = Enums<TargetClass>("class"),
        Trust = Values("trust", v => v is "sound" or "doubtful" or "invalid"),
        Tags = [.. Values("tag", _ => true).Select(t => t.TrimStart('#').ToLowerInvariant())],
        Since = Time("since"),
        Until = Time("until"),
        Configuration = Text("configuration") is { } id ? Parsed("configuration", id, Guid.TryParse(id, out var guid), (Guid?)guid) : null,
        Sort = Enums<RunsSort>("sort") is [var sort, ..] ? sort : RunsSort.Time,
        Reverse = Text("reverse") is { } reverse && Parsed("reverse", reverse, reverse is "true" or "false", reverse == "true"),
        Size = Text("size") is { } size ? Parsed("size", size, int.TryParse(size, NumberStyles.None, CultureInfo.InvariantCulture, out int rows) && rows is >= 1 and <= RunsQueries.LargestPage, rows) : RunsQueries.PageSize,
        After = SlugOf("after"),
        Before = SlugOf("before"),
    };

    private string? Text(string name)
    {
        string text = _query[name].ToString().Trim();
        if (text.Length == 0) return null;
        if (text.Length <= 500 && !text.Contains('\0', StringComparison.Ordinal)) return text;
        _errors.Add(new FieldError(name, $"a text of {text.Length} characters", "at most 500 characters, without NUL"));
        return null;
    }

    private T? Parsed<T>(string name, string given, bool good, T? value)
    {
        if (good) return value;
        _errors.Add(new FieldError(name, given, Allowed(name)));
        return default;
    }

    private string[] Values(string name, Func<string, bool> allowed)
    {
        string[] values = Text(name)?.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries) ?? [];
        foreach (string wrong in values.Where(v => !allowed(v))) _errors.Add(new FieldError(name, wrong, Allowed(name)));
        return values;
    }

    private IReadOnlyList<T> Enums<T>(string name) where T : struct, Enum =>
        [.. Values(name, v => char.IsAsciiLetter(v[0]) && Enum.TryParse<T>(v, ignoreCase: true, out _)).Select(v => Enum.TryParse<T>(v, ignoreCase: true, out var value) ? value : default)];

    private DateTimeOffset? Time(string name)
    {
        if (Text(name) is not { } text) return null;
        bool good = DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var time) && char.IsAsciiDigit(text[0]);
        return Parsed(name, text, good, (DateTimeOffset?)time.ToUniversalTime());
    }

    private string? SlugOf(string name) => Text(name) is { } text ? Parsed(name, text, Slug.IsValid(text), text) : null;

    private static string Allowed(string name) => Names.First(n => n.Name == name).Allowed;

    private static string WordsOf<T>() where T : struct, Enum => string.Join(", ", Enum.GetNames<T>().Select(n => n.ToLowerInvariant()));
}
