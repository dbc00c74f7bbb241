namespace Wobble.Results.Statistics;

/// <summary>Runs far from the others: |x − median| above 4 robust standard deviations (1.4826·MAD, MAD at least .03) of the logs, over 5 runs or more. Shown, never dropped.</summary>
public static class OutlierRuns
{
    private const int LeastRuns = 5;
    private const double Limit = 4 * 1.4826;
    private const double LeastMad = 0.03;

    /// <summary>Positions of the outlying runs, from 0.</summary>
    public static IReadOnlyList<int> Of(IReadOnlyList<double> values)
    {
        ArgumentNullException.ThrowIfNull(values);
        if (values.Count < LeastRuns) return [];
        double[] logs = [.. values.Select(x => Math.Log(x))];
        double median = Median(logs);
        double mad = Math.Max(Median([.. logs.Select(x => Math.Abs(x - median))]), LeastMad);
        return [.. Enumerable.Range(0, logs.Length).Where(i => Math.Abs(logs[i] - median) > Limit * mad)];
    }

    /// <summary>The middle value, or the mean of the two in the middle.</summary>
    public static double Median(double[] values)
    {
        ArgumentNullException.ThrowIfNull(values);
        double[] sorted = [.. values.Order()];
        int middle = sorted.Length / 2;
        return sorted.Length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
    }
}
