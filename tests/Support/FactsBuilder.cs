using HdrHistogram;
using Wobble.Results.Domain;
using Wobble.Results.Facts;
using Wobble.Results.Statistics;

namespace Wobble.Tests.Support;

/// <summary>
/// The facts of one made-up run, consistent as those of a real one: percentiles come from real histograms of drawn latencies, and the totals at the
/// end are the sums of the measured seconds. The same settings give the same facts. Use <c>with</c> for variants.
/// </summary>
public sealed record FactsBuilder
{
    /// <summary>What was asked.</summary>
    public Definition Definition { get; init; } = new() { Target = "uwsgi-http/bottle", Workers = 8, Connections = 100, For = TimeSpan.FromSeconds(5), Warmup = TimeSpan.FromSeconds(1) };
    /// <summary>sync, green or async.</summary>
    public TargetClass Class { get; init; } = TargetClass.Sync;
    /// <summary>Good answers in each whole second.</summary>
    public int PerSecond { get; init; } = 2_000;
    /// <summary>Median latency.</summary>
    public double MedianMs { get; init; } = 19;
    /// <summary>p99 ÷ p50 of the drawn latencies.</summary>
    public double TailRatio { get; init; } = 1.4;
    /// <summary>Failures in each measured second.</summary>
    public IReadOnlyDictionary<string, long> ErrorsPerSecond { get; init; } = new Dictionary<string, long>();
    /// <summary>How it ends; null: it goes on.</summary>
    public RunState? End { get; init; } = RunState.Completed;
    /// <summary>Why, when it isn't completed.</summary>
    public string? Reason { get; init; }
    /// <summary>What was left behind.</summary>
    public IReadOnlyList<string> Leftovers { get; init; } = [];
    /// <summary>More events, told while measuring.</summary>
    public IReadOnlyList<EventFact> Events { get; init; } = [];
    /// <summary>Output of components.</summary>
    public IReadOnlyList<LogFact> Logs { get; init; } = [new("uwsgi-http", "*** Starting uWSGI 2.0.21 ***\nspawned uWSGI worker 1\n"), new("nginx", "nginx: start <worker> & \"log\"\n")];
    /// <summary>When it began.</summary>
    public DateTimeOffset Start { get; init; } = new(2026, 11, 24, 9, 0, 0, TimeSpan.Zero);
    /// <summary>Seed of the latencies.</summary>
    public int Seed { get; init; } = 1;

    /// <summary>All facts in order; their index + 1 is their number.</summary>
    public IReadOnlyList<Fact> Build()
    {
        var plan = SamplePlans.For(Definition, Class);
        var random = new Random(Seed);
        var clock = Start;
        var facts = new List<Fact>
        {
            new PlanFact(plan) { At = clock },
            new EnvironmentFact(SamplePlans.Environment) { At = clock },
            new PhaseFact(RunState.Preparing) { At = clock },
        };
        foreach (var component in plan.Components)
        {
            facts.Add(new EventFact(component.Name, EventKinds.Started, $"{component.Name} started.") { At = clock = clock.AddMilliseconds(30) });
            facts.Add(new EventFact(component.Name, EventKinds.Ready, $"{component.Name} is ready.") { At = clock = clock.AddMilliseconds(120) });
        }
        facts.AddRange(Logs.Select(log => log with { At = clock }));
        if (End is RunState.Failed && Reason is not null && PerSecond == 0) return [.. facts, Ending(null, clock)];

        facts.Add(new EventFact("wobble", EventKinds.Checked, "The app's answer equals the row in the database.") { At = clock = clock.AddMilliseconds(40) });
        facts.Add(new PhaseFact(RunState.Warming) { At = clock });
        for (int s = 0; s < (int)Math.Ceiling(Definition.Warmup.TotalSeconds); s++) facts.Add(Sample(plan, 0, s, random, clock = clock.AddSeconds(1)));
        facts.Add(new PhaseFact(RunState.Measuring) { At = clock });
        int second = 0;
        foreach (var (stage, seconds, rate) in Stages(plan))
        {
            for (int s = 0; s < seconds; s++) facts.Add(Sample(plan, stage, second++, random, clock = clock.AddSeconds(1), rate));
        }
        facts.AddRange(Events.Select(e => e with { At = clock }));
        if (End is null) return facts;
        facts.Add(new PhaseFact(RunState.Finishing) { At = clock });
        facts.AddRange(plan.Components.Reverse().Select(c => new EventFact(c.Name, EventKinds.Stopped, $"{c.Name} stopped.", second) { At = clock = clock.AddMilliseconds(60) }));
        facts.Add(Ending(Totals(plan, facts), clock));
        return facts;
    }

    private EndFact Ending(LoadTotals? totals, DateTimeOffset at) => new() { At = at, State = End ?? RunState.Completed, Reason = Reason, Leftovers = Leftovers, Totals = totals };

    private static IEnumerable<(int Stage, int Seconds, double? Rate)> Stages(Plan plan) => plan.Load.Stages.Count > 0
        ? plan.Load.Stages.Select((stage, i) => (i + 1, (int)Math.Ceiling(stage.For.TotalSeconds), stage.Rate))
        : [(1, (int)Math.Ceiling((plan.Load.For ?? TimeSpan.FromSeconds(5)).TotalSeconds), plan.Load.Rate)];

    private SampleFact Sample(Plan plan, int stage, int second, Random random, DateTimeOffset at, double? rate = null)
    {
        int answers = rate is { } offered ? (int)Math.Min(offered, PerSecond) : PerSecond;
        bool open = rate is not null;
        double weights = plan.Load.Requests.Sum(r => r.Weight);
        var kinds = new List<KindSample>();
        foreach (var request in plan.Load.Requests)
        {
            int share = (int)Math.Round(answers * request.Weight / weights);
            double median = MedianMs * (request.Kind == "row" ? 1 : 5);
            kinds.Add(new KindSample
            {
                Kind = request.Kind,
                Requests = share,
                Errors = stage > 0 && kinds.Count == 0 ? ErrorsPerSecond : new Dictionary<string, long>(),
                Latency = Histograms.Encode(Draw(random, share, median)),
                Service = open ? Histograms.Encode(Draw(random, share, median * 0.9)) : null,
            });
        }
        long sent = kinds.Sum(k => k.Requests + k.Errors.Values.Sum());
        return new SampleFact
        {
            At = at,
            Stage = stage,
            Second = second,
            Kinds = kinds,
            Generator = new GeneratorSample
            {
                Sent = sent,
                Due = sent,
                InFlight = plan.Load.Connections,
                InFlightMean = open ? plan.Load.Connections * 0.6 : null,
                Open = plan.Load.Connections,
                CpuSeconds = 0.21,
                Busy = 0.2 + 0.05 * random.NextDouble(),
                RunQueueMs = 3 * random.NextDouble(),
                Lateness = open ? Histograms.Encode(Draw(random, (int)Math.Min(sent, 10_000), 0.02)) : null,
            },
            Components = [.. plan.Components.Select(c => Component(c, random))],
            Pooler = plan.Components.Any(c => c.Kind == ComponentKind.Pooler) ? new PoolerSample(20, random.Next(0, 60), 20, 0, 8 * random.NextDouble()) : null,
            Host = new HostSample(1.8 + 0.2 * random.NextDouble(), 0.001, 0.02),
        };
    }

    private static ComponentSample Component(ComponentPlan plan, Random random)
    {
        int workers = Math.Max(1, plan.Workers);
        var processes = Enumerable.Range(0, workers + (plan.Workers > 0 ? 1 : 0))
            .Select(i => new ProcessSample(100 + i, plan.Workers > 0 && i == 0 ? "master" : "worker", 0.4 / workers * (0.8 + 0.4 * random.NextDouble()), 20 * random.NextDouble(), random.Next(0, 50)))
            .ToList();
        return new ComponentSample
        {
            Name = plan.Name,
            CpuSeconds = processes.Sum(p => p.CpuSeconds),
            RssMb = 20 + 12 * workers,
            OpenFiles = 10 * workers,
            RunQueueMs = processes.Sum(p => p.RunQueueMs),
            InvoluntarySwitches = processes.Sum(p => p.InvoluntarySwitches),
            Processes = processes,
        };
    }

    // Lognormal: its median and its p99 are what was asked (2.326 is the normal's 99th percentile).
    private LongHistogram Draw(Random random, int count, double medianMs)
    {
        double sigma = Math.Log(TailRatio) / 2.326;
        var histogram = Histograms.Create();
        for (int i = 0; i < count; i++)
        {
            double normal = Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble());
            Histograms.Record(histogram, (long)(medianMs * 1e6 * Math.Exp(sigma * normal)));
        }
        return histogram;
    }

    private static LoadTotals Totals(Plan plan, List<Fact> facts)
    {
        var measured = facts.OfType<SampleFact>().Where(s => s.Stage > 0).ToList();
        var all = Histograms.Merge(measured.SelectMany(s => s.Kinds).Select(k => k.Latency));
        long sent = measured.Sum(s => s.Generator.Sent);
        return new LoadTotals
        {
            Seconds = measured.Sum(s => s.Length),
            Sent = sent,
            Offered = sent,
            Answered = measured.SelectMany(s => s.Kinds).Sum(k => k.Requests),
            Errors = measured.SelectMany(s => s.Kinds).SelectMany(k => k.Errors).GroupBy(e => e.Key).ToDictionary(g => g.Key, g => g.Sum(e => e.Value)),
            InFlightAtStart = plan.Load.Connections,
            InFlightAtEnd = plan.Load.Connections,
            MinNs = all.TotalCount == 0 ? 0 : all.LowestEquivalentValue(all.RecordedValues().First().ValueIteratedTo),
            MaxNs = all.TotalCount == 0 ? 0 : all.GetMaxValue(),
            MeanNs = all.TotalCount == 0 ? 0 : all.GetMean(),
            Latency = Histograms.Encode(all),
            InFlightMean = plan.Load.Rate is null ? null : plan.Load.Connections * 0.6,
            CpuSeconds = measured.Sum(s => s.Generator.CpuSeconds),
            Busy = measured.Count == 0 ? 0 : measured.Average(s => s.Generator.Busy),
            Engine = "epoll",
            Priority = "nice -10, core 1",
            MaxRssMb = 48,
        };
    }
}
