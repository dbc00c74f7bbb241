using Wobble.Results.Domain;
using Wobble.Results.Facts;

namespace Wobble.Results.Statistics;

/// <summary>What a result is made of: the facts of one run (or of one <c>wobble load</c>) that count.</summary>
public sealed record RunFacts
{
    /// <summary>The plan; null for <c>wobble load</c>.</summary>
    public Plan? Plan { get; init; }
    /// <summary>The load, as the generator got it.</summary>
    public required LoadPlan Load { get; init; }
    /// <summary>The machine; null for <c>wobble load</c>.</summary>
    public RunEnvironment? Environment { get; init; }
    /// <summary>All samples, in order; those of the warm-up (stage 0) are not counted.</summary>
    public required IReadOnlyList<SampleFact> Samples { get; init; }
    /// <summary>The generator's own totals; null when the run ended before it could say them.</summary>
    public LoadTotals? Totals { get; init; }

    /// <summary>Gathers them from a run's facts in order; null when there is no load plan (neither given nor in a <see cref="PlanFact"/>).</summary>
    public static RunFacts? Gather(IEnumerable<Fact> facts, LoadPlan? load = null)
    {
        ArgumentNullException.ThrowIfNull(facts);
        Plan? plan = null;
        RunEnvironment? environment = null;
        LoadTotals? totals = null;
        var samples = new List<SampleFact>();
        foreach (var fact in facts)
        {
            switch (fact)
            {
                case PlanFact p: plan = p.Plan; break;
                case EnvironmentFact e: environment = e.Environment; break;
                case SampleFact s: samples.Add(s); break;
                case EndFact end: totals = end.Totals; break;
            }
        }
        load ??= plan?.Load;
        return load is null ? null : new RunFacts { Plan = plan, Load = load, Environment = environment, Samples = samples, Totals = totals };
    }
}
