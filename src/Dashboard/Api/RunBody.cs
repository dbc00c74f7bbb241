using System.Text.Json.Nodes;
using Wobble.Results.Domain;
using Wobble.Results.Edits;

namespace Wobble.Dashboard.Api;

/// <summary>What the body of a run may have beside its definition.</summary>
internal sealed record RunExtras
{
    public string? Runner { get; init; }
    public IReadOnlyList<string> Tags { get; init; } = [];
    public string? Notes { get; init; }
}

/// <summary>What may be changed about a run.</summary>
internal sealed record RunPatch
{
    public string? Notes { get; init; }
    public IReadOnlyList<string>? Tags { get; init; }
    public bool? Pinned { get; init; }

    public static IReadOnlyList<FieldError> Check(RunPatch patch)
    {
        var errors = new List<FieldError>();
        if (patch.Notes is { Length: > RunEdits.LongestNotes } notes) errors.Add(new FieldError("notes", $"{notes.Length} characters", $"at most {RunEdits.LongestNotes} characters"));
        if (patch.Tags is null) return errors;
        if (patch.Tags.Any(t => t is null)) errors.Add(new FieldError("tags", "null", "texts"));
        else if (TagRules.Normalise(patch.Tags, out var wrong) is null) errors.Add(wrong!);
        return errors;
    }
}

/// <summary>The body of <c>POST /api/runs</c>: a definition's fields, and those of <see cref="RunExtras"/> beside them.</summary>
internal static class RunBody
{
    /// <summary>An empty name is nobody's; it doesn't mean that no Runner is there.</summary>
    public static readonly FieldError NoRunner = new("runner", "\"\"", "a Runner's name; leave it out for any");

    public static (Definition? Definition, RunExtras Extras, IReadOnlyList<FieldError> Errors) Read(JsonObject body)
    {
        string[] extraNames = [.. JsonFields.NamesOf<RunExtras>()];
        var (definition, errors) = JsonFields.Bind<Definition>(body, extraNames);
        var own = new JsonObject(body.Where(m => extraNames.Contains(m.Key)).Select(m => KeyValuePair.Create(m.Key, m.Value?.DeepClone())));
        var (extras, extraErrors) = JsonFields.Bind<RunExtras>(own);
        var all = errors.Concat(extraErrors).ToList();
        if (extras?.Runner is "") all.Add(NoRunner);
        if (extras?.Tags.Any(t => t is null) == true) all.Add(new FieldError("tags", "null", "texts"));
        return (definition, extras ?? new RunExtras(), all);
    }
}
