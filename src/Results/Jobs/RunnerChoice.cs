using Wobble.Results.Domain;
using Wobble.Results.Storage;

namespace Wobble.Results.Jobs;

/// <summary>Which Runner a run is meant for: none in particular when every one that is there can run it, else one that can.</summary>
internal sealed record RunnerChoice(string? Runner, Catalogue? Catalogue, IReadOnlyList<FieldError> Errors)
{
    public static RunnerChoice Of(IReadOnlyList<RunnerRow> runners, RunRequest request, DateTimeOffset aliveSince)
    {
        if (request.Runner is { } wanted)
        {
            var named = runners.FirstOrDefault(r => r.Name == wanted);
            return named is null
                ? Refused(new FieldError("runner", wanted, runners.Count == 0 ? "no Runner has joined yet" : $"one of {string.Join(", ", runners.Select(r => r.Name))}"))
                : new RunnerChoice(named.Name, named.Catalogue, DefinitionRules.Check(request.Definition, named.Catalogue));
        }
        if (runners.Count == 0) return Refused(new FieldError("runner", "", "no Runner has joined yet: ./run starts one"));

        // When none is there, those that were may come back: the run waits for them.
        var there = runners.Where(r => r.SeenAt >= aliveSince).ToList();
        if (there.Count == 0) there = [.. runners];
        var checkedRunners = there.Select(r => (Runner: r, Errors: DefinitionRules.Check(request.Definition, r.Catalogue))).OrderBy(c => c.Errors.Count).ToList();
        var (best, errors) = checkedRunners[0];
        if (errors.Count > 0) return Refused([.. errors]);
        return new RunnerChoice(checkedRunners.All(c => c.Errors.Count == 0) ? null : best.Name, best.Catalogue, []);
    }

    private static RunnerChoice Refused(params IReadOnlyList<FieldError> errors) => new(null, null, errors);
}
