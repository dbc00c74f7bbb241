using Wobble.Results.Domain;
using Wobble.Results.Facts;

namespace Wobble.Results.Statistics.Doubts;

/// <summary>An answer without the run's nonce came from another stack.</summary>
public sealed class WrongStack : Doubt
{
    /// <inheritdoc/>
    public override string Check => "nonce";

    /// <inheritdoc/>
    public override Finding? Look(RunReading run)
    {
        ArgumentNullException.ThrowIfNull(run);
        if (run.Facts.Load.Nonce is null) return null;
        long wrong = run.Errors.GetValueOrDefault(ErrorKinds.Nonce);
        return wrong > 0
            ? Finding.Invalid($"{Figures.Many(wrong, "answer")} came without this run's nonce (0 allowed): from another stack")
            : Finding.Fine("Every answer carried this run's nonce");
    }
}

/// <summary>Failures ÷ requests: above 1% invalid, above 0.1% doubtful. Failed requests never enter latency.</summary>
public sealed class TooManyFailures : Doubt
{
    private const double InvalidAbove = 0.01;
    private const double DoubtfulAbove = 0.001;

    /// <inheritdoc/>
    public override string Check => "failures";

    /// <inheritdoc/>
    public override Finding? Look(RunReading run)
    {
        ArgumentNullException.ThrowIfNull(run);
        long all = run.Answered + run.Failed;
        if (all == 0) return null;
        double share = (double)run.Failed / all;
        string kinds = string.Join(", ", run.Errors.OrderByDescending(e => e.Value).Select(e => $"{Figures.Count(e.Value)} {e.Key}"));
        if (share > InvalidAbove) return Finding.Invalid($"{Figures.Percent(share)} of requests failed ({kinds}; limit 1%)");
        if (share > DoubtfulAbove) return Finding.Doubtful($"{Figures.Percent(share)} of requests failed ({kinds}; limit 0.1%)");
        return Finding.Fine(run.Failed == 0 ? "No request failed" : $"{Figures.Percent(share)} of requests failed ({kinds}; limit 0.1%)");
    }
}

/// <summary>A run without a single good answer says nothing about latency.</summary>
public sealed class NothingAnswered : Doubt
{
    /// <inheritdoc/>
    public override string Check => "answers";

    /// <inheritdoc/>
    public override Finding? Look(RunReading run)
    {
        ArgumentNullException.ThrowIfNull(run);
        return run.Answered == 0 ? Finding.Invalid("Not one good answer came in the measured time (1 wanted at least)") : null;
    }
}

/// <summary>Too few requests for the headline percentile: p99 is shown from 1,000 on, and judged from 2,000.</summary>
public sealed class FewRequests : Doubt
{
    /// <inheritdoc/>
    public override string Check => "few_requests";

    /// <inheritdoc/>
    public override Finding? Look(RunReading run)
    {
        ArgumentNullException.ThrowIfNull(run);
        long n = run.Answered;
        if (n == 0) return null;
        if (!Percentiles.MayShow(n, 99)) return Finding.Doubtful($"{Figures.Many(n, "request")} {(n == 1 ? "is" : "are")} too few for p99 ({Figures.Count(Percentiles.Needed(99))} wanted)");
        double beyond = Percentiles.Exceedances(n, 99);
        if (!Percentiles.MayJudge(n, 99)) return Finding.Doubtful($"{Figures.Many(n, "request")}: {Figures.Text(beyond)} lie beyond p99 (20 wanted for an interval)");
        return Percentiles.MayShow(n, 99.9)
            ? Finding.Fine($"{Figures.Count(n)} requests: {Figures.Count(Percentiles.Slower(n, 99.9))} lie beyond p99.9 (10 wanted)")
            : Finding.Fine($"{Figures.Count(n)} requests: {Figures.Count((long)beyond)} lie beyond p99; p99.9 would need {Figures.Count(Percentiles.Needed(99.9))}");
    }
}
