namespace Wobble.Results.Experiments.Claims;

/// <summary>Verdicts from comparisons.</summary>
internal static class ClaimRules
{
    /// <summary>Holds when every comparison that decides is as claimed; doesn't when one is against it.</summary>
    public static Func<ExperimentDefinition, IReadOnlyList<ExperimentRun>, ClaimVerdict> All(params Contrast[] contrasts) => (experiment, runs) =>
    {
        var findings = Find(contrasts, experiment, runs);
        var deciding = findings.Where(f => f.Decides).ToList();
        if (deciding.Count == 0) return ClaimVerdict.CantTell(NothingToCompare);
        var answer = deciding.Any(f => f.Answer == ClaimAnswer.Doesnt) ? ClaimAnswer.Doesnt : deciding.All(f => f.Answer == ClaimAnswer.Holds) ? ClaimAnswer.Holds : ClaimAnswer.CantTell;
        return new ClaimVerdict(answer, Sentence(deciding, answer), findings);
    };

    /// <summary>Holds when one comparison that decides is as claimed; doesn't when every one is against it.</summary>
    public static Func<ExperimentDefinition, IReadOnlyList<ExperimentRun>, ClaimVerdict> Any(params Contrast[] contrasts) => (experiment, runs) =>
    {
        var findings = Find(contrasts, experiment, runs);
        var deciding = findings.Where(f => f.Decides).ToList();
        if (deciding.Count == 0) return ClaimVerdict.CantTell(NothingToCompare);
        var answer = deciding.Any(f => f.Answer == ClaimAnswer.Holds) ? ClaimAnswer.Holds : deciding.All(f => f.Answer == ClaimAnswer.Doesnt) ? ClaimAnswer.Doesnt : ClaimAnswer.CantTell;
        return new ClaimVerdict(answer, Sentence(deciding, answer), findings);
    };

    public const string NothingToCompare = "Nothing can be compared: one side has no configuration that can run here.";

    public static List<ClaimFinding> Find(IEnumerable<Contrast> contrasts, ExperimentDefinition experiment, IReadOnlyList<ExperimentRun> runs) =>
        [.. contrasts.Select(c => c.Of(experiment, runs)).OfType<ClaimFinding>().OrderByDescending(f => f.Decides)];

    /// <summary>What the answer rests on; of an answer from several, those that gave it.</summary>
    private static string Sentence(List<ClaimFinding> deciding, ClaimAnswer answer)
    {
        var speaking = deciding.Where(f => f.Answer == answer).ToList();
        string all = string.Join("; ", (speaking.Count > 0 ? speaking : deciding).Select(f => f.Sentence));
        return Capital(all) + ".";
    }

    /// <summary>As a sentence begins; a target's name keeps its small letters.</summary>
    public static string Capital(string sentence) => sentence.Split(' ', 2)[0].Contains('/', StringComparison.Ordinal) ? sentence : char.ToUpperInvariant(sentence[0]) + sentence[1..];
}
