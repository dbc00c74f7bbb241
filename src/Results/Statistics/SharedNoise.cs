namespace Wobble.Results.Statistics;

/// <summary>
/// Six or more configurations in complete rounds: their noise is estimated together, so that three rounds go further. Two prior degrees of freedom borrow
/// the others' noise (after Smyth 2004), and the maximum never lets a noisy server hide behind calm ones. A/A 3.3% at R = 3, k = 13 in simulation.
/// </summary>
public sealed class SharedNoise
{
    /// <summary>Fewest configurations; below it pairs are compared by <see cref="Ratio.Paired"/>.</summary>
    public const int LeastConfigurations = 6;

    private readonly double[] means;
    private readonly double[] variances;
    private readonly int rounds;

    /// <summary>Reads the rounds.</summary>
    /// <param name="values">[configuration][round], each above 0, every configuration in every round; at least 2 configurations and 2 rounds.</param>
    public SharedNoise(IReadOnlyList<IReadOnlyList<double>> values)
    {
        ArgumentNullException.ThrowIfNull(values);
        int k = values.Count;
        rounds = k == 0 ? 0 : values[0].Count;
        if (k < 2 || rounds < 2 || values.Any(v => v.Count != rounds)) throw new ArgumentException("At least two configurations, each in all of at least two rounds.", nameof(values));
        double[][] x = [.. values.Select(v => v.Select(x => Math.Log(x)).ToArray())];
        means = [.. x.Select(v => v.Average())];
        double[] roundMeans = [.. Enumerable.Range(0, rounds).Select(r => x.Average(v => v[r]))];
        double least = TypicalRun.BucketWidth * TypicalRun.BucketWidth / 12;
        double[] own = [.. x.Select(v =>
        {
            double sd = Student.Sd([.. v.Select((value, r) => value - roundMeans[r])]);
            return Math.Max((double)k / (k - 1) * sd * sd, least);
        })];
        Pooled = own.Average();
        Moderated = [.. own.Select(s => Math.Max(s, ((2 * Pooled) + ((rounds - 1) * s)) / (rounds + 1)))];
        variances = [.. Moderated.Select(s => s / rounds)];
    }

    /// <summary>s_p²: the mean of the configurations' variances, logs.</summary>
    public double Pooled { get; }
    /// <summary>s̃_i²: each configuration's moderated variance, logs.</summary>
    public IReadOnlyList<double> Moderated { get; }
    /// <summary>Geometric mean of each configuration.</summary>
    public IReadOnlyList<double> Values => [.. means.Select(Math.Exp)];

    /// <summary>Degrees of freedom of the pair (Welch–Satterthwaite with f = R + 1).</summary>
    public double Degrees(int i, int j)
    {
        double f = rounds + 1, v = variances[i] + variances[j];
        return v * v / (((variances[i] * variances[i]) + (variances[j] * variances[j])) / f);
    }

    /// <summary>|m_i − m_j| ÷ √(v_i + v_j).</summary>
    public double T(int i, int j) => Math.Abs(means[i] - means[j]) / Math.Sqrt(variances[i] + variances[j]);

    /// <summary>Two-sided p-value of the pair, not corrected.</summary>
    public double P(int i, int j) => Student.TwoSided(T(i, j), Degrees(i, j));

    /// <summary>Ratio of i to j.</summary>
    public Ratio Ratio(int i, int j, double confidence = 0.95)
    {
        double v = variances[i] + variances[j];
        double half = Student.Quantile(Degrees(i, j), confidence) * Math.Sqrt(v);
        return new Ratio(Interval.OfLogs(means[i] - means[j], half), P(i, j), rounds, Math.Sqrt(Moderated[i] + Moderated[j]), true) { Confidence = confidence };
    }
}
