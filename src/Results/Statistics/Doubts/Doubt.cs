using Wobble.Results.Domain;

namespace Wobble.Results.Statistics.Doubts;

/// <summary>
/// One check of a run: a doubt that it raises or lays to rest. Pure. Its finding always carries the measured value and the limit in a sentence;
/// null when the check doesn't apply (an open loop's check on a closed loop, a figure that wasn't taken).
/// </summary>
public abstract class Doubt
{
    /// <summary>Name in results, such as <c>little</c>.</summary>
    public abstract string Check { get; }

    /// <summary>Looks at a run.</summary>
    public abstract Finding? Look(RunReading run);
}

/// <summary>What a check found.</summary>
/// <param name="Grade">Fine, doubtful (!) or invalid (✗).</param>
/// <param name="Sentence">With value and limit.</param>
public sealed record Finding(Grade Grade, string Sentence)
{
    internal static Finding Fine(string sentence) => new(Grade.Fine, sentence);
    internal static Finding Doubtful(string sentence) => new(Grade.Doubtful, sentence);
    internal static Finding Invalid(string sentence) => new(Grade.Invalid, sentence);
}

/// <summary>How grave a finding is.</summary>
public enum Grade
{
    /// <summary>Nothing to say against the run.</summary>
    Fine,
    /// <summary>The run counts, with a reservation.</summary>
    Doubtful,
    /// <summary>The run is kept, and has no numbers in comparisons and rankings.</summary>
    Invalid,
}

/// <summary>The verdict: invalid if one check says so, else doubtful if one does, else sound. Gravest reasons first.</summary>
public static class TrustVerdict
{
    private static readonly Doubt[] Doubts =
    [
        new WrongStack(), new TooManyFailures(), new NothingAnswered(), new LittlesLaw(), new LittlesLawOpen(), new OrderOfPercentiles(), new SumOfSeconds(),
        new ClosedLoopBounds(), new CpuBudget(), new OfferedRate(), new LateSends(), new BusyGenerator(), new GeneratorPauses(), new StolenTime(), new BusyNeighbour(),
        new CoarseClock(), new Drift(), new FewRequests(),
    ];

    /// <summary>All checks, in the order they are asked.</summary>
    public static IReadOnlyList<Doubt> All => Doubts;

    /// <summary>The verdict on a run.</summary>
    public static Trust Of(RunReading run)
    {
        var findings = Doubts.Select(d => (d.Check, Finding: d.Look(run))).Where(f => f.Finding is not null).ToList();
        var reasons = findings.Where(f => f.Finding!.Grade != Grade.Fine).OrderByDescending(f => f.Finding!.Grade)
            .Select(f => new TrustReason(f.Check, f.Finding!.Grade == Grade.Invalid ? "invalid" : "doubtful", f.Finding.Sentence)).ToList();
        string verdict = reasons.Count == 0 ? "sound" : reasons[0].Grade;
        return new Trust(verdict, reasons) { Passed = [.. findings.Where(f => f.Finding!.Grade == Grade.Fine).Select(f => f.Finding!.Sentence)] };
    }
}
