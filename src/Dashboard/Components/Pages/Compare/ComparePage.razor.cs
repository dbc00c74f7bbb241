using Microsoft.AspNetCore.Components;
using Microsoft.AspNetCore.Components.Authorization;
using Wobble.Dashboard.Components.Charts;
using Wobble.Results.Domain;
using Wobble.Results.Experiments;
using Wobble.Results.Queries;
using Wobble.Results.Statistics;

namespace Wobble.Dashboard.Components.Pages.Compare;

/// <summary>What a comparison shows.</summary>
/// <param name="Asked">What the address asks for.</param>
/// <param name="Runs">Those that are here, the reference first.</param>
/// <param name="Missing">Slugs of those that aren't.</param>
/// <param name="Kept">When the address is a permalink.</param>
/// <param name="Last">Comparisons kept last, for who is signed in and asks for none.</param>
/// <param name="Choice">When more were named than can be compared: key and name of each.</param>
public sealed record CompareShown(CompareUrl Asked, IReadOnlyList<ComparedRun> Runs, IReadOnlyList<string> Missing, KeptComparison? Kept, IReadOnlyList<KeptComparison> Last, IReadOnlyList<(string Key, string Name)> Choice);

/// <summary>Two to five runs side by side: first what differs between their set-ups, then their figures. Open to whoever knows the slugs.</summary>
public sealed partial class ComparePage
{
    private const int KeptShown = 20;
    private const int ChoiceShown = 40;

    private bool _isSignedIn;
    private SetUps? setUps;
    private ComparedFigures? figures;
    private ComparedCurves? curves;
    private (double From, double To) axis;
    private double longest;

    [Inject] private ComparisonQueries Comparisons { get; set; } = default!;
    [Inject] private NavigationManager Navigation { get; set; } = default!;
    [CascadingParameter] private Task<AuthenticationState>? Who { get; set; }

    /// <summary>The permalink.</summary>
    [Parameter] public string? KeptSlug { get; set; }
    /// <summary>Slugs of the runs.</summary>
    [SupplyParameterFromQuery(Name = "r")] public string[]? Given { get; set; }
    /// <summary>Slug of the run that the others are set against; null: the first.</summary>
    [SupplyParameterFromQuery] public string? Reference { get; set; }

    /// <inheritdoc/>
    protected override object Question => (KeptSlug, string.Join(' ', Given ?? []), Reference, _isSignedIn);
    /// <inheritdoc/>
    protected override bool IsLive => Answer?.Runs.Any(r => Sides.Runs(r).Any(e => !e.State.IsFinal())) == true;

    private IReadOnlyList<ComparedRun> Runs => Answer?.Runs ?? [];

    private bool NeedsRuns => figures is { HasRatios: true, HasIntervals: false, HasFewRuns: true };
    private bool Repeats => Runs.Any(r => Sides.Runs(r).Count > 1);
    private string Query => string.Join('&', Runs.Select(r => "r=" + Uri.EscapeDataString(Sides.Key(r))));
    private string OwnPath => Answer?.Kept is { } kept && kept.Runs.SequenceEqual(Runs.Select(Sides.Key)) ? $"c/{kept.Slug}" : $"compare?{Query}";
    private IReadOnlyList<(string Name, TargetClass Class, ReportFigure Figure)> Lanes => [.. Runs.Where(r => Sides.Runs(r).Count > 1).Select(r => (Sides.NameOf(Runs, r), r.Row.Class, Figure(r))).Where(l => l.Item3 is not null).Select(l => (l.Item1, l.Class, l.Item3!))];

    private string Title
    {
        get
        {
            if (figures is null) return "Compare";
            string first = Sides.Plain(Runs[0]);
            string[] others = [.. Runs.Skip(1).Select(Sides.Plain)];
            if (others.Length > 1) return $"{first} against {(others.Length == 2 ? "two" : others.Length == 3 ? "three" : "four")} others";
            return others[0] == first ? Repeats ? $"{first} against itself" : $"{first} against itself, another run" : $"{first} against {others[0]}";
        }
    }

    /// <summary>Address of a comparison of these runs, the reference first.</summary>
    public static string Address(IEnumerable<string> slugs) => CompareUrl.Write(slugs);

    /// <inheritdoc/>
    protected override async Task OnParametersSetAsync()
    {
        _isSignedIn = Who is not null && (await Who).User.Identity?.IsAuthenticated == true;
        await base.OnParametersSetAsync();
    }

    /// <inheritdoc/>
    protected override async Task<CompareShown> AskAsync(CancellationToken cancel)
    {
        var kept = KeptSlug is null ? null : await Comparisons.Kept(KeptSlug, cancel);
        string[] given = [.. kept?.Runs ?? (KeptSlug is null ? Given ?? [] : [])];
        var asked = CompareUrl.Of(given, Reference, alone: true);
        // A configuration's id is no link to its runs: it is in the answers of each of them.
        if (KeptSlug is null && !_isSignedIn && given.Any(g => Guid.TryParse(g, out _))) return new CompareShown(asked, [], [.. given.Where(g => Guid.TryParse(g, out _))], null, [], []);
        var found = asked.Problem is null && asked.Slugs.Count > 0 ? await Comparisons.Runs(asked.Slugs, cancel) : new FoundSides([], [], null);
        if (found.Problem is not null) asked = asked with { Problem = found.Problem };
        var runs = found.Runs;
        IReadOnlyList<string> missing = asked.Problem is not null ? [] : ComparisonQueries.Missing(asked.Slugs, runs);
        // A row of an experiment named whole may be the reference too.
        if (Reference is not null && runs.FirstOrDefault(r => Sides.Key(r) == Reference) is { } reference) runs = [reference, .. runs.Where(r => r != reference)];
        var choice = found.Choice;
        if (runs.Count == 1 && missing.Count == 0)
        {
            asked = CompareUrl.Of(given, Reference);
            // Who is signed in may set a configuration beside others.
            if (_isSignedIn && Guid.TryParse(given[0], out var id)) choice = await Comparisons.Configurations(id, ChoiceShown, cancel);
        }
        var last = asked.Slugs.Count == 0 && _isSignedIn ? await Comparisons.LastKept(KeptShown, cancel) : [];
        return new CompareShown(asked, runs, missing, kept, last, choice);
    }

    /// <inheritdoc/>
    protected override void OnAnswered()
    {
        if (KeptSlug is not null && Answer is { Kept: null } && !RendererInfo.IsInteractive) Navigation.NotFound();
        bool some = Runs.Count >= ComparisonQueries.Fewest;
        (setUps, figures) = some ? (SetUps.Of(Runs), ComparedFigures.Of(Runs)) : (null, null);
        curves = some ? ComparedCurves.Of(Runs) : null;
        var around = LatencyAxis.Close(Runs.SelectMany(r => r.Seconds).SelectMany(s => (double[])[s.P50 ?? 0, s.P99 ?? 0]));
        axis = (around.From, around.To);
        longest = Runs.Select(r => r.Seconds.Count == 0 ? 0 : r.Seconds[^1].Number + (double)r.EverySecond).DefaultIfEmpty(0).Max();
    }

    private ReportFigure? Figure(ComparedRun side)
    {
        // The figure of the table, so that no interval is drawn here that is withheld there.
        if (figures?.Metrics.Single(m => m.Metric == figures.Headline).Figures.Single(f => ReferenceEquals(f.Run, side)) is not { Value: { } value } figure) return null;
        double[] each = [.. Sides.Runs(side).Where(r => r.IsValid).Select(r => Reporting.ValueOf(r.Result!, figures.Headline, toJudge: false)).OfType<double>().Where(v => v > 0)];
        return new ReportFigure(value, figure.Interval?.Low, figure.Interval?.High, each);
    }
}
