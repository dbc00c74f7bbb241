using Wobble.Results.Domain;

namespace Wobble.Results.Statistics.Doubts;

/// <summary>Time that the hypervisor gave to others: above 2% of all cores' time a doubt, never more.</summary>
public sealed class StolenTime : Doubt
{
    private const double Limit = 0.02;

    /// <inheritdoc/>
    public override string Check => "steal";

    /// <inheritdoc/>
    public override Finding? Look(RunReading run)
    {
        ArgumentNullException.ThrowIfNull(run);
        if (run.Steal is not { } steal) return null;
        return steal > Limit
            ? Finding.Doubtful($"The hypervisor took {Figures.Percent(steal)} of the cores' time (limit 2%)")
            : Finding.Fine($"Steal {Figures.Percent(steal)} (limit 2%)");
    }
}

/// <summary>Processes that belong neither to the stack nor to the generator: above 5% of the cores' time a doubt, never more.</summary>
public sealed class BusyNeighbour : Doubt
{
    private const double Limit = 0.05;

    /// <inheritdoc/>
    public override string Check => "neighbour";

    /// <inheritdoc/>
    public override Finding? Look(RunReading run)
    {
        ArgumentNullException.ThrowIfNull(run);
        if (run.HostSeconds == 0 || run.Facts.Environment is not { } environment || run.Seconds <= 0) return null;
        double share = run.OtherCpuSeconds / (run.Seconds * environment.CoresOfMachine);
        return share > Limit
            ? Finding.Doubtful($"Other processes used {Figures.Percent(share)} of the machine's {Figures.Many(environment.CoresOfMachine, "core")} (limit 5%)")
            : Finding.Fine($"Other processes used {Figures.Percent(share)} of the machine (limit 5%)");
    }
}

/// <summary>
/// Warm-up and drift: the metric of the last half ÷ that of the first sixth of the seconds, for p50 and throughput. |ln| above .15 (T &lt; 20 s) or .10
/// is a doubt; from 10 s on. False warnings 1–3% at 10 s; a start that fades with τ = 3 s is found in 95% at 30 s. With stages there is nothing to compare.
/// </summary>
public sealed class Drift : Doubt
{
    private const double ShortLimit = 0.15;
    private const double LongLimit = 0.10;

    /// <inheritdoc/>
    public override string Check => "drift";

    /// <inheritdoc/>
    public override Finding? Look(RunReading run)
    {
        ArgumentNullException.ThrowIfNull(run);
        if (run.Drift is not { } drift) return null;
        double limit = run.WholeSeconds < 20 ? ShortLimit : LongLimit;
        var (p50, throughput) = drift;
        if (!double.IsFinite(throughput) || !double.IsFinite(p50)) return Finding.Doubtful("A part of the run has no answers at all: its halves can't be compared");
        if (Math.Abs(throughput) <= limit && Math.Abs(p50) <= limit)
            return Finding.Fine($"The last half agrees with the first sixth: p50 {Signed(p50)}, throughput {Signed(throughput)} (limit {Figures.Percent(limit)})");
        var worse = Math.Abs(p50) > Math.Abs(throughput) ? ("p50", p50) : ("Throughput", throughput);
        return Finding.Doubtful($"{worse.Item1} drifted: {Signed(worse.Item2)} from the first sixth to the last half (limit {Figures.Percent(limit)}): lengthen the warm-up");
    }

    private static string Signed(double ln) => (ln < 0 ? "−" : "+") + Figures.Percent(Math.Abs(Math.Exp(ln) - 1));
}
