using Wobble.Results.Domain;

namespace Wobble.Results.Statistics.Doubts;

/// <summary>
/// Little's law in a closed loop: I = X·W/N, the share of its time that a connection had a request under way. A correct generator with one stamp for an
/// answer's end and the next request's start reads .99 to 1. Above 1 by more than a request that spans the window's start can explain, latencies were
/// invented or counted twice. (Little 1961; the bound 1.01 + max/T is exact where 1.01 + W/T would reject 1 honest run in 100.)
/// </summary>
public sealed class LittlesLaw : Doubt
{
    private const double Above = 1.01;
    private const double Below = 0.95;

    /// <inheritdoc/>
    public override string Check => "little";

    /// <inheritdoc/>
    public override Finding? Look(RunReading run)
    {
        ArgumentNullException.ThrowIfNull(run);
        if (run.IsOpenLoop || run.Answered == 0 || run.Seconds <= 0) return null;
        double share = run.Throughput * run.MeanSeconds / run.Connections;
        double limit = Above + (run.MaxSeconds / run.Seconds);
        string value = share.ToString("0.000", System.Globalization.CultureInfo.InvariantCulture);
        if (share > limit) return Finding.Invalid($"Throughput × mean latency is {value} times the connections (limit {Figures.Text(limit)}): latencies were invented or counted twice");
        if (share < Below) return Finding.Doubtful($"Connections had a request under way for {Figures.Percent(share)} of the time (95% wanted): idle, reconnecting, failing, or the generator was too slow");
        return Finding.Fine($"Throughput × mean latency ÷ connections is {value} (0.95 to {Figures.Text(limit)})");
    }
}

/// <summary>Little's law in an open loop: the mean number of requests in the system, counted apart, against X·W.</summary>
public sealed class LittlesLawOpen : Doubt
{
    private const double InvalidBy = 0.10;
    private const double DoubtfulBy = 0.05;

    /// <inheritdoc/>
    public override string Check => "little_open";

    /// <inheritdoc/>
    public override Finding? Look(RunReading run)
    {
        ArgumentNullException.ThrowIfNull(run);
        if (!run.IsOpenLoop || run.Answered == 0 || run.Failed > 0 || run.Facts.Totals?.InFlightMean is not { } inFlight) return null;
        double expected = run.Throughput * run.MeanSeconds;
        // A request that spans an edge of the window counts whole on one side and in part on the other.
        double edge = run.MaxSeconds / run.Seconds;
        double off = Math.Abs(inFlight - expected) / Math.Max(expected, 1e-9);
        string sentence = $"{Figures.Text(inFlight)} requests were in the system on average; throughput × mean latency says {Figures.Text(expected)}";
        if (off > InvalidBy + edge) return Finding.Invalid($"{sentence}: off by {Figures.Percent(off)} (limit 10%)");
        if (off > DoubtfulBy + edge) return Finding.Doubtful($"{sentence}: off by {Figures.Percent(off)} (limit 5%)");
        return Finding.Fine($"{sentence}: off by {Figures.Percent(off)}");
    }
}
