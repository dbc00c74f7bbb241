namespace Wobble.Results.Statistics;

/// <summary>A ratio a ÷ b of one metric of two configurations, with its interval, p-value and the spread it came from.</summary>
/// <param name="Interval">exp of the mean log ratio, with interval.</param>
/// <param name="P">Two-sided p-value against "the same"; null without an interval.</param>
/// <param name="Rounds">Rounds (or runs each) that counted.</param>
/// <param name="SdOfLogRatio">s_d, from which the rounds needed are reckoned; null where it is unknown.</param>
/// <param name="SameRounds">False: measured at different times (Welch); the page says so.</param>
public sealed record Ratio(Interval Interval, double? P, int Rounds, double? SdOfLogRatio, bool SameRounds)
{
    private const double LeastSd = TypicalRun.BucketWidth;
    /// <summary>Standard normal quantile of 80% power.</summary>
    private const double Power = 0.84;

    /// <summary>Confidence of <see cref="Interval"/>, on which the rounds needed turn, too.</summary>
    public double Confidence { get; init; } = Student.Confidence;

    /// <summary>
    /// Two configurations of the same rounds: paired t on the log ratio of each round. A/A alarms 4–6% in simulation; pairing removes what a round had in
    /// common (Bulej et al. 2020). A round in which either run failed or is invalid is left out of both lists by the caller.
    /// </summary>
    /// <param name="a">Metric of A in each round, above 0.</param>
    /// <param name="b">Metric of B in the same rounds.</param>
    /// <param name="confidence">0.95, or 0.978 after a look.</param>
    public static Ratio Paired(IReadOnlyList<double> a, IReadOnlyList<double> b, double confidence = 0.95)
    {
        ArgumentNullException.ThrowIfNull(a);
        ArgumentNullException.ThrowIfNull(b);
        if (a.Count != b.Count) throw new ArgumentException("Paired runs come in equal numbers.", nameof(b));
        var d = a.Zip(b, (x, y) => Math.Log(x) - Math.Log(y)).ToList();
        if (d.Count < TypicalRun.LeastRuns) return new Ratio(new Interval(d.Count == 0 ? double.NaN : Math.Exp(Student.Mean(d)), null, null), null, d.Count, null, true);
        double mean = Student.Mean(d), sd = Math.Max(Student.Sd(d), LeastSd / Math.Sqrt(6)), se = sd / Math.Sqrt(d.Count);
        return new Ratio(Interval.OfLogs(mean, Student.Quantile(d.Count - 1, confidence) * se), Student.TwoSided(mean / se, d.Count - 1), d.Count, sd, true) { Confidence = confidence };
    }

    /// <summary>Runs without common rounds (different experiments): Welch's t on the logs.</summary>
    public static Ratio Welch(IReadOnlyList<double> a, IReadOnlyList<double> b, double confidence = 0.95)
    {
        ArgumentNullException.ThrowIfNull(a);
        ArgumentNullException.ThrowIfNull(b);
        var x = a.Select(x => Math.Log(x)).ToList();
        var y = b.Select(x => Math.Log(x)).ToList();
        int least = Math.Min(x.Count, y.Count);
        if (least < TypicalRun.LeastRuns) return new Ratio(new Interval(least == 0 ? double.NaN : Math.Exp(Student.Mean(x) - Student.Mean(y)), null, null), null, least, null, false);
        double sx = Math.Max(Student.Sd(x), LeastSd / Math.Sqrt(12)), sy = Math.Max(Student.Sd(y), LeastSd / Math.Sqrt(12));
        double vx = sx * sx / x.Count, vy = sy * sy / y.Count, v = vx + vy;
        double degrees = v * v / ((vx * vx / (x.Count - 1)) + (vy * vy / (y.Count - 1)));
        double mean = Student.Mean(x) - Student.Mean(y);
        return new Ratio(Interval.OfLogs(mean, Student.Quantile(degrees, confidence) * Math.Sqrt(v)), Student.TwoSided(mean / Math.Sqrt(v), degrees), least, Math.Sqrt((sx * sx) + (sy * sy)), false) { Confidence = confidence };
    }

    /// <summary>
    /// "Without the extreme runs": the 20% trimmed paired t (Yuen 1974), a second reading from R ≥ 10 beside <see cref="Paired"/>, which keeps the verdict.
    /// Null below ten rounds, where trimming costs more than it saves.
    /// </summary>
    public static Ratio? Trimmed(IReadOnlyList<double> a, IReadOnlyList<double> b)
    {
        ArgumentNullException.ThrowIfNull(a);
        ArgumentNullException.ThrowIfNull(b);
        int r = a.Count;
        if (r < 10 || b.Count != r) return null;
        var d = a.Zip(b, (x, y) => Math.Log(x) - Math.Log(y)).Order().ToList();
        int g = (int)Math.Floor(0.2 * r), h = r - (2 * g);
        var winsorised = d.Select((_, i) => d[Math.Clamp(i, g, r - g - 1)]).ToList();
        double mean = Student.Mean(d.Skip(g).Take(h).ToList());
        double sd = Math.Max(Student.Sd(winsorised), LeastSd / Math.Sqrt(6));
        double se = sd * Math.Sqrt((r - 1.0) / (h * (h - 1.0)));
        return new Ratio(Interval.OfLogs(mean, Student.Quantile(h - 1) * se), Student.TwoSided(mean / se, h - 1), h, sd, true);
    }

    /// <summary>Rounds for 80% power at a true difference of δ: R ≈ 2 + (2.8·s_d / ln(1+δ))², with 3.13 in place of 2.8 for intervals of 97.8%; null where the spread is unknown.</summary>
    public int? RoundsToTell(double delta) => SdOfLogRatio is { } sd ? (int)Math.Ceiling(2 + Math.Pow((Student.Normal(Confidence) + Power) * sd / Math.Log(1 + delta), 2)) : null;
}
