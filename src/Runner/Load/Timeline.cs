using Wobble.Results.Domain;

namespace Wobble.Runner.Load;

/// <summary>One stretch of equal load. Stage 0 is the warm-up.</summary>
/// <param name="Stage">As in the samples.</param>
/// <param name="Length">ns; <see cref="Endless"/> when a number of requests ends it.</param>
/// <param name="Rate">Requests a second of all threads; 0 in a closed loop.</param>
/// <param name="Connections">Connections of all threads.</param>
internal sealed record LoadPhase(int Stage, long Length, double Rate, int Connections)
{
    public const long Endless = long.MaxValue / 4;
}

/// <summary>The phases of a plan, in order: a warm-up with the first stage's load, if there is one, then the stages.</summary>
internal static class Timeline
{
    private const long NsPerTick = 100;

    public static IReadOnlyList<LoadPhase> Of(LoadPlan plan)
    {
        var phases = new List<LoadPhase>();
        var stages = plan.Stages.Count > 0 ? plan.Stages : [new LoadStage(plan.For ?? TimeSpan.Zero, plan.Rate, null)];
        for (int i = 0; i < stages.Count; i++)
        {
            var stage = stages[i];
            bool isEndless = plan.Stages.Count == 0 && plan.For is null;
            phases.Add(new LoadPhase(i + 1, isEndless ? LoadPhase.Endless : stage.For.Ticks * NsPerTick, stage.Rate ?? 0, stage.Connections ?? plan.Connections));
        }
        if (plan.Warmup > TimeSpan.Zero) phases.Insert(0, phases[0] with { Stage = 0, Length = plan.Warmup.Ticks * NsPerTick });
        return phases;
    }

    public static bool IsOpenLoop(LoadPlan plan) => plan.Rate is not null || plan.Stages.Any(s => s.Rate is not null);

    /// <summary>The most connections of any phase: how many slots there must be.</summary>
    public static int MostConnections(LoadPlan plan) => Of(plan).Max(p => p.Connections);

    /// <summary>What thread <paramref name="thread"/> has of a number of connections; the shares sum to it.</summary>
    public static int Share(int connections, int thread, int threads) => (connections / threads) + (thread < connections % threads ? 1 : 0);
}

/// <summary>Counts measured requests down across threads; the one that takes the last notes when the measurement ended.</summary>
internal sealed class CountDown(long requests)
{
    private long left = requests;
    private long endAt;

    /// <summary>When the last request ended, or 0.</summary>
    public long EndAt => Volatile.Read(ref endAt);

    /// <summary>Takes one. False: all were taken before, so this one isn't counted.</summary>
    public bool Take(long now)
    {
        long after = Interlocked.Decrement(ref left);
        if (after == 0) Volatile.Write(ref endAt, now);
        return after >= 0;
    }
}
