using Wobble.Results.Domain;
using Wobble.Runner.Stacks;

namespace Wobble.Runner.Execution;

/// <summary>How long each part of a run may take at most: known before it begins, so that no run goes on for ever.</summary>
internal static class Deadlines
{
    /// <summary>From the death of a part that the run can't do without to the end of the load.</summary>
    public static readonly TimeSpan FellOver = TimeSpan.FromSeconds(10);
    /// <summary>From a cancel to the end of the load.</summary>
    public static readonly TimeSpan StopLoad = TimeSpan.FromMilliseconds(700);
    /// <summary>The Execution says something each second, if only that it lives; so long without a word it hangs.</summary>
    public static readonly TimeSpan Silence = TimeSpan.FromSeconds(20);
    /// <summary>Between two signs of life of the Execution.</summary>
    public static readonly TimeSpan Beat = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan GeneratorSilence = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan Slack = TimeSpan.FromSeconds(30);

    /// <summary>The load with its warm-up; a number of requests as if each took its whole deadline.</summary>
    public static TimeSpan Load(LoadPlan load)
    {
        var measured = load.Stages.Count > 0 ? load.Stages.Aggregate(TimeSpan.Zero, (sum, stage) => sum + stage.For) : load.For ?? TimeSpan.FromSeconds(Math.Min((double)load.Count!.Value / load.Connections * load.Deadline.TotalSeconds, DefinitionRules.MaxFor.TotalSeconds));
        return load.Warmup + measured + load.Deadline + Slack;
    }

    /// <summary>So long without a word from the generator it hangs: it tells each second, but while it waits for the last answers.</summary>
    public static TimeSpan SilentGenerator(LoadPlan load) => GeneratorSilence + load.Deadline;

    /// <summary>An orderly stop of all components, one after the other.</summary>
    public static TimeSpan Stop(Plan plan) => plan.Components.Aggregate(TimeSpan.FromSeconds(2), (sum, component) => sum + component.StopWithin + TimeSpan.FromSeconds(1));

    /// <summary>The whole run from the moment it has the machine.</summary>
    public static TimeSpan Whole(Plan plan, bool isSeeded) =>
        plan.Components.Aggregate(Slack, (sum, component) => sum + component.Ready.Within) + (isSeeded ? TimeSpan.Zero : BenchmarkCluster.SeedLimit) + Load(plan.Load) + Stop(plan);
}
