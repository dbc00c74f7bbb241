namespace Wobble.Bench.Coverage;

/// <summary>
/// Shares of simulated experiments, each beside that of the simulation by which the methods were chosen. Two shares of the same thing differ by chance: by
/// 1.96 standard errors once in twenty. With as many cells as are printed, 3.3 is marked: <c>!</c> where ours is worse (covers less, cries wolf more often, finds less),
/// <c>+</c> where it is better.
/// </summary>
internal sealed class Beside(int experiments)
{
    private const double Beyond = 3.3;

    /// <summary>Cells that were compared.</summary>
    public int Compared { get; private set; }
    /// <summary>Of them, those that are worse by more than chance.</summary>
    public int Worse { get; private set; }
    /// <summary>Those that are better.</summary>
    public int Better { get; private set; }

    /// <summary>"94.6 (94.8)", with a mark where the two are further apart than chance.</summary>
    /// <param name="share">Ours, %.</param>
    /// <param name="first">The first simulation's, %; printed in whole numbers where it was given so.</param>
    /// <param name="of">Experiments of the first simulation.</param>
    /// <param name="decimals">Of both.</param>
    /// <param name="isAlarm">Less is better: false alarms, wrong orders.</param>
    public string Share(double share, double first, int of = 2_000, int decimals = 1, bool isAlarm = false)
    {
        // No share of some hundred experiments is known to be 0 or 100.
        double p = Math.Clamp((share + first) / 200, 1.0 / experiments, 1 - (1.0 / experiments));
        double rounding = 0.5 * Math.Pow(10, -decimals), apart = Math.Max(0, Math.Abs(share - first) - rounding) / 100;
        bool marked = apart > Beyond * Math.Sqrt(p * (1 - p) * ((1.0 / experiments) + (1.0 / of)));
        bool worse = isAlarm ? share > first : share < first;
        Compared++;
        if (marked && worse) Worse++;
        if (marked && !worse) Better++;
        string format = decimals == 0 ? "0" : "0.0";
        return $"{share.ToString(format)} ({first.ToString(format)}){(!marked ? ' ' : worse ? '!' : '+')}";
    }
}
