using System.Text.Json.Serialization;
using Wobble.Results.Domain;
using Wobble.Results.Statistics;

namespace Wobble.Results.Experiments.Claims;

/// <summary>One claim of the article, or one objection to it, as a prepared experiment. Its rule was written down before its experiment was run (docs/measuring.md).</summary>
public sealed record Claim
{
    /// <summary><c>1</c> – <c>9</c> for a claim, <c>A</c> – <c>I</c> for an objection.</summary>
    public required string Id { get; init; }
    /// <summary>What is claimed, one sentence.</summary>
    public required string Words { get; init; }
    /// <summary>How it is tested, one line.</summary>
    public required string Method { get; init; }
    /// <summary>When it holds and when it doesn't, one sentence: metric, classes or pairs, δ.</summary>
    public required string Rule { get; init; }
    /// <summary>The metric the verdict turns on.</summary>
    public required Metric Headline { get; init; }
    /// <summary>Its configurations on a machine; those that can't run there keep their reason.</summary>
    public required Func<Catalogue, IReadOnlyList<ExperimentRow>> Rows { get; init; }
    /// <summary>The rule, as a pure function of what was run. Also takes another experiment that has the same rows, such as the article's.</summary>
    public required Func<ExperimentDefinition, IReadOnlyList<ExperimentRun>, ClaimVerdict> Judge { get; init; }
    /// <summary>True where falls are provoked and listed; its runs are not compared by their figures.</summary>
    public bool IsProvoked { get; init; }

    /// <summary>The article's own experiment answers it, too, without another run: its rows are among the article's, set up alike.</summary>
    public bool IsOfTheArticle { get; init; }

    /// <summary>Whether an experiment of the article says something to it: its set-up is that of the claim's own rows, and it has rounds enough for an interval.</summary>
    public bool IsAnsweredBy(ExperimentDefinition article, IReadOnlyList<ExperimentRun> runs)
    {
        ArgumentNullException.ThrowIfNull(article);
        ArgumentNullException.ThrowIfNull(runs);
        return IsOfTheArticle && article.Kind == ExperimentKind.Article && article.Repetitions >= TypicalRun.LeastRuns && ClaimRows.AreAsPrepared(article, runs);
    }

    /// <summary>An objection to the article, not one of its claims.</summary>
    public bool IsObjection => char.IsAsciiLetter(Id[0]);
    /// <summary><c>Claim 4</c>, <c>Objection A</c>.</summary>
    public string Title => $"{(IsObjection ? "Objection" : "Claim")} {Id}";

    /// <summary>The experiment that answers it on a machine. Its time is <see cref="ExperimentRules.Estimate"/>.</summary>
    public ExperimentDefinition Make(Catalogue catalogue, int repetitions, TimeSpan length, long seed)
    {
        ArgumentNullException.ThrowIfNull(catalogue);
        return new ExperimentDefinition
        {
            Kind = ExperimentKind.Claim,
            Claim = Id,
            Question = $"{Title}: {Words}",
            Rows = [.. Rows(catalogue).Select(row => row with { Definition = row.Definition with { For = length } })],
            Repetitions = IsProvoked ? 1 : repetitions,
            Seed = seed,
            Headline = Headline,
        };
    }
}

/// <summary>What the data say to a claim.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<ClaimAnswer>))]
public enum ClaimAnswer
{
    /// <summary>It holds on this machine.</summary>
    [JsonStringEnumMemberName("holds")] Holds,
    /// <summary>It doesn't.</summary>
    [JsonStringEnumMemberName("doesnt")] Doesnt,
    /// <summary>The data can't tell.</summary>
    [JsonStringEnumMemberName("cant_tell")] CantTell,
}

/// <summary>The verdict on a claim.</summary>
/// <param name="Answer">Which.</param>
/// <param name="Sentence">What it rests on, with intervals.</param>
/// <param name="Findings">Every comparison, those that decide first.</param>
public sealed record ClaimVerdict(ClaimAnswer Answer, string Sentence, IReadOnlyList<ClaimFinding> Findings)
{
    /// <summary>What was watched beside the figures, for information: a line for each configuration.</summary>
    public IReadOnlyList<string> Beside { get; init; } = [];

    /// <summary>For people: holds, doesn't hold, can't tell.</summary>
    [JsonIgnore]
    public string Words => Answer switch { ClaimAnswer.Holds => "holds", ClaimAnswer.Doesnt => "doesn't hold", _ => "can't tell" };

    /// <summary>There is nothing to judge by.</summary>
    public static ClaimVerdict CantTell(string why) => new(ClaimAnswer.CantTell, why, []);
}

/// <summary>A claim with the verdict on it, with the names of <c>--json</c> and the API.</summary>
public sealed record JudgedClaim(string Id, string Words, string Rule, ClaimAnswer Answer, string Sentence, IReadOnlyList<string> Beside, IReadOnlyList<ClaimFinding> Findings)
{
    /// <summary>Of these two.</summary>
    public static JudgedClaim Of(Claim claim, ClaimVerdict verdict)
    {
        ArgumentNullException.ThrowIfNull(claim);
        ArgumentNullException.ThrowIfNull(verdict);
        return new(claim.Id, claim.Words, claim.Rule, verdict.Answer, verdict.Sentence, verdict.Beside, verdict.Findings);
    }
}

/// <summary>One comparison a ÷ b behind a verdict.</summary>
/// <param name="A">What is compared.</param>
/// <param name="B">With what.</param>
/// <param name="Metric">As in JSON: <c>p99</c>.</param>
/// <param name="Value">a ÷ b; null without common rounds.</param>
/// <param name="Low">Lower end; null below three rounds.</param>
/// <param name="High">Upper end.</param>
/// <param name="Decides">False: for information.</param>
/// <param name="Answer">Whether it is as the claim says; of one for information, too.</param>
/// <param name="Sentence">For people.</param>
public sealed record ClaimFinding(string A, string B, string Metric, double? Value, double? Low, double? High, bool Decides, ClaimAnswer Answer, string Sentence);
