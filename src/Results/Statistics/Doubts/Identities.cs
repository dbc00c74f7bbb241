using Wobble.Results.Domain;
using Wobble.Results.Facts;

namespace Wobble.Results.Statistics.Doubts;

/// <summary>0 &lt; min ≤ p50 ≤ p90 ≤ p99 ≤ p99.9 ≤ max, min ≤ mean ≤ max, and Markov's inequality p_q ≤ W/(1 − q); tolerance: a bucket's width, 0.1%.</summary>
public sealed class OrderOfPercentiles : Doubt
{
    private const double Bucket = 1.001;

    /// <inheritdoc/>
    public override string Check => "order";

    /// <inheritdoc/>
    public override Finding? Look(RunReading run)
    {
        ArgumentNullException.ThrowIfNull(run);
        if (run.Answered == 0) return null;
        double min = run.MinSeconds * 1e3, max = run.MaxSeconds * 1e3, mean = run.MeanSeconds * 1e3;
        double[] ordered = [min, .. ((double[])[50, 90, 99, 99.9]).Select(p => Percentiles.Ms(run.Latency, p)), max];
        if (min <= 0) return Finding.Invalid($"The least latency is {Figures.Text(min)} ms (above 0 wanted)");
        for (int i = 1; i < ordered.Length; i++)
            if (ordered[i - 1] > ordered[i] * Bucket) return Finding.Invalid($"min, p50, p90, p99, p99.9, max are out of order: {string.Join(", ", ordered.Select(Figures.Text))} ms");
        if (mean < min / Bucket || mean > max * Bucket) return Finding.Invalid($"The mean, {Figures.Text(mean)} ms, is not between min {Figures.Text(min)} and max {Figures.Text(max)} ms");
        foreach (double p in (double[])[50, 90, 99, 99.9])
        {
            double bound = mean * 100 / (100 - p);
            if (Percentiles.Ms(run.Latency, p) > bound * Bucket) return Finding.Invalid($"p{p} of {Figures.Text(Percentiles.Ms(run.Latency, p))} ms can't be with a mean of {Figures.Text(mean)} ms (Markov: at most {Figures.Text(bound)} ms)");
        }
        return Finding.Fine("Percentiles are in order and agree with the mean");
    }
}

/// <summary>The seconds' histograms sum to the run's, to the request; answered + failed + in flight at the end = sent (+ in flight at the start).</summary>
public sealed class SumOfSeconds : Doubt
{
    /// <inheritdoc/>
    public override string Check => "sum";

    /// <inheritdoc/>
    public override Finding? Look(RunReading run)
    {
        ArgumentNullException.ThrowIfNull(run);
        if (run.Facts.Totals is not { } totals) return null;
        long whole = totals.Latency.Length == 0 ? 0 : Histograms.Decode(totals.Latency).TotalCount;
        if (run.Answered != totals.Answered || whole != totals.Answered)
            return Finding.Invalid($"The seconds hold {Figures.Many(run.Answered, "answer")}, the whole histogram {Figures.Count(whole)}, the generator counted {Figures.Count(totals.Answered)}: they must be equal");
        long failed = totals.Errors.Where(e => e.Key != ErrorKinds.Dropped).Sum(e => e.Value);
        long left = totals.Answered + failed + totals.InFlightAtEnd, right = totals.Sent + totals.InFlightAtStart;
        if (left != right)
            return Finding.Invalid($"Answered + failed + in flight at the end is {Figures.Count(left)}, sent + in flight at the start {Figures.Count(right)}: they must be equal");
        if (totals.InFlightAtEnd > run.Facts.Load.Connections)
            return Finding.Doubtful($"{Figures.Many(totals.InFlightAtEnd, "request")} {(totals.InFlightAtEnd == 1 ? "was" : "were")} in flight at the end (at most {Figures.Many(run.Facts.Load.Connections, "connection")})");
        return Finding.Fine($"{Figures.Count(totals.Sent)} sent; every one is accounted for, {Figures.Count(totals.InFlightAtEnd)} in flight at the end");
    }
}

/// <summary>Closed loop: X ≤ N/min; no request lasts longer than warm-up and measurement; one that lasts more than half of it is a doubt.</summary>
public sealed class ClosedLoopBounds : Doubt
{
    /// <inheritdoc/>
    public override string Check => "bounds";

    /// <inheritdoc/>
    public override Finding? Look(RunReading run)
    {
        ArgumentNullException.ThrowIfNull(run);
        if (run.IsOpenLoop || run.Answered == 0) return null;
        double most = run.MinSeconds > 0 ? run.Connections / run.MinSeconds : double.PositiveInfinity;
        if (run.Throughput > most * 1.001) return Finding.Invalid($"{Figures.Text(run.Throughput)} answers a second are more than {Figures.Text(run.Connections)} connections ÷ the least latency allow ({Figures.Text(most)})");
        double longest = run.Seconds + run.Facts.Load.Warmup.TotalSeconds;
        if (run.MaxSeconds > longest) return Finding.Invalid($"The greatest latency, {Figures.Text(run.MaxSeconds)} s, is longer than warm-up and measurement ({Figures.Text(longest)} s)");
        if (run.MaxSeconds > run.Seconds / 2) return Finding.Doubtful($"One request took {Figures.Text(run.MaxSeconds)} s of {Figures.Text(run.Seconds)} s measured (half wanted at most): measure longer");
        return null;
    }
}

/// <summary>All components and the generator together can't use more CPU time than there was.</summary>
public sealed class CpuBudget : Doubt
{
    private const double Limit = 1.02;

    /// <inheritdoc/>
    public override string Check => "cpu_budget";

    /// <inheritdoc/>
    public override Finding? Look(RunReading run)
    {
        ArgumentNullException.ThrowIfNull(run);
        if (run.Cores is not { } cores || run.Seconds <= 0 || !run.HasComponents) return null;
        double used = run.StackCpuSeconds + run.GeneratorCpuSeconds;
        double share = used / (cores * run.Seconds);
        if (share > Limit) return Finding.Invalid($"Components and generator used {Figures.Text(used)} s of CPU in {Figures.Text(run.Seconds)} s on {Figures.Many(cores, "core")}: {Figures.Percent(share)} of what there was (limit 102%)");
        return Finding.Fine($"Stack and generator used {Figures.Percent(share)} of {Figures.Many(cores, "core")}");
    }
}

/// <summary>A clock too coarse for these latencies shows few distinct values between p1 and p99.</summary>
public sealed class CoarseClock : Doubt
{
    private const int Least = 20;

    /// <inheritdoc/>
    public override string Check => "clock";

    /// <inheritdoc/>
    public override Finding? Look(RunReading run)
    {
        ArgumentNullException.ThrowIfNull(run);
        // Fewer answers than buckets wanted say nothing about the clock.
        if (run.Answered < 10 * Least) return null;
        long low = run.Latency.GetValueAtPercentile(1), high = run.Latency.GetValueAtPercentile(99);
        int distinct = run.Latency.RecordedValues().Count(v => v.ValueIteratedTo >= low && v.ValueIteratedTo <= high);
        return distinct < Least
            ? Finding.Doubtful($"Only {distinct} distinct latencies lie between p1 and p99 ({Least} wanted): the clock or the target's timer is too coarse for them")
            : null;
    }
}
