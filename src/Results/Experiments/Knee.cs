namespace Wobble.Results.Experiments;

/// <summary>
/// Where a curve of latency over offered rate bends: the point farthest below the straight line between its ends, rate and ln latency each scaled to 0–1
/// (Satopää et al. 2011, "Finding a kneedle in a haystack"). A curve that doesn't bend has none.
/// </summary>
public static class Knee
{
    private const int LeastPoints = 4;
    private const double LeastBend = 0.12;

    /// <summary>The knee; null below 4 points, or where the curve bends by less than an eighth.</summary>
    /// <param name="points">Rate and p99, ms.</param>
    public static (double Rate, double P99Ms)? Of(IReadOnlyList<(double Rate, double P99Ms)> points)
    {
        ArgumentNullException.ThrowIfNull(points);
        var sorted = points.Where(p => p.P99Ms > 0).OrderBy(p => p.Rate).ToList();
        if (sorted.Count < LeastPoints) return null;
        double from = sorted[0].Rate, to = sorted[^1].Rate, low = sorted.Min(p => Math.Log(p.P99Ms)), high = sorted.Max(p => Math.Log(p.P99Ms));
        if (to <= from || high <= low) return null;
        double Bend((double Rate, double P99Ms) p) => ((p.Rate - from) / (to - from)) - ((Math.Log(p.P99Ms) - low) / (high - low));
        var knee = sorted.MaxBy(Bend);
        return Bend(knee) >= LeastBend ? knee : null;
    }
}
