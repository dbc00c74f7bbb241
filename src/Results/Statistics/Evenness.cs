namespace Wobble.Results.Statistics;

/// <summary>
/// How evenly something is shared: Jain's index (Σx)² ÷ (n·Σx²). 1: all have the same; 1/n: one has everything. (Jain, Chiu &amp; Hawe 1984.)
/// </summary>
public static class Evenness
{
    /// <summary>The index, 1/n to 1; null for fewer than two shares, or when nothing was shared.</summary>
    /// <param name="shares">Not below 0, such as the CPU time of each worker.</param>
    public static double? Of(IReadOnlyList<double> shares)
    {
        ArgumentNullException.ThrowIfNull(shares);
        double sum = shares.Sum(), squares = shares.Sum(x => x * x);
        return shares.Count < 2 || squares <= 0 ? null : sum * sum / (shares.Count * squares);
    }
}
