using HdrHistogram;
using Wobble.Results.Domain;
using Wobble.Results.Facts;
using Wobble.Results.Statistics;
using Wobble.Results.Statistics.Doubts;

namespace Wobble.Results.Tests.Statistics;

public sealed class TrustTests
{
    [Fact]
    public void A_correct_run_is_sound_and_says_what_was_checked()
    {
        var result = RunResults.From(Run())!;

        Assert.Equal("sound", result.Trust.Verdict);
        Assert.Empty(result.Trust.Reasons);
        Assert.Contains("Percentiles are in order and agree with the mean", result.Trust.Passed);
        Assert.Contains("No request failed", result.Trust.Passed);
    }

    [Fact]
    public void Percentiles_come_from_the_merged_histogram_and_the_last_is_the_exact_maximum()
    {
        var result = RunResults.From(Run())!;

        Assert.Equal(50_000, result.Requests);
        Assert.Equal(5_000, result.Throughput);
        Assert.Equal(20.0, result.LatencyMs.P50!.Value, 0.05);
        Assert.Equal(29.8, result.LatencyMs.P99!.Value, 0.05);
        Assert.NotNull(result.LatencyMs.P999);
        Assert.Equal(result.LatencyMs.P99 / result.LatencyMs.P50, result.Wobble);
    }

    [Fact]
    public void A_percentile_that_the_data_cannot_show_is_null()
    {
        var result = RunResults.From(Run(perSecond: 500))!;

        Assert.Equal(5_000, result.Requests);
        Assert.NotNull(result.LatencyMs.P99);
        Assert.Null(result.LatencyMs.P999);
    }

    [Theory]
    [InlineData(999, 99, false)]
    [InlineData(1_000, 99, true)]
    [InlineData(9_999, 99.9, false)]
    [InlineData(10_000, 99.9, true)]
    [InlineData(100_000, 99.99, true)]
    public void A_percentile_is_shown_from_ten_expected_exceedances(long requests, double percentile, bool shown) =>
        Assert.Equal(shown, Percentiles.MayShow(requests, percentile));

    [Theory]
    [InlineData(10_000, 99.9, 10)]
    [InlineData(20_000, 99.9, 20)]
    [InlineData(51_389, 99.9, 51)]
    [InlineData(9_999, 99.9, 9)]
    [InlineData(1_000, 99, 10)]
    [InlineData(100_000, 99.99, 10)]
    [InlineData(7, 50, 3)]
    public void So_many_requests_were_slower_than_a_percentile(long requests, double percentile, long slower)
    {
        Assert.Equal(slower, Percentiles.Slower(requests, percentile));
        // The same as counting them: of 1, 2, 3 … µs those beyond the percentile of the exact list.
        long at = (long)Math.Ceiling(requests * (decimal)percentile / 100);
        Assert.Equal(requests - at, Percentiles.Slower(requests, percentile));
    }

    [Fact]
    public void Littles_law_holds_for_the_known_answer()
    {
        // X 5,138/s, W 19.45 ms, N 100: I = .9993
        var reading = Reading(Run(connections: 100, meanMs: 19.45, throughput: 5_138));

        var finding = new LittlesLaw().Look(reading)!;

        Assert.Equal(Grade.Fine, finding.Grade);
        Assert.Contains("0.999", finding.Sentence, StringComparison.Ordinal);
    }

    public static TheoryData<string, string, Func<RunFacts>> Broken => new()
    {
        { "little", "invalid", () => Run(connections: 50) },
        { "little", "doubtful", () => Run(connections: 120) },
        { "failures", "invalid", () => Run(errors: 60) },
        { "failures", "doubtful", () => Run(errors: 10) },
        { "nonce", "invalid", () => Run(errors: 1, errorKind: ErrorKinds.Nonce) },
        { "sum", "invalid", () => Alter(Run(), t => t with { Answered = t.Answered + 1 }) },
        { "sum", "invalid", () => Alter(Run(), t => t with { Sent = t.Sent - 1 }) },
        { "sum", "doubtful", () => Alter(Run(), t => t with { InFlightAtEnd = 101, Sent = t.Sent + 1 }) },
        { "order", "invalid", () => Alter(Run(), t => t with { MinNs = 0 }) },
        { "order", "invalid", () => Alter(Run(), t => t with { MeanNs = t.MaxNs * 2.0 }) },
        { "generator_busy", "doubtful", () => Alter(Run(), t => t with { Busy = 0.81 }) },
        { "steal", "doubtful", () => Run(steal: 0.03) },
        { "neighbour", "doubtful", () => Run(otherCpu: 0.3) },
        { "cpu_budget", "invalid", () => Run(componentCpu: 2.2) },
        { "drift", "doubtful", () => Run(shape: (second, ms) => second < 2 ? ms * 1.4 : ms) },
        { "few_requests", "doubtful", () => Run(perSecond: 90) },
        { "clock", "doubtful", () => Run(shape: (_, _) => 20) },
        { "answers", "invalid", () => Run(perSecond: 0) },
        { "offered", "invalid", () => Alter(Run(rate: 5_000), t => t with { Offered = (long)(t.Sent / 0.98) }) },
        { "offered", "doubtful", () => Alter(Run(rate: 5_000), t => t with { Offered = (long)(t.Sent / 0.995) }) },
        { "late", "doubtful", () => Run(rate: 5_000, lateMs: 3) },
        { "little_open", "invalid", () => Alter(Run(rate: 5_000), t => t with { InFlightMean = 120 }) },
        { "little_open", "doubtful", () => Alter(Run(rate: 5_000), t => t with { InFlightMean = 107 }) },
        { "generator_pauses", "doubtful", () => Run(pauseMs: 30) },
    };

    [Theory]
    [MemberData(nameof(Broken), DisableDiscoveryEnumeration = true)]
    public void Each_doubt_is_raised_by_what_it_watches(string check, string grade, Func<RunFacts> make)
    {
        var trust = RunResults.From(make())!.Trust;

        var reason = Assert.Single(trust.Reasons, r => r.Check == check);
        Assert.Equal(grade, reason.Grade);
        Assert.Matches(@"\d", reason.Sentence);
        if (grade == "invalid") Assert.Equal("invalid", trust.Verdict);
    }

    [Theory]
    [InlineData(0.03, 0, 0)]
    [InlineData(0, 1.5, 0)]
    [InlineData(0, 0, 0.95)]
    public void A_busy_neighbour_steal_or_a_busy_generator_never_make_a_run_invalid(double steal, double otherCpu, double busy)
    {
        var facts = Run(steal: steal, otherCpu: otherCpu);
        if (busy > 0) facts = Alter(facts, t => t with { Busy = busy });

        Assert.Equal("doubtful", RunResults.From(facts)!.Trust.Verdict);
    }

    [Fact]
    public void One_of_something_is_not_told_as_several()
    {
        var one = new FewRequests().Look(Reading(Run() with { Samples = [.. Run(perSecond: 1).Samples.Take(1)] }))!;
        var core = new CpuBudget().Look(Reading(Run() is var run ? run with { Environment = run.Environment! with { Cores = 1 } } : run))!;

        Assert.StartsWith("1 request is too few for p99", one.Sentence, StringComparison.Ordinal);
        Assert.Contains(" 1 core", core.Sentence, StringComparison.Ordinal);
        Assert.DoesNotContain("1 cores", core.Sentence, StringComparison.Ordinal);
    }

    [Fact]
    public void Open_loop_on_time_is_sound()
    {
        var trust = RunResults.From(Alter(Run(rate: 5_000), t => t with { InFlightMean = t.MeanNs / 1e9 * 5_000 }))!.Trust;

        Assert.Equal("sound", trust.Verdict);
    }

    private static RunFacts Alter(RunFacts facts, Func<LoadTotals, LoadTotals> change) => facts with { Totals = change(facts.Totals!) };

    private static RunReading Reading(RunFacts facts) => new(facts, [.. facts.Samples.Where(s => s.Stage > 0)]);

    // Ten seconds whose latencies spread evenly from 10 to 30 ms, so that mean, percentiles and Little's law are known.
    private static RunFacts Run(
        int connections = 100, double? rate = null, int perSecond = 5_000, long errors = 0, string errorKind = ErrorKinds.Status5xx,
        double steal = 0, double otherCpu = 0.01, double componentCpu = 0.6, double lateMs = 0.02, double pauseMs = 0,
        double? meanMs = null, double? throughput = null, Func<int, double, double>? shape = null)
    {
        const int seconds = 10;
        var whole = Histograms.Create();
        long min = long.MaxValue, max = 0;
        double sum = 0;
        var samples = new List<SampleFact>();
        for (int second = 0; second < seconds; second++)
        {
            var histogram = Histograms.Create();
            for (int i = 0; i < perSecond; i++)
            {
                double ms = 10 + (20.0 * i / perSecond);
                long ns = (long)((shape?.Invoke(second, ms) ?? ms) * 1e6);
                Histograms.Record(histogram, ns);
                (min, max, sum) = (Math.Min(min, ns), Math.Max(max, ns), sum + ns);
            }
            whole.Add(histogram);
            var lateness = Histograms.Create();
            if (rate is not null) for (int i = 0; i < 1_000; i++) Histograms.Record(lateness, (long)(lateMs * 1e6));
            samples.Add(new SampleFact
            {
                Stage = 1,
                Second = second,
                Kinds = [new KindSample { Kind = "row", Requests = perSecond, Errors = errors > 0 ? new Dictionary<string, long> { [errorKind] = errors } : [], Latency = Histograms.Encode(histogram) }],
                Generator = new GeneratorSample { Busy = 0.4, CpuSeconds = 0.4, Lateness = rate is null ? null : Histograms.Encode(lateness), Pauses = pauseMs > 0 ? [new GeneratorPause(1, pauseMs, "gc")] : [] },
                Components = [new ComponentSample { Name = "uwsgi", CpuSeconds = componentCpu, RssMb = 60 }],
                Host = new HostSample(1.5, steal, otherCpu),
            });
        }
        long n = (long)perSecond * seconds;
        var totals = new LoadTotals
        {
            Seconds = throughput is { } x ? n / x : seconds,
            Sent = n + (errors * seconds),
            Offered = n + (errors * seconds),
            Answered = n,
            Errors = errors > 0 ? new Dictionary<string, long> { [errorKind] = errors * seconds } : [],
            InFlightAtStart = 100,
            InFlightAtEnd = 100,
            MinNs = n == 0 ? 0 : min,
            MaxNs = max,
            MeanNs = meanMs * 1e6 ?? (n == 0 ? 0 : sum / n),
            Latency = Histograms.Encode(whole),
            CpuSeconds = 4,
            Busy = 0.4,
            Engine = "epoll",
        };
        return new RunFacts
        {
            Load = new LoadPlan { Host = "127.0.0.1", Port = 80, Requests = [new LoadRequest { Kind = "row", Path = "/row" }], Connections = connections, Rate = rate, Nonce = "n", For = TimeSpan.FromSeconds(seconds), Warmup = TimeSpan.FromSeconds(2) },
            Environment = new RunEnvironment { Host = "h", Cpu = "c", Cores = 2, CoresOfMachine = 2, MemoryMb = 1, MemoryAvailableMb = 1, Kernel = "k", System = "s", Sandbox = "bubblewrap", Wobble = "0" },
            Samples = samples,
            Totals = totals,
        };
    }
}
