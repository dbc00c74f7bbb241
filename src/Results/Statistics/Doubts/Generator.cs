using Wobble.Results.Domain;

namespace Wobble.Results.Statistics.Doubts;

/// <summary>Open loop: the share of the offered requests that was sent. Below .99 the run didn't offer what it says.</summary>
public sealed class OfferedRate : Doubt
{
    private const double InvalidBelow = 0.99;
    private const double DoubtfulBelow = 0.999;

    /// <inheritdoc/>
    public override string Check => "offered";

    /// <inheritdoc/>
    public override Finding? Look(RunReading run)
    {
        ArgumentNullException.ThrowIfNull(run);
        if (run.SentOfOffered is not { } share) return null;
        string percent = (share * 100).ToString("0.00", System.Globalization.CultureInfo.InvariantCulture) + "%";
        if (share < InvalidBelow) return Finding.Invalid($"{percent} of the offered requests were sent (99% wanted): the rate is above what the target or the connections allow");
        if (share < DoubtfulBelow) return Finding.Doubtful($"{percent} of the offered requests were sent (99.9% wanted)");
        return Finding.Fine($"{percent} of the offered requests were sent");
    }
}

/// <summary>Open loop: how late requests left. A p99 above 1 ms and 1% of the median latency is a doubt.</summary>
public sealed class LateSends : Doubt
{
    private const double LeastMs = 1;
    private const double ShareOfMedian = 0.01;

    /// <inheritdoc/>
    public override string Check => "late";

    /// <inheritdoc/>
    public override Finding? Look(RunReading run)
    {
        ArgumentNullException.ThrowIfNull(run);
        if (run.Lateness is not { TotalCount: > 0 } lateness || run.Answered == 0) return null;
        double late = Percentiles.Ms(lateness, 99);
        double limit = Math.Max(LeastMs, Percentiles.Ms(run.Latency, 50) * ShareOfMedian);
        return late > limit
            ? Finding.Doubtful($"1 in 100 requests left {Figures.Text(late)} ms late or more (limit {Figures.Text(limit)} ms); the lateness is in its latency")
            : Finding.Fine($"Requests left on time: p99 of lateness {Figures.Text(late)} ms (limit {Figures.Text(limit)} ms)");
    }
}

/// <summary>A generator that is busy for more than 80% of its core may be the bottleneck itself.</summary>
public sealed class BusyGenerator : Doubt
{
    private const double Limit = 0.80;

    /// <inheritdoc/>
    public override string Check => "generator_busy";

    /// <inheritdoc/>
    public override Finding? Look(RunReading run)
    {
        ArgumentNullException.ThrowIfNull(run);
        double busy = run.GeneratorBusy;
        return busy > Limit
            ? Finding.Doubtful($"The load generator was busy for {Figures.Percent(busy)} of its core (limit 80%)")
            : Finding.Fine($"The load generator was busy for {Figures.Percent(busy)} of its core (limit 80%)");
    }
}

/// <summary>Own pauses of the generator (garbage collection, scheduler) are in the latencies that it reports.</summary>
public sealed class GeneratorPauses : Doubt
{
    private const double Limit = 0.01;

    /// <inheritdoc/>
    public override string Check => "generator_pauses";

    /// <inheritdoc/>
    public override Finding? Look(RunReading run)
    {
        ArgumentNullException.ThrowIfNull(run);
        if (run.Seconds <= 0 || run.Facts.Totals is null) return null;
        if (run.Pauses == 0) return Finding.Fine("The load generator made no pause above 1 ms");
        double share = run.PausedMs / 1e3 / run.Seconds;
        string sentence = $"The load generator paused {(run.Pauses == 1 ? "once" : $"{Figures.Count(run.Pauses)} times")}, {Figures.Text(run.LongestPauseMs)} ms at most, {Figures.Percent(share)} of the time in all (limit 1%)";
        return share > Limit ? Finding.Doubtful(sentence) : Finding.Fine(sentence);
    }
}
