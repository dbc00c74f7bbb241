using Microsoft.AspNetCore.Components;
using Wobble.Dashboard.Access;
using Wobble.Dashboard.Components.Controls;
using Wobble.Dashboard.Components.Pages.Targets;
using Wobble.Results.Domain;
using Wobble.Results.Experiments;
using Wobble.Results.Experiments.Claims;
using Wobble.Results.Queries;

namespace Wobble.Dashboard.Components.Pages.Claims;

/// <summary>What the claims' page shows.</summary>
/// <param name="Lines">Every claim and objection.</param>
/// <param name="Catalogue">Of a Runner; null when none has joined.</param>
public sealed record ClaimsShown(IReadOnlyList<ClaimLine> Lines, Catalogue? Catalogue);

/// <summary>The article's claims and the objections to it: how each is tested, what this machine says, and a button that asks it.</summary>
public sealed partial class ClaimsPage
{
    private int rounds = 5;
    private double seconds = 10;
    private int budget = 120;
    // Left: the page of what was begun opens, so that this one begins nothing more.
    private bool isBusy, isLeft;
    private string? wrong;

    [Inject] private ClaimQueries Claims { get; set; } = default!;
    [Inject] private RunnerQueries Runners { get; set; } = default!;
    [Inject] private Changes Changes { get; set; } = default!;
    [Inject] private NavigationManager Navigation { get; set; } = default!;

    /// <inheritdoc/>
    protected override bool IsLive => true;

    private TimeSpan Length => TimeSpan.FromSeconds(Math.Clamp(seconds, 0, 86_400));
    private ClaimPlan? Plan => Answer is { Catalogue: { } catalogue } ? ClaimPlan.Of(Answer.Lines, catalogue, Math.Clamp(rounds, 1, ExperimentDefinition.MostRepetitions), Length, TimeSpan.FromMinutes(Math.Max(0, budget))) : null;
    private string RunWords => Plan is { Later.Count: > 0, Now.Count: > 0 } p ? $"Run {p.Now.Count} of {p.Now.Count + p.Later.Count}" : "Run all";

    private string PlanWords
    {
        get
        {
            if (Plan is not { } p) return Numbers.None;
            string unable = p.Unable.Count > 0 ? $" Nothing of {string.Join(", ", p.Unable)} can run here." : "";
            if (p.Now.Count == 0 && p.Later.Count == 0) return $"Each has an answer or is under way.{unable}";
            if (p.Now.Count == 0) return $"None fits: all {p.Later.Count} take {ExperimentRules.Text(p.All)}.{unable}";
            string now = string.Join(", ", p.Now.Select(n => n.Line.Claim.Id));
            return p.Later.Count == 0
                ? $"{now}: {ExperimentRules.Text(p.Takes)}, {Numbers.Many(p.Now.Sum(n => Schedule.RunsExpected(n.Experiment)), "run")}.{unable}"
                : $"Within {budget} minutes: {now}, {ExperimentRules.Text(p.Takes)}. All {p.Now.Count + p.Later.Count} take {ExperimentRules.Text(p.All)}; {string.Join(", ", p.Later)} wait for the next time.{unable}";
        }
    }

    /// <inheritdoc/>
    protected override async Task<ClaimsShown> AskAsync(CancellationToken cancel)
    {
        var lines = Claims.All(cancel);
        var runners = Runners.All(cancel);
        return new ClaimsShown(await lines, Catalogues.Best(await runners, Clock.GetUtcNow()));
    }

    private string Sum(bool objections)
    {
        var all = Answer!.Lines.Where(l => l.Claim.IsObjection == objections).ToList();
        int Count(ClaimAnswer answer) => all.Count(l => l.Verdict?.Answer == answer);
        string what = objections ? "objections" : "claims";
        int asked = all.Count(l => l.Verdict is not null);
        return asked == 0 ? $"None of the {all.Count} {what} is measured here yet."
            : $"{Count(ClaimAnswer.Holds)} of {all.Count} {what} {(Count(ClaimAnswer.Holds) == 1 ? "holds" : "hold")}, {Count(ClaimAnswer.Doesnt)} {(Count(ClaimAnswer.Doesnt) == 1 ? "doesn’t" : "don’t")}, {Count(ClaimAnswer.CantTell)} can’t be told{(asked < all.Count ? $", {all.Count - asked} not measured" : "")}.";
    }

    private Task RunAsync(ClaimLine line) => DoAsync(async () =>
    {
        if (await MakeAsync(line.Claim, null) is not { } slug) return;
        isLeft = true;
        Navigation.NavigateTo($"/x/{slug}");
    });

    private Task RunAllAsync() => DoAsync(async () =>
    {
        // Each waits for the one before it; the first waits for none.
        string? before = null;
        int begun = 0;
        try
        {
            foreach (var (line, _, _) in Plan!.Now)
            {
                if (await MakeAsync(line.Claim, before) is not { } slug) break;
                before = slug;
                begun++;
            }
        }
        catch (NotChangedException e) when (begun > 0)
        {
            wrong = e.MessageOfRest;
        }
        if (wrong is not null && begun > 0) wrong = $"{Numbers.Count(begun)} {(begun == 1 ? "was" : "were")} begun; {wrong}";
        await RefreshAsync();
    });

    private async Task<string?> MakeAsync(Claim claim, string? after)
    {
        long seed = Random.Shared.NextInt64(1, 1_000_000);
        var (repetitions, length) = (rounds, Length);
        var outcome = await Changes.CreateExperimentAsync(catalogue => claim.Make(catalogue, repetitions, length, seed) with { StartsAfter = after }, null, CancellationToken.None);
        wrong = outcome.Errors.Count > 0 ? $"{claim.Title} was not begun. {string.Join(" ", outcome.Errors.Select(e => e + "."))}" : null;
        return outcome.Experiment?.Slug;
    }

    private async Task DoAsync(Func<Task> change)
    {
        if (isBusy) return;
        isBusy = true;
        try
        {
            await change();
        }
        catch (NotChangedException e)
        {
            wrong = e.Message;
        }
        finally
        {
            isBusy = isLeft;
        }
    }
}
