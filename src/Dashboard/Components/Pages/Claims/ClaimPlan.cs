using Wobble.Results.Domain;
using Wobble.Results.Experiments;
using Wobble.Results.Queries;

namespace Wobble.Dashboard.Components.Pages.Claims;

/// <summary>What "Run all" would run: the claims without an answer, in order, as many as a budget of time allows; asked again, it goes on with the rest. Pure.</summary>
/// <param name="Now">Those that fit, with their experiments.</param>
/// <param name="Later">Ids of those that don't.</param>
/// <param name="Unable">Ids of those of which nothing can run here.</param>
/// <param name="Takes">How long those that fit take.</param>
/// <param name="All">How long all that are left take.</param>
internal sealed record ClaimPlan(IReadOnlyList<(ClaimLine Line, ExperimentDefinition Experiment, TimeSpan Takes)> Now, IReadOnlyList<string> Later, IReadOnlyList<string> Unable, TimeSpan Takes, TimeSpan All)
{
    /// <param name="lines">Every claim.</param>
    /// <param name="catalogue">Of the machine.</param>
    /// <param name="repetitions">Rounds of each.</param>
    /// <param name="length">Of each run.</param>
    /// <param name="budget">Null: no limit.</param>
    public static ClaimPlan Of(IReadOnlyList<ClaimLine> lines, Catalogue catalogue, int repetitions, TimeSpan length, TimeSpan? budget)
    {
        var now = new List<(ClaimLine, ExperimentDefinition, TimeSpan)>();
        var later = new List<string>();
        var unable = new List<string>();
        TimeSpan takes = TimeSpan.Zero, all = TimeSpan.Zero;
        foreach (var line in lines.Where(l => !l.IsAnswered && !l.IsGoing))
        {
            var experiment = line.Claim.Make(catalogue, repetitions, length, 0);
            if (experiment.Rows.All(r => r.Unavailable is not null))
            {
                unable.Add(line.Claim.Id);
                continue;
            }
            // A claim's runs have a length.
            var each = ExperimentRules.Estimate(experiment)!.Value;
            all += each;
            if (budget is { } most && takes + each > most) later.Add(line.Claim.Id);
            else
            {
                now.Add((line, experiment, each));
                takes += each;
            }
        }
        return new ClaimPlan(now, later, unable, takes, all);
    }
}
