using System.Globalization;
using Wobble.Results.Domain;

namespace Wobble.Runner.Commands;

/// <summary>
/// A condition of <c>--fail-if</c>, such as <c>p99&gt;50ms</c>: when it holds, the command ends with <see cref="ExitCodes.FailIf"/>. A term that the data
/// can't show counts as holding, so that a check in a pipeline never passes unseen.
/// </summary>
internal sealed record FailIf(string Term, string Operator, double Limit, string Text)
{
    public const string Allowed = "TERM OPERATOR VALUE such as 'p99>50ms', 'throughput<1000', 'errors>0' or 'errors>0.1%'; terms: p50 p75 p90 p95 p99 p99.9 max mean (durations, or ms without a unit), throughput (a second), errors (a number, or % of all requests); operators: > < >= <=";

    /// <summary>The term that a capacity has, too.</summary>
    public const string Throughput = "throughput";

    private const string Percent = "%";
    private static readonly string[] LatencyTerms = ["p50", "p75", "p90", "p95", "p99", "p99.9", "max", "mean"];
    private static readonly string[] Operators = [">=", "<=", ">", "<"];

    public static bool TryParse(string? text, out FailIf? condition)
    {
        condition = null;
        string all = (text ?? "").Replace(" ", "", StringComparison.Ordinal);
        int at = all.IndexOfAny(['<', '>']);
        if (at <= 0) return false;
        string term = all[..at];
        string comparison = Operators.First(o => all[at..].StartsWith(o, StringComparison.Ordinal));
        string value = all[(at + comparison.Length)..];

        bool isShare = term == "errors" && value.EndsWith(Percent, StringComparison.Ordinal);
        double limit;
        if (LatencyTerms.Contains(term) && Duration.TryParse(value, out var duration)) limit = duration.TotalMilliseconds;
        else if (!double.TryParse(isShare ? value[..^1] : value, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out limit) || !double.IsFinite(limit)) return false;
        if (!LatencyTerms.Contains(term) && term is not (Throughput or "errors")) return false;
        condition = new FailIf(isShare ? term + Percent : term, comparison, limit, all);
        return true;
    }

    /// <summary>A sentence when the condition holds; else null.</summary>
    public string? Holds(RunResult result) => Holds(ValueOf(result), result.Requests);

    /// <summary>The same of several runs of one configuration: of their typical one (geometric mean), of all their errors.</summary>
    public string? Holds(IReadOnlyList<RunResult> runs)
    {
        var values = runs.Select(ValueOf).ToList();
        if (values.Any(v => v is null)) return Holds((double?)null, runs.Min(r => r.Requests));
        double value = Term == "errors" ? values.Sum()!.Value
            : Term.StartsWith("errors", StringComparison.Ordinal) ? values.Average()!.Value
            : values.All(v => v > 0) ? Math.Exp(values.Average(v => Math.Log(v!.Value))) : values.Average()!.Value;
        return Holds(value, runs.Sum(r => r.Requests));
    }

    /// <summary>The same of the rate that a capacity search assures; one that it can't tell counts as holding.</summary>
    public string? HoldsOfRate(double? assured) => assured is null ? $"no rate is assured (--fail-if {Text})" : Holds(assured, 0);

    private string? Holds(double? known, long requests)
    {
        if (known is not { } value) return $"{Term} can't be shown with {Figures.Count(requests)} requests (--fail-if {Text})";
        bool holds = Operator switch
        {
            ">" => value > Limit,
            "<" => value < Limit,
            ">=" => value >= Limit,
            _ => value <= Limit,
        };
        string unit = LatencyTerms.Contains(Term) ? " ms" : "";
        return holds ? $"{Term} is {value.ToString("0.###", CultureInfo.InvariantCulture)}{unit} (--fail-if {Text})" : null;
    }

    private double? ValueOf(RunResult result)
    {
        var ms = result.LatencyMs;
        long errors = result.Errors.Values.Sum();
        return Term switch
        {
            "p50" => ms.P50,
            "p75" => ms.P75,
            "p90" => ms.P90,
            "p95" => ms.P95,
            "p99" => ms.P99,
            "p99.9" => ms.P999,
            "max" => ms.Max,
            "mean" => ms.Mean,
            Throughput => result.Throughput,
            "errors" => errors,
            _ => result.Requests + errors == 0 ? null : 100.0 * errors / (result.Requests + errors),
        };
    }
}
